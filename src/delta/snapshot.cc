#include "delta/snapshot.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "delta/action_json.h"
#include "delta/checkpoint.h"
#include "delta/features.h"
#include "delta/history.h"
#include "delta/in_commit_time.h"
#include "delta/log_listing.h"
#include "delta/log_path.h"
#include "delta/log_place.h"
#include "delta/next_snapshot.h"
#include "delta/ratified_store.h"
#include "delta/replay.h"
#include "delta/retention.h"
#include "delta/schema_json.h"

namespace lakehold::delta {
namespace {

std::string IdentityOf(const storage::ObjectMeta& meta) {
  return fmt::format("{}|{}|{}|{}", meta.key, meta.identity, meta.size_bytes, meta.modified_ns);
}

int64_t ModifiedMs(const storage::ObjectMeta& meta) { return meta.modified_ns / 1'000'000; }

}  // namespace

// The only kind of snapshot: what Load, Refresh and Overlay fill in.
class LogSnapshot final : public Snapshot {
 public:
  LogSnapshot() = default;
  explicit LogSnapshot(const Snapshot& from) : Snapshot(from) {}

  static Result<std::shared_ptr<const Snapshot>> Make(const TableRoot& root,
                                                      ReplayedVersion replayed) {
    LAKEHOLD_ASSIGN(auto made, Begin(root, replayed, true));
    const LogListing& listing = replayed.listing;
    const storage::ObjectMeta& head = listing.head ? listing.head->meta : listing.checkpoint_meta;
    made->commit_identity_ = IdentityOf(head);
    made->timestamp_ms_ = listing.commits.empty() ? ModifiedMs(head) : INT64_MIN;
    made->Advance(listing.commits);
    if (listing.head) {
      const bool unread = listing.commits.empty() && HasInCommitTime(made->metadata_);
      auto info = unread ? ReadCommitInfo(root, *listing.head) : replayed.replay.info();
      LAKEHOLD_TRY(made->UseInCommitTime(std::move(info), head.key));
    }
    return std::shared_ptr<const Snapshot>(std::move(made));
  }

  static Result<std::shared_ptr<const Snapshot>> MakeUncommitted(const TableRoot& root,
                                                                 ReplayedVersion replayed) {
    LAKEHOLD_ASSIGN(auto made, Begin(root, replayed, false));
    return std::shared_ptr<const Snapshot>(std::move(made));
  }

  // `from` and the commits after it, which `replay` holds.
  static Result<std::shared_ptr<const Snapshot>> Grow(const Snapshot& from,
                                                      const std::vector<CommitFile>& commits,
                                                      Replay replay) {
    auto made = std::make_shared<LogSnapshot>(from);
    made->version_ = commits.back().version;
    LAKEHOLD_TRY(made->Absorb(replay, &from, true));
    made->commit_identity_ = IdentityOf(commits.back().meta);
    made->Advance(commits);
    LAKEHOLD_TRY(made->UseInCommitTime(replay.info(), commits.back().meta.key));
    made->NoticeCheckpoint(commits);
    return std::shared_ptr<const Snapshot>(std::move(made));
  }

  void MarkUncommitted() {
    commit_identity_.clear();
    in_log_ = false;
  }

  // Takes over what a replay found, on top of `from` (null: nothing). An overlay keeps the ordinals
  // of its base: rows of a statement are named by them.
  Status Absorb(Replay& replay, const Snapshot* from, bool may_pack) {
    if (replay.protocol()) protocol_ = *replay.protocol();
    if (replay.metadata()) metadata_ = *replay.metadata();
    if (!from && (!replay.protocol() || !replay.metadata())) {
      return Incomplete(replay.protocol() ? "metaData" : "protocol");
    }
    if (replay.metadata()) {
      if (Status used = UseSchema(); !used.ok())
        return Placed(std::move(used).error(), Said::kMetadata);
    }
    for (const auto& [app_id, txn] : replay.transactions()) transactions_[app_id] = txn;
    for (const auto& [name, domain] : replay.domains()) {
      if (domain.removed) {
        domains_.erase(name);
      } else {
        domains_[name] = domain;
      }
    }
    const ChunkedFileTable* base = nullptr;
    if (from) {
      base = dynamic_cast<const ChunkedFileTable*>(&from->files());
      if (!base)
        return Internal("delta.foreign_file_table",
                        "a snapshot holds a file table of another kind");
    }
    auto files = replay.files().Finish(PartitionColumns(), base, may_pack);
    if (!files.ok()) return AboutFile(std::move(files).error());
    files_ = std::move(files).value();
    return {};
  }

