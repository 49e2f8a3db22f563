// CheckpointBatch: the add rows of a chunk as delta::FileRows, without an action a file. Statistics
// stay in the file: a row's place is its number in it. Stateless function.
#pragma once

#include <cstdint>

#include "duckdb.hpp"

#include "base/result.h"
#include "delta/file_rows.h"
#include "engine/parquet_cells.h"

namespace lakehold::engine {

// `adds` is the column "add" of `count` rows, the first of them row `first_row` of the file;
// `has_stats`: the file has a column for statistics. Appends to `out`. kCorrupt
// "delta.bad_checkpoint" for an add without a path, or of a size below zero.
Status ReadAddBatch(const ParquetCells& adds, duckdb::idx_t count, uint64_t first_row,
                    bool has_stats, delta::FileRows& out);

}  // namespace lakehold::engine
