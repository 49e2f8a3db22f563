#include "table/append.h"

#include <utility>

#include <fmt/format.h>

#include "table/input_projection.h"
#include "table/named_input.h"

namespace lakehold::table {

Result<CommitReport> Write(engine::Session& session, const Target& target,
                           const lakehold::WriteRequest& request) {
  if (request.where && request.mode != WriteMode::kOverwrite) {
    return Invalid("table.where_without_overwrite",
                   fmt::format("{}: a condition only makes sense for an overwrite", target.name));
  }
  if (request.where) LAKEHOLD_TRY(session.CheckExpression(*request.where));
  // A few rows of the table's own columns need no statement; all others come back.
  StreamSource rows = request.rows;
  if (request.mode == WriteMode::kAppend && request.parameters.empty()) {
    LAKEHOLD_ASSIGN(auto report, session.AppendFew(target.path, &rows));
    if (report) return std::move(*report);
  }
  NamedInput input(session);
  LAKEHOLD_TRY(input.Register(std::move(rows)));
  LAKEHOLD_ASSIGN(const auto source, input.Columns());
  LAKEHOLD_ASSIGN(const auto columns,
                  session.Describe(fmt::format("SELECT * FROM {}", target.quoted), {}));
  LAKEHOLD_ASSIGN(const auto list,
                  ProjectInput(source, columns, {target.name, request.naive_timestamps_are_utc}));
  engine::WriteRequest write;
  write.table = target.path;
  write.source = fmt::format("SELECT {} FROM {}", list, input.name());
  write.parameters = request.parameters;
  write.mode = request.mode;
  write.where = request.where;
  return session.Write(write);
}

}  // namespace lakehold::table
