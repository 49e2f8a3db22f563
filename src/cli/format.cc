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

Result<Format> ChooseFormat(const OutputFlags& flags, bool terminal, Content content) {
  if (!flags.format.empty()) return ParseFormat(flags.format);
  const bool to_stdout = flags.file.empty() || flags.file == "-";
  if (!to_stdout) {
    const auto extension = ExtensionOf(flags.file);
    if (extension == "txt") return Format::kTable;
    if (extension == "pq") return Format::kParquet;
    if (extension == "arrows" || IsArrowFileName(flags.file)) return Format::kArrow;
    if (const auto known = ParseFormat(extension); known.ok()) return *known;
  }
  if (!flags.usual_format.empty()) {
    LAKEHOLD_ASSIGN(const Format usual, ParseFormat(flags.usual_format));
    const bool binary = usual == Format::kParquet || usual == Format::kArrow;
    if (content == Content::kRows || !binary) return usual;
  }
  if (to_stdout && terminal) return Format::kTable;
  return content == Content::kRows ? Format::kCsv : Format::kNdjson;
}

}  // namespace lakehold::cli
