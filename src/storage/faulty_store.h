// FaultyStore: a decorator that makes another store fail, for tests. Thread-safe.
//
// Every call (and every read, write and finish of the handles it gives) asks the plan, by number
// and verb.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "storage/object_store.h"

namespace lakehold::storage {

enum class StoreVerb : uint8_t {
  kHead,
  kGet,
  kOpenReader,
  kReadAt,
  kOpenSink,
  kWrite,
  kFinish,
  kRewrite,
  kSettleBytes,
  kPublish,
  kSettleNames,
  kPutHint,
  kList,
  kListNext,
  kListFolders,
  kDelete,
  kMoveFolder,
};
std::string_view VerbName(StoreVerb verb);

enum class Fault : uint8_t {
  kNone,
  kErrorBefore,  // kIo "storage.injected" without effect.
  kErrorAfter,   // The effect happens, the caller sees kIo "storage.injected".
  kLostAnswer,   // The effect happens, the caller sees kOutcomeUnknown (Publish) or kIo (the rest).
  kShortRead,    // Get and ReadAt fail as on a truncated object: kIo "storage.short_read".
  kTruncated,    // Get answers with half of the bytes and no error: what a broken disk or cache may
                 // do.
  kCrash,        // Before effect, and every later call fails without effect: the process is dead.
};

struct StoreCall {
  uint64_t number = 0;  // 0 for the first call on this store.
  StoreVerb verb = StoreVerb::kHead;
  std::string_view key;  // The key, prefix or folder.
};
using FaultPlan = std::function<Fault(const StoreCall&)>;

class FaultyStore : public ObjectStore {
 public:
  virtual uint64_t calls() const = 0;
  virtual bool crashed() const = 0;
};
std::shared_ptr<FaultyStore> NewFaultyStore(std::shared_ptr<ObjectStore> inner, FaultPlan plan);

// Fails exactly the call with this number.
FaultPlan FailNth(uint64_t number, Fault fault);

}  // namespace lakehold::storage
