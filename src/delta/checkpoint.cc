#include "delta/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/limits.h"
#include "delta/checkpoint_reader.h"
#include "delta/features.h"
#include "delta/log_path.h"
#include "delta/retention.h"
#include "delta/snapshot.h"

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
  CheckpointRows(const Snapshot& snapshot, std::vector<RemoveFile> tombstones)
      : snapshot_(snapshot), tombstones_(std::move(tombstones)) {
    state_.emplace_back(snapshot.protocol());
    state_.emplace_back(snapshot.metadata());
    for (const auto& [app_id, txn] : snapshot.transactions()) state_.emplace_back(txn);
    for (const auto& [name, domain] : snapshot.domains()) state_.emplace_back(domain);
  }

  // `expired` transactions stay out.
  void DropTransactionsUntil(int64_t expired_ms) {
    std::erase_if(state_, [&](const Action& action) {
      const auto* txn = std::get_if<SetTransaction>(&action);
      return txn && txn->last_updated_ms && *txn->last_updated_ms <= expired_ms;
    });
  }

  Result<std::optional<Action>> Next() {
    if (next_state_ < state_.size()) return std::optional(std::move(state_[next_state_++]));
    const FileTable& files = snapshot_.files();
    while (next_file_ < files.slots() && !files.IsLive(next_file_)) ++next_file_;
    if (next_file_ < files.slots()) {
      AddFile add = files.ToAction(next_file_);
      LAKEHOLD_ASSIGN(std::string stats, files.StatsJson(next_file_++));
      if (!stats.empty()) add.stats = std::move(stats);
      add.data_change = false;
      return std::optional<Action>(std::move(add));
    }
    if (next_tombstone_ == tombstones_.size()) return std::optional<Action>();
    RemoveFile remove = std::move(tombstones_[next_tombstone_++]);
    remove.stats.reset();
    remove.tags.reset();
    remove.data_change = false;
    return std::optional<Action>(std::move(remove));
  }

 private:
  const Snapshot& snapshot_;
  std::vector<RemoveFile> tombstones_;
  std::vector<Action> state_;
  size_t next_state_ = 0;
  FileOrdinal next_file_ = 0;
  size_t next_tombstone_ = 0;
};

bool SameProtocol(Protocol a, Protocol b) {
  for (Protocol* protocol : {&a, &b}) {
    if (protocol->reader_features)
      std::sort(protocol->reader_features->begin(), protocol->reader_features->end());
    if (protocol->writer_features)
      std::sort(protocol->writer_features->begin(), protocol->writer_features->end());
  }
  return a == b;
}

struct ReadBack {
  int64_t actions = 0;
  int64_t live_files = 0;
};

// The transactions and domains of a checkpoint, ticked off against the snapshot's.
class StateTally {
 public:
  StateTally(const Snapshot& snapshot, std::optional<int64_t> expired_ms)
      : snapshot_(snapshot), expired_ms_(expired_ms) {}

  // What is wrong with one more, if anything.
  std::optional<std::string> Admit(const SetTransaction& txn) {
    const auto known = snapshot_.transactions().find(txn.app_id);
    if (known == snapshot_.transactions().end() || known->second != txn ||
        !apps_.insert(txn.app_id).second)
      return fmt::format("txn of \"{}\" does not belong, is another or comes twice", txn.app_id);
    return std::nullopt;
  }
  std::optional<std::string> Admit(const DomainMetadata& domain) {
    const auto known = snapshot_.domains().find(domain.domain);
    const bool gone = known == snapshot_.domains().end();
    // Others may keep the word that a domain was removed.
    if (gone && domain.removed) return std::nullopt;
    if (gone || known->second != domain || !domains_.insert(domain.domain).second)
      return fmt::format("domain \"{}\" does not belong, is another or comes twice", domain.domain);
    return std::nullopt;
  }
  // What is missing, after the last one, if anything.
  std::optional<std::string> Missing() const {
    for (const auto& [app_id, txn] : snapshot_.transactions()) {
      const bool expired =
          expired_ms_ && txn.last_updated_ms && *txn.last_updated_ms <= *expired_ms_;
      if (!expired && !apps_.contains(app_id)) return fmt::format("no txn of \"{}\"", app_id);
    }
    for (const auto& [name, domain] : snapshot_.domains()) {
      if (!domains_.contains(name)) return fmt::format("no domain \"{}\"", name);
    }
    return std::nullopt;
  }

 private:
  const Snapshot& snapshot_;
  std::optional<int64_t> expired_ms_;
  std::set<std::string> apps_, domains_;
};

