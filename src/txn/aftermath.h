// Aftermath: what may follow a commit, off its critical path: a checkpoint, a log compaction
// file and the version checksum. Best effort.
#pragma once

#include <memory>
#include <string>

#include "delta/snapshot.h"
#include "delta/table_root.h"
#include "txn/commit.h"

namespace lakehold::txn {

// Queues the checkpoint, and the compaction file, on the background lane if `version` makes one
// due. Nothing it does can change the outcome of the commit; how it ended is told to
// `options.behind`.
void ScheduleAftermath(const delta::TableRoot& root, std::shared_ptr<const delta::Snapshot> base,
                       const Committed& committed, uint64_t entry_bytes,
                       const CommitOptions& options, const delta::LogContext& context);

}  // namespace lakehold::txn
