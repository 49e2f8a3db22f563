#include "engine/store_file_system.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <duckdb/common/file_system.hpp>
#include <fmt/format.h>

#include "engine/duckdb_errors.h"
#include "engine/open_readers.h"
#include "engine/store_registry.h"
#include "storage/atomic_file.h"

namespace lakehold::engine {
namespace {

using duckdb::FileHandle;
using duckdb::FileOpener;
using duckdb::FileOpenFlags;
using duckdb::idx_t;
using duckdb::optional_ptr;

class StoreFile final : public FileHandle {
 public:
  StoreFile(duckdb::FileSystem& file_system, const std::string& path, FileOpenFlags flags,
            StoreRegistry& registry, StoreLocation place)
      : FileHandle(file_system, path, flags), registry_(registry), place_(std::move(place)) {}
  // Not closing is the whole point: an abandoned sink leaves nothing behind.
  ~StoreFile() override = default;

  Status OpenForReading(OpenReaders& readers) {
    LAKEHOLD_ASSIGN(reader_, readers.Open(path, *place_.store, place_.key));
    return {};
  }
  Status OpenForWriting() {
    LAKEHOLD_ASSIGN(sink_, place_.store->OpenSink(storage::FolderOf(place_.key)));
    return {};
  }

  const storage::ObjectMeta& meta() const {
    if (!reader_)
      ThrowError(
          Internal("engine.not_reading", fmt::format("\"{}\" is not open for reading", path)));
    return reader_->meta();
  }
  bool reading() const { return reader_ != nullptr; }
  bool local() const { return place_.store->IsLocal(); }
  uint64_t size_bytes() const {
    if (sink_) return sink_->size_bytes();
    return reader_ ? reader_->meta().size_bytes : written_;
  }

  void ReadAt(void* into, uint64_t length, uint64_t offset) {
    // A footer that makes no sense may ask for any place.
    if (offset > meta().size_bytes || length > meta().size_bytes - offset) {
      ThrowError(IoError("storage.short_read",
                    fmt::format("'{}' has {} bytes; {} bytes at {} were asked for", place_.key,
                                meta().size_bytes, length, offset),
                    "the file was cut short or is damaged: restore it"));
    }
    CheckOrThrow(reader_->ReadAt(offset, {static_cast<std::byte*>(into), length}));
  }
  void Append(const void* from, uint64_t length) {
    if (!sink_)
      ThrowError(
          Internal("engine.not_writing", fmt::format("\"{}\" is not open for writing", path)));
    CheckOrThrow(sink_->Write({static_cast<const std::byte*>(from), length}));
  }

  void Close() override {
    reader_.reset();
    if (!sink_) return;
    auto sink = std::move(sink_);
    written_ = sink->size_bytes();
    auto staged = ValueOrThrow(sink->Finish());
    if (!path.starts_with(kStagedScheme)) Publish(*staged);
    registry_.KeepStaged(path, std::move(staged));
  }

  uint64_t position = 0;

 private:
  void Publish(storage::Staged& staged) {
    auto published = place_.store->Publish(staged, place_.key);
    if (published.ok()) return;
    if (published.error().kind != ErrorKind::kOutcomeUnknown) ThrowError(published.error());
    // No version names the file yet, so the outcome of the statement is known: it failed.
    ThrowError(IoError("engine.file_not_published",
                       fmt::format("it is not known whether '{}' got its name ({})", place_.key,
                                   published.error().message),
                       "Repeat the statement: nothing was changed"));
  }

  StoreRegistry& registry_;
  StoreLocation place_;
  std::shared_ptr<storage::ObjectReader> reader_;
  std::unique_ptr<storage::ObjectSink> sink_;
  uint64_t written_ = 0;
};

class StoreFileSystem final : public duckdb::FileSystem {
 public:
  explicit StoreFileSystem(StoreRegistry& registry) : registry_(registry) {}

  duckdb::unique_ptr<FileHandle> OpenFile(const std::string& path, FileOpenFlags flags,
                                          optional_ptr<FileOpener>) override {
    if (flags.OpenForAppending()) Refuse("appending to", path);
    auto file = duckdb::make_uniq<StoreFile>(*this, path, flags, registry_,
                                             ValueOrThrow(registry_.Resolve(path)));
    if (flags.OpenForWriting()) {
      CheckOrThrow(file->OpenForWriting());
      return file;
    }
    const Status opened = file->OpenForReading(readers_);
    if (!opened.ok() && flags.ReturnNullIfNotExists() &&
        opened.error().kind == ErrorKind::kNotFound)
      return nullptr;
    CheckOrThrow(opened);
    return file;
  }

