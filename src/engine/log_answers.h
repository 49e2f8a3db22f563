// Log answers: COUNT(*), MIN and MAX of whole files straight from the log, where it is exact (decision 6). Pure.
#pragma once

#include "duckdb.hpp"
#include "duckdb/function/partition_stats.hpp"
#include "engine/file_list.h"

namespace lakehold::engine {

// One entry a file, for TableFunction::get_partition_stats; empty if some file does not say how many rows it has.
duckdb::vector<duckdb::PartitionStatistics> AnswersFromLog(const LakeFileList& files);

}  // namespace lakehold::engine
