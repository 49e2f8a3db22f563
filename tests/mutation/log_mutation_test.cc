// Damaged logs: the answer is that of the sound log, or what the damaged log honestly says, or a
// refusal of the right kind that names the file. Never another answer, an internal error, a crash.
//
//   LAKEHOLD_MUTATIONS=100000 LAKEHOLD_MUTATION_SEED=7 mutation_tests
#include <algorithm>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "delta/history.h"
#include "delta/log_bench.h"
#include "mutation/mutator.h"
#include "mutation/sound_tables.h"

namespace lakehold::mutation {
namespace {

using delta::LogBench;
using delta::Snapshot;
using delta::Version;

uint64_t NumberFrom(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void PutAll(LogBench& bench, const LogFiles& files) {
  bench.world.clock.Advance(1'000);
  for (const auto& [name, text] : files) {
    bench.world.clock.Advance(1'000);
    bench.Put(name, text);
  }
}

// Turns the log `from` into `to`; what is the same in both stays the same file.
void Change(LogBench& bench, const LogFiles& from, const LogFiles& to) {
  for (const auto& [name, text] : from) {
    if (!to.contains(name)) bench.Drop(name);
  }
  for (const auto& [name, text] : to) {
    const auto before = from.find(name);
    if (before == from.end() || before->second != text) bench.Put(name, text);
  }
}

int Failures() {
  return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
}

struct Tally {
  int64_t mutations = 0, answers = 0, same = 0, honest = 0, refused = 0;
};

class Campaign {
 public:
  explicit Campaign(SoundTable table) : table_(std::move(table)) {
    LogBench bench;
    PutAll(bench, table_.files);
    const auto newest = bench.Load();
    if (!newest.ok()) return;
    newest_ = (*newest)->version();
    for (Version version = 0; version <= newest_; ++version) {
      const auto snapshot = bench.Load(AtVersion{version});
      if (!snapshot.ok()) continue;
      const std::string text = StateText(**snapshot);
      // The judge must know the sound log.
      const auto honest = ReadHonestly(table_.files, version);
      EXPECT_TRUE(honest.states.contains(text))
          << table_.name << " at " << version << "\n"
          << text << "\nbut honestly\n"
          << (honest.states.empty() ? "(nothing)" : *honest.states.begin());
      sound_[version] = text;
    }
  }
  bool is_sound() const { return newest_ >= 0; }

  void Run(uint64_t seed, Tally& tally) {
    Mutator mutator(seed);
    LogFiles files = table_.files;
    mutation_ = mutator.Mutate(files);
    about_ = table_.name + ", seed " + std::to_string(seed) + ": " + mutation_.what;
    ++tally.mutations;
    LogBench bench;
    PutAll(bench, files);
    Judge(bench.Load(), files, std::nullopt, tally);
    const auto version = static_cast<Version>(mutator.Below(static_cast<size_t>(newest_) + 2));
    Judge(bench.Load(AtVersion{version}), files, version, tally);
    if (mutator.Below(4) == 0) LookElsewhere(bench);
    if (mutator.Below(3) == 0)
      Grow(files, static_cast<Version>(mutator.Below(static_cast<size_t>(newest_) + 1)), tally);
  }

 private:
  void Judge(const Result<std::shared_ptr<const Snapshot>>& answer, const LogFiles& files,
             std::optional<Version> at, Tally& tally) {
    ++tally.answers;
    const HonestAnswers honest = ReadHonestly(files, at);
    if (!answer.ok()) {
      ++tally.refused;
      const bool was_readable = !at || sound_.contains(*at);
      if (was_readable) CheckRefusal(answer.error());
      // A checkpoint or compaction file that can be read may hold less than a state; and what a
      // schema or a protocol promises is judged by more rules than the honest reader knows.
      const std::string_view reason = answer.error().reason;
      const bool may = reason == "delta.incomplete_state" || reason == "delta.bad_schema" ||
                       reason == "delta.no_in_commit_time" || TouchesCompacted();
      EXPECT_FALSE(honest.must_answer && !may)
          << about_ << " needlessly refused: " << answer.error().ToString();
      return;
    }
    const std::string text = StateText(**answer);
    const Version version = (*answer)->version();
    EXPECT_EQ(version, at.value_or(version)) << about_;
    const auto sound = sound_.find(version);
    const bool same = sound != sound_.end() && sound->second == text;
    ++(same ? tally.same : tally.honest);
    if (mutation_.only_hints) {
      EXPECT_TRUE(same && (at || version == newest_))
          << about_ << "\na hint changed the answer: " << text;
      return;
    }
    if (!at && version != honest.version && !same)
      ADD_FAILURE() << about_ << "\nversion " << version << " is not the newest";
    EXPECT_TRUE(same || honest.states.contains(text))
        << about_ << "\nwrong answer at " << version << ":\n"
        << text << "\nbut honestly\n"
        << (honest.states.empty() ? "(nothing)" : *honest.states.begin());
  }

  bool TouchesCompacted() const {
    return std::any_of(mutation_.names.begin(), mutation_.names.end(), [](const auto& name) {
      return name.find(".compacted.") != std::string::npos;
    });
  }

  void CheckRefusal(const Error& error) {
    EXPECT_TRUE(error.kind == ErrorKind::kCorrupt || error.kind == ErrorKind::kNotFound ||
                error.kind == ErrorKind::kUnsupported)
        << about_ << "\n"
        << error.ToString();
    EXPECT_FALSE(mutation_.only_hints && error.kind != ErrorKind::kNotFound) << about_ << "\n"
                                                                             << error.ToString();
    // Nothing that is there is wrong, so no file can be blamed but the one that is missing; or it
    // is the schema, or what the schema says of a partition value: asked for once the state is
    // complete.
    for (const char* reason :
         {"delta.no_such_version", "delta.not_a_table", "delta.incomplete_state", "delta.gap",
          "delta.bad_schema", "delta.unknown_type", "delta.bad_metadata",
          "delta.bad_partition_value"}) {
      if (error.reason == reason) return;
    }
    if (error.message.find("_sidecars/") != std::string::npos) return;
    // A sidecar by the damaged name that its manifest gives it.
    if (error.message.find("there is no object") != std::string::npos) return;
    for (const auto& name : mutation_.names) {
      if (error.message.find(name) != std::string::npos) return;
    }
    ADD_FAILURE() << about_ << "\nnames no file: " << error.ToString();
  }

  // What else reads a log, and writes beside it: it may refuse, but by a name.
  void LookElsewhere(LogBench& bench) {
    const auto history = delta::ReadHistory(bench.root, 100, bench.context);
    if (!history.ok()) CheckKind(history.error());
    const auto range = delta::ReadableVersions(bench.root, bench.context);
    if (!range.ok()) CheckKind(range.error());
    const auto version =
        delta::FindVersionAt(bench.root, bench.world.clock.NowMs() - 4'000, bench.context);
    if (!version.ok()) CheckKind(version.error());
    const auto snapshot = bench.Load();
    if (!snapshot.ok()) return;
    // The codec of these tests keeps statistics as JSON or not at all.
    const auto as_json =
        (*snapshot)->metadata().configuration.find("delta.checkpoint.writeStatsAsJson");
    if (as_json != (*snapshot)->metadata().configuration.end()) return;
    const auto written = delta::WriteCheckpoint(bench.root, **snapshot, bench.context);
    if (!written.ok()) return CheckKind(written.error());
    // What was proven complete answers the same; but a checkpoint leaves out transactions whose
    // time is over, and the sidecars of a bench have the same names in every run, so that they
    // complete a manifest of the damaged log.
    const auto& configuration = (*snapshot)->metadata().configuration;
    if (configuration.contains("delta.setTransactionRetentionDuration") ||
        configuration.contains("delta.checkpointPolicy"))
      return;
    const auto again = bench.Load();
    ASSERT_TRUE(again.ok()) << about_ << again.error().ToString();
    if (!written->written) return;
    EXPECT_EQ(StateText(**again), StateText(**snapshot)) << about_;
  }

  void CheckKind(const Error& error) {
    EXPECT_TRUE(error.kind != ErrorKind::kInternal && error.kind != ErrorKind::kInvalid &&
                !error.reason.empty())
        << about_ << "\n"
        << error.ToString();
  }

  // A snapshot of before the damage, refreshed after it: what it holds already stays true.
  void Grow(const LogFiles& files, Version from, Tally& tally) {
    LogFiles before;
    for (const auto& [name, text] : table_.files) {
      const auto file = delta::ParseLogFileName(name);
      if (!file || file->version <= from) before[name] = text;
    }
    LogBench bench;
    PutAll(bench, before);
    const auto old = bench.Load(AtVersion{from});
    if (!old.ok()) return;
    Change(bench, before, files);
    const auto answer = Snapshot::Refresh(*old, bench.context);
    if (!answer.ok()) return CheckRefusal(answer.error());
    const Version version = (*answer)->version();
    const std::string text = StateText(**answer);
    ++tally.answers;
    const auto sound = sound_.find(version);
    if (sound != sound_.end() && sound->second == text) return;
    if (ReadHonestly(files, version).states.contains(text)) return;
    // The state it held, and what the commits after it say.
    LogFiles grown = before;
    for (const auto& [name, content] : files) {
      const auto file = delta::ParseLogFileName(name);
      if (file && file->version > from && file->kind == delta::LogFileKind::kCommit)
        grown[name] = content;
    }
    EXPECT_TRUE(ReadHonestly(grown, version).states.contains(text))
        << about_ << "\nrefreshed from " << from << " to a wrong answer at " << version << ":\n"
        << text;
  }

  SoundTable table_;
  Version newest_ = -1;
  std::map<Version, std::string> sound_;
  Mutation mutation_;
  std::string about_;
};

void RunAll(std::vector<SoundTable> tables, uint64_t mutations) {
  std::vector<Campaign> campaigns;
  for (auto& table : tables) {
    Campaign campaign(std::move(table));
    if (campaign.is_sound()) campaigns.push_back(std::move(campaign));
  }
  ASSERT_FALSE(campaigns.empty());
  const uint64_t seed = NumberFrom("LAKEHOLD_MUTATION_SEED", 1);
  Tally tally;
  for (uint64_t i = 0; i < mutations && Failures() < 20; ++i)
    campaigns[i % campaigns.size()].Run(seed * 1'000'000'007 + i, tally);
  std::printf(
      "%ld mutations of %zu tables: %ld answers, %ld as before, %ld as the damaged log says, %ld "
      "refused\n",
      tally.mutations, campaigns.size(), tally.answers, tally.same, tally.honest, tally.refused);
}

TEST(LogMutation, OurTablesAnswerHonestlyOrRefuse) {
  std::vector<SoundTable> tables;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    for (auto& table : MakeTables(seed)) tables.push_back(std::move(table));
  }
  RunAll(std::move(tables), NumberFrom("LAKEHOLD_MUTATIONS", 4'000));
}

TEST(LogMutation, TablesOfTheCorpusAnswerHonestlyOrRefuse) {
  const char* corpus = std::getenv("LAKEHOLD_CORPUS");
  if (corpus == nullptr) GTEST_SKIP() << "LAKEHOLD_CORPUS names no corpus";
  RunAll(CorpusTables(corpus), NumberFrom("LAKEHOLD_MUTATIONS", 2'000));
}

}  // namespace
}  // namespace lakehold::mutation
