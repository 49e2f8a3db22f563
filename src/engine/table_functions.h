// lakehold_history(table) and lakehold_files(table): what the log says of a table, as rows. `table`
// is a name as in FROM, or the folder of a Delta table.
#pragma once

#include <duckdb.hpp>

namespace lakehold::engine {

// Newest first: version, timestamp, operation, parameters, metrics, engine.
duckdb::TableFunction HistoryFunction();
// One row a live file: path (as in the log), uri, size_bytes, rows, partition_values, min, max,
// null_count (JSON, as in the log), deleted_rows. NULL where the log does not say.
duckdb::TableFunction FilesFunction();

}  // namespace lakehold::engine