// Reads the checkpoint and compares it with the snapshot: every file once, the same bytes, the same
// protocol, metaData, transactions (`expired` ones may be left out) and domains.
Result<ReadBack> ProveComplete(const TableRoot& root, const Snapshot& snapshot, const LogFile& file,
                               std::optional<int64_t> expired_ms, const LogContext& context) {
  const FileTable& files = snapshot.files();
  const CheckpointColumns columns{.files = true, .tombstones = true, .state = true, .stats = false};
  ReadBack found;
  int64_t bytes = 0;
  bool has_protocol = false, has_metadata = false;
  std::vector<bool> seen(files.slots());
  StateTally tally(snapshot, expired_ms);
  const auto incomplete = [&](std::string_view what) {
    return Corrupt("delta.checkpoint_incomplete", fmt::format("{} does not hold version {}: {}",
                                                              file.key, snapshot.version(), what));
  };
  LAKEHOLD_TRY(ReadCheckpoint(root, {file}, columns, context, [&](Action&& action) -> Status {
    ++found.actions;
    if (const auto* add = std::get_if<AddFile>(&action)) {
      const std::string dv = add->deletion_vector ? add->deletion_vector->UniqueId() : "";
      const auto ordinal = files.Find(add->path, dv);
      if (!ordinal || seen[*ordinal])
        return incomplete(fmt::format("file {} does not belong or comes twice", add->path));
      seen[*ordinal] = true;
      ++found.live_files;
      bytes += add->size_bytes;
    } else if (const auto* protocol = std::get_if<Protocol>(&action)) {
      has_protocol = SameProtocol(*protocol, snapshot.protocol());
    } else if (const auto* metadata = std::get_if<Metadata>(&action)) {
      has_metadata = metadata->id == snapshot.metadata().id &&
                     metadata->schema_string == snapshot.metadata().schema_string &&
                     metadata->partition_columns == snapshot.metadata().partition_columns &&
                     metadata->configuration == snapshot.metadata().configuration;
    } else if (const auto* txn = std::get_if<SetTransaction>(&action)) {
      if (const auto wrong = tally.Admit(*txn)) return incomplete(*wrong);
    } else if (const auto* domain = std::get_if<DomainMetadata>(&action)) {
      if (const auto wrong = tally.Admit(*domain)) return incomplete(*wrong);
    }
    return {};
  }));
  if (!has_protocol) return incomplete("no protocol, or another one");
  if (!has_metadata) return incomplete("no metaData, or another one");
  if (const auto missing = tally.Missing()) return incomplete(*missing);
  if (found.live_files != files.live_files() || bytes != files.live_bytes()) {
    return incomplete(fmt::format("{} files of {} bytes where the log has {} of {}",
                                  found.live_files, bytes, files.live_files(), files.live_bytes()));
  }
  return found;
}

// The hint never moves backwards; two writers at once may still cross, which a reader survives.
Status MoveHint(const TableRoot& root, const CheckpointReport& report) {
  const std::string key = root.LogKeyOf(kLastCheckpointName);
  auto text = root.store->Get(key, std::nullopt);
  const auto present = text.ok() ? ParseLastCheckpoint(text->view()) : std::nullopt;
  if (present && present->version >= report.version) return {};
  const LastCheckpoint hint{report.version, report.actions, std::nullopt, report.size_bytes,
                            report.live_files};
  return root.store->PutHint(key, AsBytes(FormatLastCheckpoint(hint)));
}

}  // namespace

Result<CheckpointReport> WriteCheckpoint(const TableRoot& root, const Snapshot& snapshot,
                                         const LogContext& context) {
  LAKEHOLD_TRY(CheckMayWrite(root, snapshot, context));
  LAKEHOLD_ASSIGN(auto tombstones, snapshot.LoadTombstones(context));
  CheckpointRows rows(snapshot, std::move(tombstones));
  const auto& configuration = snapshot.metadata().configuration;
  const int64_t keep_ms =
      IntervalPropertyMs(configuration, "delta.setTransactionRetentionDuration", -1);
  std::optional<int64_t> expired_ms;
  if (keep_ms >= 0) expired_ms = context.runtime.clock.NowMs() - keep_ms;
  if (expired_ms) rows.DropTransactionsUntil(*expired_ms);
  const auto as_json = configuration.find("delta.checkpoint.writeStatsAsJson");
  const bool stats_as_json = as_json == configuration.end() || as_json->second != "false";

  const std::string name = ClassicCheckpointName(snapshot.version());
  LogFile file = *ParseLogFileName(name);
  file.key = root.LogKeyOf(name);
  CheckpointReport report{.version = snapshot.version()};
  auto written =
      context.checkpoint_codec->Write(root, file.key, [&] { return rows.Next(); }, stats_as_json);
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
  report.actions = proof->actions;
  report.live_files = proof->live_files;
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
