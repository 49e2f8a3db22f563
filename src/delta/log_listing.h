// LogListing: the files that make one version: a checkpoint (maybe) and the commits after it,
// without a gap.
//
// The newest version is found by one listing from the hint's version on, which also tells a gap
// from the end; an older one, on a local store, by asking for checkpoint names downwards. A refresh
// only probes for the next names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/log_path.h"
#include "delta/table_root.h"
#include "storage/object_store.h"

namespace lakehold::delta {

struct CommitFile {
  Version version = 0;
  storage::ObjectMeta meta;
};

// The reconciled actions of the commits from `first` to `last`.
struct CompactedFile {
  Version first = 0;
  Version last = 0;
  storage::ObjectMeta meta;
};

struct LogListing {
  std::optional<Version> checkpoint_version;
  std::vector<LogFile> checkpoint_parts;  // One for classic and UUID checkpoints.
  uint64_t checkpoint_bytes = 0;
  storage::ObjectMeta checkpoint_meta;  // Of its first part.
  std::vector<CommitFile>
      commits;  // Ascending, contiguous, after the checkpoint; up to the version asked for.
  // Log compaction files that say the same as some of `commits`; ascending, not overlapping. A
  // hint: `commits` are complete without.
  std::vector<CompactedFile> compacted;
  std::optional<CommitFile> head;  // The commit of `version`, if its file still exists.
  Version version = -1;
};

// The files of the newest version, or of `at`. Kinds of error as Snapshot::Load.
Result<LogListing> ListLog(const TableRoot& root, std::optional<Version> at,
                           const LogContext& context);
// The same without the checkpoints `rejected` (found broken), or by a listing that sees checkpoints
// of every name: the fallback paths.
Result<LogListing> ListLogWithout(const TableRoot& root, std::optional<Version> at,
                                  const std::vector<Version>& rejected, const LogContext& context,
                                  bool may_probe = true);
// Every commit in the log, ascending, and the versions that can be reconstructed: one listing of
// the whole folder. kNotFound "delta.not_a_table", kCorrupt "delta.gap" if the newest version
// cannot be reconstructed.
struct LogRange {
  std::vector<CommitFile> commits;
  Version first = 0;
  Version last = 0;
};
Result<LogRange> ListAllCommits(const TableRoot& root);
// What to read instead of listing.commits: compaction files where there are some, and the commits
// between them.
std::vector<CommitFile> CommitsToRead(const LogListing& listing);
// Commits after `known`, by probing known + 1, known + 2, ...
Result<std::vector<CommitFile>> ProbeCommits(const TableRoot& root, Version known,
                                             std::optional<Version> until);

}  // namespace lakehold::delta
