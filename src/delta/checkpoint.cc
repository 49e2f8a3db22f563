#include "delta/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/ascii_case.h"
#include "base/limits.h"
#include "delta/checkpoint_proof.h"
#include "delta/checkpoint_reader.h"
#include "delta/checkpoint_state.h"
#include "delta/features.h"
#include "delta/log_path.h"
#include "delta/snapshot.h"
#include "delta/table_property.h"
#include "delta/v2_checkpoint.h"

namespace lakehold::delta {
namespace {

std::optional<int64_t> NumberProperty(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.configuration.find(key);
  if (found == metadata.configuration.end()) return std::nullopt;
  const std::string& text = found->second;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A checkpoint hides what came before it, so it may only be written by who knows all that a state
// can hold.
Status CheckMayWrite(const TableRoot& root, const Snapshot& snapshot, const LogContext& context) {
  if (snapshot.commit_identity().empty()) {
    return Invalid("delta.uncommitted_snapshot", "an uncommitted snapshot cannot be checkpointed");
  }
  if (!context.checkpoint_codec) {
    return Unsupported("delta.no_checkpoint_codec", "this build cannot write Parquet checkpoints");
  }
  const int64_t protected_before =
      NumberProperty(snapshot.metadata(), "delta.requireCheckpointProtectionBeforeVersion")
          .value_or(0);
  if (snapshot.version() < protected_before) {
    return Unsupported("delta.checkpoint_protected",
                       fmt::format("{}: versions before {} must not get new checkpoints",
                                   root.uri(), protected_before));
  }
  return CheckWritable(snapshot.protocol(), snapshot.metadata(), snapshot.schema());
}

// The rows of a snapshot's checkpoint, one at a time.
class CheckpointRows {
 public:
  CheckpointRows(const Snapshot& snapshot, std::vector<Action> state,
                 std::vector<RemoveFile> tombstones)
      : snapshot_(snapshot), state_(std::move(state)), tombstones_(std::move(tombstones)) {}

  Result<std::optional<Action>> Next() {
    if (next_state_ < state_.size()) return std::optional(std::move(state_[next_state_++]));
    const FileTable& files = snapshot_.files();
    while (next_file_ < files.slots() && !files.IsLive(next_file_)) ++next_file_;
    if (next_file_ < files.slots()) {
      AddFile add = CheckpointAdd(files.ToAction(next_file_));
      LAKEHOLD_ASSIGN(std::string stats, files.StatsJson(next_file_++));
      if (!stats.empty()) add.stats = std::move(stats);
      return std::optional<Action>(std::move(add));
    }
    if (next_tombstone_ == tombstones_.size()) return std::optional<Action>();
    return std::optional<Action>(CheckpointRemove(std::move(tombstones_[next_tombstone_++])));
  }

 private:
  const Snapshot& snapshot_;
  std::vector<Action> state_;
  std::vector<RemoveFile> tombstones_;
  size_t next_state_ = 0;
  FileOrdinal next_file_ = 0;
  size_t next_tombstone_ = 0;
};

// Reads the checkpoint and compares it with the snapshot: every file once, the same bytes, the same
// protocol, metaData, transactions (`expired` ones may be left out) and domains.
Result<CheckpointProof> ProveComplete(const TableRoot& root, const Snapshot& snapshot,
                                      const LogFile& file, std::optional<int64_t> expired_ms,
                                      const LogContext& context) {
  const CheckpointColumns columns{.files = true, .tombstones = true, .state = true, .stats = false};
  CheckpointProof proof(snapshot, file.key, expired_ms);
  LAKEHOLD_TRY(ReadCheckpoint(root, {file}, columns, context,
                              [&](Action&& action) { return proof.Admit(action); }));
  LAKEHOLD_TRY(proof.FinishState());
  LAKEHOLD_TRY(proof.FinishFiles());
  return proof;
}

}  // namespace

Status MoveHint(const TableRoot& root, const CheckpointReport& report) {
  const std::string key = root.LogKeyOf(kLastCheckpointName);
  auto text = root.store->Get(key, std::nullopt);
  const auto present = text.ok() ? ParseLastCheckpoint(text->view()) : std::nullopt;
  if (present && present->version >= report.version) return {};
  const LastCheckpoint hint{report.version, report.actions, std::nullopt, report.size_bytes,
                            report.live_files};
  return root.store->PutHint(key, AsBytes(FormatLastCheckpoint(hint)));
}

CheckpointShape ShapeOf(const Snapshot& snapshot) {
  const auto& configuration = snapshot.metadata().configuration;
  CheckpointShape shape;
  const auto as_json = configuration.find("delta.checkpoint.writeStatsAsJson");
  shape.stats_as_json = as_json == configuration.end() || AsciiLower(as_json->second) != "false";
  if (IsPropertyTrue(configuration, "delta.checkpoint.writeStatsAsStruct"))
    shape.stats_as_struct = &snapshot;
  return shape;
}

Result<CheckpointReport> WriteCheckpoint(const TableRoot& root, const Snapshot& snapshot,
                                         const LogContext& context) {
  LAKEHOLD_TRY(CheckMayWrite(root, snapshot, context));
  if (WantsV2Checkpoint(snapshot)) return WriteV2Checkpoint(root, snapshot, context);
  LAKEHOLD_ASSIGN(auto tombstones, snapshot.LoadTombstones(context));
  const auto expired_ms = ExpiredTransactionsMs(snapshot.metadata(), context.runtime.clock.NowMs());
  CheckpointRows rows(snapshot, StateActions(snapshot, expired_ms), std::move(tombstones));
  const CheckpointShape shape = ShapeOf(snapshot);

  const std::string name = ClassicCheckpointName(snapshot.version());
  LogFile file = *ParseLogFileName(name);
  file.key = root.LogKeyOf(name);
  CheckpointReport report{.version = snapshot.version()};
  auto written =
      context.checkpoint_codec->Write(root, file.key, [&] { return rows.Next(); }, shape);
  if (!written.ok() && written.error().kind != ErrorKind::kAlreadyExists) return written.error();
  report.written = written.ok();
  auto proof = ProveComplete(root, snapshot, file, expired_ms, context);
  if (!proof.ok()) {
    // Ours, and proven wrong: nobody may take it for the table. Another writer's stays, but the
    // hint will not name it.
    if (report.written && proof.error().kind == ErrorKind::kCorrupt)
      (void)root.store->Delete(file.key);
    return proof.error();
  }
  report.actions = proof->actions();
  report.live_files = proof->live_files();
  LAKEHOLD_ASSIGN(const auto meta, root.store->Head(file.key));
  report.size_bytes = meta.size_bytes;
  LAKEHOLD_TRY(MoveHint(root, report));
  return report;
}

bool CheckpointIsDue(const Metadata& metadata, Version version,
                     std::optional<Version> last_checkpoint, uint64_t json_bytes_since,
                     uint64_t last_checkpoint_bytes) {
  const Version since = version - last_checkpoint.value_or(0);
  if (since <= 0) return false;
  const auto interval = NumberProperty(metadata, "delta.checkpointInterval");
  if (interval && *interval > 0) return since >= *interval;
  if (since >= limits::kCheckpointIntervalVersions) return true;
  return json_bytes_since >
         std::max<uint64_t>(limits::kCheckpointJsonBytes, last_checkpoint_bytes / 4);
}

}  // namespace lakehold::delta
