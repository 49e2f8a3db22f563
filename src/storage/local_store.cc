#include "storage/local_store.h"

#include <atomic>
#include <cerrno>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "storage/key.h"
#include "storage/leftover_lister.h"
#include "storage/local_lister.h"
#include "storage/local_root.h"
#include "storage/local_staging.h"
#include "storage/root_path.h"
#include "storage/system_error.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

namespace lakehold::storage {
namespace {

constexpr int kPublishTries =
    10;  // Somebody may remove the folder between making it and linking; not for ever.

// Fills all of `into`, or says that the file is shorter.
Status ReadAll(int fd, uint64_t offset, std::span<std::byte> into, const std::string& path) {
  while (!into.empty()) {
    const ssize_t got = pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(errno, "cannot read", path);
    if (got == 0) {
      return IoError("storage.short_read",
                     fmt::format("'{}' ends at byte {}, {} bytes early", path, offset, into.size()),
                     "The file was cut short: restore it");
    }
    into = into.subspan(static_cast<size_t>(got));
    offset += static_cast<uint64_t>(got);
  }
  return {};
}

class LocalReader : public ObjectReader {
 public:
  LocalReader(UniqueFd fd, ObjectMeta meta, std::string path)
      : fd_(std::move(fd)), meta_(std::move(meta)), path_(std::move(path)) {}
  const ObjectMeta& meta() const override { return meta_; }
  Status ReadAt(uint64_t offset, std::span<std::byte> into) override {
    return ReadAll(fd_.get(), offset, into, path_);
  }
  int fd() const { return fd_.get(); }

