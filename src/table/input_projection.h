// InputProjection: how the columns of some input become the columns of a table, or why they cannot.
// Pure.
//
// Columns match by name, ignoring case, in any order. Widening only: a number is never rounded,
// text is never parsed. Every problem of the input is told in one error.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "lakehold/report.h"

namespace lakehold::table {

struct InputOptions {
  std::string table;  // For messages.
  bool naive_timestamps_are_utc =
      false;  // Zone-less values into a TIMESTAMP WITH TIME ZONE column.
};

// The SELECT list, in the order of the table's columns: casts that lose nothing, and checks that
// stop at the first value that would. kInvalid "table.input_columns" lists all unknown and missing
// columns; "table.input_types" all that do not fit, each with the fix.
Result<std::string> ProjectInput(const std::vector<ColumnDescription>& input,
                                 const std::vector<ColumnDescription>& table,
                                 const InputOptions& options);

}  // namespace lakehold::table
