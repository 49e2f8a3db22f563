#include "storage/faulty_store.h"

#include <atomic>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace lakehold::storage {
namespace {

// Decides the fate of each call. Shared by the store and the handles it gave.
class Fate {
 public:
  explicit Fate(FaultPlan plan) : plan_(std::move(plan)) {}

  Fault Next(StoreVerb verb, std::string_view key) {
    const uint64_t number = calls_.fetch_add(1);
    if (crashed_.load()) return Fault::kCrash;
    const Fault fault = plan_ ? plan_({number, verb, key}) : Fault::kNone;
    if (fault == Fault::kCrash) crashed_.store(true);
    return fault;
  }

  // Runs `call` or makes it fail, as the plan says. `call` returns a Result or Status.
  template <typename F>
  auto Run(StoreVerb verb, std::string_view key, F call) -> decltype(call()) {
    const Fault fault = Next(verb, key);
    const auto failed = [&] {
      return IoError("storage.injected",
                     fmt::format("injected: {} '{}' failed", VerbName(verb), key));
    };
    switch (fault) {
      case Fault::kCrash:
        return IoError("storage.crashed",
                       fmt::format("crashed: {} '{}' did nothing", VerbName(verb), key));
      case Fault::kErrorBefore:
        return failed();
      case Fault::kShortRead:
        if (verb != StoreVerb::kGet && verb != StoreVerb::kReadAt) break;
        return IoError("storage.short_read", fmt::format("injected: '{}' ends early", key));
      case Fault::kErrorAfter:
      case Fault::kLostAnswer: {
        auto result = call();
        if (!result.ok()) return result;
        if (fault == Fault::kErrorAfter || verb != StoreVerb::kPublish) return failed();
        return OutcomeUnknown("storage.lost_answer",
                              fmt::format("injected: the answer to publishing '{}' was lost", key),
                              {});
      }
      case Fault::kNone:
      case Fault::kTruncated:
        break;
    }
    auto result = call();
    if constexpr (std::is_same_v<decltype(result), Result<Bytes>>) {
      if (fault == Fault::kTruncated && result.ok()) result->Shrink(result->size() / 2);
    }
    return result;
  }

  uint64_t calls() const { return calls_.load(); }
  bool crashed() const { return crashed_.load(); }

 private:
  const FaultPlan plan_;
  std::atomic<uint64_t> calls_{0};
  std::atomic<bool> crashed_{false};
};

class FaultyReader : public ObjectReader {
 public:
  FaultyReader(std::shared_ptr<Fate> fate, std::unique_ptr<ObjectReader> inner)
      : fate_(std::move(fate)), inner_(std::move(inner)) {}
  const ObjectMeta& meta() const override { return inner_->meta(); }
  Status ReadAt(uint64_t offset, std::span<std::byte> into) override {
    return fate_->Run(StoreVerb::kReadAt, meta().key, [&] { return inner_->ReadAt(offset, into); });
  }

 private:
  const std::shared_ptr<Fate> fate_;
  const std::unique_ptr<ObjectReader> inner_;
};

class FaultyStaged : public Staged {
 public:
  FaultyStaged(std::shared_ptr<Fate> fate, std::string folder, std::unique_ptr<Staged> inner)
      : fate_(std::move(fate)), folder_(std::move(folder)), inner_(std::move(inner)) {}
  uint64_t size_bytes() const override { return inner_->size_bytes(); }
  Status Rewrite(std::span<const std::byte> bytes) override {
    return fate_->Run(StoreVerb::kRewrite, folder_, [&] { return inner_->Rewrite(bytes); });
  }
  Staged& inner() { return *inner_; }

 private:
  const std::shared_ptr<Fate> fate_;
  const std::string folder_;
  const std::unique_ptr<Staged> inner_;
};

class FaultySink : public ObjectSink {
 public:
  FaultySink(std::shared_ptr<Fate> fate, std::string_view folder, std::unique_ptr<ObjectSink> inner)
      : fate_(std::move(fate)), folder_(folder), inner_(std::move(inner)) {}
  Status Write(std::span<const std::byte> bytes) override {
    return fate_->Run(StoreVerb::kWrite, folder_, [&] { return inner_->Write(bytes); });
  }
  uint64_t size_bytes() const override { return inner_->size_bytes(); }
  Result<std::unique_ptr<Staged>> Finish() override {
    return fate_->Run(StoreVerb::kFinish, folder_, [&]() -> Result<std::unique_ptr<Staged>> {
      LAKEHOLD_ASSIGN(std::unique_ptr<Staged> staged, inner_->Finish());
      return std::unique_ptr<Staged>(
          std::make_unique<FaultyStaged>(fate_, folder_, std::move(staged)));
    });
  }

 private:
  const std::shared_ptr<Fate> fate_;
  const std::string folder_;
  const std::unique_ptr<ObjectSink> inner_;
};

class FaultyLister : public ObjectLister {
 public:
  FaultyLister(std::shared_ptr<Fate> fate, std::string_view prefix,
               std::unique_ptr<ObjectLister> inner)
      : fate_(std::move(fate)), prefix_(prefix), inner_(std::move(inner)) {}
  Result<std::optional<ObjectMeta>> Next() override {
    return fate_->Run(StoreVerb::kListNext, prefix_, [&] { return inner_->Next(); });
  }

 private:
  const std::shared_ptr<Fate> fate_;
  const std::string prefix_;
  const std::unique_ptr<ObjectLister> inner_;
};

class PlannedStore : public FaultyStore {
 public:
  PlannedStore(std::shared_ptr<ObjectStore> inner, FaultPlan plan)
      : inner_(std::move(inner)), fate_(std::make_shared<Fate>(std::move(plan))) {}

