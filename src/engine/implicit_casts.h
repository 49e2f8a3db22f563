// What DuckDB's binder does to rows on the way into a table without being asked, and what of it is
// refused. Stateless; runs on the bound plan, before any optimizer.
//
// - A nanosecond that INSERT would cut off to store a TIMESTAMP: checked row by row.
// - A column of nothing but untyped NULLs that CREATE TABLE AS would make an INTEGER.
#pragma once

#include "duckdb.hpp"

namespace lakehold::engine {

// Makes every plan of the instance obey these rules. While a statement runs: kInvalid
// "types.inexact"; when it is planned: kInvalid "types.refused", "types.untyped".
void AddImplicitCastRules(duckdb::DBConfig* config);

// kInvalid "sql.setting" where the session's settings leave the rules out: it must not write.
void RequireImplicitCastRules(duckdb::ClientContext& context);

}  // namespace lakehold::engine
