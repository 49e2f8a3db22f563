#include "cli/dot_command.h"

#include <cstdio>
#include <sstream>

#include <fmt/format.h>

#include "base/sql_quote.h"
#include "cli/arrow_stream.h"
#include "cli/format.h"
#include "cli/place.h"
#include "cli/record_table.h"
#include "cli/report_text.h"

namespace lakehold::cli {
namespace {

using Kind = RecordTable::Kind;
using Words = std::vector<std::string>;

struct DotCommand {
  const char* name;
  const char* help;
  Status (*run)(const Words& words, ShellState& state);
};

Error Usage(const std::string& text) {
  return Invalid("cli.usage", "the command is written " + text, ".help lists all");
}

Status ShowTables(const Words& /*words*/, ShellState& state) {
  LAKEHOLD_ASSIGN(const auto tables, state.lake.Tables());
  for (const auto& table : tables) std::puts(table.c_str());
  return {};
}

Status ShowSchema(const Words& words, ShellState& state) {
  if (words.size() != 2) return Usage(".schema TABLE");
  LAKEHOLD_ASSIGN(const auto table, state.lake.OpenTable(words[1]));
  LAKEHOLD_ASSIGN(const auto status, table.Describe());
  RecordTable records({{"column"}, {"type"}, {"nullable", Kind::kBoolean}});
  for (const auto& column : status.columns) {
    records.Add({column.name, column.type + (column.partition ? " (partition)" : ""),
                 column.nullable ? "true" : "false"});
  }
  std::fputs(records.ToTable(state.door.terminal.width).c_str(), stdout);
  return {};
}

Status ShowLog(const Words& words, ShellState& state) {
  if (words.size() != 2) return Usage(".log TABLE");
  LAKEHOLD_ASSIGN(const auto table, state.lake.OpenTable(words[1]));
  LAKEHOLD_ASSIGN(const auto history, table.History(40));
  RecordTable records({{"version", Kind::kNumber}, {"timestamp"}, {"operation"}, {"engine"}});
  for (const auto& entry : history) {
    records.Add({std::to_string(entry.version), FormatTimeMs(entry.timestamp_ms), entry.operation,
                 entry.engine});
  }
  std::fputs(records.ToTable(state.door.terminal.width).c_str(), stdout);
  return {};
}

// The name under which the session has its lake attached.
Result<std::string> CatalogName(Lake& lake) {
  auto rows = lake.Sql("SELECT current_database()");
  if (!rows.ok()) return std::move(rows).error();
  LAKEHOLD_ASSIGN(const auto texts, ReadTexts(*rows));
  return texts.at(0).at(0);
}

// A temporary view of the table's name shadows it in this session.
Status SetAt(const Words& words, ShellState& state) {
  if (words.size() < 2) return Usage(".at TABLE VERSION|TIME, or .at TABLE for the newest");
  LAKEHOLD_ASSIGN(const auto table, state.lake.OpenTable(words[1]));
  const std::string name = QuoteName(table.name());
  if (words.size() == 2) {
    const auto dropped = state.lake.Sql("DROP VIEW IF EXISTS temp.main." + name);
    if (!dropped.ok()) return dropped.error();
    state.door.Say(table.name() + " is the newest version again");
    return {};
  }
  std::string when = words[2];
  for (size_t i = 3; i < words.size(); ++i) when += " " + words[i];
  LAKEHOLD_ASSIGN(const auto spec, ParseVersionSpec(when));
  LAKEHOLD_ASSIGN(const auto pinned, table.At(spec));
  LAKEHOLD_ASSIGN(const auto catalog, CatalogName(state.lake));
  const auto made = state.lake.Sql(
      fmt::format("CREATE OR REPLACE TEMPORARY VIEW {0} AS SELECT * FROM {2}.main.{0} "
                  "AT (VERSION => {1})",
                  name, *pinned.pinned(), QuoteName(catalog)));
  if (!made.ok()) return made.error();
  state.door.Say(fmt::format("{0} is version {1} until .at {0}", table.name(), *pinned.pinned()));
  return {};
}

Status SetMode(const Words& words, ShellState& state) {
  if (words.size() != 2) return Usage(".mode table|csv|json|ndjson");
  LAKEHOLD_ASSIGN(const auto format, ParseFormat(words[1]));
  if (format == Format::kParquet || format == Format::kArrow)
    return Usage(".mode table|csv|json|ndjson");
  state.door.output.format = words[1];
  return {};
}

Status SetTimer(const Words& words, ShellState& state) {
  if (words.size() > 2 || (words.size() == 2 && words[1] != "on" && words[1] != "off")) {
    return Usage(".timer on|off");
  }
  state.timer = words.size() == 1 ? !state.timer : words[1] == "on";
  state.door.Say(state.timer ? "timer on" : "timer off");
  return {};
}

Status Quit(const Words& /*words*/, ShellState& state) {
  state.quit = true;
  return {};
}

Status ShowHelp(const Words& words, ShellState& state);

constexpr DotCommand kCommands[] = {
    {".at", "TABLE VERSION|TIME: the table as it was; .at TABLE: the newest again", SetAt},
    {".help", "this list", ShowHelp},
    {".log", "TABLE: its versions, newest first", ShowLog},
    {".mode", "table|csv|json|ndjson: how rows look", SetMode},
    {".quit", "leave (also Ctrl+D)", Quit},
    {".schema", "TABLE: its columns", ShowSchema},
    {".tables", "the tables of the lake", ShowTables},
    {".timer", "on|off: say how long statements take", SetTimer},
};

Status ShowHelp(const Words& /*words*/, ShellState& /*state*/) {
  for (const auto& command : kCommands) {
    std::fputs(fmt::format("{:<9}{}\n", command.name, command.help).c_str(), stdout);
  }
  std::fputs(
      "SQL statements end with a semicolon; Ctrl+C cancels one that runs.\n"
      "the setting history = FILE keeps what you type.\n",
      stdout);
  return {};
}

}  // namespace

std::vector<std::string> DotCommands() {
  std::vector<std::string> names;
  for (const auto& command : kCommands) names.emplace_back(command.name);
  return names;
}

Status RunDotCommand(const std::string& line, ShellState& state) {
  std::istringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  if (words.front() == ".exit") words.front() = ".quit";
  for (const auto& command : kCommands) {
    if (words.front() == command.name) return command.run(words, state);
  }
  return Invalid("cli.unknown_command", fmt::format("{} is no command of the shell", words.front()),
                 ".help lists all");
}

}  // namespace lakehold::cli
