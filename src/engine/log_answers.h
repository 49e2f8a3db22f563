// Log answers: COUNT(*), MIN and MAX of whole files straight from the log, where it is exact
// (decision 6). Pure.
#pragma once

#include "duckdb.hpp"
#include "duckdb/function/partition_stats.hpp"

#include "engine/file_list.h"

namespace lakehold::engine {

// One entry a file, for TableFunction::get_partition_stats; empty if some file does not say how
// many rows it has.
duckdb::vector<duckdb::PartitionStatistics> AnswersFromLog(const LakeFileList& files);

// Bounds of a column over every file of the list, and whether it has NULLs, for the optimizer; null
// if some file does not say, or there are too many to ask.
duckdb::unique_ptr<duckdb::BaseStatistics> ColumnBoundsFromLog(const LakeFileList& files,
                                                               duckdb::column_t column);

}  // namespace lakehold::engine
