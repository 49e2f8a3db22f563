#include "delta/replay.h"

#include <utility>

#include <fmt/format.h>

#include "base/limits.h"
#include "delta/action_json.h"
#include "delta/checkpoint_reader.h"

namespace lakehold::delta {
namespace {

// A log file may vanish between the listing and its reading when somebody cleans up; the next
// listing knows better.
constexpr int kListings = 3;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

Result<Bytes> ReadLogFile(const TableRoot& root, const storage::ObjectMeta& meta) {
  if (meta.size_bytes > static_cast<uint64_t>(limits::kLogEntryBytes)) {
    return Unsupported("delta.log_entry_too_large",
                       fmt::format("{} has {} bytes; at most {} are read in one piece", meta.key,
                                   meta.size_bytes, limits::kLogEntryBytes));
  }
  return root.store->Get(meta.key, std::nullopt);
}

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

Status ReplayCommits(const TableRoot& root, const std::vector<CommitFile>& commits,
                     Replay& replay) {
  const bool files = replay.options().files || replay.options().tombstones;
  for (auto commit = commits.rbegin(); commit != commits.rend(); ++commit) {
    const ActionFilter filter{
        .files = files, .state = true, .commit = commit == commits.rbegin(), .changes = false};
    LAKEHOLD_ASSIGN(const Bytes json, ReadLogFile(root, commit->meta));
    replay.BeginSource(false);
    LAKEHOLD_TRY(ParseCommit(json, commit->meta.key, filter, [&](Action&& action) -> Status {
      replay.Apply(std::move(action));
      return {};
    }));
  }
  return {};
}

Status ReplayCheckpoint(const TableRoot& root, const LogListing& listing, const LogContext& context,
                        Replay& replay) {
  const ReplayOptions& options = replay.options();
  const CheckpointColumns columns{.files = options.files || options.tombstones,
                                  .tombstones = options.tombstones,
                                  .state = true,
                                  .stats = options.files && !options.tombstones};
  replay.BeginSource(true);
  return ReadCheckpoint(root, listing.checkpoint_parts, columns, context,
                        [&](Action&& action) -> Status {
                          replay.Apply(std::move(action));
                          return {};
                        });
}

Result<ReplayedVersion> ReplayVersion(const TableRoot& root, std::optional<Version> at,
                                      const ReplayOptions& options, const LogContext& context) {
  std::vector<Version> rejected;
  std::optional<Error> checkpoint_error;
  for (int listings = 1;;) {
    auto listing = ListLogWithout(root, at, rejected, context);
    if (!listing.ok()) {
      return checkpoint_error ? WithoutCheckpoint(*checkpoint_error, listing.error())
                              : listing.error();
    }
    Replay replay(root.uri(), options);
    const Status commits = ReplayCommits(root, listing->commits, replay);
    if (!commits.ok()) {
      if (commits.error().kind == ErrorKind::kNotFound && listings++ < kListings) continue;
      return commits.error();
    }
    if (listing->checkpoint_version) {
      const Status checkpoint = ReplayCheckpoint(root, *listing, context, replay);
      if (!checkpoint.ok()) {
        if (checkpoint.error().kind == ErrorKind::kCancelled) return checkpoint.error();
        if (!checkpoint_error) checkpoint_error = checkpoint.error();
        rejected.push_back(*listing->checkpoint_version);
        continue;
      }
    }
    return ReplayedVersion{std::move(listing).value(), std::move(replay)};
  }
}

}  // namespace lakehold::delta
