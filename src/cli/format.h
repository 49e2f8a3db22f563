// Format: what rows and reports look like on their way out, and who decides it. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/door.h"

namespace lakehold::cli {

enum class Format { kTable, kJson, kNdjson, kCsv, kParquet, kArrow };

// "table", "json", "ndjson" (or "jsonl"), "csv", "parquet", "arrow". kInvalid "cli.unknown_format".
Result<Format> ParseFormat(std::string_view name);

enum class Content { kRows, kReport };
// The flag decides, then the file's extension, then the usual format if the content may have it,
// then the terminal: a table for people; in a pipe csv for rows and ndjson for reports.
Result<Format> ChooseFormat(const OutputFlags& flags, bool terminal, Content content);

// Arrow to a file of this name is Arrow's file format, which ends in a footer ("x.arrow",
// "x.feather"); elsewhere it is a stream ("x.arrows", stdout, pipes).
bool IsArrowFileName(std::string_view file);

}  // namespace lakehold::cli
