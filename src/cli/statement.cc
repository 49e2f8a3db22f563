#include "cli/statement.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "base/sql_quote.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/report_text.h"
#include "cli/statement_splitter.h"

namespace lakehold::cli {
namespace {

void SayCommits(const Lake& lake, const Stopwatch& watch, const Door& door) {
  for (const auto& report : lake.reports()) door.Say(CommitLine(report, watch.ElapsedMs()));
}

}  // namespace

Status LimitMemory(const Door& door) {
  if (door.memory_limit.empty()) return {};
  LAKEHOLD_ASSIGN(auto lake, Lake::Connect(""));
  const auto set = lake.Sql("SET GLOBAL memory_limit = " + QuoteText(door.memory_limit));
  if (set.ok()) return {};
  return Invalid(
      "cli.bad_memory_limit",
      fmt::format("\"{}\" is no memory limit: {}", door.memory_limit, set.error().message),
      "write a number and a unit, such as 2GB");
}

Status RunStatement(Lake& lake, const std::string& sql, const Parameters& parameters,
                    RowOutput& output, Door& door) {
  const Stopwatch watch;
  const InterruptScope interrupt([&lake] { lake.Interrupt(); });
  auto rows = [&] {
    const Progress progress(door, "running");
    return lake.Sql(sql, parameters);
  }();
  if (!rows.ok()) return std::move(rows).error();
  SayCommits(lake, watch, door);
  if (rows->changed_rows() >= 0 || rows->columns().empty()) return {};
  LAKEHOLD_TRY(TakeOutput(&output));
  return PrintRows(*rows, output, door, [&interrupt] { return interrupt.interrupted(); });
}

Status RunWrite(Lake& lake, const std::string& sql, const std::string& label, int64_t input_bytes,
                Door& door) {
  const Stopwatch watch;
  const InterruptScope interrupt([&lake] { lake.Interrupt(); });
  const auto rows = [&] {
    const Progress progress(door, label, input_bytes);
    return lake.Sql(sql);
  }();
  if (!rows.ok()) return rows.error();
  SayCommits(lake, watch, door);
  return {};
}

Status RunScript(Lake& lake, const std::string& script, const Parameters& parameters,
                 RowOutput& output, Door& door) {
  Script parts = SplitStatements(script);
  if (!parts.rest.empty()) parts.statements.push_back(parts.rest);
  size_t at = 0;
  for (const auto& statement : parts.statements) {
    // As many line ends before it as in the script, so that errors count the script's lines.
    const size_t begin = script.find(statement, at);
    at = begin + statement.size();
    const auto lines =
        std::count(script.begin(), script.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
    const std::string placed = std::string(static_cast<size_t>(lines), '\n') + statement;
    auto status = RunStatement(lake, placed, parameters, output, door);
    if (status.ok()) continue;
    // The statement's error is the one to tell; a failing rollback leaves nothing behind either.
    if (lake.in_transaction()) (void)lake.Sql("ROLLBACK");
    return status;
  }
  if (!lake.in_transaction()) return {};
  const auto rolled_back = lake.Sql("ROLLBACK");
  if (!rolled_back.ok()) return rolled_back.error();
  door.Say("the script ended inside of a transaction: rolled back");
  return {};
}

Status PrintExplanation(const Result<Explanation>& explained, const Door& door) {
  if (!explained.ok()) return explained.error();
  LAKEHOLD_ASSIGN(auto file, OutputFile::Open(door.output.file));
  std::string text;
  for (const auto& scan : explained->scans) text += ScanLine(scan) + "\n";
  if (explained->scans.empty()) text = "reads no table of a lake\n";
  LAKEHOLD_TRY(file.Write(text));
  return file.Finish();
}

}  // namespace lakehold::cli
