// lakehold create TABLE --schema "id BIGINT NOT NULL, day DATE" [--partition-by day]
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/sql_quote.h"
#include "cli/place.h"
#include "cli/report_text.h"
#include "cli/verbs.h"
#include "lakehold/lake.h"

namespace lakehold::cli {
namespace {

struct Flags {
  std::string table;
  std::vector<std::string> properties;
  bool if_not_exists = false;
  CreateRequest request;
};

Result<int> Run(Flags& flags, Door& door) {
  LAKEHOLD_ASSIGN(const auto place, ParseTablePlace(flags.table));
  CreateRequest& request = flags.request;
  request.table = QuoteName(place.table);
  using IfExists = CreateRequest::IfExists;
  if (flags.if_not_exists) request.if_exists = IfExists::kIgnore;
  for (const auto& property : flags.properties) {
    const size_t equals = property.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Invalid("cli.bad_property", fmt::format("\"{}\" is no property", property),
                     "write name=value, such as delta.targetFileSize=16mb");
    }
    request.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  const Stopwatch watch;
  LAKEHOLD_ASSIGN(auto lake, Lake::Connect(place.lake, door.open));
  LAKEHOLD_ASSIGN(const auto table, lake.Create(request));
  for (const auto& report : lake.reports()) door.Say(CommitLine(report, watch.ElapsedMs()));
  if (lake.reports().empty()) door.Say(table.name() + ": exists already, nothing changed");
  return 0;
}

}  // namespace

void AddCreate(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand("create", "make an empty table");
  auto flags = std::make_shared<Flags>();
  verb->add_option("TABLE", flags->table, "path of the table")->required();
  verb->add_option("--schema", flags->request.columns, "\"id BIGINT NOT NULL, day DATE\"")
      ->required();
  verb->add_option("--partition-by", flags->request.partition_by, "columns, separated by commas")
      ->delimiter(',');
  verb->add_option("--property", flags->properties, "name=value; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_option("--comment", flags->request.comment, "what the table is for");
  verb->add_flag("--if-not-exists", flags->if_not_exists, "no error if it exists");
  verb->callback([flags, &door] { door.run = [flags, &door] { return Run(*flags, door); }; });
}

}  // namespace lakehold::cli
