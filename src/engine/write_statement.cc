#include "engine/write_statement.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/duckdb_errors.h"
#include "engine/type_mapping.h"

namespace lakehold::engine {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

constexpr std::string_view kInexact = "write.inexact_value";
constexpr std::string_view kOutside = "write.row_outside_where";

bool IsFloating(const LogicalType& type) {
  return type.id() == LogicalTypeId::FLOAT || type.id() == LogicalTypeId::DOUBLE;
}

enum class Fit { kAlways, kByValue, kNever };

Fit FitOf(const LogicalType& from, const LogicalType& to);

Fit FitOfNested(const LogicalType& from, const LogicalType& to) {
  const bool lists = (from.id() == LogicalTypeId::LIST || from.id() == LogicalTypeId::ARRAY) &&
                     to.id() == LogicalTypeId::LIST;
  auto element = [](const LogicalType& type) {
    return type.id() == LogicalTypeId::ARRAY ? duckdb::ArrayType::GetChildType(type)
                                             : duckdb::ListType::GetChildType(type);
  };
  // Checking values inside of nested ones row by row is not built: only casts that cannot lose are
  // let through.
  auto sure = [](Fit fit) { return fit == Fit::kAlways ? Fit::kAlways : Fit::kNever; };
  if (lists) return sure(FitOf(element(from), element(to)));
  if (from.id() != to.id()) return Fit::kNever;
  if (to.id() == LogicalTypeId::MAP) {
    const bool key =
        FitOf(duckdb::MapType::KeyType(from), duckdb::MapType::KeyType(to)) == Fit::kAlways;
    const bool value =
        FitOf(duckdb::MapType::ValueType(from), duckdb::MapType::ValueType(to)) == Fit::kAlways;
    return key && value ? Fit::kAlways : Fit::kNever;
  }
  if (to.id() != LogicalTypeId::STRUCT) return Fit::kNever;
  const auto& given = duckdb::StructType::GetChildTypes(from);
  const auto& wanted = duckdb::StructType::GetChildTypes(to);
  if (given.size() != wanted.size()) return Fit::kNever;
  for (const auto& [name, type] : given) {
    Fit fit = Fit::kNever;
    for (const auto& [wanted_name, wanted_type] : wanted) {
      if (duckdb::StringUtil::CIEquals(name, wanted_name)) fit = FitOf(type, wanted_type);
    }
    if (fit != Fit::kAlways) return Fit::kNever;
  }
  return Fit::kAlways;
}

// Whether values of `from` may go into a column of `to`. Text is never parsed and nothing becomes
// text unasked.
Fit FitOf(const LogicalType& from, const LogicalType& to) {
  if (from == to || from.id() == LogicalTypeId::SQLNULL) return Fit::kAlways;
  if (from.IsNested() || to.IsNested()) return FitOfNested(from, to);
  if (to.id() == LogicalTypeId::VARCHAR) {
    const bool text = from.id() == LogicalTypeId::VARCHAR || from.id() == LogicalTypeId::ENUM ||
                      from.id() == LogicalTypeId::UUID ||
                      from.id() == LogicalTypeId::STRING_LITERAL;
    return text ? Fit::kAlways : Fit::kNever;
  }
  if (from.IsNumeric() && to.IsNumeric()) {
    if (IsFloating(to)) return Fit::kAlways;
    // DuckDB's casts round fractions away, but refuse what is out of range.
    return IsFloating(from) || from.id() == LogicalTypeId::DECIMAL ? Fit::kByValue : Fit::kAlways;
  }
  if (IsTimestamp(from) && IsTimestamp(to))
    return from.id() == LogicalTypeId::TIMESTAMP_NS ? Fit::kByValue : Fit::kAlways;
  if (from.id() == LogicalTypeId::DATE && IsTimestamp(to)) return Fit::kAlways;
  return Fit::kNever;
}

std::string Refuse(std::string_view reason, const std::string& message_sql,
                   const std::string& column_sql = "NULL", const std::string& value_sql = "NULL") {
  return fmt::format("lakehold_refuse({}, {}, {}, {})", QuoteText(reason), message_sql, column_sql,
                     value_sql);
}

std::string CheckedCast(const std::string& source, const std::string& name, const LogicalType& from,
                        const LogicalType& to) {
  const std::string column = QuoteName(source);
  const std::string cast = fmt::format("CAST({} AS {})", column, to.ToString());
  const std::string message = fmt::format(
      "{} || CAST({} AS VARCHAR) || {}", QuoteText(fmt::format("column \"{}\": ", name)), column,
      QuoteText(fmt::format(" ({}) is no exact {}", from.ToString(), to.ToString())));
  // NaN and the infinities fail the cast itself; what survives it must come back unchanged.
  return fmt::format(
      "CASE WHEN {0} IS NULL OR CAST(TRY_CAST({0} AS {1}) AS {2}) IS NOT DISTINCT FROM {0} THEN "
      "{3} "
      "ELSE CAST({4} AS {1}) END",
      column, to.ToString(), from.ToString(), cast,
      Refuse(kInexact, message, QuoteText(name), fmt::format("CAST({} AS VARCHAR)", column)));
}

std::optional<size_t> Find(const duckdb::vector<std::string>& names, const std::string& name) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return i;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (duckdb::StringUtil::CIEquals(names[i], name)) return i;
  }
  return std::nullopt;
}

