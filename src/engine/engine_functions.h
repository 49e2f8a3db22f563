// What SQL gains beside the catalog: table functions, functions our own statements use, and Delta
// folders in FROM.
#pragma once

#include <duckdb.hpp>

namespace lakehold::engine {

void RegisterEngineFunctions(duckdb::DatabaseInstance& database);
// A folder with a `_delta_log` named in FROM, as in SELECT * FROM 'any/delta/table'.
void AddReplacementScans(duckdb::DBConfig* config);

}  // namespace lakehold::engine
