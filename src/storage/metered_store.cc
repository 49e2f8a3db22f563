#include "storage/metered_store.h"

#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace lakehold::storage {
namespace {

// Counts. Shared by the store and the handles it gave.
class Meter {
 public:
  explicit Meter(std::function<void(const MeteredCall&)> on_call) : on_call_(std::move(on_call)) {}

  void Count(StoreVerb verb, std::string_view key, uint64_t bytes, bool ok) {
    {
      std::lock_guard lock(mutex_);
      ++counts_.calls[static_cast<size_t>(verb)];
      if (verb == StoreVerb::kSettleBytes || verb == StoreVerb::kSettleNames)
        ++counts_.serial_syncs;
      if (verb == StoreVerb::kGet || verb == StoreVerb::kReadAt) counts_.bytes_read += bytes;
      if (verb == StoreVerb::kWrite || verb == StoreVerb::kRewrite || verb == StoreVerb::kPutHint) {
        counts_.bytes_written += bytes;
      }
    }
    if (on_call_) on_call_({verb, std::string(key), bytes, ok});
  }

  template <typename R>
  R Counted(StoreVerb verb, std::string_view key, R result, uint64_t bytes = 0) {
    Count(verb, key, result.ok() ? bytes : 0, result.ok());
    return result;
  }

  StoreCounts counts() {
    std::lock_guard lock(mutex_);
    return counts_;
  }
  void Reset() {
    std::lock_guard lock(mutex_);
    counts_ = {};
  }

 private:
  const std::function<void(const MeteredCall&)> on_call_;
  std::mutex mutex_;
  StoreCounts counts_;
};

class MeteredReader : public ObjectReader {
 public:
  MeteredReader(std::shared_ptr<Meter> meter, std::unique_ptr<ObjectReader> inner)
      : meter_(std::move(meter)), inner_(std::move(inner)) {}
  const ObjectMeta& meta() const override { return inner_->meta(); }
  Status ReadAt(uint64_t offset, std::span<std::byte> into) override {
    return meter_->Counted(StoreVerb::kReadAt, meta().key, inner_->ReadAt(offset, into),
                           into.size());
  }

 private:
  const std::shared_ptr<Meter> meter_;
  const std::unique_ptr<ObjectReader> inner_;
};

class MeteredStaged : public Staged {
 public:
  MeteredStaged(std::shared_ptr<Meter> meter, std::string folder, std::unique_ptr<Staged> inner)
      : meter_(std::move(meter)), name_(std::move(folder)), inner_(std::move(inner)) {}
  uint64_t size_bytes() const override { return inner_->size_bytes(); }
  Status Rewrite(std::span<const std::byte> bytes) override {
    return meter_->Counted(StoreVerb::kRewrite, name_, inner_->Rewrite(bytes), bytes.size());
  }
  Staged& inner() { return *inner_; }
  // The key once published, before that the folder it was opened in.
  const std::string& name() const { return name_; }
  void set_name(std::string_view key) { name_ = key; }

 private:
  const std::shared_ptr<Meter> meter_;
  std::string name_;
  const std::unique_ptr<Staged> inner_;
};

class MeteredSink : public ObjectSink {
 public:
  MeteredSink(std::shared_ptr<Meter> meter, std::string_view folder,
              std::unique_ptr<ObjectSink> inner)
      : meter_(std::move(meter)), folder_(folder), inner_(std::move(inner)) {}
  Status Write(std::span<const std::byte> bytes) override {
    return meter_->Counted(StoreVerb::kWrite, folder_, inner_->Write(bytes), bytes.size());
  }
  uint64_t size_bytes() const override { return inner_->size_bytes(); }
  Result<std::unique_ptr<Staged>> Finish() override {
    LAKEHOLD_ASSIGN(std::unique_ptr<Staged> staged,
                    meter_->Counted(StoreVerb::kFinish, folder_, inner_->Finish()));
    return std::unique_ptr<Staged>(
        std::make_unique<MeteredStaged>(meter_, folder_, std::move(staged)));
  }

 private:
  const std::shared_ptr<Meter> meter_;
  const std::string folder_;
  const std::unique_ptr<ObjectSink> inner_;
};

class MeteredLister : public ObjectLister {
 public:
  MeteredLister(std::shared_ptr<Meter> meter, std::string_view prefix,
                std::unique_ptr<ObjectLister> inner)
      : meter_(std::move(meter)), prefix_(prefix), inner_(std::move(inner)) {}
  Result<std::optional<ObjectMeta>> Next() override {
    return meter_->Counted(StoreVerb::kListNext, prefix_, inner_->Next());
  }

