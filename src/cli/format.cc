#include "cli/format.h"

#include <fmt/format.h>

namespace lakehold::cli {

Result<Format> ParseFormat(std::string_view name) {
  if (name == "table") return Format::kTable;
  if (name == "json") return Format::kJson;
  if (name == "ndjson" || name == "jsonl") return Format::kNdjson;
  if (name == "csv") return Format::kCsv;
  if (name == "parquet") return Format::kParquet;
  if (name == "arrow" || name == "arrows" || name == "feather") {
    return Unsupported("cli.arrow_format", "this build does not write Arrow files yet",
                       "write parquet, or use the Python module: its results are Arrow streams");
  }
  return Invalid("cli.unknown_format", fmt::format("\"{}\" is no output format", name),
                 "use table, json, ndjson, csv or parquet");
}

Result<Format> ChooseFormat(std::string_view flag, std::string_view file, bool terminal,
                            Content content) {
  if (!flag.empty()) return ParseFormat(flag);
  const Format piped = content == Content::kRows ? Format::kCsv : Format::kNdjson;
  if (file.empty() || file == "-") return terminal ? Format::kTable : piped;
  const size_t dot = file.rfind('.');
  const auto extension = dot == std::string_view::npos ? "" : file.substr(dot + 1);
  if (extension == "txt") return Format::kTable;
  if (extension == "pq") return Format::kParquet;
  const auto known = ParseFormat(extension);
  if (known.ok() || known.error().kind == ErrorKind::kUnsupported) return known;
  return piped;
}

}  // namespace lakehold::cli