 private:
  static Result<std::shared_ptr<LogSnapshot>> Begin(const TableRoot& root,
                                                    ReplayedVersion& replayed, bool in_log) {
    auto made = std::make_shared<LogSnapshot>();
    made->in_log_ = in_log;
    made->root_ = root;
    made->version_ = replayed.listing.version;
    made->last_checkpoint_ = replayed.listing.checkpoint_version;
    made->last_checkpoint_bytes_ = replayed.listing.checkpoint_bytes;
    LAKEHOLD_TRY(made->Absorb(replayed.replay, nullptr, false));
    return made;
  }

  Error Incomplete(std::string_view missing) const {
    std::string from;
    if (last_checkpoint_) {
      from = fmt::format(" (neither the checkpoint {} nor a later commit tells it)",
                         root_.LogKeyOf(ClassicCheckpointName(*last_checkpoint_)));
    }
    return Corrupt("delta.incomplete_state",
                   fmt::format("{}: version {} has no {}{}", root_.uri(), version_, missing, from),
                   "restore the log from a backup");
  }

  // What a draft says stands in no log yet.
  Error Placed(Error error, Said what, const std::string& path = {}) const {
    return in_log_ ? WithPlace(std::move(error), root_, version_, what, path) : error;
  }

  Error AboutFile(Error error) const {
    for (const auto& [word, path] : error.context) {
      if (word == "data_file") return Placed(error, Said::kFile, path);
    }
    return error;
  }

  Status UseSchema() {
    LAKEHOLD_ASSIGN(schema_, ParseSchema(metadata_.schema_string));
    LAKEHOLD_TRY(CheckFieldNames(schema_));
    partition_fields_.clear();
    for (const std::string& column : metadata_.partition_columns) {
      const auto field = schema_.FindField(column);
      if (!field) {
        return BadPartition(column, "is not in the schema");
      }
      if (std::find(partition_fields_.begin(), partition_fields_.end(), *field) !=
          partition_fields_.end())
        return BadPartition(column, "is named twice");
      const DataType& type = schema_.fields[*field].type;
      if (type.nested() || type.kind == TypeKind::kVariant)
        return BadPartition(column, fmt::format("is of type {}", FormatType(type)));
      partition_fields_.push_back(*field);
    }
    return {};
  }

  static Error BadPartition(const std::string& column, std::string_view what) {
    return Corrupt("delta.bad_metadata", fmt::format("partition column \"{}\" {}", column, what),
                   "only the writer of this table can repair it");
  }

  PartitionSchema PartitionColumns() const {
    PartitionSchema columns;
    for (size_t field : partition_fields_) {
      columns.emplace_back(schema_.fields[field].physical_name(), schema_.fields[field].type);
    }
    return columns;
  }

  // Modification times made monotonic: no version is as old as the one before.
  void Advance(const std::vector<CommitFile>& commits) {
    for (const CommitFile& commit : commits) {
      timestamp_ms_ = timestamp_ms_ == INT64_MIN
                          ? ModifiedMs(commit.meta)
                          : std::max(ModifiedMs(commit.meta), timestamp_ms_ + 1);
      json_bytes_since_checkpoint_ += commit.meta.size_bytes;
    }
  }

  Status UseInCommitTime(const Result<std::optional<CommitInfo>>& info, const std::string& commit) {
    if (!info.ok()) return info.error();
    const bool ratified = RatifiedNumber(*root_.store) != 0 && IsCatalogManaged(protocol_);
    if (!HasInCommitTime(metadata_)) return ratified ? NoInCommitTime(commit) : Status();
    if (*info && (*info)->in_commit_timestamp_ms) {
      timestamp_ms_ = *(*info)->in_commit_timestamp_ms;
      return {};
    }
    if (ratified) return NoInCommitTime(commit);
    if (!Supports(protocol_, "inCommitTimestamp") ||
        version_ < InCommitTimeSince(metadata_).version)
      return {};
    return NoInCommitTime(commit);
  }

