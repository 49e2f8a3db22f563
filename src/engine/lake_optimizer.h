// The lakes' part in optimizing a plan, after DuckDB's own. Stateless function.
//
// - Aggregates and DISTINCT over files of which the log says all that is asked are answered from
// it;
//   only the other files are read (log_aggregates.h).
// - LIMIT leaves out the files behind those that surely hold enough rows.
// - ORDER BY of a float with LIMIT prunes like that of an integer, which DuckDB does itself.
// - The reports of scans learn what became of them.
#pragma once

#include "duckdb.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"

namespace lakehold::engine {

void RegisterLakeOptimizer(duckdb::DBConfig& config);

}  // namespace lakehold::engine
