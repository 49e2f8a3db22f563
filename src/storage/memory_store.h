// MemoryStore: an ObjectStore in memory that models durability: names and bytes that were never
// settled are lost by LoseUnsettled(). Thread-safe. For tests, simulations and in-process lakes.
#pragma once

#include <memory>

#include "base/clock.h"
#include "storage/object_store.h"

namespace lakehold::storage {

class MemoryStore : public ObjectStore {
 public:
  // What a power cut leaves: objects whose bytes and names were settled; an object with a settled
  // name but unsettled bytes survives empty (as file systems do). Deletes and folder moves count as
  // durable at once. A hint is lost unless its folder was settled later; then it is empty.
  virtual void LoseUnsettled() = 0;
  // What NamesSettleInOrder answers; true at first. Whatever the answer, only folders named in
  // SettleNames survive.
  virtual void SetNamesSettleInOrder(bool in_order) = 0;
};

// `clock` gives the modification times and outlives the store.
std::shared_ptr<MemoryStore> NewMemoryStore(Clock& clock);

}  // namespace lakehold::storage
