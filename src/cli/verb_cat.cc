// lakehold cat TABLE and lakehold head TABLE: the rows of a table, now or at a version.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/interrupt.h"
#include "cli/statement.h"
#include "cli/verbs.h"

namespace lakehold::cli {
namespace {

struct Flags {
  std::string table;
  std::string at;
  std::string where;
  ScanRequest request;
  bool explain = false;
};

Result<int> Run(Flags& flags, Door& door) {
  LAKEHOLD_ASSIGN(auto output, ChooseRowOutput(door));
  LAKEHOLD_TRY(LimitMemory(door));
  LAKEHOLD_ASSIGN(auto table, OpenTableAt(flags.table, flags.at, door));
  ScanRequest& request = flags.request;
  if (!flags.where.empty()) request.where = flags.where;
  if (flags.explain) {
    LAKEHOLD_TRY(PrintExplanation(table.Explain(request), door));
    return 0;
  }
  // People see the first rows: read no more than those, and take the number of all from the log.
  const bool some = output.format == Format::kTable && output.max_rows >= 0;
  if (some && !request.where && !request.limit) {
    LAKEHOLD_ASSIGN(output.total_rows, table.Count());
    request.limit = output.max_rows;
  }
  const InterruptScope interrupt([&table] { table.Interrupt(); });
  auto rows = table.Scan(request);
  if (!rows.ok()) return std::move(rows).error();
  LAKEHOLD_TRY(PrintRows(*rows, output, door, [&interrupt] { return interrupt.interrupted(); }));
  return 0;
}

std::shared_ptr<Flags> AddTo(CLI::App& verb, Door& door) {
  auto flags = std::make_shared<Flags>();
  verb.add_option("TABLE", flags->table, "path of the table")->required();
  verb.add_option("--columns", flags->request.columns, "columns, separated by commas")
      ->delimiter(',');
  verb.add_option("--where", flags->where, "a condition, such as \"fare > 50\"");
  verb.add_flag("--explain", flags->explain, "say which files would be read; read none");
  AddAtOption(verb, flags->at);
  AddRowOptions(verb, door);
  verb.callback([flags, &door] { door.run = [flags, &door] { return Run(*flags, door); }; });
  return flags;
}

}  // namespace

void AddCat(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand("cat", "the rows of a table");
  const auto flags = AddTo(*verb, door);
  verb->add_option("--limit", flags->request.limit, "at most so many rows");
}

void AddHead(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand("head", "the first rows of a table");
  const auto flags = AddTo(*verb, door);
  flags->request.limit = 10;
  verb->add_option("-n", flags->request.limit, "how many rows (10)");
}

}  // namespace lakehold::cli
