// The next step in an error about a table that does not exist: the nearest name in the session's
// lake. Stateless.
#pragma once

#include "duckdb.hpp"

#include "base/result.h"

namespace lakehold::engine {

// `error`, made from `raw`, with another message and hint if it is "sql.unknown_table". A lake that
// cannot be listed gives none.
Error WithTableHint(duckdb::ClientContext& context, const duckdb::ErrorData& raw, Error error);

}  // namespace lakehold::engine
