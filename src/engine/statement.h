// Statements: SQL text taken apart, with the values of its parameters. Stateless functions.
#pragma once

#include <string_view>
#include <vector>

#include <duckdb.hpp>

#include "base/result.h"
#include "engine/engine.h"

namespace lakehold::engine {

using StatementValues = duckdb::case_insensitive_map_t<duckdb::BoundParameterData>;

struct ParsedStatement {
  duckdb::unique_ptr<duckdb::SQLStatement> statement;
  StatementValues values;  // Of the parameters this statement names.
};

// The statements in `sql`, in order. kInvalid "sql.syntax"; "sql.parameter" for a parameter without
// a value, or a value that no statement names.
Result<std::vector<ParsedStatement>> ParseStatements(duckdb::Connection& connection,
                                                     std::string_view sql,
                                                     const Parameters& parameters);
// The one statement in `sql`; kInvalid "sql.not_a_select" if it is no SELECT.
Result<ParsedStatement> ParseSelect(duckdb::Connection& connection, std::string_view sql,
                                    const Parameters& parameters);
// Those of `parameters` that a statement of `sql` names.
Result<Parameters> ParametersNamedIn(std::string_view sql, const Parameters& parameters);

// Whether `text` is one scalar expression. kInvalid "sql.not_an_expression".
Status CheckScalarExpression(duckdb::Connection& connection, std::string_view text);

// What a statement gives, found by binding it in the connection's transaction (or one of its own);
// nothing runs.
struct BoundColumns {
  duckdb::vector<std::string> names;
  duckdb::vector<duckdb::LogicalType> types;
};
Result<BoundColumns> BindColumns(duckdb::Connection& connection, const ParsedStatement& parsed);
std::vector<ColumnDescription> Describe(const duckdb::vector<std::string>& names,
                                        const duckdb::vector<duckdb::LogicalType>& types);

// Runs a copy of the statement. An error is the one that SessionState kept beside DuckDB's, if any.
Result<duckdb::unique_ptr<duckdb::QueryResult>> Execute(duckdb::Connection& connection,
                                                        const ParsedStatement& parsed,
                                                        duckdb::QueryParameters how);
// One statement made by us, without parameters.
Status ExecuteText(duckdb::Connection& connection, const std::string& sql);

}  // namespace lakehold::engine
