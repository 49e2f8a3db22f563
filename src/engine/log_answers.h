// Log answers: what the log alone says of whole files: rows, bounds and NULLs, where it is exact
// (decision 6). Pure.
//
// Next: log_aggregates.h (statements that need no more).
#pragma once

#include <cstdint>
#include <optional>

#include "duckdb.hpp"
#include "duckdb/function/partition_stats.hpp"

#include "delta/scalar.h"
#include "delta/snapshot.h"
#include "engine/file_list.h"

namespace lakehold::engine {

// What is known of a column over the rows of one file.
struct LogBounds {
  delta::Scalar min;  // NULL: unknown, or no value.
  delta::Scalar max;
  bool may_be_null = true;
  bool may_be_value = true;
  bool exact = false;               // min and max are values of rows that are not deleted.
  std::optional<int64_t> not_null;  // How many rows that are not deleted have a value.
};
LogBounds BoundsFromLog(const delta::Snapshot& snapshot, delta::FileOrdinal ordinal, size_t column);

// Rows of a file without deleted ones; nothing if the log does not say.
std::optional<int64_t> RowsFromLog(const delta::Snapshot& snapshot, delta::FileOrdinal ordinal);

// One entry a file, for TableFunction::get_partition_stats; empty if some file does not say how
// many rows it has.
duckdb::vector<duckdb::PartitionStatistics> AnswersFromLog(const LakeFileList& files);

// Bounds of a column over every file of the list, and whether it has NULLs, for the optimizer; null
// if some file does not say, or there are too many to ask.
duckdb::unique_ptr<duckdb::BaseStatistics> ColumnBoundsFromLog(const LakeFileList& files,
                                                               duckdb::column_t column);

}  // namespace lakehold::engine
