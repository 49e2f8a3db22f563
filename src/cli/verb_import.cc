// lakehold import TABLE FILE...: files become a table, or more rows of one, in one version.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/sql_quote.h"
#include "cli/arrow_stream.h"
#include "cli/inference.h"
#include "cli/place.h"
#include "cli/report_text.h"
#include "cli/statement.h"
#include "cli/verbs.h"

namespace lakehold::cli {
namespace {

struct Flags {
  std::string table;
  InputFlags input;
  std::vector<std::string> partition_by;
  bool replace = false;
  bool timestamps_are_utc = false;
};

Result<bool> TableExists(const std::string& path, const Door& door) {
  const auto table = Table::Open(path, Latest{}, door.open);
  if (table.ok()) return true;
  if (table.error().kind == ErrorKind::kNotFound) return false;
  return table.error();
}

std::string PartitionedBy(const std::vector<std::string>& columns) {
  if (columns.empty()) return "";
  std::string names;
  for (const auto& column : columns) names += (names.empty() ? "" : ", ") + QuoteName(column);
  return " PARTITIONED BY (" + names + ")";
}

// Readers make up a column for files without content: nobody wants a table of it.
Status CheckHasColumns(Lake& lake, const InputFiles& input, const Inference& inference) {
  const auto& columns = inference.columns;
  if (columns.size() != 1 || (columns[0].name != "column0" && columns[0].name != "json")) return {};
  auto rows = lake.Sql(fmt::format("SELECT 1 FROM {} WHERE {} IS NOT NULL LIMIT 1",
                                   input.ReaderSql(), QuoteName(columns[0].name)));
  if (!rows.ok()) return std::move(rows).error();
  LAKEHOLD_ASSIGN(const auto texts, ReadTexts(*rows));
  return texts.empty() ? Status(input.EmptyError()) : Status();
}

Result<int> Run(const Flags& flags, Door& door) {
  LAKEHOLD_ASSIGN(const auto place, ParseTablePlace(flags.table));
  LAKEHOLD_TRY(LimitMemory(door));
  LAKEHOLD_ASSIGN(const bool exists, TableExists(flags.table, door));
  const bool into = exists && !flags.replace;
  if (into && !flags.partition_by.empty()) {
    return Invalid("cli.exists_already",
                   fmt::format("{} exists already: its partition columns stay", place.table),
                   "leave --partition-by out, or give --replace");
  }
  LAKEHOLD_ASSIGN(auto input, InputFiles::Open(flags.input));
  LAKEHOLD_ASSIGN(auto lake, Lake::Connect(place.lake, door.open));
  if (into) LAKEHOLD_TRY(ReadAsTable(lake, QuoteName(place.table), &input));
  LAKEHOLD_ASSIGN(const auto inference, InferColumns(lake, input));
  LAKEHOLD_TRY(CheckFields(input, inference.columns));
  LAKEHOLD_TRY(CheckHasColumns(lake, input, inference));
  const std::string select = SelectSql(input, inference.columns, flags.timestamps_are_utc);
  door.Say(fmt::format("{}: {} from {}: {}", place.table,
                       Count(static_cast<int64_t>(inference.columns.size()), "column"),
                       input.description(), ColumnsText(inference.columns)));
  const std::string name = QuoteName(place.table);
  const std::string sql =
      into ? fmt::format("INSERT INTO {} BY NAME {}", name, select)
           : fmt::format("CREATE {}TABLE {}{} AS {}", flags.replace ? "OR REPLACE " : "", name,
                         PartitionedBy(flags.partition_by), select);
  LAKEHOLD_TRY(RunWrite(lake, sql, "import " + place.table, input.size_bytes(), door));
  if (into || door.quiet) return 0;
  // The rows are in; a note that cannot be made is no failure.
  for (const auto& lines : {ExplainDoubts(lake, name, inference.doubts),
                            ExplainRounding(lake, name, inference.columns)}) {
    if (!lines.ok()) continue;
    for (const auto& line : *lines) door.Say(line);
  }
  return 0;
}

}  // namespace

void AddImport(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand("import", "make a table from files, or add them to one");
  auto flags = std::make_shared<Flags>();
  verb->add_option("TABLE", flags->table, "path of the table")->required();
  verb->add_option("FILE", flags->input.files, "csv, tsv, parquet or json; patterns; - is stdin")
      ->required();
  verb->add_option("--type", flags->input.kind, "csv, tsv, parquet or json");
  verb->add_option("--null", flags->input.null_texts, "a text that means NULL; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_option("--sample", flags->input.sample, "rows looked at for types: a number or all")
      ->check(CLI::PositiveNumber | CLI::IsMember({"all"}));
  verb->add_option("--partition-by", flags->partition_by, "columns, separated by commas")
      ->delimiter(',');
  verb->add_flag("--replace", flags->replace, "replace the table's rows and columns");
  verb->add_flag("--timestamps-utc", flags->timestamps_are_utc,
                 "store zone-less timestamps as UTC instants");
  verb->callback([flags, &door] { door.run = [flags, &door] { return Run(*flags, door); }; });
}

}  // namespace lakehold::cli
