// COPY table FROM a Parquet file as the INSERT it stands for. DuckDB's own form casts inside the
// file's reader, where nobody sees what the cast loses; an INSERT's casts are guarded
// (implicit_casts.h). Pure.
#pragma once

#include "duckdb.hpp"

namespace lakehold::engine {

// The INSERT, or the statement itself where it is no such COPY.
duckdb::unique_ptr<duckdb::SQLStatement> CopyFromAsInsert(
    duckdb::unique_ptr<duckdb::SQLStatement> statement);

}  // namespace lakehold::engine
