// The two kinds of Query: a statement that has run, and a SELECT bound to the snapshots of its
// moment.
#pragma once

#include <memory>

#include <duckdb.hpp>

#include "base/result.h"
#include "engine/duckdb_instance.h"
#include "engine/engine.h"
#include "engine/statement.h"

namespace lakehold::engine {

// Holds the rows; spilled ones too. `context` is the one the result came from.
std::unique_ptr<Query> MakeFinishedQuery(std::shared_ptr<DuckDbInstance> instance,
                                         duckdb::shared_ptr<duckdb::ClientContext> context,
                                         duckdb::unique_ptr<duckdb::MaterializedQueryResult> result,
                                         int64_t changed_rows);

// Binds a SELECT on a connection of its own: its transaction stays open and pins what the SELECT
// reads, so that each Open sees the same. A second Open while a stream is open first buffers what
// is left of that one.
Result<std::unique_ptr<Query>> BindSelect(std::shared_ptr<DuckDbInstance> instance,
                                          duckdb::unique_ptr<duckdb::Connection> connection,
                                          ParsedStatement parsed);

}  // namespace lakehold::engine
