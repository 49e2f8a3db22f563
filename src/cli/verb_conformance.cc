// lakehold conformance DIR: how well a reader reads the tables of a corpus.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/conformance_reader.h"
#include "cli/interrupt.h"
#include "cli/record_table.h"
#include "cli/report_text.h"
#include "cli/verbs.h"

namespace lakehold::cli {
namespace {

struct Flags {
  std::string folder;
  std::string reader;
  std::string only;
  int timeout_s = 120;
  bool failures = false;
};

RecordTable ScoreTable(const ConformanceScore& score) {
  using Kind = RecordTable::Kind;
  RecordTable table({{"feature"},
                     {"cases", Kind::kNumber},
                     {"right", Kind::kNumber},
                     {"wrong", Kind::kNumber},
                     {"percent", Kind::kNumber}});
  for (const auto& [feature, one] : score.features()) {
    table.Add({feature.empty() ? "(all)" : feature, std::to_string(one.cases),
               std::to_string(one.right), std::to_string(one.cases - one.right),
               fmt::format("{:.1f}", 100.0 * static_cast<double>(one.right) /
                                         static_cast<double>(one.cases))});
  }
  return table;
}

Result<ConformanceReader> ChooseReader(const Flags& flags, const Door& door) {
  if (flags.reader.empty()) return NewOwnReader(door.open);
  return NewProgramReader(flags.reader, flags.timeout_s);
}

Result<int> RunConformance(const Flags& flags, Door& door) {
  const Stopwatch watch;
  LAKEHOLD_ASSIGN(const auto cases, ReadCorpus(flags.folder));
  LAKEHOLD_ASSIGN(const auto reader, ChooseReader(flags, door));
  ConformanceScore score;
  RecordTable failures(
      {{"table"}, {"version", RecordTable::Kind::kNumber}, {"expected"}, {"got"}, {"features"}});
  const InterruptScope interrupt([] {});
  for (const auto& one : cases) {
    if (one.table.find(flags.only) == std::string::npos) continue;
    if (interrupt.interrupted()) return Cancelled("engine.interrupted", "interrupted");
    const ReaderAnswer answer = reader(flags.folder + "/tables/" + one.table, one.version);
    const bool right = IsRight(one, answer);
    score.Count(one, right);
    if (right) continue;
    if (!flags.failures)
      door.Say(fmt::format("wrong: {}: expected {}; got {}", CaseName(one),
                           DescribeExpectation(one), DescribeAnswer(answer)));
    failures.Add({one.table,
                  one.version ? RecordTable::Cell(std::to_string(*one.version)) : std::nullopt,
                  DescribeExpectation(one), DescribeAnswer(answer),
                  fmt::format("{}", fmt::join(one.features, " "))});
  }
  if (score.features().empty()) {
    return NotFound("cli.no_such_case",
                    fmt::format("no table of {} has \"{}\" in its name", flags.folder, flags.only),
                    "see the names in its expected.tsv");
  }
  LAKEHOLD_TRY((flags.failures ? failures : ScoreTable(score)).Print(door));
  const FeatureScore all = score.features().at("");
  door.Say(fmt::format("{} of {} right, {}", all.right, Count(all.cases, "case"),
                       FormatElapsed(watch.ElapsedMs())));
  return all.right == all.cases ? 0 : 1;
}

}  // namespace

void AddConformance(CLI::App& app, Door& door) {
  auto* verb = app.add_subcommand(
      "conformance", "how well a reader reads the tables of a corpus; exit 1 if one is wrong");
  auto flags = std::make_shared<Flags>();
  verb->add_option("DIR", flags->folder, "the corpus: expected.tsv, versions.tsv, tables")
      ->required();
  verb->add_option("--reader", flags->reader,
                   "a program, called as COMMAND TABLE FILE.parquet [VERSION]; else lakehold");
  verb->add_option("--timeout", flags->timeout_s, "seconds a program may take for a table (120)")
      ->check(CLI::PositiveNumber);
  verb->add_option("--only", flags->only, "only tables with this in their name");
  verb->add_flag("--failures", flags->failures, "print what is wrong instead of the score");
  AddOutputOptions(*verb, door);
  verb->callback(
      [flags, &door] { door.run = [flags, &door] { return RunConformance(*flags, door); }; });
}

}  // namespace lakehold::cli
