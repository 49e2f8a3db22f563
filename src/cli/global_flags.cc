#include "cli/global_flags.h"

#include <utility>

#include <CLI/CLI.hpp>

#include "cli/settings.h"

namespace lakehold::cli {
namespace {

void SetColor(const std::optional<std::string>& flag, const Settings& settings, Door& door) {
  const auto setting = settings.Find("color");
  const std::string color = flag ? *flag : setting ? setting->value : "auto";
  if (color == "never") door.terminal.color = false;
  if (color != "always") return;
  // NO_COLOR is a word of the environment, so it comes over files.
  if (flag || !setting->from_file || !door.terminal.no_color) door.terminal.color = true;
}

}  // namespace

void AddGlobalFlags(CLI::App& app, GlobalFlags& flags, Door& door) {
  app.add_flag("--version", flags.version, "version and build");
  app.add_flag("-q,--quiet", door.quiet, "no reports on stderr, only errors");
  app.add_flag("--no-progress", flags.no_progress, "no progress on the terminal");
  app.add_option("--color", flags.color, "auto (default), always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--durability", flags.durability, "full (default) or none")
      ->check(CLI::IsMember({"full", "none"}));
  app.add_option("--memory-limit", door.memory_limit, "of the SQL engine, such as 2GB");
  app.add_option("LAKE", flags.places, "a lake whose shell to open");
  app.footer(
      "TABLE is the path of a table, LAKE the folder above it.\n"
      "lakehold LAKE opens the shell; lakehold VERB --help explains a verb.\n"
      "What flags leave open, LAKEHOLD_* says, then lakehold.toml of this folder or one above,\n"
      "then ~/.config/lakehold/config.toml.\n"
      "Exit codes: 0 done, 1 conformance: some are wrong, 2 bad call, 3 not found, 4 exists, 5 "
      "conflict, 6 outcome unknown,\n"
      "7 denied, 8 unsupported, 9 corrupt, 10 unavailable, 11 disk, 70 bug, 130 interrupted.");
}

Status Configure(const GlobalFlags& flags, Door& door) {
  LAKEHOLD_ASSIGN(const Settings settings, Settings::Load(Surroundings::OfProcess()));
  const auto value = [&](std::string_view name) {
    const auto setting = settings.Find(name);
    return setting ? std::optional(setting->value) : std::nullopt;
  };
  SetColor(flags.color, settings, door);
  if (flags.no_progress || value("progress") == "false") door.terminal.progress = false;
  if (value("quiet") == "true") door.quiet = true;
  const auto durability = flags.durability ? flags.durability : value("durability");
  if (durability == "none") door.open.durability = Durability::kNone;
  if (door.memory_limit.empty()) door.memory_limit = value("memory-limit").value_or("");
  OutputFlags& output = door.output;
  output.usual_format = value("format").value_or("");
  if (!output.rows) output.rows = value("rows");
  if (!output.null_text) output.null_text = value("null");
  door.lake = value("lake").value_or("");
  door.history = value("history").value_or("");
  return {};
}

}  // namespace lakehold::cli