  Result<ObjectMeta> Head(std::string_view key) override {
    return fate_->Run(StoreVerb::kHead, key, [&] { return inner_->Head(key); });
  }
  Result<Bytes> Get(std::string_view key, std::optional<ByteRange> range) override {
    return fate_->Run(StoreVerb::kGet, key, [&] { return inner_->Get(key, range); });
  }
  Result<std::unique_ptr<ObjectReader>> OpenReader(std::string_view key) override {
    return fate_->Run(StoreVerb::kOpenReader, key, [&]() -> Result<std::unique_ptr<ObjectReader>> {
      LAKEHOLD_ASSIGN(std::unique_ptr<ObjectReader> reader, inner_->OpenReader(key));
      return std::unique_ptr<ObjectReader>(
          std::make_unique<FaultyReader>(fate_, std::move(reader)));
    });
  }
  Result<std::unique_ptr<ObjectSink>> OpenSink(std::string_view folder) override {
    return fate_->Run(StoreVerb::kOpenSink, folder, [&]() -> Result<std::unique_ptr<ObjectSink>> {
      LAKEHOLD_ASSIGN(std::unique_ptr<ObjectSink> sink, inner_->OpenSink(folder));
      return std::unique_ptr<ObjectSink>(
          std::make_unique<FaultySink>(fate_, folder, std::move(sink)));
    });
  }
  Status SettleBytes(std::span<Staged* const> staged) override {
    std::vector<Staged*> inner;
    for (Staged* one : staged) {
      auto* mine = dynamic_cast<FaultyStaged*>(one);
      if (mine == nullptr) return Foreign();
      inner.push_back(&mine->inner());
    }
    return fate_->Run(StoreVerb::kSettleBytes, "", [&] { return inner_->SettleBytes(inner); });
  }
  Result<ObjectMeta> Publish(Staged& staged, std::string_view key) override {
    auto* mine = dynamic_cast<FaultyStaged*>(&staged);
    if (mine == nullptr) return Foreign();
    return fate_->Run(StoreVerb::kPublish, key,
                      [&] { return inner_->Publish(mine->inner(), key); });
  }
  Status SettleNames(std::span<const std::string> folders) override {
    const std::string_view first =
        folders.empty() ? std::string_view() : std::string_view(folders.front());
    return fate_->Run(StoreVerb::kSettleNames, first, [&] { return inner_->SettleNames(folders); });
  }
  Status PutHint(std::string_view key, std::span<const std::byte> bytes) override {
    return fate_->Run(StoreVerb::kPutHint, key, [&] { return inner_->PutHint(key, bytes); });
  }
  Result<std::unique_ptr<ObjectLister>> List(std::string_view prefix,
                                             std::string_view start_after) override {
    return fate_->Run(StoreVerb::kList, prefix, [&]() -> Result<std::unique_ptr<ObjectLister>> {
      LAKEHOLD_ASSIGN(std::unique_ptr<ObjectLister> lister, inner_->List(prefix, start_after));
      return std::unique_ptr<ObjectLister>(
          std::make_unique<FaultyLister>(fate_, prefix, std::move(lister)));
    });
  }
  Result<std::vector<std::string>> ListFolders(std::string_view folder) override {
    return fate_->Run(StoreVerb::kListFolders, folder, [&] { return inner_->ListFolders(folder); });
  }
  Status Delete(std::string_view key) override {
    return fate_->Run(StoreVerb::kDelete, key, [&] { return inner_->Delete(key); });
  }
  Status MoveFolder(std::string_view from, std::string_view to) override {
    return fate_->Run(StoreVerb::kMoveFolder, from, [&] { return inner_->MoveFolder(from, to); });
  }

  bool NamesSettleInOrder() const override { return inner_->NamesSettleInOrder(); }
  bool IsLocal() const override { return inner_->IsLocal(); }
  std::string_view uri() const override { return inner_->uri(); }
  uint64_t calls() const override { return fate_->calls(); }
  bool crashed() const override { return fate_->crashed(); }

 private:
  static Error Foreign() {
    return Internal("storage.foreign_staged", "the staged object belongs to another store");
  }

  const std::shared_ptr<ObjectStore> inner_;
  const std::shared_ptr<Fate> fate_;
};

}  // namespace

std::string_view VerbName(StoreVerb verb) {
  switch (verb) {
    case StoreVerb::kHead:
      return "Head";
    case StoreVerb::kGet:
      return "Get";
    case StoreVerb::kOpenReader:
      return "OpenReader";
    case StoreVerb::kReadAt:
      return "ReadAt";
    case StoreVerb::kOpenSink:
      return "OpenSink";
    case StoreVerb::kWrite:
      return "Write";
    case StoreVerb::kFinish:
      return "Finish";
    case StoreVerb::kRewrite:
      return "Rewrite";
    case StoreVerb::kSettleBytes:
      return "SettleBytes";
    case StoreVerb::kPublish:
      return "Publish";
    case StoreVerb::kSettleNames:
      return "SettleNames";
    case StoreVerb::kPutHint:
      return "PutHint";
    case StoreVerb::kList:
      return "List";
    case StoreVerb::kListNext:
      return "ListNext";
    case StoreVerb::kListFolders:
      return "ListFolders";
    case StoreVerb::kDelete:
      return "Delete";
    case StoreVerb::kMoveFolder:
      return "MoveFolder";
  }
  return "Unknown";
}

std::shared_ptr<FaultyStore> NewFaultyStore(std::shared_ptr<ObjectStore> inner, FaultPlan plan) {
  return std::make_shared<PlannedStore>(std::move(inner), std::move(plan));
}

FaultPlan FailNth(uint64_t number, Fault fault) {
  return [number, fault](const StoreCall& call) {
    return call.number == number ? fault : Fault::kNone;
  };
}

}  // namespace lakehold::storage
