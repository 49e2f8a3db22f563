// Files of no bytes in a plan: a CSV or JSON reader guesses a column for them that nobody wrote.
// Stateless function.
#pragma once

#include "duckdb.hpp"
#include "duckdb/execution/physical_operator.hpp"

namespace lakehold::engine {

// kInvalid "sql.empty_file" if a table would get its columns from nothing: the plan reads CSV or
// JSON files, all of them empty, and the columns were not given.
void RefuseEmptyFiles(duckdb::ClientContext& context, const duckdb::PhysicalOperator& plan);

}  // namespace lakehold::engine
