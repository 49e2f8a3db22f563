#include "delta/checkpoint_state.h"

#include <utility>

#include "delta/retention.h"

namespace lakehold::delta {

std::optional<int64_t> ExpiredTransactionsMs(const Metadata& metadata, int64_t now_ms) {
  const int64_t keep_ms =
      IntervalPropertyMs(metadata.configuration, "delta.setTransactionRetentionDuration", -1);
  return keep_ms < 0 ? std::nullopt : std::optional(now_ms - keep_ms);
}

int64_t ExpiredTombstonesMs(const Metadata& metadata, int64_t now_ms) {
  return now_ms - IntervalPropertyMs(metadata.configuration, "delta.deletedFileRetentionDuration",
                                     kDeletedFileRetentionMs);
}

std::vector<Action> StateActions(const Snapshot& snapshot, std::optional<int64_t> expired_ms) {
  std::vector<Action> state = {snapshot.protocol(), snapshot.metadata()};
  for (const auto& [app_id, txn] : snapshot.transactions()) {
    const bool expired = expired_ms && txn.last_updated_ms && *txn.last_updated_ms <= *expired_ms;
    if (!expired) state.emplace_back(txn);
  }
  for (const auto& [name, domain] : snapshot.domains()) state.emplace_back(domain);
  return state;
}

AddFile CheckpointAdd(AddFile add) {
  add.data_change = false;
  return add;
}

RemoveFile CheckpointRemove(RemoveFile remove) {
  remove.stats.reset();
  remove.tags.reset();
  remove.data_change = false;
  return remove;
}

}  // namespace lakehold::delta