  void Read(FileHandle& handle, void* buffer, int64_t nr_bytes, idx_t location) override {
    FileOf(handle).ReadAt(buffer, static_cast<uint64_t>(nr_bytes), location);
  }
  int64_t Read(FileHandle& handle, void* buffer, int64_t nr_bytes) override {
    StoreFile& file = FileOf(handle);
    const uint64_t size = file.meta().size_bytes;
    const uint64_t length =
        std::min<uint64_t>(static_cast<uint64_t>(nr_bytes), size - std::min(size, file.position));
    if (length > 0) file.ReadAt(buffer, length, file.position);
    file.position += length;
    return static_cast<int64_t>(length);
  }
  void Write(FileHandle& handle, void* buffer, int64_t nr_bytes, idx_t location) override {
    if (location != FileOf(handle).size_bytes()) Refuse("writing in the middle of", handle.path);
    Write(handle, buffer, nr_bytes);
  }
  int64_t Write(FileHandle& handle, void* buffer, int64_t nr_bytes) override {
    FileOf(handle).Append(buffer, static_cast<uint64_t>(nr_bytes));
    return nr_bytes;
  }

  int64_t GetFileSize(FileHandle& handle) override {
    return static_cast<int64_t>(FileOf(handle).size_bytes());
  }
  duckdb::timestamp_t GetLastModifiedTime(FileHandle& handle) override {
    return duckdb::timestamp_t(FileOf(handle).reading() ? FileOf(handle).meta().modified_ns / 1000
                                                        : 0);
  }
  std::string GetVersionTag(FileHandle& handle) override {
    return FileOf(handle).reading() ? FileOf(handle).meta().identity : std::string();
  }
  duckdb::FileType GetFileType(FileHandle&) override { return duckdb::FileType::FILE_TYPE_REGULAR; }
  duckdb::FileMetadata Stats(FileHandle& handle) override {
    duckdb::FileMetadata metadata;
    metadata.file_size = GetFileSize(handle);
    metadata.last_modification_time = GetLastModifiedTime(handle);
    metadata.file_type = duckdb::FileType::FILE_TYPE_REGULAR;
    return metadata;
  }

  bool FileExists(const std::string& path, optional_ptr<FileOpener>) override {
    return Exists(path);
  }
  bool IsPipe(const std::string&, optional_ptr<FileOpener>) override { return false; }
  // Folders come and go with their objects.
  bool DirectoryExists(const std::string&, optional_ptr<FileOpener>) override { return true; }
  void CreateDirectory(const std::string&, optional_ptr<FileOpener>) override {}
  void RemoveFile(const std::string& path, optional_ptr<FileOpener>) override {
    Refuse("removing", path);
  }
  bool TryRemoveFile(const std::string& path, optional_ptr<FileOpener>) override {
    if (Exists(path)) Refuse("removing", path);
    return false;
  }
  void MoveFile(const std::string& source, const std::string&, optional_ptr<FileOpener>) override {
    Refuse("renaming", source);
  }
  // Keys may hold any character, '*' too, so a path is always just itself.
  duckdb::vector<duckdb::OpenFileInfo> Glob(const std::string& path, FileOpener*) override {
    duckdb::vector<duckdb::OpenFileInfo> found;
    if (Exists(path)) found.emplace_back(path);
    return found;
  }

  void FileSync(FileHandle&) override {}
  void Seek(FileHandle& handle, idx_t location) override { FileOf(handle).position = location; }
  void Reset(FileHandle& handle) override { FileOf(handle).position = 0; }
  idx_t SeekPosition(FileHandle& handle) override {
    return FileOf(handle).reading() ? FileOf(handle).position : FileOf(handle).size_bytes();
  }
  bool CanSeek() override { return true; }
  bool OnDiskFile(FileHandle& handle) override { return FileOf(handle).local(); }
  bool CanHandleFile(const std::string& path) override {
    return path.starts_with(kStoreScheme) || path.starts_with(kStagedScheme);
  }
  std::string GetName() const override { return "LakeholdStore"; }
  std::string PathSeparator(const std::string&) override { return "/"; }

 private:
  static StoreFile& FileOf(FileHandle& handle) { return static_cast<StoreFile&>(handle); }

  [[noreturn]] static void Refuse(const char* verb, const std::string& path) {
    ThrowError(Unsupported("engine.write_once",
                           fmt::format("{} \"{}\": objects are written once", verb, path)));
  }

  bool Exists(const std::string& path) const {
    const StoreLocation place = ValueOrThrow(registry_.Resolve(path));
    auto meta = place.store->Head(place.key);
    if (!meta.ok() && meta.error().kind != ErrorKind::kNotFound) ThrowError(meta.error());
    return meta.ok();
  }

  StoreRegistry& registry_;
  OpenReaders readers_;
};

}  // namespace

duckdb::unique_ptr<duckdb::FileSystem> MakeStoreFileSystem(StoreRegistry& registry) {
  return duckdb::make_uniq<StoreFileSystem>(registry);
}

}  // namespace lakehold::engine
