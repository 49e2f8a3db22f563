#include "cli/app.h"

#include <cstdio>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <signal.h>

#include "base/system_runtime.h"
#include "cli/door.h"
#include "cli/exit_code.h"
#include "cli/global_flags.h"
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
  group("Keep", {AddCheckpoint, AddCompactLog, AddFsck, AddConformance});
  group("More", {AddCompletion});
}

// `lakehold LAKE`, or a mistake.
Result<int> OpenLake(const std::vector<std::string>& places, Door& door) {
  const std::string& first = places.front();
  if (!IsUrl(first) && !PathExists(first)) {
    return Invalid("cli.usage", fmt::format("\"{}\" is neither a verb nor a lake", first),
                   "lakehold --help lists the verbs");
  }
  if (places.size() == 1) return RunSql(places, {}, false, door);
  return Invalid("cli.usage", fmt::format("\"{}\" is no verb; what is to be done with it?", first),
                 fmt::format("write lakehold sql {} \"SQL\", or lakehold --help", first));
}

// Arguments that no verb took.
Error TooMany(const CLI::App& verb, const std::string& argument) {
  return Invalid("cli.usage",
                 fmt::format("lakehold {} has no place for \"{}\"", verb.get_name(), argument),
                 fmt::format("see lakehold {} --help", verb.get_name()));
}

Error UsageError(const CLI::ParseError& error, const CLI::App& app) {
  std::string message = error.what();
  while (!message.empty() && (message.back() == '\n' || message.back() == '.')) message.pop_back();
  const auto verbs = app.get_subcommands();
  const std::string verb = verbs.empty() ? "" : " " + verbs.front()->get_name();
  return Invalid("cli.usage", message, fmt::format("see lakehold{} --help", verb));
}

Result<int> Dispatch(const CLI::App& app, const GlobalFlags& flags, Door& door) {
  if (flags.version) {
    std::puts(BuildText().c_str());
    return 0;
  }
  const auto verbs = app.get_subcommands();
  if (!verbs.empty() && !flags.places.empty()) return TooMany(*verbs.front(), flags.places.front());
  if (!door.run && flags.places.empty()) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  }
  LAKEHOLD_TRY(Configure(flags, door));
  return door.run ? door.run() : OpenLake(flags.places, door);
}

}  // namespace

int Run(int argc, char** argv) {
  // A reader that has seen enough ends us quietly, whatever our parent did to the signal.
  signal(SIGPIPE, SIG_DFL);
  Door door(LookAtTerminal(), UsableCpus());
  CLI::App app("lakehold: open Delta tables, by SQL and by many processes at once", "lakehold");
  app.require_subcommand(0, 1);
  app.fallthrough();
  GlobalFlags flags;
  AddGlobalFlags(app, flags, door);
  AddVerbs(app, door);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return Report(UsageError(error, app), door);
  }
  const auto done = Dispatch(app, flags, door);
  const int code = done.ok() ? *done : Report(done.error(), door);
  if (std::fflush(stdout) != 0 && code == 0) {
    return Report(IoError("cli.file_failed", "stdout could not be written", "check the disk"),
                  door);
  }
  return code;
}

}  // namespace lakehold::cli
