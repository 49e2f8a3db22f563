// lakehold append TABLE FILE|-: rows for a table that exists, in one version.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/sql_quote.h"
#include "cli/inference.h"
#include "cli/input_files.h"
#include "cli/place.h"
#include "cli/statement.h"
#include "cli/verbs.h"

namespace lakehold::cli {
namespace {

struct Flags {
  std::string table;
  InputFlags input;
};

Result<int> Run(const Flags& flags, Door& door) {
  LAKEHOLD_ASSIGN(const auto place, ParseTablePlace(flags.table));
  LAKEHOLD_TRY(LimitMemory(door));
  const auto table = Table::Open(flags.table, Latest{}, door.open);
  if (!table.ok()) return table.error();
  LAKEHOLD_ASSIGN(auto input, InputFiles::Open(flags.input));
  LAKEHOLD_ASSIGN(auto lake, Lake::Connect(place.lake, door.open));
  LAKEHOLD_TRY(ReadAsTable(lake, QuoteName(place.table), &input));
  const std::string sql = fmt::format("INSERT INTO {} BY NAME SELECT * FROM {}",
                                      QuoteName(place.table), input.ReaderSql());
  LAKEHOLD_TRY(RunWrite(lake, sql, "append " + place.table, input.size_bytes(), door));
  return 0;
}

}  // namespace

void AddAppend(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand("append", "add the rows of files to a table");
  auto flags = std::make_shared<Flags>();
  verb->add_option("TABLE", flags->table, "path of the table")->required();
  verb->add_option("FILE", flags->input.files, "csv, tsv, parquet or json; - is stdin")->required();
  verb->add_option("--type", flags->input.kind, "csv, tsv, parquet or json");
  verb->add_option("--null", flags->input.null_texts, "a text that means NULL; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->callback([flags, &door] { door.run = [flags, &door] { return Run(*flags, door); }; });
}

}  // namespace lakehold::cli
