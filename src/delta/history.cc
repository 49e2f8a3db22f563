#include "delta/history.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/limits.h"
#include "delta/action_json.h"
#include "delta/calendar.h"
#include "delta/features.h"
#include "delta/in_commit_time.h"
#include "delta/log_listing.h"
#include "delta/table_head.h"

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

// The time a commit carries. With in-commit timestamps commitInfo is its first line.
Result<std::optional<int64_t>> ReadInCommitTime(const TableRoot& root, const std::string& key) {
  constexpr uint64_t kFirstLineBytes = uint64_t{16} << 10;
  LAKEHOLD_ASSIGN(const auto reader, root.store->OpenReader(key));
  Bytes bytes = Bytes::OfSize(std::min(reader->meta().size_bytes, kFirstLineBytes));
  LAKEHOLD_TRY(
      reader->ReadAt(0, std::as_writable_bytes(std::span(bytes.mutable_data(), bytes.size()))));
  const size_t end = bytes.view().find('\n');
  std::optional<int64_t> time_ms;
  const ActionFilter filter{.files = false, .state = false, .commit = true, .changes = false};
  if (end != std::string_view::npos) {
    (void)ParseCommit(Bytes::CopyOf(bytes.view().substr(0, end)), key, filter,
                      [&](Action&& action) -> Status {
                        if (const auto* found = std::get_if<CommitInfo>(&action))
                          time_ms = found->in_commit_timestamp_ms;
                        return {};
                      });
  }
  if (time_ms) return time_ms;
  LAKEHOLD_ASSIGN(const auto info, ReadCommitInfo(root, {0, reader->meta()}));
  return info ? info->in_commit_timestamp_ms : std::nullopt;
}

// The newest version at or before the time, by halving the versions that carry their time: a few
// small reads and no listing. Nothing where that does not settle it.
Result<std::optional<Version>> SearchInCommitTimes(const TableRoot& root, const TableHead& head,
                                                   int64_t time_ms) {
  if (!HasInCommitTime(head.metadata)) return std::optional<Version>();
  const InCommitTimeStart start = InCommitTimeSince(head.metadata);
  if (time_ms < start.time_ms) return std::optional<Version>();
  std::optional<Version> newest;
  for (Version low = start.version, high = head.version + 1; low < high;) {
    const Version middle = low + (high - low) / 2;
    const std::string key = root.LogKeyOf(CommitName(middle));
    const auto time = ReadInCommitTime(root, key);
    if (!time.ok() && time.error().kind != ErrorKind::kNotFound) return time.error();
    if (time.ok() && !*time) {
      if (Supports(head.protocol, "inCommitTimestamp")) return NoInCommitTime(key);
      return std::optional<Version>();
    }
    if (time.ok() && **time > time_ms) {
      high = middle;
      continue;
    }
    // What is missing was cleaned up: it is older; unless that is going on now.
    if (!time.ok() && newest) return std::optional<Version>();
    if (time.ok()) newest = middle;
    low = middle + 1;
  }
  return newest;
}

