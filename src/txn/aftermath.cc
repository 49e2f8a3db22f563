#include "txn/aftermath.h"

#include <utility>

#include "delta/checkpoint.h"
#include "delta/checksum.h"
#include "delta/log_compaction.h"

namespace lakehold::txn {
namespace {

Status WriteCheckpointAndChecksum(const delta::TableRoot& root,
                                  std::shared_ptr<const delta::Snapshot> base,
                                  delta::Version version, const std::string& txn_id,
                                  const delta::LogContext& context) {
  const auto known = base->last_checkpoint();
  LAKEHOLD_ASSIGN(auto snapshot, delta::Snapshot::Refresh(std::move(base), context));
  // Writers that were overdue together: the first one has done it for all.
  if (snapshot->last_checkpoint() && snapshot->last_checkpoint() != known) return {};
  auto written = delta::WriteCheckpoint(root, *snapshot, context);
  if (!written.ok() && written.error().reason == "delta.lost_statistics") {
    // Commits that this snapshot left its statistics in were cleaned up: a checkpoint has them.
    LAKEHOLD_ASSIGN(snapshot,
                    delta::Snapshot::Load(root, delta::AtVersion{snapshot->version()}, context));
    written = delta::WriteCheckpoint(root, *snapshot, context);
  }
  if (!written.ok()) return std::move(written).error();
  // The checksum carries the transaction that made its version: ours, unless others have come
  // since.
  return delta::WriteChecksum(*snapshot, snapshot->version() == version ? txn_id : std::string());
}

void ScheduleCheckpoint(const delta::TableRoot& root, std::shared_ptr<const delta::Snapshot> base,
                        const Committed& committed, uint64_t entry_bytes,
                        const CommitOptions& options, const delta::LogContext& context) {
  if (!context.checkpoint_codec) return;
  const uint64_t json_bytes = base->json_bytes_since_checkpoint() + entry_bytes;
  const bool due =
      delta::CheckpointIsDue(base->metadata(), committed.version, base->last_checkpoint(),
                             json_bytes, base->last_checkpoint_bytes());
  if (!due) return;
  context.runtime.executor.RunInBackground([root, base = std::move(base),
                                            version = committed.version, txn_id = committed.txn_id,
                                            behind = options.behind, context]() mutable {
    const auto status = WriteCheckpointAndChecksum(root, std::move(base), version, txn_id, context);
    if (behind) behind("checkpoint", status);
  });
}

void ScheduleCompaction(const delta::TableRoot& root, std::shared_ptr<const delta::Snapshot> base,
                        delta::Version version, const CommitOptions& options,
                        const delta::LogContext& context) {
  const auto first =
      delta::CompactionDue(base->metadata().configuration, version, base->last_checkpoint());
  if (!first) return;
  context.runtime.executor.RunInBackground(
      [root, base = std::move(base), first = *first, version, behind = options.behind] {
        const auto report = delta::WriteLogCompaction(root, *base, first, version);
        if (behind) behind("log compaction", report.ok() ? Status() : Status(report.error()));
      });
}

}  // namespace

void ScheduleAftermath(const delta::TableRoot& root, std::shared_ptr<const delta::Snapshot> base,
                       const Committed& committed, uint64_t entry_bytes,
                       const CommitOptions& options, const delta::LogContext& context) {
  if (!base) return;  // The first version is never due.
  ScheduleCompaction(root, base, committed.version, options, context);
  ScheduleCheckpoint(root, std::move(base), committed, entry_bytes, options, context);
}

}  // namespace lakehold::txn
