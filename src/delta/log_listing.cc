#include "delta/log_listing.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/limits.h"
#include "delta/calendar.h"
#include "delta/checkpoint.h"

namespace lakehold::delta {
namespace {

// How far down a local store is asked for checkpoint names, one Head each, before its folder is
// listed: about a millisecond of asking against 79 ms for a folder of 100,000 names.
constexpr Version kProbeDepth = 256;

struct FoundCheckpoint {
  std::vector<std::pair<LogFile, storage::ObjectMeta>> files;
};

// All one listing says.
struct LogScan {
  std::map<Version, storage::ObjectMeta> commits;
  // Complete ones, the best of each version.
  std::map<Version, FoundCheckpoint> checkpoints;
  // The first missing part of each checkpoint in parts that is not complete.
  std::map<Version, std::string> incomplete;
  // The longest from each version on.
  std::map<Version, CompactedFile> compacted;

  bool empty() const { return commits.empty() && checkpoints.empty(); }
  Version newest() const {
    const Version commit = commits.empty() ? -1 : commits.rbegin()->first;
    const Version checkpoint = checkpoints.empty() ? -1 : checkpoints.rbegin()->first;
    return std::max(commit, checkpoint);
  }
};

// Of the checkpoints of one version: classic, then UUID-named, then a complete multi-part set.
// Incomplete sets are ignored.
std::optional<FoundCheckpoint> BestOf(std::vector<std::pair<LogFile, storage::ObjectMeta>> files) {
  for (LogFileKind kind : {LogFileKind::kClassicCheckpoint, LogFileKind::kUuidCheckpoint}) {
    for (auto& file : files) {
      if (file.first.kind == kind) return FoundCheckpoint{{std::move(file)}};
    }
  }
  std::map<uint32_t, std::map<uint32_t, std::pair<LogFile, storage::ObjectMeta>>> sets;
  for (auto& file : files) sets[file.first.parts].emplace(file.first.part, file);
  for (auto& [parts, set] : sets) {
    if (parts == 0 || set.size() != parts || set.begin()->first != 1 ||
        set.rbegin()->first != parts)
      continue;
    FoundCheckpoint found;
    for (auto& [part, file] : set) found.files.push_back(std::move(file));
    return found;
  }
  return std::nullopt;
}

// The name of the first part that is not there.
std::string MissingPart(const std::vector<std::pair<LogFile, storage::ObjectMeta>>& files) {
  const LogFile& first = files.front().first;
  uint32_t part = 1;
  while (std::any_of(files.begin(), files.end(), [&](const auto& file) {
    return file.first.parts == first.parts && file.first.part == part;
  }))
    ++part;
  return fmt::format("{:020}.checkpoint.{:010}.{:010}.parquet", first.version, part, first.parts);
}

// Everything of versions >= `from`.
Result<LogScan> ScanLog(const TableRoot& root, Version from) {
  // Every name we want starts with a digit, and with 0 for the next 10^18 versions; "N" sorts
  // before all names of N.
  const std::string folder = root.LogKeyOf("0");
  const std::string prefix = folder.substr(0, folder.size() - 1);
  const std::string start = from > 0 ? prefix + fmt::format("{:020}", from) : std::string();
  LAKEHOLD_ASSIGN(auto lister, root.store->List(folder, start));
  LogScan scan;
  std::map<Version, std::vector<std::pair<LogFile, storage::ObjectMeta>>> checkpoints;
  while (true) {
    LAKEHOLD_ASSIGN(auto meta, lister->Next());
    if (!meta) break;
    auto file = ParseLogFileName(std::string_view(meta->key).substr(prefix.size()));
    if (!file) continue;
    file->key = meta->key;
    if (file->kind == LogFileKind::kCommit) {
      scan.commits.emplace(file->version, std::move(*meta));
    } else if (file->kind == LogFileKind::kCompacted) {
      CompactedFile& longest = scan.compacted[file->from_version];
      if (longest.meta.key.empty() || longest.last < file->version)
        longest = {file->from_version, file->version, std::move(*meta)};
    } else if (file->kind != LogFileKind::kChecksum) {
      checkpoints[file->version].emplace_back(std::move(*file), std::move(*meta));
    }
  }
  for (auto& [version, files] : checkpoints) {
    if (auto best = BestOf(files)) {
      scan.checkpoints.emplace(version, std::move(*best));
    } else {
      scan.incomplete.emplace(version, MissingPart(files));
    }
  }
  return scan;
}

// The oldest version from which commits run without a gap to the newest, and which a checkpoint or
// commit 0 grounds.
std::optional<Version> FirstReadable(const LogScan& scan) {
  Version low = scan.newest() + 1;
  while (low > 0 && scan.commits.contains(low - 1)) --low;
  if (low == 0) return 0;
  const auto checkpoint = scan.checkpoints.lower_bound(low - 1);
  if (checkpoint == scan.checkpoints.end()) return std::nullopt;
  return checkpoint->first;
}

std::string TimeOf(const LogScan& scan, Version version) {
  const auto commit = scan.commits.find(version);
  if (commit == scan.commits.end()) return "";
  return fmt::format(" ({})", FormatTimestamp(commit->second.modified_ns / 1000));
}

Error NoSuchVersion(const TableRoot& root, const LogScan& scan, Version version) {
  const Version last = scan.newest();
  const auto first = FirstReadable(scan);
  if (!first) {
    return Corrupt(
        "delta.gap",
        fmt::format(
            "{}: version {} cannot be read: the log has gaps and no checkpoint bridges them",
            root.uri(), version),
        "restore the missing log files from a backup");
  }
  return NotFound("delta.no_such_version",
                  fmt::format("{}: there is no version {}; versions {}{} to {}{} can be read",
                              root.uri(), version, *first, TimeOf(scan, *first), last,
                              TimeOf(scan, last)),
                  "ask for one of them")
      .With("version", std::to_string(version))
      .With("first_version", std::to_string(*first))
      .With("last_version", std::to_string(last));
}

Error NotATable(const TableRoot& root) {
  return NotFound(
      "delta.not_a_table",
      fmt::format("{} is not a Delta table: {} holds no commit", root.uri(), kLogFolder),
      "check the path, or create the table");
}

Error Gap(const TableRoot& root, Version missing, Version target) {
  return Corrupt("delta.gap",
                 fmt::format("{}: {} is missing, so version {} cannot be put together", root.uri(),
                             root.LogKeyOf(CommitName(missing)), target),
                 "restore the file from a backup, or remove the later log files if they do not "
                 "belong to the table")
      .With("file", root.LogKeyOf(CommitName(missing)))
      .With("version", std::to_string(target));
}

// The same, with the checkpoint that would have bridged it if it were complete.
Error Gap(const TableRoot& root, const LogScan& scan, Version missing, Version target) {
  Error error = Gap(root, missing, target);
  auto part = scan.incomplete.upper_bound(target);
  if (part == scan.incomplete.begin() || (--part)->first < missing) return error;
  error.message += fmt::format("; nor can it from the checkpoint of version {}, for {} is missing",
                               part->first, root.LogKeyOf(part->second));
  return error;
}

void SetCheckpoint(LogListing& listing, Version version, const FoundCheckpoint& found) {
  listing.checkpoint_version = version;
  listing.checkpoint_meta = found.files.front().second;
  for (const auto& [file, meta] : found.files) {
    listing.checkpoint_parts.push_back(file);
    listing.checkpoint_bytes += meta.size_bytes;
  }
}

bool Contains(const std::vector<Version>& versions, Version version) {
  return std::find(versions.begin(), versions.end(), version) != versions.end();
}

// Those that lie within the commits, each as far as it reaches.
std::vector<CompactedFile> CompactionsOf(const LogScan& scan, Version first, Version target) {
  std::vector<CompactedFile> chosen;
  for (auto at = scan.compacted.lower_bound(first); at != scan.compacted.end();
       at = scan.compacted.lower_bound(first)) {
    first = at->first + 1;
    if (at->second.last > target || at->second.last == at->first) continue;
    chosen.push_back(at->second);
    first = at->second.last + 1;
  }
  return chosen;
}

// Puts the version together from a scan that reaches down far enough, or says what is missing.
Result<LogListing> Choose(const TableRoot& root, const LogScan& scan, std::optional<Version> at,
                          const std::vector<Version>& rejected) {
  if (scan.empty()) return NotATable(root);
  const Version target = at.value_or(scan.newest());
  if (target > scan.newest() || target < 0) return NoSuchVersion(root, scan, target);
  LogListing listing;
  listing.version = target;
  for (auto it = scan.checkpoints.upper_bound(target); it != scan.checkpoints.begin();) {
    --it;
    if (Contains(rejected, it->first)) continue;
    SetCheckpoint(listing, it->first, it->second);
    break;
  }
  const Version first = listing.checkpoint_version.value_or(-1) + 1;
  // Below what can be read log files go when a log is cleaned up, in any order.
  const auto below_the_readable = [&] {
    const auto oldest = at && rejected.empty() ? FirstReadable(scan) : std::nullopt;
    return oldest && target < *oldest;
  };
  for (Version version = first; version <= target; ++version) {
    const auto commit = scan.commits.find(version);
    if (commit == scan.commits.end()) {
      return below_the_readable() ? NoSuchVersion(root, scan, target)
                                  : Gap(root, scan, version, target);
    }
    listing.commits.push_back({version, commit->second});
  }
  if (const auto head = scan.commits.find(target); head != scan.commits.end())
    listing.head = {target, head->second};
  listing.compacted = CompactionsOf(scan, first, target);
  return listing;
}

// The version `target` by asking for names downwards from it; nothing if that did not settle it.
Result<std::optional<LogListing>> ProbeDown(const TableRoot& root, Version target,
                                            const std::vector<Version>& rejected) {
  LogListing listing;
  listing.version = target;
  for (Version version = target; version >= 0 && version > target - kProbeDepth; --version) {
    const std::string name = ClassicCheckpointName(version);
    auto commit = root.store->Head(root.LogKeyOf(CommitName(version)));
    if (!commit.ok() && commit.error().kind != ErrorKind::kNotFound) return commit.error();
    if (commit.ok() && version == target) listing.head = {version, *commit};
    if (!Contains(rejected, version)) {
      auto checkpoint = root.store->Head(root.LogKeyOf(name));
      if (checkpoint.ok()) {
        LogFile file = *ParseLogFileName(name);
        file.key = root.LogKeyOf(name);
        SetCheckpoint(listing, version, {{{std::move(file), std::move(checkpoint).value()}}});
        std::reverse(listing.commits.begin(), listing.commits.end());
        return std::optional(std::move(listing));
      }
      if (checkpoint.error().kind != ErrorKind::kNotFound) return checkpoint.error();
    }
    if (!commit.ok()) return std::optional<LogListing>();
    listing.commits.push_back({version, std::move(commit).value()});
    if (version == 0) {
      std::reverse(listing.commits.begin(), listing.commits.end());
      return std::optional(std::move(listing));
    }
  }
  return std::optional<LogListing>();
}

std::optional<LastCheckpoint> ReadHint(const TableRoot& root) {
  auto text = root.store->Get(root.LogKeyOf(kLastCheckpointName), std::nullopt);
  return text.ok() ? ParseLastCheckpoint(text->view()) : std::nullopt;
}

// What tells the version: for the newest one the log from the hint's version on, if that will do.
Result<LogScan> ScanFor(const TableRoot& root, std::optional<Version> at,
                        const std::vector<Version>& rejected) {
  if (!at) {
    const auto hint = ReadHint(root);
    if (hint && hint->version >= 0 && !Contains(rejected, hint->version)) {
      LAKEHOLD_ASSIGN(LogScan tail, ScanLog(root, hint->version));
      if (tail.checkpoints.contains(hint->version)) return tail;
    }
  }
  return ScanLog(root, 0);
}

bool HaveSameNames(const LogScan& one, const LogScan& other) {
  const auto same = [](const auto& left, const auto& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const auto& a, const auto& b) { return a.first == b.first; });
  };
  return same(one.commits, other.commits) && same(one.checkpoints, other.checkpoints) &&
         same(one.incomplete, other.incomplete);
}

