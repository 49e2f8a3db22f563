// LogListing: the files that make one version: a checkpoint (maybe) and the commits after it, without a gap.
//
// Found by probing from `_last_checkpoint`; the whole folder is listed only when that hint is absent or wrong.
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

struct LogListing {
  std::optional<Version> checkpoint_version;
  std::vector<LogFile> checkpoint_parts;  // One for classic and UUID checkpoints.
  uint64_t checkpoint_bytes = 0;
  std::vector<CommitFile> commits;        // Ascending, contiguous, after the checkpoint; up to the version asked for.
  Version version = -1;
};

// The files of the newest version, or of `at`. Kinds of error as Snapshot::Load.
Result<LogListing> ListLog(const TableRoot& root, std::optional<Version> at, const LogContext& context);
// The same without the checkpoints `rejected` (found broken): the fallback path.
Result<LogListing> ListLogWithout(const TableRoot& root, std::optional<Version> at,
                                  const std::vector<Version>& rejected, const LogContext& context);
// Commits after `known`, by probing known + 1, known + 2, ...
Result<std::vector<CommitFile>> ProbeCommits(const TableRoot& root, Version known, std::optional<Version> until);

}  // namespace lakehold::delta
