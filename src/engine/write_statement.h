// The INSERT behind Session::Write: columns matched by name, every cast that could lose something
// checked row by row.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/statement.h"

namespace lakehold::engine {

// "catalog"."schema"."name".
std::string QuotePath(const std::vector<std::string>& parts);

// The statement that writes the rows of `request.source`, whose columns are `source`, into the
// table, whose columns are `table`. kInvalid "write.columns" lists all unknown and missing columns;
// "write.type" names a column, both types and the cast that helps. While it runs, a value that its
// column cannot hold exactly is kInvalid "write.inexact_value", a row outside of `request.where`
// kInvalid "write.row_outside_where".
Result<std::string> BuildInsert(const WriteRequest& request, const BoundColumns& source,
                                const BoundColumns& table);

// lakehold_refuse(reason, message): never returns; what the statement above calls.
duckdb::ScalarFunction RefuseFunction();

}  // namespace lakehold::engine