// Whether the newest file of the listing is gone by now. A local folder's names are read first and
// examined one by one: what was newer may have gone before its turn came.
bool NewestIsGone(const TableRoot& root, const LogScan& scan) {
  if (!root.store->IsLocal() || scan.empty()) return false;
  const auto commit = scan.commits.find(scan.newest());
  const std::string& key = commit != scan.commits.end()
                               ? commit->second.key
                               : scan.checkpoints.rbegin()->second.files.front().second.key;
  const auto head = root.store->Head(key);
  return !head.ok() && head.error().kind == ErrorKind::kNotFound;
}

// What `choose` makes of a listing by `scan_log`. One that is made while somebody writes and cleans
// up may lack both the old files and the checkpoint that made them needless: only what is missing
// from two listings of the same names is missing.
template <typename ScanFn, typename ChooseFn>
auto ChooseFrom(const TableRoot& root, ScanFn scan_log,
                ChooseFn choose) -> decltype(choose(std::declval<const LogScan&>())) {
  std::optional<LogScan> before;
  for (int listings = 1;; ++listings) {
    LAKEHOLD_ASSIGN(LogScan scan, scan_log());
    auto chosen = choose(std::as_const(scan));
    if (listings == limits::kLogListings) return chosen;
    if (!NewestIsGone(root, scan)) {
      if (chosen.ok()) return chosen;
      const bool may_be_torn = scan.empty() || chosen.error().kind == ErrorKind::kCorrupt;
      // Where there is a hint there was a checkpoint: nothing at all is not said twice either.
      const bool may_repeat = scan.empty() && ReadHint(root).has_value();
      if (!may_be_torn || (before && HaveSameNames(*before, scan) && !may_repeat)) return chosen;
    }
    before = std::move(scan);
  }
}

}  // namespace

