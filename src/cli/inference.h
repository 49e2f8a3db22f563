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

// The SELECT that import writes: text columns no table can hold (TIME, INTERVAL) as VARCHAR,
// zone-less timestamps as UTC instants if asked.
std::string SelectSql(const InputFiles& input, const std::vector<ColumnDescription>& columns,
                      bool timestamps_are_utc);
// "id BIGINT, fare DOUBLE".
std::string ColumnsText(const std::vector<ColumnDescription>& columns);

}  // namespace lakehold::cli
