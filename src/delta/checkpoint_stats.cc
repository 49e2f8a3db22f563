#include "delta/checkpoint_stats.h"

#include <utility>

#include <fmt/format.h>

namespace lakehold::delta {
namespace {

// A store in which one object goes on living under its key, whatever became of the name; all else
// is refused. Thread-safe.
class PinnedObject final : public storage::ObjectStore {
 public:
  PinnedObject(std::shared_ptr<storage::ObjectStore> store,
               std::shared_ptr<storage::ObjectReader> reader)
      : store_(std::move(store)), reader_(std::move(reader)) {}

  Result<storage::ObjectMeta> Head(std::string_view key) override {
    if (key != reader_->meta().key) return Other(key);
    return reader_->meta();
  }
  Result<Bytes> Get(std::string_view key, std::optional<storage::ByteRange> range) override {
    if (key != reader_->meta().key) return Other(key);
    const auto wanted = range.value_or(storage::ByteRange{0, reader_->meta().size_bytes});
    Bytes bytes = Bytes::OfSize(wanted.length);
    LAKEHOLD_TRY(reader_->ReadAt(
        wanted.offset, std::as_writable_bytes(std::span(bytes.mutable_data(), bytes.size()))));
    return bytes;
  }
  Result<std::unique_ptr<storage::ObjectReader>> OpenReader(std::string_view key) override {
    if (key != reader_->meta().key) return Other(key);
    return std::unique_ptr<storage::ObjectReader>(std::make_unique<Shared>(reader_));
  }
  Result<std::unique_ptr<storage::ObjectSink>> OpenSink(std::string_view folder) override {
    return Other(folder);
  }
  Status SettleBytes(std::span<storage::Staged* const>) override { return Other(""); }
  Result<storage::ObjectMeta> Publish(storage::Staged&, std::string_view key) override {
    return Other(key);
  }
  Status SettleNames(std::span<const std::string>) override { return Other(""); }
  Status PutHint(std::string_view key, std::span<const std::byte>) override { return Other(key); }
  Result<std::unique_ptr<storage::ObjectLister>> List(std::string_view prefix,
                                                      std::string_view) override {
    return Other(prefix);
  }
  Result<std::vector<std::string>> ListFolders(std::string_view folder) override {
    return Other(folder);
  }
  Status Delete(std::string_view key) override { return Other(key); }
  Status MoveFolder(std::string_view from, std::string_view) override { return Other(from); }
  bool IsLocal() const override { return store_->IsLocal(); }
  std::string_view uri() const override { return store_->uri(); }

 private:
  struct Shared final : storage::ObjectReader {
    explicit Shared(std::shared_ptr<storage::ObjectReader> shared) : reader(std::move(shared)) {}
    const storage::ObjectMeta& meta() const override { return reader->meta(); }
    Status ReadAt(uint64_t offset, std::span<std::byte> into) override {
      return reader->ReadAt(offset, into);
    }
    std::shared_ptr<storage::ObjectReader> reader;
  };

  Error Other(std::string_view key) const {
    return Internal("delta.pinned_object",
                    fmt::format("'{}' was asked of what holds only {}", key, reader_->meta().key));
  }

  std::shared_ptr<storage::ObjectStore> store_;
  std::shared_ptr<storage::ObjectReader> reader_;
};

class CheckpointStatsSource final : public StatsSource {
 public:
  CheckpointStatsSource(TableRoot root, std::string key,
                        std::shared_ptr<BatchCheckpointCodec> codec)
      : root_(std::move(root)), key_(std::move(key)), codec_(std::move(codec)) {}

  Status Read(std::span<const StatsPlace> places, const StatsVisitor& visit) const override {
    return codec_->ReadStats(root_, key_, places, visit);
  }

 private:
  TableRoot root_;
  std::string key_;
  std::shared_ptr<BatchCheckpointCodec> codec_;
};

}  // namespace

Result<std::shared_ptr<const StatsSource>> OpenCheckpointStats(
    const TableRoot& root, std::string key, std::shared_ptr<BatchCheckpointCodec> codec) {
  LAKEHOLD_ASSIGN(std::shared_ptr<storage::ObjectReader> reader, root.store->OpenReader(key));
  TableRoot pinned{std::make_shared<PinnedObject>(root.store, std::move(reader)), root.folder};
  return std::shared_ptr<const StatsSource>(
      std::make_shared<CheckpointStatsSource>(std::move(pinned), std::move(key), std::move(codec)));
}

}  // namespace lakehold::delta