std::vector<CommitFile> CommitsToRead(const LogListing& listing) {
  std::vector<CommitFile> commits;
  auto compacted = listing.compacted.begin();
  for (const CommitFile& commit : listing.commits) {
    while (compacted != listing.compacted.end() && compacted->last < commit.version) ++compacted;
    if (compacted == listing.compacted.end() || commit.version < compacted->first) {
      commits.push_back(commit);
    } else if (commit.version == compacted->first) {
      commits.push_back({compacted->last, compacted->meta});
    }
  }
  return commits;
}

Result<LogListing> ListLog(const TableRoot& root, std::optional<Version> at,
                           const LogContext& context) {
  return ListLogWithout(root, at, {}, context);
}

Result<LogListing> ListLogWithout(const TableRoot& root, std::optional<Version> at,
                                  const std::vector<Version>& rejected, const LogContext&,
                                  bool may_probe) {
  if (may_probe && at && *at >= 0 && root.store->IsLocal()) {
    LAKEHOLD_ASSIGN(auto probed, ProbeDown(root, *at, rejected));
    if (probed) return std::move(*probed);
  }
  return ChooseFrom(
      root, [&] { return ScanFor(root, at, rejected); },
      [&](const LogScan& scan) { return Choose(root, scan, at, rejected); });
}

