#include "engine/open_readers.h"

#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.h"

namespace lakehold::engine {
namespace {

// Reading this much costs less than the system calls of a footer and a few pages.
constexpr uint64_t kWholeObjectBytes = uint64_t{64} << 10;

class WholeObject final : public storage::ObjectReader {
 public:
  WholeObject(storage::ObjectMeta meta, Bytes bytes)
      : meta_(std::move(meta)), bytes_(std::move(bytes)) {}

  const storage::ObjectMeta& meta() const override { return meta_; }
  Status ReadAt(uint64_t offset, std::span<std::byte> into) override {
    if (offset > bytes_.size() || into.size() > bytes_.size() - offset) {
      return IoError("storage.short_read",
                     fmt::format("'{}' has {} bytes, not {} from {}", meta_.key, bytes_.size(),
                                 into.size(), offset),
                     "The file was cut short: restore it");
    }
    std::memcpy(into.data(), bytes_.data() + offset, into.size());
    return {};
  }

 private:
  const storage::ObjectMeta meta_;
  const Bytes bytes_;
};

Result<std::unique_ptr<storage::ObjectReader>> OpenOne(storage::ObjectStore& store,
                                                       const std::string& key) {
  LAKEHOLD_ASSIGN(auto reader, store.OpenReader(key));
  const uint64_t size = reader->meta().size_bytes;
  if (size > kWholeObjectBytes) return reader;
  Bytes bytes = Bytes::OfSize(size);
  LAKEHOLD_TRY(reader->ReadAt(0, std::as_writable_bytes(std::span(bytes.mutable_data(), size))));
  return std::unique_ptr<storage::ObjectReader>(
      std::make_unique<WholeObject>(reader->meta(), std::move(bytes)));
}

}  // namespace

struct OpenReaders::Known {
  std::mutex mutex;  // Guards what follows.
  std::unordered_map<std::string, std::weak_ptr<storage::ObjectReader>> readers;
};

OpenReaders::OpenReaders() : known_(std::make_shared<Known>()) {}

Result<std::shared_ptr<storage::ObjectReader>> OpenReaders::Open(const std::string& path,
                                                                 storage::ObjectStore& store,
                                                                 const std::string& key) {
  {
    std::lock_guard lock(known_->mutex);
    const auto found = known_->readers.find(path);
    if (found != known_->readers.end()) {
      if (auto reader = found->second.lock()) return reader;
    }
  }
  LAKEHOLD_ASSIGN(auto opened, OpenOne(store, key));
  // Whoever lets go last takes the entry along, unless another reader has it by then.
  auto forget = [known = known_, path](storage::ObjectReader* reader) {
    {
      std::lock_guard lock(known->mutex);
      const auto found = known->readers.find(path);
      if (found != known->readers.end() && found->second.expired()) known->readers.erase(found);
    }
    delete reader;
  };
  std::shared_ptr<storage::ObjectReader> reader(opened.release(), std::move(forget));
  std::lock_guard lock(known_->mutex);
  known_->readers[path] = reader;
  return reader;
}

}  // namespace lakehold::engine
