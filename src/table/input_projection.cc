#include "table/input_projection.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii_case.h"
#include "base/sql_quote.h"
#include "table/sql_type.h"
#include "table/value_conversion.h"

namespace lakehold::table {
namespace {

const ColumnDescription* Find(const std::vector<ColumnDescription>& columns,
                              std::string_view name) {
  const ColumnDescription* found = nullptr;
  for (const auto& column : columns) {
    if (column.name == name) return &column;
    if (found == nullptr && SameIgnoringCase(column.name, name)) found = &column;
  }
  return found;
}

Status CheckNames(const std::vector<ColumnDescription>& input,
                  const std::vector<ColumnDescription>& table, const InputOptions& options) {
  std::vector<std::string> unknown;
  std::vector<std::string> missing;
  std::vector<std::string> twice;
  for (const auto& column : input) {
    if (Find(table, column.name) == nullptr) unknown.push_back(QuoteName(column.name));
    const auto same = std::count_if(input.begin(), input.end(), [&](const auto& other) {
      return SameIgnoringCase(other.name, column.name);
    });
    if (same > 1) twice.push_back(QuoteName(column.name));
  }
  for (const auto& column : table) {
    if (Find(input, column.name) == nullptr) missing.push_back(QuoteName(column.name));
  }
  std::vector<std::string> problems;
  if (!twice.empty())
    problems.push_back(fmt::format("columns named more than once: {}", fmt::join(twice, ", ")));
  if (!unknown.empty())
    problems.push_back(
        fmt::format("columns the table does not have: {}", fmt::join(unknown, ", ")));
  if (!missing.empty())
    problems.push_back(fmt::format("columns missing from the input: {}", fmt::join(missing, ", ")));
  if (problems.empty()) return {};
  return Invalid("table.input_columns",
                 fmt::format("{}: {}", options.table, fmt::join(problems, "; ")),
                 "name the columns as the table does; add missing ones as NULL if that is meant");
}

}  // namespace

Result<InputProjection> ProjectInput(const std::vector<ColumnDescription>& input,
                                     const std::vector<ColumnDescription>& table,
                                     const InputOptions& options) {
  LAKEHOLD_TRY(CheckNames(input, table, options));
  InputProjection projection;
  std::vector<std::string> problems;
  std::string first;
  for (const auto& column : table) {
    const auto* source = Find(input, column.name);
    auto conversion =
        ConvertValue(QuoteName(source->name), ParseSqlType(source->type), ParseSqlType(column.type),
                     column.name, {options.naive_timestamps_are_utc, false});
    if (!conversion.refusal.empty()) {
      if (first.empty()) first = column.name;
      problems.push_back(fmt::format("column {} is {}, the input is {}: {}", QuoteName(column.name),
                                     column.type, source->type, conversion.refusal));
      continue;
    }
    if (!projection.list.empty()) projection.list += ", ";
    projection.list += fmt::format("{} AS {}", conversion.expression, QuoteName(column.name));
    if (!conversion.condition.empty())
      projection.conditions[column.name] = std::move(conversion.condition);
  }
  if (problems.empty()) return projection;
  return Invalid("table.input_types",
                 fmt::format("{}: {}", options.table, fmt::join(problems, "; ")),
                 "convert these columns of the input; nothing was written")
      .With("column", first);
}

Result<TypedInput> TypeInput(const std::vector<ColumnDescription>& input, std::string_view from,
                             const std::vector<ColumnDescription>& types,
                             const InputOptions& options) {
  TypedInput typed{input, std::string(from)};
  std::vector<std::string> problems;
  for (const auto& wanted : types) {
    if (Find(input, wanted.name) == nullptr)
      problems.push_back(fmt::format("the input has no column {}", QuoteName(wanted.name)));
  }
  std::string list;
  for (auto& column : typed.columns) {
    const std::string name = QuoteName(column.name);
    std::string expression = name;
    if (const auto* wanted = Find(types, column.name)) {
      const auto conversion =
          ConvertValue(name, ParseSqlType(column.type), ParseSqlType(wanted->type), column.name,
                       {options.naive_timestamps_are_utc, true});
      if (!conversion.refusal.empty()) {
        problems.push_back(fmt::format("column {} cannot become {}, the input is {}: {}", name,
                                       wanted->type, column.type, conversion.refusal));
      }
      expression = conversion.expression;
      column.type = wanted->type;
    }
    list += fmt::format("{}{} AS {}", list.empty() ? "" : ", ", expression, name);
  }
  if (!types.empty()) typed.from = fmt::format("(SELECT {} FROM {}) AS typed", list, from);
  if (problems.empty()) return typed;
  return Invalid("table.input_schema",
                 fmt::format("{}: schema: {}", options.table, fmt::join(problems, "; ")),
                 "name columns of the input and types that hold their values");
}

}  // namespace lakehold::table