Result<LogRange> ListAllCommits(const TableRoot& root) {
  return ChooseFrom(
      root, [&] { return ScanLog(root, 0); },
      [&](const LogScan& scan) -> Result<LogRange> {
        if (scan.empty()) return NotATable(root);
        const auto first = FirstReadable(scan);
        if (!first) return NoSuchVersion(root, scan, scan.newest());
        LogRange range{{}, *first, scan.newest()};
        for (const auto& [version, meta] : scan.commits) range.commits.push_back({version, meta});
        return range;
      });
}

Result<std::vector<CommitFile>> ProbeCommits(const TableRoot& root, Version known,
                                             std::optional<Version> until) {
  std::vector<CommitFile> found;
  auto head = [&](Version version) { return root.store->Head(root.LogKeyOf(CommitName(version))); };
  for (Version next = known + 1; !until || next <= *until;) {
    auto meta = head(next);
    if (meta.ok()) {
      found.push_back({next++, std::move(meta).value()});
      continue;
    }
    if (meta.error().kind != ErrorKind::kNotFound) return meta.error();
    // One name further tells most gaps from the end; not worth a round trip on a remote store.
    // Somebody may have committed both in the meantime.
    if (!root.store->IsLocal()) return found;
    auto beyond = head(next + 1);
    if (!beyond.ok()) {
      if (beyond.error().kind != ErrorKind::kNotFound) return beyond.error();
      return found;
    }
    meta = head(next);
    if (!meta.ok()) {
      if (meta.error().kind != ErrorKind::kNotFound) return meta.error();
      return Gap(root, next, next + 1);
    }
  }
  return found;
}

}  // namespace lakehold::delta