std::string Unmatched(const duckdb::vector<std::string>& names,
                      const duckdb::vector<std::string>& in) {
  std::string list;
  for (const std::string& name : names) {
    if (!Find(in, name)) list += (list.empty() ? "\"" : ", \"") + name + "\"";
  }
  return list;
}

Status CheckNames(const std::string& table, const BoundColumns& source,
                  const BoundColumns& columns) {
  const std::string unknown = Unmatched(source.names, columns.names);
  const std::string missing = Unmatched(columns.names, source.names);
  if (unknown.empty() && missing.empty() && source.names.size() == columns.names.size()) return {};
  std::string message = fmt::format("the rows do not fit {}", table);
  if (!unknown.empty()) message += ": it has no column " + unknown;
  if (!missing.empty())
    message += fmt::format("{} the rows lack {}", unknown.empty() ? ":" : ";", missing);
  if (unknown.empty() && missing.empty()) message += ": two columns have the same name";
  return Invalid("write.columns", std::move(message),
                 unknown.empty() ? "Add the columns to the rows"
                                 : "Rename or leave out the columns, or merge the schemas");
}

void Refused(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector&) {
  if (arguments.size() == 0) return;
  const std::string reason = arguments.data[0].GetValue(0).ToString();
  const std::string message = arguments.data[1].GetValue(0).ToString();
  if (reason == kOutside)
    ThrowError(Invalid(kOutside, message, "Leave the row out, or widen the condition"));
  ThrowError(
      Invalid(kInexact, message, "Round or cast the values first, or change the column's type")
          .With("column", arguments.data[2].GetValue(0).ToString())
          .With("value", arguments.data[3].GetValue(0).ToString()));
}

}  // namespace

std::string QuotePath(const std::vector<std::string>& parts) {
  std::string path;
  for (const std::string& part : parts) path += (path.empty() ? "" : ".") + QuoteName(part);
  return path;
}

Result<std::string> BuildInsert(const WriteRequest& request, const BoundColumns& source,
                                const BoundColumns& table) {
  const std::string target = QuotePath(request.table);
  LAKEHOLD_TRY(CheckNames(target, source, table));
  std::string names;
  std::string values;
  for (size_t i = 0; i < source.names.size(); ++i) {
    const size_t at = *Find(table.names, source.names[i]);
    const LogicalType& from = source.types[i];
    const LogicalType& to = table.types[at];
    const Fit fit = FitOf(from, to);
    if (fit == Fit::kNever) {
      return Invalid(
          "write.type",
          fmt::format("column \"{}\" is {}, the rows give {}", table.names[at], to.ToString(),
                      from.ToString()),
          fmt::format("Cast it: CAST({} AS {})", QuoteName(source.names[i]), to.ToString()));
    }
    const std::string name = QuoteName(table.names[at]);
    const std::string value =
        fit == Fit::kByValue
            ? CheckedCast(source.names[i], table.names[at], from, to)
            : fmt::format("CAST({} AS {})", QuoteName(source.names[i]), to.ToString());
    names += (i == 0 ? "" : ", ") + name;
    values += fmt::format("{}{} AS {}", i == 0 ? "" : ", ", value, name);
  }
  std::string rows = fmt::format("SELECT {} FROM (\n{}\n) AS given", values, request.source);
  if (request.mode == WriteMode::kOverwrite && request.where) {
    const std::string message =
        QuoteText(fmt::format("a row given to {} is outside of \"{}\"", target, *request.where));
    rows = fmt::format(
        "SELECT * FROM ({}) AS fitted WHERE CASE WHEN coalesce(({}\n), false) THEN true ELSE {} "
        "END",
        rows, *request.where, Refuse(kOutside, message));
  }
  return fmt::format("INSERT INTO {} ({}) {}", target, names, rows);
}

duckdb::ScalarFunction RefuseFunction() {
  duckdb::ScalarFunction function(
      "lakehold_refuse",
      {LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR, LogicalType::VARCHAR},
      LogicalType::SQLNULL, Refused);
  function.SetStability(
      duckdb::FunctionStability::VOLATILE);  // Never folded: it would fire while planning.
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  return function;
}

}  // namespace lakehold::engine
