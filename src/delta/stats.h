// Statistics of data files: reading the JSON of `add.stats` by column, and writing it. Immutable values.
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

// What one file's statistics say of one leaf. NULL bounds are unknown. `max` of a timestamp is already widened by 1 ms;
// a foreign float max, and any bound that is not exact enough to trust, is unknown (decision 6).
struct ColumnStats {
  Scalar min;
  Scalar max;
  std::optional<int64_t> null_count;
  bool exact_bounds = false;  // tightBounds and not truncated: min and max are values of the column.
};

struct StatsColumn {
  std::vector<ColumnStats> files;  // By file ordinal.
};

// What one file's statistics say as a whole.
struct FileStats {
  std::optional<int64_t> num_records;
  bool tight_bounds = true;
};

// Broken or absent statistics are unknown, never an error: they only prune.
FileStats ParseFileStats(std::string_view json);
ColumnStats ParseColumnStats(std::string_view json, const StatsPath& path, const DataType& type);

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
// limits::kStatsStringChars characters (max rounded up, left out if it cannot be), timestamps cut to milliseconds, NaN rule.
std::string FormatStats(int64_t num_records, const std::vector<LeafStats>& leaves);

// The leaves that get statistics: the first delta.dataSkippingNumIndexedCols (32; -1 = all) of the schema without the
// partition columns, or delta.dataSkippingStatsColumns.
std::vector<StatsPath> IndexedLeaves(const Schema& schema, const std::vector<std::string>& partition_columns,
                                     const std::map<std::string, std::string>& configuration);

}  // namespace lakehold::delta
