#include <CLI/CLI.hpp>

#include "cli/place.h"
#include "cli/verbs.h"

namespace lakehold::cli {

void AddOutputOptions(CLI::App& verb, Door& door) {
  verb.add_option("-f,--format", door.output.format, "table, json, ndjson, csv, parquet or arrow");
  verb.add_option("-o,--output", door.output.file, "write to this file; the format by its name");
}

void AddRowOptions(CLI::App& verb, Door& door) {
  AddOutputOptions(verb, door);
  verb.add_option("--rows", door.output.rows, "rows of a table for people: a number or all");
  verb.add_option("--null", door.output.null_text, "what stands for NULL in csv and tables");
}

void AddAtOption(CLI::App& verb, std::string& at) {
  verb.add_option("--at", at, "a version (3) or a time (2026-11-01T00:00Z; UTC if no zone)");
}

Result<Table> OpenTableAt(const std::string& path, const std::string& at, const Door& door) {
  if (at.empty()) return Table::Open(path, Latest{}, door.open);
  LAKEHOLD_ASSIGN(const auto spec, ParseVersionSpec(at));
  return Table::Open(path, spec, door.open);
}

}  // namespace lakehold::cli
