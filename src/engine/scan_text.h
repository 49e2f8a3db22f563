// Scan text: what EXPLAIN and EXPLAIN ANALYZE say of the scan of a lake's table. Pure functions.
#pragma once

#include "duckdb.hpp"
#include "duckdb/function/table_function.hpp"

namespace lakehold::engine {

// As planned: files, bytes, and what is skipped for which reason.
duckdb::InsertionOrderPreservingMap<std::string> PlannedScanText(
    duckdb::TableFunctionToStringInput& input);
// As run: what was opened, and what was left out meanwhile.
duckdb::InsertionOrderPreservingMap<std::string> RunScanText(
    duckdb::TableFunctionDynamicToStringInput& input);

}  // namespace lakehold::engine
