// lakehold sql [LAKE] [SQL]: statements on a lake, from the arguments, stdin or the shell.
#include <cerrno>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "cli/output_file.h"
#include "cli/place.h"
#include "cli/shell.h"
#include "cli/statement.h"
#include "cli/verbs.h"

namespace lakehold::cli {
namespace {

// The lake of the settings, else the current folder if it holds tables, else a temporary lake.
Result<Lake> ConnectDefault(const Door& door) {
  if (!door.lake.empty()) return Lake::Connect(door.lake, door.open);
  if (!PathExists("_delta_log")) {
    LAKEHOLD_ASSIGN(auto here, Lake::Connect(".", door.open));
    const auto tables = here.Tables();
    if (tables.ok() && !tables->empty()) return here;
  }
  return Lake::Connect("", door.open);
}

Result<std::string> ReadStdin() {
  std::string text;
  char buffer[65'536];
  while (true) {
    const ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("stdin", errno);
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
  }
}

Result<Parameters> ParseParameters(const std::vector<std::string>& given) {
  Parameters parameters;
  for (const auto& parameter : given) {
    const size_t equals = parameter.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Invalid("cli.bad_parameter", fmt::format("\"{}\" is no parameter", parameter),
                     "write name=value for $name, 1=value for the first ?");
    }
    parameters[parameter.substr(0, equals)] = SqlValue{parameter.substr(equals + 1)};
  }
  return parameters;
}

struct Flags {
  std::vector<std::string> arguments;
  std::vector<std::string> parameters;
  bool explain = false;
};

}  // namespace

Result<int> RunSql(const std::vector<std::string>& arguments, const Parameters& parameters,
                   bool explain, Door& door) {
  SqlPlace place = ResolveSqlArguments(arguments);
  LAKEHOLD_TRY(LimitMemory(door));
  auto connected = place.lake ? Lake::Connect(*place.lake, door.open) : ConnectDefault(door);
  if (!connected.ok()) return std::move(connected).error();
  Lake& lake = *connected;
  if (!place.sql && door.terminal.in) return RunShell(lake, door);
  if (!place.sql || *place.sql == "-") {
    LAKEHOLD_ASSIGN(place.sql, ReadStdin());
  }
  if (explain) {
    LAKEHOLD_TRY(PrintExplanation(lake.Explain(*place.sql, parameters), door));
    return 0;
  }
  LAKEHOLD_ASSIGN(auto output, ChooseRowOutput(door));
  auto status = RunScript(lake, *place.sql, parameters, output, door);
  if (status.ok()) return 0;
  const bool one_word =
      arguments.size() == 1 && arguments[0].find_first_of(" \t\n;") == std::string::npos;
  if (one_word && status.error().reason == std::string_view("sql.syntax")) {
    return NotFound("cli.no_such_lake",
                    fmt::format("\"{}\" is neither a folder nor SQL", arguments[0]),
                    "make the folder for a new lake, or give the SQL behind it");
  }
  return std::move(status).error();
}

void AddSql(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand("sql", "run SQL on a lake; without SQL: the shell, or stdin");
  auto flags = std::make_shared<Flags>();
  verb->add_option("ARGUMENTS", flags->arguments, "[LAKE] [SQL]")->expected(0, 2);
  verb->add_option("-p,--param", flags->parameters, "name=value for $name; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_flag("--explain", flags->explain, "say which files it would read; never run it");
  AddRowOptions(*verb, door);
  verb->callback([flags, &door] {
    door.run = [flags, &door]() -> Result<int> {
      LAKEHOLD_ASSIGN(const auto parameters, ParseParameters(flags->parameters));
      return RunSql(flags->arguments, parameters, flags->explain, door);
    };
  });
}

}  // namespace lakehold::cli
