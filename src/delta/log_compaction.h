// Log compaction: `x.y.compacted.json`, the reconciled actions of the commits x to y in one file
// that readers may take instead of them. Optional both ways: it never decides what a version is.
//
// Next: log_segment.h (what is in it), log_listing.h (who reads it).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/action.h"
#include "delta/table_root.h"

namespace lakehold::delta {

// The table property that asks for compaction files: one every so many versions; absent or 0: none.
inline constexpr std::string_view kCompactionIntervalProperty = "lakehold.logCompactionInterval";

class Snapshot;

struct CompactionReport {
  Version first = 0;
  Version last = 0;
  int64_t actions = 0;
  uint64_t size_bytes = 0;
  bool written = false;  // False if it was there already, or less than two commits are.
};

// Writes the compaction file of the commits `first` to `last`, put-if-absent and durable, after the
// text has been read back and found to say the same. kInvalid "delta.bad_log_range" unless
// 0 <= first < last; refused as a write is if the protocol of `snapshot`, of about that time, or
// one in the range is not ours to write; otherwise as ReadLogSegment.
Result<CompactionReport> WriteLogCompaction(const TableRoot& root, const Snapshot& snapshot,
                                            Version first, Version last);

// The first version of the compaction file that is due now that `version` was committed, if any: of
// an interval that ends here, as far as no checkpoint covers it.
std::optional<Version> CompactionDue(const std::map<std::string, std::string>& configuration,
                                     Version version, std::optional<Version> last_checkpoint);

}  // namespace lakehold::delta
