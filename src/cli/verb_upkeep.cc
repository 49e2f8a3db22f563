// lakehold checkpoint TABLE, lakehold compact-log TABLE and lakehold fsck TABLE.
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/exit_code.h"
#include "cli/record_table.h"
#include "cli/report_text.h"
#include "cli/verbs.h"

namespace lakehold::cli {
namespace {

struct Flags {
  std::string table;
  bool deep = false;
  bool statistics = false;
  std::optional<Version> from;
};

Result<int> RunCheckpoint(const Flags& flags, Door& door) {
  const Stopwatch watch;
  LAKEHOLD_ASSIGN(auto table, OpenTableAt(flags.table, "", door));
  LAKEHOLD_ASSIGN(const auto report, table.Checkpoint());
  if (report.written) {
    door.Say(fmt::format("{}: checkpoint of version {}, {}, {}, {}", table.name(), report.version,
                         Count(report.files, "file"),
                         FormatBytes(static_cast<int64_t>(report.size_bytes)),
                         FormatElapsed(watch.ElapsedMs())));
  } else {
    door.Say(fmt::format("{}: version {} has a checkpoint already", table.name(), report.version));
  }
  return 0;
}

Result<int> RunCompactLog(const Flags& flags, Door& door) {
  const Stopwatch watch;
  LAKEHOLD_ASSIGN(auto table, OpenTableAt(flags.table, "", door));
  LAKEHOLD_ASSIGN(const auto report, table.CompactLog(flags.from));
  if (report.written) {
    door.Say(fmt::format("{}: versions {} to {} in one file, {}, {}, {}", table.name(),
                         report.first, report.last, Count(report.actions, "action"),
                         FormatBytes(static_cast<int64_t>(report.size_bytes)),
                         FormatElapsed(watch.ElapsedMs())));
  } else {
    door.Say(fmt::format("{}: nothing to compact up to version {}", table.name(), report.last));
  }
  return 0;
}

std::string StateText(const FsckReport& report) {
  if (report.version < 0) {
    return report.healthy() ? "nothing is damaged, but it takes another build to read"
                            : "damaged: no version can be read";
  }
  if (report.healthy()) return fmt::format("version {} is healthy", report.version);
  return fmt::format("damaged; version {} is the newest that can be put together", report.version);
}

Result<int> RunFsck(const Flags& flags, Door& door) {
  LAKEHOLD_ASSIGN(const auto table, OpenTableAt(flags.table, "", door));
  LAKEHOLD_ASSIGN(const auto report, table.Fsck(flags.deep, flags.statistics));
  RecordTable records({{"severity"}, {"object"}, {"finding"}});
  for (const auto& finding : report.findings) {
    records.Add({finding.damage ? "damage" : "remark", finding.object, finding.message});
  }
  if (!report.findings.empty()) LAKEHOLD_TRY(records.Print(door));
  door.Say(fmt::format("{}: {}; checked {}, {}, {}", table.name(), StateText(report),
                       Count(report.commits_checked, "commit"),
                       Count(report.checkpoints_checked, "checkpoint"),
                       Count(report.files_checked, "file")));
  return report.healthy() ? 0 : ExitCode(ErrorKind::kCorrupt);
}

}  // namespace

void AddCheckpoint(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand("checkpoint", "write a checkpoint of the newest version");
  auto flags = std::make_shared<Flags>();
  verb->add_option("TABLE", flags->table, "path of the table")->required();
  verb->callback(
      [flags, &door] { door.run = [flags, &door] { return RunCheckpoint(*flags, door); }; });
}

void AddCompactLog(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand(
      "compact-log", "put the commits since the newest checkpoint into one file beside them");
  auto flags = std::make_shared<Flags>();
  verb->add_option("TABLE", flags->table, "path of the table")->required();
  verb->add_option("--from", flags->from, "first version, instead");
  verb->callback(
      [flags, &door] { door.run = [flags, &door] { return RunCompactLog(*flags, door); }; });
}

void AddFsck(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand("fsck", "check log, checkpoints and files; exit 9 if damaged");
  auto flags = std::make_shared<Flags>();
  verb->add_option("TABLE", flags->table, "path of the table")->required();
  verb->add_flag("--deep", flags->deep, "read every data file, compare its footer with the log");
  verb->add_flag("--statistics", flags->statistics,
                 "read every row, compare the statistics in the log with them");
  AddOutputOptions(*verb, door);
  verb->callback([flags, &door] { door.run = [flags, &door] { return RunFsck(*flags, door); }; });
}

}  // namespace lakehold::cli
