#include "cli/format.h"

#include <fmt/format.h>

namespace lakehold::cli {

Result<Format> ParseFormat(std::string_view name) {
  if (name == "table") return Format::kTable;
  if (name == "json") return Format::kJson;
  if (name == "ndjson" || name == "jsonl") return Format::kNdjson;
  if (name == "csv") return Format::kCsv;
  if (name == "parquet") return Format::kParquet;
  if (name == "arrow") return Format::kArrow;
  return Invalid("cli.unknown_format", fmt::format("\"{}\" is no output format", name),
                 "use table, json, ndjson, csv, parquet or arrow");
}

namespace {

std::string_view ExtensionOf(std::string_view file) {
  const size_t dot = file.rfind('.');
  return dot == std::string_view::npos ? "" : file.substr(dot + 1);
}

}  // namespace

bool IsArrowFileName(std::string_view file) {
  const auto extension = ExtensionOf(file);
  return extension == "arrow" || extension == "feather" || extension == "ipc";
}

Result<Format> ChooseFormat(std::string_view flag, std::string_view file, bool terminal,
                            Content content) {
  if (!flag.empty()) return ParseFormat(flag);
  const Format piped = content == Content::kRows ? Format::kCsv : Format::kNdjson;
  if (file.empty() || file == "-") return terminal ? Format::kTable : piped;
  const auto extension = ExtensionOf(file);
  if (extension == "txt") return Format::kTable;
  if (extension == "pq") return Format::kParquet;
  if (extension == "arrows" || IsArrowFileName(file)) return Format::kArrow;
  const auto known = ParseFormat(extension);
  return known.ok() ? *known : piped;
}

}  // namespace lakehold::cli
