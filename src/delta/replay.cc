#include "delta/replay.h"

#include <utility>

#include <fmt/format.h>

#include "base/limits.h"
#include "delta/action_json.h"
#include "delta/checkpoint_reader.h"
#include "delta/checkpoint_stats.h"

namespace lakehold::delta {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

// The error of a version that cannot be completed without the checkpoint that failed first.
Error WithoutCheckpoint(const Error& checkpoint, const Error& rest) {
  Error error = checkpoint;
  const bool is_broken =
      checkpoint.kind == ErrorKind::kNotFound || checkpoint.kind == ErrorKind::kCorrupt;
  if (is_broken) {
    error.kind = ErrorKind::kCorrupt;
    error.reason = "delta.bad_checkpoint";
  }
  error.message =
      fmt::format("checkpoint unreadable: {}; without it: {}", checkpoint.message, rest.message);
  return error;
}

// Whether a file of the checkpoint that could be listed is gone by now.
bool IsGone(const TableRoot& root, const std::vector<LogFile>& parts) {
  for (const LogFile& part : parts) {
    const auto head = root.store->Head(part.key);
    if (!head.ok() && head.error().kind == ErrorKind::kNotFound) return true;
  }
  return false;
}

}  // namespace

void Replay::Apply(Action&& action) {
  std::visit(
      Overloaded{
          [&](AddFile&& add) {
            if (!options_.files && !options_.tombstones) return;
            if (options_.tombstones) add.stats.reset();
            files_.Add(add);
          },
          [&](RemoveFile&& remove) {
            if (!options_.files && !options_.tombstones) return;
            const std::string dv = remove.deletion_vector ? remove.deletion_vector->UniqueId() : "";
            if (files_.Remove(remove.path, dv) && options_.tombstones)
              tombstones_.push_back(std::move(remove));
          },
          [&](Metadata&& metadata) {
            if (!metadata_) metadata_ = std::move(metadata);
          },
          [&](Protocol&& protocol) {
            if (!protocol_) protocol_ = std::move(protocol);
          },
          [&](SetTransaction&& txn) { transactions_.try_emplace(txn.app_id, std::move(txn)); },
          [&](DomainMetadata&& domain) { domains_.try_emplace(domain.domain, std::move(domain)); },
          [&](CommitInfo&& info) {
            if (!info_) info_ = std::move(info);
          },
          [](AddChangeFile&&) {}},
      std::move(action));
}

Status ReplayCheckpoint(const TableRoot& root, const LogListing& listing, const LogContext& context,
                        Replay& replay) {
  const ReplayOptions& options = replay.options();
  const CheckpointColumns columns{.files = options.files || options.tombstones,
                                  .tombstones = options.tombstones,
                                  .state = true,
                                  .stats = options.files && !options.tombstones};
  replay.BeginCheckpoint();
  CheckpointSink sink{[&](Action&& action) -> Status {
    replay.Apply(std::move(action));
    return {};
  }};
  std::string of;  // The file whose batches come.
  if (options.files && !options.tombstones) {
    sink.files = [&](const std::string& key, FileRows&& rows) -> Status {
      if (key != of) {
        of = key;
        std::shared_ptr<const StatsSource> stats;
        if (rows.stats_in_source) {
          LAKEHOLD_ASSIGN(stats,
                          OpenCheckpointStats(root, key,
                                              std::dynamic_pointer_cast<BatchCheckpointCodec>(
                                                  context.checkpoint_codec)));
        }
        replay.files().LeaveStatsIn(std::move(stats));
        replay.files().ExpectRows(rows.rows_to_come);
      }
      rows.Hash(root.uri());
      replay.files().Take(rows);
      return {};
    };
  }
  LAKEHOLD_TRY(ReadCheckpoint(root, listing.checkpoint_parts, columns, context, sink));
  const std::string& repeated = replay.files().FindRepeated();
  if (repeated.empty()) return {};
  const std::string& key = listing.checkpoint_parts.front().key;
  return Corrupt("delta.bad_checkpoint",
                 fmt::format("{}: it tells twice of the data file \"{}\"", key, repeated))
      .With("file", key);
}

namespace {

// Commits, by way of compaction files where `use_compacted`; what these leave out, the last
// commit's commitInfo, is read from it.
Status ReplayTail(const TableRoot& root, const LogListing& listing, bool use_compacted,
                  const LogContext& context, Replay& replay) {
  if (!use_compacted) return ReplayCommits(root, listing.commits, context, replay);
  LAKEHOLD_TRY(ReplayCommits(root, CommitsToRead(listing), context, replay));
  if (!listing.head || listing.compacted.back().last != listing.version) return {};
  LAKEHOLD_ASSIGN(const Bytes json, root.store->Get(listing.head->meta.key, std::nullopt));
  const ActionFilter filter{.files = false, .state = false, .commit = true, .changes = false};
  return ParseCommit(json, listing.head->meta.key, filter, [&](Action&& action) -> Status {
    replay.Apply(std::move(action));
    return {};
  });
}

}  // namespace

Result<ReplayedVersion> ReplayVersion(const TableRoot& root, std::optional<Version> at,
                                      const ReplayOptions& options, const LogContext& context) {
  std::vector<Version> rejected = options.without;
  std::optional<Error> checkpoint_error;
  // Whether compaction kept what only the tombstones tell is not for us to say.
  bool may_use_compacted = !options.tombstones;
  // Another than a classic checkpoint may make a broken commit needless.
  bool may_probe = options.may_probe;
  for (int listings = 1;;) {
    auto listing = ListLogWithout(root, at, rejected, context, may_probe);
    if (!listing.ok()) {
      return checkpoint_error ? WithoutCheckpoint(*checkpoint_error, listing.error())
                              : listing.error();
    }
    Replay replay(root.uri(), options);
    const bool use_compacted = may_use_compacted && !listing->compacted.empty();
    const Status commits = ReplayTail(root, *listing, use_compacted, context, replay);
    if (!commits.ok()) {
      if (use_compacted && commits.error().kind != ErrorKind::kCancelled) {
        may_use_compacted = false;
        continue;
      }
      // Cleaned up since the listing: the next one knows better.
      if (commits.error().kind == ErrorKind::kNotFound && listings++ < limits::kLogListings)
        continue;
      if (at && commits.error().kind == ErrorKind::kCorrupt && std::exchange(may_probe, false))
        continue;
      return commits.error();
    }
    if (listing->checkpoint_version) {
      const Status checkpoint = ReplayCheckpoint(root, *listing, context, replay);
      if (!checkpoint.ok()) {
        if (checkpoint.error().kind == ErrorKind::kCancelled) return checkpoint.error();
        if (IsGone(root, listing->checkpoint_parts) && listings++ < limits::kLogListings) continue;
        if (!checkpoint_error) checkpoint_error = checkpoint.error();
        rejected.push_back(*listing->checkpoint_version);
        continue;
      }
    }
    return ReplayedVersion{std::move(listing).value(), std::move(replay)};
  }
}

}  // namespace lakehold::delta