 private:
  const UniqueFd fd_;
  const ObjectMeta meta_;
  const std::string path_;
};

// What a key that cannot be opened means to a reader: a missing folder or a file in its place hold
// no objects.
Error ReadError(int error, const char* doing, const std::string& path) {
  return SystemError(error == ENOTDIR || error == ENXIO ? ENOENT : error, doing, path);
}

class LocalStore : public ObjectStore,
                   public LeftoverLister,
                   public std::enable_shared_from_this<LocalStore> {
 public:
  LocalStore(std::string root, Durability durability, const Runtime& runtime,
             const LocalStoreOptions& options)
      : root_(std::move(root), options.use_openat2),
        staging_(root_, runtime.random, options),
        executor_(runtime.executor),
        durable_(durability == Durability::kFull),
        options_(options) {}

  Result<ObjectMeta> Head(std::string_view key) override {
    LAKEHOLD_TRY(CheckKey(key));
    const Opened opened = root_.Open(key, O_PATH);
    if (!opened.ok()) return ReadError(opened.error, "cannot examine", root_.PathOf(key));
    return MetaOf(opened.fd.get(), key, root_.PathOf(key));
  }

  Result<Bytes> Get(std::string_view key, std::optional<ByteRange> range) override {
    LAKEHOLD_ASSIGN(const std::unique_ptr<LocalReader> reader, OpenFile(key));
    const uint64_t size = reader->meta().size_bytes;
    const ByteRange wanted = range.value_or(ByteRange{0, size});
    if (wanted.offset > size || wanted.length > size - wanted.offset) {
      return Invalid("storage.bad_range",
                     fmt::format("'{}' has {} bytes, not {} from {}", root_.PathOf(key), size,
                                 wanted.length, wanted.offset));
    }
    Bytes bytes = Bytes::OfSize(wanted.length);
    LAKEHOLD_TRY(reader->ReadAt(
        wanted.offset, std::as_writable_bytes(std::span(bytes.mutable_data(), bytes.size()))));
    return bytes;
  }

  Result<std::unique_ptr<ObjectReader>> OpenReader(std::string_view key) override {
    LAKEHOLD_ASSIGN(std::unique_ptr<LocalReader> reader, OpenFile(key));
    return std::unique_ptr<ObjectReader>(std::move(reader));
  }

  Result<std::unique_ptr<ObjectSink>> OpenSink(std::string_view folder) override {
    LAKEHOLD_TRY(CheckFolder(folder));
    LAKEHOLD_ASSIGN(std::unique_ptr<ObjectSink> sink, staging_.OpenSink(folder));
    LAKEHOLD_TRY(CheckFoldersCanBeSynced());
    return sink;
  }

  Status SettleBytes(std::span<Staged* const> staged) override {
    std::vector<LocalStaged*> mine;
    for (Staged* one : staged) {
      mine.push_back(dynamic_cast<LocalStaged*>(one));
      if (mine.back() == nullptr) return Foreign();
    }
    if (!durable_) return {};
    std::vector<Status> answers(mine.size());
    executor_.ParallelFor(mine.size(), [&](size_t i) { answers[i] = mine[i]->Settle(); });
    for (Status& answer : answers) LAKEHOLD_TRY(std::move(answer));
    return {};
  }

  Result<ObjectMeta> Publish(Staged& staged, std::string_view key) override {
    LAKEHOLD_TRY(CheckObjectKey(key));
    auto* mine = dynamic_cast<LocalStaged*>(&staged);
    if (mine == nullptr) return Foreign();
    const std::string path = root_.PathOf(key);
    for (int tries = 1;; ++tries) {
      LAKEHOLD_ASSIGN(const UniqueFd folder, root_.OpenOrMakeFolder(FolderOf(key)));
      Result<ObjectMeta> meta = mine->Link(folder.get(), key, path, options_.use_hard_links);
      if (meta.ok() || meta.error().kind != ErrorKind::kNotFound || tries == kPublishTries)
        return meta;
    }
  }

  Status SettleNames(std::span<const std::string> folders) override {
    for (const std::string& folder : folders) LAKEHOLD_TRY(CheckFolder(folder));
    if (!durable_) return {};
    return root_.SyncFolders(folders, !NamesSettleInOrder(), executor_);
  }

  Status PutHint(std::string_view key, std::span<const std::byte> bytes) override {
    LAKEHOLD_TRY(CheckObjectKey(key));
    LAKEHOLD_ASSIGN(StagedInode inode, staging_.OpenNamed(FolderOf(key)));
    LAKEHOLD_TRY(WriteAll(inode.fd.get(), bytes, 0, inode.folder_path));
    const std::string name(NameOf(key));
    if (renameat(inode.folder.get(), inode.hidden_name.c_str(), inode.folder.get(), name.c_str()) !=
        0) {
      return SystemError(errno, "cannot replace", root_.PathOf(key));
    }
    inode.hidden_name.clear();
    return {};
  }

  Result<std::unique_ptr<ObjectLister>> List(std::string_view prefix,
                                             std::string_view start_after) override {
    LAKEHOLD_TRY(CheckPrefix(prefix));
    return ListLocal(shared_from_this(), root_, prefix, start_after);
  }

  Result<std::vector<std::string>> ListFolders(std::string_view folder) override {
    LAKEHOLD_TRY(CheckFolder(folder));
    return ListLocalFolders(root_, folder);
  }

  Result<std::vector<ObjectMeta>> ListLeftovers(std::string_view folder) override {
    LAKEHOLD_TRY(CheckFolder(folder));
    return ListLocalLeftovers(root_, folder);
  }

  Status Delete(std::string_view key) override {
    LAKEHOLD_TRY(CheckKey(key));
    const Opened folder = root_.Open(FolderOf(key), O_PATH | O_DIRECTORY);
    int error = folder.error;
    if (folder.ok() && unlinkat(folder.fd.get(), std::string(NameOf(key)).c_str(), 0) != 0)
      error = errno;
    // A folder under that name is not an object: the object is absent.
    if (error == 0 || error == ENOENT || error == ENOTDIR || (folder.ok() && error == EISDIR))
      return {};
    return SystemError(error, "cannot delete", root_.PathOf(key));
  }

  Status MoveFolder(std::string_view from, std::string_view to) override;

  bool NamesSettleInOrder() const override {
    if (!durable_) return true;
    int known = in_order_.load(std::memory_order_relaxed);
    if (known < 0) {
      struct statfs system {};
      if (!options_.names_in_order || statfs(root_.path().c_str(), &system) != 0) return false;
      const auto magic = static_cast<uint64_t>(system.f_type);
      known = magic == EXT4_SUPER_MAGIC || magic == XFS_SUPER_MAGIC || magic == TMPFS_MAGIC ? 1 : 0;
      in_order_.store(known, std::memory_order_relaxed);
    }
    return known == 1;
  }
  bool IsLocal() const override { return true; }
  std::string_view uri() const override { return root_.path(); }

 private:
  Result<std::unique_ptr<LocalReader>> OpenFile(std::string_view key) {
    LAKEHOLD_TRY(CheckKey(key));
    const std::string path = root_.PathOf(key);
    Opened opened =
        root_.Open(key, O_RDONLY | O_NONBLOCK | O_NOCTTY);  // A pipe must not make us wait.
    if (!opened.ok()) return ReadError(opened.error, "cannot open", path);
    LAKEHOLD_ASSIGN(ObjectMeta meta, MetaOf(opened.fd.get(), key, path));
    return std::make_unique<LocalReader>(std::move(opened.fd), std::move(meta), path);
  }

  static Status CheckObjectKey(std::string_view key) {
    LAKEHOLD_TRY(CheckKey(key));
    if (!IsStagingName(NameOf(key))) return {};
    return Invalid(
        "storage.bad_key",
        fmt::format("'{}': names that begin with '{}' are reserved", key, kStagingPrefix),
        "Pick another name");
  }

  static Error Foreign() {
    return Internal("storage.foreign_staged", "the staged object belongs to another store");
  }

  // Durability cannot be promised where folders cannot be synced, and it is too late to say so
  // after a commit.
  Status CheckFoldersCanBeSynced() {
    if (!durable_ || folders_can_be_synced_.load(std::memory_order_relaxed)) return {};
    if (!NamesSettleInOrder()) {
      const std::string root_folder;
      LAKEHOLD_TRY(root_.SyncFolders({&root_folder, 1}, false, executor_));
    }
    folders_can_be_synced_.store(true, std::memory_order_relaxed);
    return {};
  }

  LocalRoot root_;
  LocalStaging staging_;
  Executor& executor_;
  const bool durable_;
  const LocalStoreOptions options_;
  mutable std::atomic<int> in_order_{-1};  // Unknown until the root exists.
  std::atomic<bool> folders_can_be_synced_{false};
};

Status LocalStore::MoveFolder(std::string_view from, std::string_view to) {
  LAKEHOLD_TRY(CheckKey(from));
  LAKEHOLD_TRY(CheckObjectKey(to));
  const std::string from_path = root_.PathOf(from);
  if (to.starts_with(fmt::format("{}/", from))) {
    return Invalid("storage.bad_move",
                   fmt::format("'{}' cannot move into itself, to '{}'", from, to),
                   "Pick another name");
  }
  const Opened moved = root_.Open(from, O_PATH | O_DIRECTORY);
  if (!moved.ok()) return ReadError(moved.error, "cannot move the folder", from_path);
  const Opened from_folder = root_.Open(FolderOf(from), O_PATH | O_DIRECTORY);
  if (!from_folder.ok()) return ReadError(from_folder.error, "cannot move the folder", from_path);
  LAKEHOLD_ASSIGN(const UniqueFd to_folder, root_.OpenOrMakeFolder(FolderOf(to)));
  const std::string from_name(NameOf(from)), to_name(NameOf(to));
  const auto rename_to = [&](unsigned flags) {
    const int source = from_folder.fd.get();
    return renameat2(source, from_name.c_str(), to_folder.get(), to_name.c_str(), flags) == 0
               ? 0
               : errno;
  };
  int error = rename_to(RENAME_NOREPLACE);
  if (error == EINVAL || error == ENOSYS) {
    // The file system cannot refuse to replace; but renaming over a folder works only while that is
    // empty, so an empty one of our own making reserves the name.
    error = mkdirat(to_folder.get(), to_name.c_str(), 0777) == 0 ? rename_to(0) : errno;
  }
  if (error == 0) return {};
  if (error == EEXIST || error == ENOTEMPTY)
    return SystemError(EEXIST, "cannot move a folder to", root_.PathOf(to));
  return SystemError(error, "cannot move the folder", from_path);
}

}  // namespace

Result<std::shared_ptr<ObjectStore>> OpenLocalStore(std::string root, Durability durability,
                                                    const Runtime& runtime,
                                                    const LocalStoreOptions& options) {
  LAKEHOLD_ASSIGN(RootPath resolved, ResolveRoot(root));
  return std::shared_ptr<ObjectStore>(
      std::make_shared<LocalStore>(std::move(resolved.path), durability, runtime, options));
}

}  // namespace lakehold::storage