 private:
  const std::shared_ptr<Meter> meter_;
  const std::string prefix_;
  const std::unique_ptr<ObjectLister> inner_;
};

class CountingStore : public MeteredStore {
 public:
  CountingStore(std::shared_ptr<ObjectStore> inner, std::function<void(const MeteredCall&)> on_call)
      : inner_(std::move(inner)), meter_(std::make_shared<Meter>(std::move(on_call))) {}

  Result<ObjectMeta> Head(std::string_view key) override {
    return meter_->Counted(StoreVerb::kHead, key, inner_->Head(key));
  }
  Result<Bytes> Get(std::string_view key, std::optional<ByteRange> range) override {
    Result<Bytes> bytes = inner_->Get(key, range);
    const uint64_t size = bytes.ok() ? bytes->size() : 0;
    return meter_->Counted(StoreVerb::kGet, key, std::move(bytes), size);
  }
  Result<std::unique_ptr<ObjectReader>> OpenReader(std::string_view key) override {
    LAKEHOLD_ASSIGN(std::unique_ptr<ObjectReader> reader,
                    meter_->Counted(StoreVerb::kOpenReader, key, inner_->OpenReader(key)));
    return std::unique_ptr<ObjectReader>(
        std::make_unique<MeteredReader>(meter_, std::move(reader)));
  }
  Result<std::unique_ptr<ObjectSink>> OpenSink(std::string_view folder) override {
    LAKEHOLD_ASSIGN(std::unique_ptr<ObjectSink> sink,
                    meter_->Counted(StoreVerb::kOpenSink, folder, inner_->OpenSink(folder)));
    return std::unique_ptr<ObjectSink>(
        std::make_unique<MeteredSink>(meter_, folder, std::move(sink)));
  }
  Status SettleBytes(std::span<Staged* const> staged) override {
    std::vector<Staged*> inner;
    std::string names;
    for (Staged* one : staged) {
      auto* mine = dynamic_cast<MeteredStaged*>(one);
      if (mine == nullptr) return Foreign();
      inner.push_back(&mine->inner());
      names += names.empty() ? mine->name() : "," + mine->name();
    }
    return meter_->Counted(StoreVerb::kSettleBytes, names, inner_->SettleBytes(inner));
  }
  Result<ObjectMeta> Publish(Staged& staged, std::string_view key) override {
    auto* mine = dynamic_cast<MeteredStaged*>(&staged);
    if (mine == nullptr) return Foreign();
    Result<ObjectMeta> meta = inner_->Publish(mine->inner(), key);
    if (meta.ok()) mine->set_name(key);
    return meter_->Counted(StoreVerb::kPublish, key, std::move(meta));
  }
  Status SettleNames(std::span<const std::string> folders) override {
    std::string names;
    for (const std::string& folder : folders) names += names.empty() ? folder : "," + folder;
    return meter_->Counted(StoreVerb::kSettleNames, names, inner_->SettleNames(folders));
  }
  Status PutHint(std::string_view key, std::span<const std::byte> bytes) override {
    return meter_->Counted(StoreVerb::kPutHint, key, inner_->PutHint(key, bytes), bytes.size());
  }
  Result<std::unique_ptr<ObjectLister>> List(std::string_view prefix,
                                             std::string_view start_after) override {
    LAKEHOLD_ASSIGN(std::unique_ptr<ObjectLister> lister,
                    meter_->Counted(StoreVerb::kList, prefix, inner_->List(prefix, start_after)));
    return std::unique_ptr<ObjectLister>(
        std::make_unique<MeteredLister>(meter_, prefix, std::move(lister)));
  }
  Result<std::vector<std::string>> ListFolders(std::string_view folder) override {
    return meter_->Counted(StoreVerb::kListFolders, folder, inner_->ListFolders(folder));
  }
  Status Delete(std::string_view key) override {
    return meter_->Counted(StoreVerb::kDelete, key, inner_->Delete(key));
  }
  Status MoveFolder(std::string_view from, std::string_view to) override {
    return meter_->Counted(StoreVerb::kMoveFolder, fmt::format("{},{}", from, to),
                           inner_->MoveFolder(from, to));
  }

  bool NamesSettleInOrder() const override { return inner_->NamesSettleInOrder(); }
  bool IsLocal() const override { return inner_->IsLocal(); }
  std::string_view uri() const override { return inner_->uri(); }
  StoreCounts counts() const override { return meter_->counts(); }
  void Reset() override { meter_->Reset(); }

 private:
  static Error Foreign() {
    return Internal("storage.foreign_staged", "the staged object belongs to another store");
  }

  const std::shared_ptr<ObjectStore> inner_;
  const std::shared_ptr<Meter> meter_;
};

}  // namespace

std::shared_ptr<MeteredStore> NewMeteredStore(std::shared_ptr<ObjectStore> inner,
                                              std::function<void(const MeteredCall&)> on_call) {
  return std::make_shared<CountingStore>(std::move(inner), std::move(on_call));
}

}  // namespace lakehold::storage
