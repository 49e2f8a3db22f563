// History: the commits of a table, newest first, and the version a time stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/log_listing.h"
#include "delta/table_root.h"

namespace lakehold::delta {

struct HistoryEntry {
  Version version = 0;
  int64_t timestamp_ms = 0;  // In-commit timestamp where enabled, else mtime made monotonic.
  CommitInfo info;           // Empty where the commit has none.
};

// The commit's own words, if it has any.
Result<std::optional<CommitInfo>> ReadCommitInfo(const TableRoot& root, const CommitFile& commit);

// The newest `limit` commits whose JSON still exists, newest first.
Result<std::vector<HistoryEntry>> ReadHistory(const TableRoot& root, size_t limit,
                                              const LogContext& context);

// The newest version at or before `time_ms`. kNotFound "delta.no_such_time" names first and last
// version and time.
Result<Version> FindVersionAt(const TableRoot& root, int64_t time_ms, const LogContext& context);

struct VersionRange {
  Version first = 0;  // The oldest version that can still be reconstructed.
  Version last = 0;
};
Result<VersionRange> ReadableVersions(const TableRoot& root, const LogContext& context);

}  // namespace lakehold::delta
