// InputProjection: how the columns of some input become the columns of a table, or why they cannot.
// Pure.
//
// Columns match by name, ignoring case, in any order. Widening only: a number is never rounded,
// text is never parsed. Every problem of the input is told in one error.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lakehold/report.h"

namespace lakehold::table {

struct InputOptions {
  std::string table;  // For messages.
  bool naive_timestamps_are_utc =
      false;  // Zone-less values into a TIMESTAMP WITH TIME ZONE column.
};

struct InputProjection {
  // The SELECT list, in the order of the table's columns: casts that lose nothing, and checks that
  // stop at the first value that would.
  std::string list;
  // What the values of a column must satisfy, as SQL over the input; columns without are not named.
  std::map<std::string, std::string> conditions;
};

// kInvalid "table.input_columns" lists all unknown and missing columns; "table.input_types" all
// that do not fit, each with the fix.
Result<InputProjection> ProjectInput(const std::vector<ColumnDescription>& input,
                                     const std::vector<ColumnDescription>& table,
                                     const InputOptions& options);

struct TypedInput {
  std::vector<ColumnDescription> columns;
  std::string from;  // For a FROM clause.
};

// The input behind `from` with other types for some of its columns. NULL becomes anything, plain
// values become text if that is asked for; else as above. kInvalid "table.input_schema".
Result<TypedInput> TypeInput(const std::vector<ColumnDescription>& input, std::string_view from,
                             const std::vector<ColumnDescription>& types,
                             const InputOptions& options);

}  // namespace lakehold::table
