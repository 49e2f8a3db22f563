#include "table/append.h"

#include <utility>

#include <fmt/format.h>

#include "base/sql_quote.h"
#include "table/input_projection.h"
#include "table/input_source.h"

namespace lakehold::table {
namespace {

// The error, and in which row the value is that it complains about.
Error Located(InputSource& input, const InputProjection& projection, Error error) {
  for (const auto& [word, column] : error.context) {
    if (word != "column") continue;
    if (error.reason == "sql.not_null" && column.find('.') == std::string::npos)
      return input.WithRow(std::move(error), QuoteName(column) + " IS NOT NULL");
    const auto condition = projection.conditions.find(column);
    if (condition != projection.conditions.end())
      return input.WithRow(std::move(error), condition->second);
  }
  return error;
}

// The same for rows that no statement has seen.
Error LocatedAgain(engine::Session& session, const lakehold::WriteRequest& request,
                   const InputOptions& options, Error error) {
  if (request.rows.one_shot) return error;
  InputSource input(session);
  if (!input.Open(request.rows, {}, {}, options).ok()) return error;
  return Located(input, {}, std::move(error));
}

bool IsPlainAppend(const lakehold::WriteRequest& request) {
  return request.mode == WriteMode::kAppend && request.parameters.empty() &&
         request.types.empty() && request.files.compression.empty() &&
         request.files.target_bytes == 0;
}

}  // namespace

Result<CommitReport> Write(engine::Session& session, const Target& target,
                           const lakehold::WriteRequest& request) {
  if (request.where && request.mode != WriteMode::kOverwrite) {
    return Invalid("table.where_without_overwrite",
                   fmt::format("{}: a condition only makes sense for an overwrite", target.name));
  }
  if (request.where) LAKEHOLD_TRY(session.CheckExpression(*request.where));
  const InputOptions options{target.name, request.naive_timestamps_are_utc};
  // A few rows of the table's own columns need no statement; all others come back.
  StreamSource rows = request.rows;
  if (IsPlainAppend(request)) {
    auto report = session.AppendFew(target.path, &rows);
    if (!report.ok()) return LocatedAgain(session, request, options, std::move(report).error());
    if (*report) return std::move(**report);
  }
  InputSource input(session);
  LAKEHOLD_TRY(input.Open(std::move(rows), request.types, request.files, options));
  LAKEHOLD_ASSIGN(const auto columns,
                  session.Describe(fmt::format("SELECT * FROM {}", target.quoted), {}));
  LAKEHOLD_ASSIGN(const auto projection, ProjectInput(input.columns(), columns, options));
  engine::WriteRequest write;
  write.table = target.path;
  write.source = fmt::format("SELECT {} FROM {}", projection.list, input.from());
  write.parameters = request.parameters;
  write.mode = request.mode;
  write.where = request.where;
  auto report = session.Write(write);
  if (report.ok()) return report;
  return Located(input, projection, std::move(report).error());
}

}  // namespace lakehold::table
