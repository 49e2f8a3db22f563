// What a checkpoint holds besides files, and how long it keeps it. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "delta/action.h"
#include "delta/checkpoint.h"
#include "delta/snapshot.h"

namespace lakehold::delta {

// Transactions last updated until then stay out; nothing: all stay in.
std::optional<int64_t> ExpiredTransactionsMs(const Metadata& metadata, int64_t now_ms);
// Tombstones of files deleted until then stay out.
int64_t ExpiredTombstonesMs(const Metadata& metadata, int64_t now_ms);
// protocol, metaData, txn and domainMetadata, in this order.
std::vector<Action> StateActions(const Snapshot& snapshot, std::optional<int64_t> expired_ms);
// What a checkpoint keeps of an add or remove.
AddFile CheckpointAdd(AddFile add);
RemoveFile CheckpointRemove(RemoveFile remove);

}  // namespace lakehold::delta
