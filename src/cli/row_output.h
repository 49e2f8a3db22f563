// Rows on their way out: a result as table, CSV, JSON, Arrow or Parquet to stdout or a file.
// Stateless functions.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "cli/door.h"
#include "cli/format.h"
#include "cli/row_count.h"
#include "lakehold/rows.h"

namespace lakehold::cli {

struct RowOutput {
  Format format = Format::kTable;
  std::string file;                   // "" or "-": stdout.
  int64_t max_rows = kRowsForPeople;  // Of a table; -1: all.
  int64_t total_rows = -1;  // How many rows there are, if the result holds only the first ones.
  std::string null_text;
  bool used = false;  // A result went there.
};

// By the flags. kInvalid "cli.bad_rows" if --rows is neither a number nor "all".
Result<RowOutput> ChooseRowOutput(const Door& door);
// A file, and a stream of bytes, take one result: kInvalid "cli.second_result" for the next one.
Status TakeOutput(RowOutput* output);
// Writes all rows, or returns an error and leaves no file. `stopped` is asked between batches.
Status PrintRows(Rows& rows, const RowOutput& output, Door& door,
                 const std::function<bool()>& stopped = {});

}  // namespace lakehold::cli