  // Once a checkpoint is due by what this snapshot knows, somebody may have written it: ask the
  // hint, and only then.
  void NoticeCheckpoint(const std::vector<CommitFile>& commits) {
    if (!CheckpointIsDue(metadata_, version_, last_checkpoint_, json_bytes_since_checkpoint_,
                         last_checkpoint_bytes_))
      return;
    auto text = root_.store->Get(root_.LogKeyOf(kLastCheckpointName), std::nullopt);
    const auto hint = text.ok() ? ParseLastCheckpoint(text->view()) : std::nullopt;
    if (!hint || hint->version <= last_checkpoint_.value_or(-1) || hint->version > version_) return;
    last_checkpoint_ = hint->version;
    last_checkpoint_bytes_ = hint->size_bytes.value_or(0);
    json_bytes_since_checkpoint_ = 0;
    for (const CommitFile& commit : commits) {
      if (commit.version > hint->version) json_bytes_since_checkpoint_ += commit.meta.size_bytes;
    }
  }

  bool in_log_ = true;
};

Result<std::shared_ptr<const Snapshot>> Snapshot::Load(const TableRoot& root,
                                                       const VersionSpec& spec,
                                                       const LogContext& context) {
  std::optional<Version> at;
  if (const auto* version = std::get_if<AtVersion>(&spec)) at = version->version;
  if (const auto* time = std::get_if<AtTime>(&spec)) {
    LAKEHOLD_ASSIGN(at, FindVersionAt(root, time->time_ms, context));
  }
  ReplayOptions options;
  std::optional<Error> first;
  // What was read may be whole and yet no state, its schema none: another checkpoint, or none and
  // more commits, may tell the same version better.
  while (true) {
    auto replayed = ReplayVersion(root, at, options, context);
    if (!replayed.ok())
      return first && replayed.error().kind != ErrorKind::kCancelled ? *first : replayed.error();
    at = replayed->listing.version;
    const auto checkpoint = replayed->listing.checkpoint_version;
    const bool is_complete = replayed->replay.protocol() && replayed->replay.metadata();
    auto made = LogSnapshot::Make(root, std::move(replayed).value());
    if (made.ok()) return made;
    if (!first) first = made.error();
    if (made.error().kind != ErrorKind::kCorrupt || !is_complete) return *first;
    if (!checkpoint && !std::exchange(options.may_probe, false)) return *first;
    if (checkpoint) options.without.push_back(*checkpoint);
    options.may_probe = false;
  }
}

Result<std::shared_ptr<const Snapshot>> Snapshot::Refresh(std::shared_ptr<const Snapshot> from,
                                                          const LogContext& context) {
  const TableRoot& root = from->root_;
  if (from->commit_identity_.empty()) return Load(root, Latest{}, context);  // An overlay.
  // Commits that are gone may have been cleaned up; a listing tells that from damage.
  const auto commits = ProbeCommits(root, from->version_, std::nullopt);
  if (!commits.ok() && commits.error().kind == ErrorKind::kCorrupt)
    return Load(root, Latest{}, context);
  if (!commits.ok()) return commits.error();
  Result<std::shared_ptr<const Snapshot>> grown = from;
  if (!commits->empty()) {
    grown = Redo(*from, *commits, context);
    if (!grown.ok() && grown.error().kind == ErrorKind::kNotFound)
      return Load(root, Latest{}, context);
    if (!grown.ok()) return grown;
  }
  // Asked last: if our own version is still the same file, what was read after it belongs to the
  // same table.
  LAKEHOLD_ASSIGN(const bool same, from->IsStillThere());
  if (!same) return Load(root, Latest{}, context);
  return grown;
}

Result<std::shared_ptr<const Snapshot>> NextSnapshot(const Snapshot& base, const CommitFile& commit,
                                                     const Bytes& json) {
  if (commit.version != base.version() + 1 || base.commit_identity().empty()) {
    return Internal("delta.not_the_next",
                    fmt::format("{}: version {} does not follow {} in the log", base.root().uri(),
                                commit.version, base.version()));
  }
  Replay replay(base.root().uri(), {});
  replay.BeginSource(false);
  const ActionFilter all{.files = true, .state = true, .commit = true, .changes = false};
  LAKEHOLD_TRY(ParseCommit(json, commit.meta.key, all, [&](Action&& action) -> Status {
    replay.Apply(std::move(action));
    return {};
  }));
  return LogSnapshot::Grow(base, {commit}, std::move(replay));
}

Result<std::shared_ptr<const Snapshot>> Redo(const Snapshot& from,
                                             const std::vector<CommitFile>& commits,
                                             const LogContext& context) {
  if (commits.empty() || commits.front().version != from.version() + 1 ||
      from.commit_identity().empty()) {
    return Internal("delta.not_the_next", fmt::format("{}: these commits do not follow version {}",
                                                      from.root().uri(), from.version()));
  }
  Replay replay(from.root().uri(), {});
  LAKEHOLD_TRY(ReplayCommits(from.root(), commits, context, replay));
  return LogSnapshot::Grow(from, commits, std::move(replay));
}

Result<bool> Snapshot::IsStillThere() const {
  if (commit_identity_.empty()) return true;
  auto now = root_.store->Head(commit_identity_.substr(0, commit_identity_.find('|')));
  if (!now.ok() && now.error().kind != ErrorKind::kNotFound) return std::move(now).error();
  return now.ok() && IdentityOf(*now) == commit_identity_;
}

Result<std::shared_ptr<const Snapshot>> Snapshot::Overlay(std::span<const Action> actions) const {
  Replay replay(root_.uri(), {});
  replay.BeginSource(false);
  for (const Action& action : actions) replay.Apply(Action(action));
  auto made = std::make_shared<LogSnapshot>(*this);
  made->MarkUncommitted();
  LAKEHOLD_TRY(made->Absorb(replay, this, false));
  return std::shared_ptr<const Snapshot>(std::move(made));
}

Result<std::shared_ptr<const Snapshot>> Snapshot::FromActions(const TableRoot& root,
                                                              std::span<const Action> actions) {
  ReplayedVersion created{{}, Replay(root.uri(), {})};
  created.listing.version = 0;
  created.replay.BeginSource(false);
  for (const Action& action : actions) created.replay.Apply(Action(action));
  return LogSnapshot::MakeUncommitted(root, std::move(created));
}

Result<std::vector<RemoveFile>> Snapshot::LoadTombstones(const LogContext& context) const {
  LAKEHOLD_ASSIGN(auto replayed,
                  ReplayVersion(root_, version_, {.files = false, .tombstones = true}, context));
  const int64_t retention = IntervalPropertyMs(
      metadata_.configuration, "delta.deletedFileRetentionDuration", kDeletedFileRetentionMs);
  const int64_t expired_ms = context.runtime.clock.NowMs() - retention;
  std::vector<RemoveFile> kept;
  for (RemoveFile& remove : replayed.replay.tombstones()) {
    if (remove.deletion_timestamp_ms.value_or(0) > expired_ms) kept.push_back(std::move(remove));
  }
  return kept;
}

Result<bool> TableExists(const TableRoot& root) {
  auto head = root.store->Head(root.LogKeyOf(CommitName(0)));
  if (head.ok()) return true;
  if (head.error().kind != ErrorKind::kNotFound) return head.error();
  const std::string log = root.LogKeyOf("0");
  LAKEHOLD_ASSIGN(auto lister, root.store->List(log, ""));
  while (true) {
    LAKEHOLD_ASSIGN(auto meta, lister->Next());
    if (!meta) return false;
    const auto file = ParseLogFileName(std::string_view(meta->key).substr(log.size() - 1));
    if (file && file->kind != LogFileKind::kChecksum && file->kind != LogFileKind::kCompacted)
      return true;
  }
}

}  // namespace lakehold::delta
