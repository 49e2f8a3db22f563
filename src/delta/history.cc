#include "delta/history.h"

#include <algorithm>

#include <fmt/format.h>

#include "delta/action_json.h"
#include "delta/calendar.h"
#include "delta/in_commit_time.h"
#include "delta/log_listing.h"
#include "delta/replay.h"

namespace lakehold::delta {
namespace {

// The time of every commit by modification time: none is as old as the one before.
std::vector<int64_t> ModifiedTimes(const std::vector<CommitFile>& commits) {
  std::vector<int64_t> times;
  times.reserve(commits.size());
  for (const CommitFile& commit : commits) {
    const int64_t modified = commit.meta.modified_ns / 1'000'000;
    times.push_back(times.empty() ? modified : std::max(modified, times.back() + 1));
  }
  return times;
}

Result<CommitInfo> ReadCommitInfo(const TableRoot& root, const CommitFile& commit) {
  LAKEHOLD_ASSIGN(const Bytes json, root.store->Get(commit.meta.key, std::nullopt));
  CommitInfo info;
  const ActionFilter filter{.files = false, .state = false, .commit = true, .changes = false};
  LAKEHOLD_TRY(ParseCommit(json, commit.meta.key, filter, [&](Action&& action) -> Status {
    if (auto* found = std::get_if<CommitInfo>(&action)) info = std::move(*found);
    return {};
  }));
  return info;
}

// The commits a time may stand for, and their times; in-commit ones are read when asked for.
class Timeline {
 public:
  Timeline(const TableRoot& root, const LogRange& range, const Metadata& metadata) : root_(root) {
    const std::vector<int64_t> times = ModifiedTimes(range.commits);
    start_ = HasInCommitTime(metadata) ? InCommitTimeSince(metadata)
                                       : InCommitTimeStart{INT64_MAX, INT64_MAX};
    for (size_t i = 0; i < range.commits.size(); ++i) {
      if (range.commits[i].version < range.first) continue;
      if (range.commits[i].version < start_.version) ++with_modified_time_;
      commits_.push_back(range.commits[i]);
      modified_.push_back(times[i]);
    }
  }

  bool empty() const { return commits_.empty(); }
  const CommitFile& commit(size_t i) const { return commits_[i]; }
  size_t size() const { return commits_.size(); }

  Result<int64_t> TimeOf(size_t i) const {
    if (i < with_modified_time_) return modified_[i];
    LAKEHOLD_ASSIGN(const CommitInfo info, ReadCommitInfo(root_, commits_[i]));
    return info.in_commit_timestamp_ms.value_or(modified_[i]);
  }

  // How many commits are at or before the time. Each side of the change to in-commit times is
  // ordered by itself.
  Result<size_t> CountUntil(int64_t time_ms) const {
    const bool in_commit = time_ms >= start_.time_ms && with_modified_time_ < commits_.size();
    size_t low = in_commit ? with_modified_time_ : 0;
    size_t high = in_commit ? commits_.size() : with_modified_time_;
    while (low < high) {
      const size_t middle = low + (high - low) / 2;
      LAKEHOLD_ASSIGN(const int64_t time, TimeOf(middle));
      if (time <= time_ms) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

 private:
  const TableRoot& root_;
  InCommitTimeStart start_;
  size_t with_modified_time_ = 0;
  std::vector<CommitFile> commits_;
  std::vector<int64_t> modified_;
};

}  // namespace

Result<std::vector<HistoryEntry>> ReadHistory(const TableRoot& root, size_t limit,
                                              const LogContext&) {
  LAKEHOLD_ASSIGN(const LogRange range, ListAllCommits(root));
  const std::vector<int64_t> times = ModifiedTimes(range.commits);
  std::vector<HistoryEntry> history;
  for (size_t i = range.commits.size(); i-- > 0 && history.size() < limit;) {
    auto info = ReadCommitInfo(root, range.commits[i]);
    if (!info.ok()) {
      // Cleaned up since the listing: history begins later now.
      if (info.error().kind == ErrorKind::kNotFound) break;
      return info.error();
    }
    const int64_t time_ms = info->in_commit_timestamp_ms.value_or(times[i]);
    history.push_back({range.commits[i].version, time_ms, std::move(info).value()});
  }
  return history;
}

Result<Version> FindVersionAt(const TableRoot& root, int64_t time_ms, const LogContext& context) {
  LAKEHOLD_ASSIGN(const LogRange range, ListAllCommits(root));
  LAKEHOLD_ASSIGN(const auto state, ReplayVersion(root, std::nullopt, {.files = false}, context));
  if (!state.replay.metadata()) {
    return Corrupt("delta.incomplete_state",
                   fmt::format("{}: version {} has no metaData", root.uri(), range.last));
  }
  const Timeline timeline(root, range, *state.replay.metadata());
  if (timeline.empty()) {
    return NotFound(
        "delta.no_such_time",
        fmt::format("{}: version {} is the only one and its commit file, which would tell "
                    "its time, is gone",
                    root.uri(), range.last));
  }
  LAKEHOLD_ASSIGN(const size_t count, timeline.CountUntil(time_ms));
  if (count > 0) return timeline.commit(count - 1).version;
  LAKEHOLD_ASSIGN(const int64_t first_ms, timeline.TimeOf(0));
  LAKEHOLD_ASSIGN(const int64_t last_ms, timeline.TimeOf(timeline.size() - 1));
  return NotFound(
      "delta.no_such_time",
      fmt::format("{}: there is no version as old as {}; version {} is of {}, version {} of {}",
                  root.uri(), FormatTimestamp(time_ms * 1000), timeline.commit(0).version,
                  FormatTimestamp(first_ms * 1000), range.last, FormatTimestamp(last_ms * 1000)),
      "ask for a later time");
}

Result<VersionRange> ReadableVersions(const TableRoot& root, const LogContext&) {
  LAKEHOLD_ASSIGN(const LogRange range, ListAllCommits(root));
  return VersionRange{range.first, range.last};
}

}  // namespace lakehold::delta
