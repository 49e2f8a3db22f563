// MeteredStore: a decorator that counts calls, bytes and syncs, and can tell them one by one.
// Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "storage/faulty_store.h"
#include "storage/object_store.h"

namespace lakehold::storage {

struct StoreCounts {
  std::array<uint64_t, 32> calls{};  // By StoreVerb.
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t serial_syncs = 0;  // SettleBytes and SettleNames calls: each waits for the disk once.
  uint64_t calls_of(StoreVerb verb) const { return calls[static_cast<size_t>(verb)]; }
};

struct MeteredCall {
  StoreVerb verb = StoreVerb::kHead;
  std::string key;
  uint64_t bytes = 0;
  bool ok = true;
};

class MeteredStore : public ObjectStore {
 public:
  virtual StoreCounts counts() const = 0;
  virtual void Reset() = 0;
};
// `on_call`, if given, hears of every call after it returned; it must be thread-safe.
std::shared_ptr<MeteredStore> NewMeteredStore(
    std::shared_ptr<ObjectStore> inner, std::function<void(const MeteredCall&)> on_call = nullptr);

}  // namespace lakehold::storage
