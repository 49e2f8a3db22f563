#include "table/create_statement.h"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_quote.h"
#include "table/named_input.h"

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
std::string Tail(const CreateRequest& request) {
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
  if (request.naive_timestamps_are_utc) options.emplace_back("'timestamps' = 'utc'");
  if (!options.empty()) tail += fmt::format(" WITH ({})", fmt::join(options, ", "));
  return tail;
}

// "id" BIGINT, "fare" DOUBLE. Columns without a type are refused: nothing tells what they will
// hold.
Result<std::string> ColumnsOf(const std::string& target, NamedInput& input) {
  LAKEHOLD_ASSIGN(const auto columns, input.Columns());
  std::vector<std::string> definitions;
  std::vector<std::string> untyped;
  for (const auto& column : columns) {
    if (column.type == "NULL") untyped.push_back(QuoteName(column.name));
    definitions.push_back(fmt::format("{} {}", QuoteName(column.name), column.type));
  }
  if (!untyped.empty()) {
    return Invalid("table.untyped_columns",
                   fmt::format("{}: every value of {} is NULL, so the column has no type", target,
                               fmt::join(untyped, ", ")),
                   "create the table with a schema first, or cast the column");
  }
  return fmt::format("{}", fmt::join(definitions, ", "));
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
        fmt::format("{} ({}){}", Head(target, request), request.columns, Tail(request));
    LAKEHOLD_ASSIGN(auto made, session.Run(statement, {}));
    return {};
  }
  NamedInput input(session);
  LAKEHOLD_TRY(input.Register(*request.like));
  LAKEHOLD_ASSIGN(const auto columns, ColumnsOf(target, input));
  const std::string statement =
      request.with_rows ? fmt::format("{}{} AS SELECT * FROM {}", Head(target, request),
                                      Tail(request), input.name())
                        : fmt::format("{} ({}){}", Head(target, request), columns, Tail(request));
  LAKEHOLD_ASSIGN(auto made, session.Run(statement, {}));
  return {};
}

}  // namespace lakehold::table
