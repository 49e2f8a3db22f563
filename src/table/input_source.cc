#include "table/input_source.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/sql_quote.h"

namespace lakehold::table {
namespace {

// A type as the engine writes it. It becomes part of statements, so it must be one.
Result<std::string> TypeOf(engine::Session& session, const std::string& text) {
  const std::string cast = fmt::format("CAST(NULL AS {})", text);
  LAKEHOLD_TRY(session.CheckExpression(cast));
  LAKEHOLD_ASSIGN(const auto described, session.Describe("SELECT " + cast, {}));
  return described.at(0).type;
}

Result<std::vector<ColumnDescription>> TypesOf(engine::Session& session,
                                               const std::map<std::string, std::string>& types,
                                               std::string_view table) {
  std::vector<ColumnDescription> columns;
  for (const auto& [name, text] : types) {
    auto type = TypeOf(session, text);
    if (!type.ok()) {
      return Invalid("table.input_schema",
                     fmt::format("{}: schema: \"{}\" of column {} is no type: {}", table, text,
                                 QuoteName(name), type.error().message),
                     "write a SQL type, such as BIGINT, VARCHAR, DECIMAL(9,2) or DATE[]")
          .With("column", name);
    }
    columns.push_back({name, std::move(type).value()});
  }
  return columns;
}

// The one integer of a result of at most one row; -1 without a row.
Result<int64_t> OneInteger(engine::Query& query) {
  ArrowArrayStream stream{};
  LAKEHOLD_TRY(query.Open(1, &stream));
  ArrowArray batch{};
  int64_t number = -1;
  if (stream.get_next(&stream, &batch) == 0 && batch.release != nullptr) {
    if (batch.length == 1) {
      const auto* column = batch.children[0];
      number = static_cast<const int64_t*>(column->buffers[1])[column->offset];
    }
    batch.release(&batch);
  }
  stream.release(&stream);
  return number;
}

}  // namespace

Status InputSource::Open(StreamSource source, const std::map<std::string, std::string>& types,
                         const FileOptions& files, const InputOptions& options) {
  one_shot_ = source.one_shot;
  LAKEHOLD_TRY(input_.Register(std::move(source)));
  LAKEHOLD_ASSIGN(const auto columns, input_.Columns());
  LAKEHOLD_ASSIGN(const auto wanted, TypesOf(session_, types, options.table));
  LAKEHOLD_ASSIGN(typed_, TypeInput(columns, input_.name(), wanted, options));
  session_.SetFileOptions(files);
  return {};
}

Result<int64_t> InputSource::FirstRowWithout(const std::string& condition) {
  const std::string sql = fmt::format(
      "SELECT row FROM (SELECT row_number() OVER () - 1 AS row, ({}) AS holds FROM {}) WHERE NOT "
      "holds ORDER BY row LIMIT 1",
      condition, typed_.from);
  LAKEHOLD_ASSIGN(auto query, session_.Run(sql, {}));
  return OneInteger(*query);
}

Error InputSource::WithRow(Error error, const std::string& condition) {
  if (one_shot_ || session_.in_transaction()) return error;
  const auto row = FirstRowWithout(condition);
  if (!row.ok() || *row < 0) return error;
  error.message += fmt::format(" (first in row {})", *row);
  return std::move(error).With("row", std::to_string(*row));
}

}  // namespace lakehold::table