// The commits a time may stand for, and their times; in-commit ones are read when asked for.
class Timeline {
 public:
  Timeline(const TableRoot& root, const LogRange& range, const Protocol& protocol,
           const Metadata& metadata)
      : root_(root), is_promised_(Supports(protocol, "inCommitTimestamp")) {
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

  struct Answer {
    std::optional<Version> version;  // The newest one at or before the time.
    int64_t first_ms = 0;            // If there is none: of the first and the last version.
    int64_t last_ms = 0;
  };

  bool empty() const { return commits_.empty(); }
  Version first() const { return commits_.front().version; }

  // kNotFound if a commit went away since it was listed.
  Result<Answer> Ask(int64_t time_ms) const {
    LAKEHOLD_ASSIGN(const size_t count, CountUntil(time_ms));
    if (count > 0) return Answer{commits_[count - 1].version};
    LAKEHOLD_ASSIGN(const int64_t first_ms, TimeOf(0));
    LAKEHOLD_ASSIGN(const int64_t last_ms, TimeOf(commits_.size() - 1));
    return Answer{std::nullopt, first_ms, last_ms};
  }

 private:
  Result<int64_t> TimeOf(size_t i) const {
    if (i < with_modified_time_) return modified_[i];
    LAKEHOLD_ASSIGN(const auto time, ReadInCommitTime(root_, commits_[i].meta.key));
    if (!time && is_promised_) return NoInCommitTime(commits_[i].meta.key);
    return time.value_or(modified_[i]);
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

  const TableRoot& root_;
  bool is_promised_;  // The protocol says that the times are there.
  InCommitTimeStart start_;
  size_t with_modified_time_ = 0;
  std::vector<CommitFile> commits_;
  std::vector<int64_t> modified_;
};

}  // namespace

Result<std::optional<CommitInfo>> ReadCommitInfo(const TableRoot& root, const CommitFile& commit) {
  LAKEHOLD_ASSIGN(const Bytes json, root.store->Get(commit.meta.key, std::nullopt));
  std::optional<CommitInfo> info;
  const ActionFilter filter{.files = false, .state = false, .commit = true, .changes = false};
  LAKEHOLD_TRY(ParseCommit(json, commit.meta.key, filter, [&](Action&& action) -> Status {
    if (auto* found = std::get_if<CommitInfo>(&action)) info = std::move(*found);
    return {};
  }));
  return info;
}

Result<std::vector<HistoryEntry>> ReadHistory(const TableRoot& root, size_t limit,
                                              const LogContext&) {
  for (int listings = 1;; ++listings) {
    LAKEHOLD_ASSIGN(const LogRange range, ListAllCommits(root));
    const std::vector<int64_t> times = ModifiedTimes(range.commits);
    std::vector<HistoryEntry> history;
    bool is_gone = false;
    for (size_t i = range.commits.size(); !is_gone && i-- > 0 && history.size() < limit;) {
      auto info = ReadCommitInfo(root, range.commits[i]);
      // Cleaned up since the listing: history begins later now.
      is_gone = !info.ok() && info.error().kind == ErrorKind::kNotFound;
      if (is_gone) continue;
      if (!info.ok()) return info.error();
      CommitInfo told = std::move(info).value().value_or(CommitInfo{});
      const int64_t time_ms = told.in_commit_timestamp_ms.value_or(times[i]);
      history.push_back({range.commits[i].version, time_ms, std::move(told)});
    }
    // If all of it is gone there must be newer commits.
    if (!is_gone || !history.empty() || listings == limits::kLogListings) return history;
  }
}

Result<Version> FindVersionAt(const TableRoot& root, int64_t time_ms, const LogContext& context) {
  LAKEHOLD_ASSIGN(const TableHead head, LoadTableHead(root, Latest{}, context));
  LAKEHOLD_ASSIGN(const auto found, SearchInCommitTimes(root, head, time_ms));
  // It may be one that cannot be put together any more; then the whole log tells what can.
  if (found && ListLog(root, *found, context).ok()) return *found;
  for (int listings = 1;; ++listings) {
    LAKEHOLD_ASSIGN(const LogRange range, ListAllCommits(root));
    const Timeline timeline(root, range, head.protocol, head.metadata);
    if (timeline.empty()) {
      return NotFound(
          "delta.no_such_time",
          fmt::format("{}: version {} is the only one and its commit file, which would tell "
                      "its time, is gone",
                      root.uri(), range.last));
    }
    const auto answer = timeline.Ask(time_ms);
    if (!answer.ok()) {
      // Cleaned up since the listing: the next one knows better.
      if (answer.error().kind == ErrorKind::kNotFound && listings < limits::kLogListings) continue;
      return answer.error();
    }
    if (answer->version) return *answer->version;
    return NotFound(
        "delta.no_such_time",
        fmt::format("{}: there is no version as old as {}; version {} is of {}, version {} of {}",
                    root.uri(), FormatTimestamp(time_ms * 1000), timeline.first(),
                    FormatTimestamp(answer->first_ms * 1000), range.last,
                    FormatTimestamp(answer->last_ms * 1000)),
        "ask for a later time");
  }
}

Result<VersionRange> ReadableVersions(const TableRoot& root, const LogContext&) {
  LAKEHOLD_ASSIGN(const LogRange range, ListAllCommits(root));
  return VersionRange{range.first, range.last};
}

}  // namespace lakehold::delta
