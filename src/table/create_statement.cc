#include "table/create_statement.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_quote.h"
#include "table/input_source.h"
#include "table/required_fields.h"
#include "table/sql_type.h"

namespace lakehold::table {
namespace {

std::string Head(const std::string& target, const CreateRequest& request) {
  using IfExists = CreateRequest::IfExists;
  switch (request.if_exists) {
    case IfExists::kReplace:
      return "CREATE OR REPLACE TABLE " + target;
    case IfExists::kIgnore:
      return "CREATE TABLE IF NOT EXISTS " + target;
    case IfExists::kError:
      break;
  }
  return "CREATE TABLE " + target;
}

// PARTITIONED BY (...) WITH (...), or nothing.
std::string Tail(const CreateRequest& request, const RequiredFields& required) {
  std::string tail;
  if (!request.partition_by.empty()) {
    std::vector<std::string> names;
    for (const auto& name : request.partition_by) names.push_back(QuoteName(name));
    tail += fmt::format(" PARTITIONED BY ({})", fmt::join(names, ", "));
  }
  std::vector<std::string> options;
  for (const auto& [key, value] : request.properties) {
    options.push_back(fmt::format("{} = {}", QuoteText(key), QuoteText(value)));
  }
  if (!required.nested.empty()) {
    options.push_back(fmt::format("'not_null' = {}",
                                  QuoteText(fmt::format("{}", fmt::join(required.nested, ", ")))));
  }
  if (request.naive_timestamps_are_utc) options.emplace_back("'timestamps' = 'utc'");
  if (!options.empty()) tail += fmt::format(" WITH ({})", fmt::join(options, ", "));
  return tail;
}

// "id" BIGINT, "fare" DOUBLE. Columns without a type are refused: nothing tells what they will
// hold.
Result<std::string> ColumnsOf(const std::string& table,
                              const std::vector<ColumnDescription>& columns,
                              const RequiredFields& required) {
  std::vector<std::string> definitions;
  std::vector<std::string> untyped;
  for (const auto& column : columns) {
    if (HasUntypedPart(ParseSqlType(column.type))) untyped.push_back(QuoteName(column.name));
    const bool is_required = std::find(required.columns.begin(), required.columns.end(),
                                       column.name) != required.columns.end();
    definitions.push_back(fmt::format("{} {}{}", QuoteName(column.name), column.type,
                                      is_required ? " NOT NULL" : ""));
  }
  if (!untyped.empty()) {
    return Invalid("table.untyped_columns",
                   fmt::format("{}: every value of {} is NULL or empty, so the column has no type",
                               table, fmt::join(untyped, ", ")),
                   "give it one, as in schema={\"c\": \"VARCHAR\"}, or create the table first");
  }
  return fmt::format("{}", fmt::join(definitions, ", "));
}

// A column that no table can hold: what to do about it here, where the columns come from Arrow.
Error WithSchemaHint(Error error) {
  if (error.reason == "types.refused")
    error.hint = "store it as text, as in schema={\"c\": \"VARCHAR\"}, or cast it first";
  return error;
}

}  // namespace

Status Create(engine::Session& session, const std::string& target, const CreateRequest& request) {
  if (request.like && !request.columns.empty()) {
    return Invalid("table.two_schemas",
                   fmt::format("{}: both a column list and input give the columns", target),
                   "give one of them");
  }
  if (!request.like) {
    const std::string statement =
        fmt::format("{} ({}){}", Head(target, request), request.columns, Tail(request, {}));
    LAKEHOLD_ASSIGN(auto made, session.Run(statement, {}));
    return {};
  }
  // Rows make a table of nullable columns: what one frame happens to hold is no promise.
  RequiredFields required;
  InputSource input(session);
  LAKEHOLD_TRY(
      input.Open(request.with_rows ? *request.like : CollectRequired(*request.like, &required),
                 request.types, request.files, {request.table, request.naive_timestamps_are_utc}));
  LAKEHOLD_ASSIGN(const auto columns, ColumnsOf(request.table, input.columns(), required));
  const std::string tail = Tail(request, required);
  const std::string statement =
      request.with_rows
          ? fmt::format("{}{} AS SELECT * FROM {}", Head(target, request), tail, input.from())
          : fmt::format("{} ({}){}", Head(target, request), columns, tail);
  auto made = session.Run(statement, {});
  if (!made.ok()) return WithSchemaHint(std::move(made).error());
  return {};
}

}  // namespace lakehold::table
