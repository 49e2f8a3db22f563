// Statistics of data files: reading the JSON of `add.stats` by column, and writing it. Immutable
// values.
//
// Next: stats_parser.h (the same for many files at once), pruning.h (what the bounds are for).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/scalar.h"
#include "delta/schema.h"

namespace lakehold::delta {

// Physical names from the top column down to a leaf inside structs: {"a", "b"} is a.b.
using StatsPath = std::vector<std::string>;

// What one file's statistics say of one leaf. NULL bounds are unknown. `max` of a timestamp is
// already widened by 1 ms; a foreign float max, and any bound that is not exact enough to trust, is
// unknown (decision 6).
struct ColumnStats {
  Scalar min;
  Scalar max;
  std::optional<int64_t>
      null_count;  // Known only if it is certain: with loose bounds 0 or all records.
  // min and max are known and are values of the column: tightBounds, and a type whose text is exact
  // (boolean, integers, date, and decimals that cannot have gone through a double). Never for
  // strings, floats and timestamps.
  bool exact_bounds = false;
};

// What one file's statistics say as a whole.
struct FileStats {
  std::optional<int64_t> num_records;
  bool tight_bounds = true;
};

// The tag (in add.tags) by which a writer vouches for its statistics: a float or double max that is
// present belongs to a column without NaN, and decimals are exact. The value is "true". Every file
// we write carries it.
inline constexpr std::string_view kNoNanTag = "lakehold.noNaN";

// How far the writer of a file is to be believed.
enum class StatsTrust : uint8_t {
  kForeign,  // Float max unknown (NaN may hide above it); decimals of 17 digits or fewer may have
             // been doubles.
  kVouched,  // The file carries kNoNanTag.
};
// From the raw JSON object add.tags; absent or broken tags are kForeign.
StatsTrust TrustOf(std::optional<std::string_view> tags);

// Broken or absent statistics are unknown, never an error: they only prune. Text written under a
// narrower type (before a type widening) is read as a value of `type`, or is unknown.
FileStats ParseFileStats(std::string_view json);
ColumnStats ParseColumnStats(std::string_view json, const StatsPath& path, const DataType& type,
                             StatsTrust trust = StatsTrust::kForeign);

// Collected while a file is written, one a leaf, in the order of the schema.
struct LeafStats {
  StatsPath path;
  DataType type;
  Scalar min;  // NULL if unknown.
  Scalar max;
  std::optional<int64_t> null_count;
  bool has_nan = false;  // Then max is not written.
};

// The JSON for add.stats: numRecords, tightBounds, minValues, maxValues, nullCount; strings cut to
// limits::kStatsStringChars characters (max rounded up, left out if it cannot be), timestamps cut
// to milliseconds (readers widen max), NaN rule. A bound without a faithful text (infinite, invalid
// UTF-8, years outside 1 to 9999) is left out. Together with the tag kNoNanTag: "true" on the file.
std::string FormatStats(int64_t num_records, const std::vector<LeafStats>& leaves);

// The leaves that get statistics, in schema order, by physical names: the first
// delta.dataSkippingNumIndexedCols (32; -1 = all) of the schema without the partition columns, or
// those at or below the columns of delta.dataSkippingStatsColumns (logical names separated by
// commas, nested ones dotted, `quoted` where needed). Lists, maps and variants count as a leaf but
// get none.
std::vector<StatsPath> IndexedLeaves(const Schema& schema,
                                     const std::vector<std::string>& partition_columns,
                                     const std::map<std::string, std::string>& configuration);

}  // namespace lakehold::delta
