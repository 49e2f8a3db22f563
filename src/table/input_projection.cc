#include "table/input_projection.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii_case.h"
#include "base/sql_quote.h"
#include "table/sql_type.h"

namespace lakehold::table {
namespace {

// How one value becomes another: an SQL expression over `value`, or why it cannot.
struct Conversion {
  std::string expression;
  std::string refusal;  // Not empty: it cannot; what to do about it.
};

Conversion Refuse(std::string fix) { return {{}, std::move(fix)}; }

std::string Cast(std::string_view value, const SqlType& to) {
  return fmt::format("CAST({} AS {})", value, to.text);
}

// A cast that stops at the first value which `back` (the cast value turned back) does not give
// again.
std::string Checked(std::string_view value, const SqlType& to, const std::string& same,
                    std::string_view column, std::string_view why) {
  const std::string complaint = fmt::format("column {}: value ", QuoteName(column));
  return fmt::format(
      "CASE WHEN {0} IS NULL THEN NULL WHEN {1} THEN {2} ELSE error({3} || CAST({0} AS VARCHAR) || "
      "{4}) END",
      value, same, Cast(value, to), QuoteText(complaint), QuoteText(fmt::format(" {}", why)));
}

Conversion ToInteger(std::string_view value, const SqlType& from, const SqlType& to,
                     std::string_view column) {
  switch (from.family) {
    case SqlFamily::kSigned:
    case SqlFamily::kUnsigned:
      return {Cast(value, to), {}};  // Out of range is an error of the cast.
    case SqlFamily::kFloat:
    case SqlFamily::kDecimal:
      return {Checked(value, to, fmt::format("{0} = trunc({0})", value), column,
                      fmt::format("is not integral, the column is {}", to.text)),
              {}};
    default:
      return Refuse(fmt::format("cast it to {} first", to.text));
  }
}

Conversion ToFloat(std::string_view value, const SqlType& from, const SqlType& to,
                   std::string_view column) {
  const bool integer = from.family == SqlFamily::kSigned || from.family == SqlFamily::kUnsigned;
  if (from.family == SqlFamily::kFloat && from.bits <= to.bits) return {Cast(value, to), {}};
  if (integer && from.bits < (to.bits == 64 ? 53 : 24)) return {Cast(value, to), {}};
  if (from.family == SqlFamily::kFloat || integer) {
    const std::string back = fmt::format("CAST({} AS {})", Cast(value, to), from.text);
    const std::string same = from.family == SqlFamily::kFloat
                                 ? fmt::format("({0} = {1} OR isnan({0}))", value, back)
                                 : fmt::format("{} = {}", value, back);
    return {Checked(value, to, same, column, fmt::format("cannot be a {} exactly", to.text)), {}};
  }
  return Refuse(fmt::format("cast it to {} first", to.text));
}

Conversion ToDecimal(std::string_view value, const SqlType& from, const SqlType& to,
                     std::string_view column) {
  switch (from.family) {
    case SqlFamily::kSigned:
    case SqlFamily::kUnsigned:
      return {Cast(value, to), {}};
    case SqlFamily::kDecimal:
      if (from.scale <= to.scale) return {Cast(value, to), {}};
      return {Checked(value, to, fmt::format("{} = {}", value, Cast(value, to)), column,
                      fmt::format("would be rounded, the column is {}", to.text)),
              {}};
    default:
      return Refuse(fmt::format("cast it to {} first", to.text));
  }
}

Conversion ToTimestamp(std::string_view value, const SqlType& from, const SqlType& to,
                       std::string_view column, const InputOptions& options) {
  const bool zoned = to.family == SqlFamily::kTimestampTz;
  switch (from.family) {
    case SqlFamily::kTimestampTz:
      return zoned ? Conversion{Cast(value, to), {}}
                   : Refuse(
                         "its values are instants and the column has no zone; cast them with AT "
                         "TIME ZONE");
    case SqlFamily::kDate:
      return zoned ? Refuse("cast it to a timestamp with a zone first")
                   : Conversion{Cast(value, to), {}};
    case SqlFamily::kTimestamp: {
      if (zoned && !options.naive_timestamps_are_utc) {
        return Refuse(
            "its values have no time zone: pass timestamps=\"utc\" if they are UTC, or localize "
            "them");
      }
      if (from.fraction_digits <= 6) return {Cast(value, to), {}};
      const std::string same =
          fmt::format("CAST(CAST({0} AS TIMESTAMP) AS TIMESTAMP_NS) = {0}", value);
      return {Checked(value, to, same, column,
                      "has nanoseconds, the column keeps microseconds: floor it first"),
              {}};
    }
    default:
      return Refuse(fmt::format("cast it to {} first", to.text));
  }
}

// Whether a cast of nested values loses nothing: same shape, leaves that only widen.
bool WidensOnly(const SqlType& from, const SqlType& to) {
  if (from.text == to.text || from.family == SqlFamily::kNull) return true;
  if (from.children.size() != to.children.size()) return false;
  if (from.family != to.family)
    return from.family == SqlFamily::kUnsigned && to.family == SqlFamily::kSigned;
  if (from.children.empty()) {
    const bool sized = from.family == SqlFamily::kSigned || from.family == SqlFamily::kUnsigned ||
                       from.family == SqlFamily::kFloat;
    if (sized) return from.bits <= to.bits;
    if (from.family == SqlFamily::kTimestamp) return from.fraction_digits <= 6;
    return from.family == SqlFamily::kText;
  }
  for (size_t i = 0; i < from.children.size(); ++i) {
    if (from.family == SqlFamily::kStruct && from.names[i] != to.names[i]) return false;
    if (!WidensOnly(from.children[i], to.children[i])) return false;
  }
  return true;
}

Conversion Convert(std::string_view value, const SqlType& from, const SqlType& to,
                   std::string_view column, const InputOptions& options) {
  if (from.text == to.text) return {std::string(value), {}};
  if (from.family == SqlFamily::kNull) return {fmt::format("CAST(NULL AS {})", to.text), {}};
  switch (to.family) {
    case SqlFamily::kSigned:
    case SqlFamily::kUnsigned:
      return ToInteger(value, from, to, column);
    case SqlFamily::kFloat:
      return ToFloat(value, from, to, column);
    case SqlFamily::kDecimal:
      return ToDecimal(value, from, to, column);
    case SqlFamily::kTimestamp:
    case SqlFamily::kTimestampTz:
      return ToTimestamp(value, from, to, column, options);
    case SqlFamily::kText:
      if (from.family == SqlFamily::kText) return {Cast(value, to), {}};
      return Refuse("cast it to VARCHAR first");
    default:
      if (!to.children.empty() && WidensOnly(from, to)) return {Cast(value, to), {}};
      return Refuse(fmt::format("cast it to {} first", to.text));
  }
}

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

Result<std::string> ProjectInput(const std::vector<ColumnDescription>& input,
                                 const std::vector<ColumnDescription>& table,
                                 const InputOptions& options) {
  LAKEHOLD_TRY(CheckNames(input, table, options));
  std::string list;
  std::vector<std::string> problems;
  for (const auto& column : table) {
    const auto* source = Find(input, column.name);
    auto conversion = Convert(QuoteName(source->name), ParseSqlType(source->type),
                              ParseSqlType(column.type), column.name, options);
    if (!conversion.refusal.empty()) {
      problems.push_back(fmt::format("column {} is {}, the input is {}: {}", QuoteName(column.name),
                                     column.type, source->type, conversion.refusal));
      continue;
    }
    if (!list.empty()) list += ", ";
    list += fmt::format("{} AS {}", conversion.expression, QuoteName(column.name));
  }
  if (problems.empty()) return list;
  return Invalid("table.input_types",
                 fmt::format("{}: {}", options.table, fmt::join(problems, "; ")),
                 "convert these columns of the input; nothing was written");
}

}  // namespace lakehold::table
