// What the reader inferred about the columns of an input, and which odd texts kept a column from
// being more than text. Stateless functions over a Lake's session.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/input_files.h"
#include "lakehold/lake.h"

namespace lakehold::cli {

// A column that is VARCHAR only because of texts that often mean NULL.
struct Doubt {
  std::string column;
  std::string better_type;
};

struct Inference {
  std::vector<ColumnDescription> columns;
  std::vector<Doubt> doubts;
};
// Sniffs twice for CSV: as told, and as if the usual words for NULL were NULL.
Result<Inference> InferColumns(Lake& lake, const InputFiles& input);

// "dep_time: 8,255 "NA" made it VARCHAR; --null NA gives BIGINT" for each doubt that the table's
// rows confirm.
Result<std::vector<std::string>> ExplainDoubts(Lake& lake, const std::string& table,
                                               const std::vector<Doubt>& doubts);

// "n: whole numbers beyond BIGINT were read as DOUBLE, which rounds them; ..." for each column of
// the new table that holds such.
Result<std::vector<std::string>> ExplainRounding(Lake& lake, const std::string& table,
                                                 const std::vector<ColumnDescription>& columns);

// Before rows of CSV go into a table that is there: what its columns can hold decides how their
// texts are read, so that none is rounded or rewritten on the way. Columns the table lacks stay
// guesses, for the INSERT to name.
Status ReadAsTable(Lake& lake, const std::string& table, InputFiles* input);

// kInvalid "cli.ragged_lines" names the line: a CSV whose one column has a name with separators in
// it is one whose lines do not have the same number of fields.
Status CheckFields(const InputFiles& input, const std::vector<ColumnDescription>& columns);

// The SELECT that import writes: text columns no table can hold (TIME, INTERVAL) as VARCHAR,
// zone-less timestamps as UTC instants if asked.
std::string SelectSql(const InputFiles& input, const std::vector<ColumnDescription>& columns,
                      bool timestamps_are_utc);
// "id BIGINT, fare DOUBLE": as they will be stored.
std::string ColumnsText(const std::vector<ColumnDescription>& columns);

}  // namespace lakehold::cli
