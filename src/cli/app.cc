#include "cli/app.h"

#include <cstdio>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <signal.h>

#include "base/system_runtime.h"
#include "cli/door.h"
#include "cli/exit_code.h"
#include "cli/place.h"
#include "cli/verbs.h"
#include "lakehold/version.h"

namespace lakehold::cli {
namespace {

int Report(const Error& error, const Door& door) {
  std::fflush(stdout);
  std::fputs(ErrorLine(error, door.terminal.color).c_str(), stderr);
  return ExitCode(error.kind);
}

// A door of one's own shows what each group of verbs is for.
void AddVerbs(CLI::App& app, Door& door) {
  const auto group = [&](const char* name, std::initializer_list<void (*)(CLI::App&, Door&)> add) {
    const size_t before = app.get_subcommands({}).size();
    for (const auto& one : add) one(app, door);
    const auto verbs = app.get_subcommands({});
    for (size_t i = before; i < verbs.size(); ++i) verbs[i]->group(name);
  };
  group("Write", {AddCreate, AddImport, AddAppend});
  group("Read", {AddSql, AddCat, AddHead});
  group("Look", {AddSchema, AddLog, AddFiles, AddStatus});
  group("Keep", {AddCheckpoint, AddFsck});
  group("More", {AddCompletion});
}

struct Flags {
  bool version = false;
  bool no_progress = false;
  std::string durability = "full";
};

void AddFlags(CLI::App& app, Flags& flags, Door& door) {
  app.add_flag("--version", flags.version, "version and build");
  app.add_flag("-q,--quiet", door.quiet, "no reports on stderr, only errors");
  app.add_flag("--no-progress", flags.no_progress, "no progress on the terminal");
  app.add_option("--durability", flags.durability, "full (default) or none")
      ->envname("LAKEHOLD_DURABILITY")
      ->check(CLI::IsMember({"full", "none"}));
  app.footer(
      "TABLE is the path of a table, LAKE the folder above it.\n"
      "lakehold LAKE opens the shell; lakehold VERB --help explains a verb.\n"
      "Exit codes: 0 done, 2 bad call, 3 not found, 4 exists, 5 conflict, 6 outcome unknown,\n"
      "7 denied, 8 unsupported, 9 corrupt, 10 unavailable, 11 disk, 70 bug, 130 interrupted.");
}

// The first argument is no verb and no flag: `lakehold LAKE`, or a mistake.
bool IsNoVerb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (verb->check_name(argv[1])) return false;
  }
  return true;
}

Result<int> OpenLake(int argc, char** argv, Door& door) {
  const std::string first = argv[1];
  if (!IsUrl(first) && !PathExists(first)) {
    return Invalid("cli.usage", fmt::format("\"{}\" is neither a verb nor a lake", first),
                   "lakehold --help lists the verbs");
  }
  if (argc == 2) return RunSql({first}, {}, false, door);
  return Invalid("cli.usage", fmt::format("\"{}\" is no verb; what is to be done with it?", first),
                 fmt::format("write lakehold sql {} \"SQL\", or lakehold --help", first));
}

Error UsageError(const CLI::ParseError& error, const CLI::App& app) {
  std::string message = error.what();
  while (!message.empty() && (message.back() == '\n' || message.back() == '.')) message.pop_back();
  const auto verbs = app.get_subcommands();
  const std::string verb = verbs.empty() ? "" : " " + verbs.front()->get_name();
  return Invalid("cli.usage", message, fmt::format("see lakehold{} --help", verb));
}

int Dispatch(CLI::App& app, const Flags& flags, Door& door) {
  if (flags.version) {
    std::puts(BuildText().c_str());
    return 0;
  }
  if (flags.no_progress) door.terminal.progress = false;
  if (flags.durability == "none") door.open.durability = Durability::kNone;
  if (!door.run) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  }
  const auto code = door.run();
  return code.ok() ? *code : Report(code.error(), door);
}

}  // namespace

int Run(int argc, char** argv) {
  // A reader that has seen enough ends us quietly, whatever our parent did to the signal.
  signal(SIGPIPE, SIG_DFL);
  Door door(LookAtTerminal(), UsableCpus());
  CLI::App app("lakehold: open Delta tables, by SQL and by many processes at once", "lakehold");
  app.require_subcommand(0, 1);
  app.fallthrough();
  Flags flags;
  AddFlags(app, flags, door);
  AddVerbs(app, door);
  if (IsNoVerb(app, argc, argv)) {
    const auto code = OpenLake(argc, argv, door);
    return code.ok() ? *code : Report(code.error(), door);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return Report(UsageError(error, app), door);
  }
  const int code = Dispatch(app, flags, door);
  if (std::fflush(stdout) != 0 && code == 0) {
    return Report(IoError("cli.file_failed", "stdout could not be written", "check the disk"),
                  door);
  }
  return code;
}

}  // namespace lakehold::cli
