#include "txn/commit.h"

#include <array>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "delta/history.h"
#include "storage/faulty_store.h"
#include "storage/metered_store.h"
#include "support/table_bench.h"

namespace lakehold::txn {
namespace {

using storage::Fault;
using storage::StoreCall;
using storage::StoreVerb;
using testing::TableBench;
using testing::VersionOf;

bool IsLogPublish(const StoreCall& call) {
  return call.verb == StoreVerb::kPublish && call.key.find("_delta_log/") != std::string_view::npos;
}

// A plan that fails the first offer of a log entry.
storage::FaultPlan FailFirstOffer(Fault fault) {
  return [fault, done = std::make_shared<bool>(false)](const StoreCall& call) {
    if (*done || !IsLogPublish(call)) return Fault::kNone;
    *done = true;
    return fault;
  };
}

TEST(CommitTest, CreatesVersionZeroOnce) {
  TableBench bench;
  bench.Create();
  EXPECT_EQ(bench.Load()->version(), 0);
  auto again = PlanCreate(TableBench::Definition(false), "other", 0);
  ASSERT_TRUE(again.ok());
  auto outcome = Commit(bench.root, *again, {}, bench.options, bench.context);
  ASSERT_TRUE(outcome.ok());
  ASSERT_TRUE(std::holds_alternative<Conflicted>(*outcome));
  EXPECT_EQ(std::get<Conflicted>(*outcome).reason, "txn.concurrent_create");
}

TEST(CommitTest, BlindAppendsOnOneBaseBothLand) {
  TableBench bench;
  bench.Create();
  const auto base = bench.Load();
  EXPECT_EQ(VersionOf(bench.Append(base, 3)), 1);
  EXPECT_EQ(VersionOf(bench.Append(base, 4)), 2);
  EXPECT_EQ(bench.Load()->files().live_files(), 2);
}

TEST(CommitTest, TheWinnerOfAnUncontestedRaceKnowsTheTableItMade) {
  TableBench bench;
  bench.Create();
  const auto base = bench.Load();
  const auto first = bench.Append(base, 3);
  ASSERT_TRUE(first.ok());
  const auto made = std::get<Committed>(*first).snapshot;
  ASSERT_NE(made, nullptr);
  const auto read = bench.Load();
  EXPECT_EQ(made->version(), 1);
  EXPECT_EQ(made->commit_identity(), read->commit_identity());
  EXPECT_EQ(made->timestamp_ms(), read->timestamp_ms());
  EXPECT_EQ(made->files().live_files(), read->files().live_files());
  // Who had to pass a winner has not seen the table between.
  const auto second = bench.Append(base, 4);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(std::get<Committed>(*second).version, 2);
  EXPECT_EQ(std::get<Committed>(*second).snapshot, nullptr);
}

TEST(CommitTest, AnEmptyDraftIsRefused) {
  TableBench bench;
  bench.Create();
  auto draft = PlanAppend(bench.Load());
  ASSERT_TRUE(draft.ok());
  auto outcome = Commit(bench.root, *draft, {}, bench.options, bench.context);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().reason, "txn.empty_draft");
  EXPECT_EQ(bench.Load()->version(), 0);
}

TEST(CommitTest, ALostAnswerIsSettledByTheOwnTransactionId) {
  for (const auto fault : {Fault::kLostAnswer, Fault::kErrorAfter}) {
    TableBench bench;
    bench.Create();
    const auto base = bench.Load();
    bench.root.store = storage::NewFaultyStore(bench.memory, FailFirstOffer(fault));
    EXPECT_EQ(VersionOf(bench.Append(base)), 1);
    EXPECT_EQ(bench.Load()->version(), 1);
    EXPECT_EQ(bench.DataKeys().size(), 1U);
  }
}

TEST(CommitTest, AnErrorBeforeTheOfferLeavesNothingBehind) {
  TableBench bench;
  bench.Create();
  const auto base = bench.Load();
  bench.root.store = storage::NewFaultyStore(bench.memory, FailFirstOffer(Fault::kErrorBefore));
  auto outcome = bench.Append(base);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind, ErrorKind::kIo);
  EXPECT_TRUE(bench.DataKeys().empty());
  EXPECT_EQ(bench.Load()->version(), 0);
}

TEST(CommitTest, WhereTheLogCannotBeReadBackTheOutcomeIsUnknownAndNothingIsRemoved) {
  TableBench bench;
  bench.Create();
  const auto base = bench.Load();
  auto dead = std::make_shared<bool>(false);
  bench.root.store = storage::NewFaultyStore(bench.memory, [dead](const StoreCall& call) {
    if (*dead) return Fault::kErrorBefore;
    if (!IsLogPublish(call)) return Fault::kNone;
    *dead = true;
    return Fault::kLostAnswer;
  });
  auto outcome = bench.Append(base);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind, ErrorKind::kOutcomeUnknown);
  EXPECT_EQ(bench.DataKeys().size(), 1U);
  bench.root.store = bench.memory;
  auto found = FindTransaction(bench.root, outcome.error().transaction_id, 0, bench.context);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, std::optional<delta::Version>(1));
}

TEST(CommitTest, ANameThatCannotBeMadeDurableIsAnUnknownOutcome) {
  TableBench bench;
  bench.Create();
  const auto base = bench.Load();
  bench.root.store = storage::NewFaultyStore(bench.memory, [](const StoreCall& call) {
    return call.verb == StoreVerb::kSettleNames ? Fault::kErrorBefore : Fault::kNone;
  });
  auto outcome = bench.Append(base);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind, ErrorKind::kOutcomeUnknown);
  EXPECT_EQ(outcome.error().reason, "storage.not_durable");
  EXPECT_FALSE(outcome.error().transaction_id.empty());
  EXPECT_EQ(bench.Load()->version(), 1);
}

TEST(CommitTest, CancellingBeforeTheOfferChangesNothing) {
  TableBench bench;
  bench.Create();
  CancelToken cancel;
  cancel.Cancel();
  bench.options.cancel = &cancel;
  auto outcome = bench.Append(bench.Load());
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind, ErrorKind::kCancelled);
  EXPECT_TRUE(bench.DataKeys().empty());
}

// Somebody else takes every version first.
class AlwaysFirst : public Committer {
 public:
  explicit AlwaysFirst(TableBench& bench) : bench_(bench) {}
  Result<Attempt> TryCommit(const delta::TableRoot&, delta::Version, storage::Staged&) override {
    EXPECT_GE(VersionOf(bench_.Append(bench_.Load())), 1);
    return Attempt(Lost{});
  }

 private:
  TableBench& bench_;
};

TEST(CommitTest, AWriterThatAlwaysLosesGivesUpAtItsDeadlineAndCleansUp) {
  TableBench bench;
  bench.Create();
  AlwaysFirst rival(bench);
  auto draft = PlanAppend(bench.Load());
  ASSERT_TRUE(draft.ok());
  WrittenFiles files;
  draft->adds.push_back(bench.WriteFile(files).value());
  const std::string mine = files.keys.front();
  CommitOptions options;
  options.deadline_ms = 500;
  options.committer = &rival;
  auto outcome = Commit(bench.root, *draft, std::move(files), options, bench.context);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().reason, "txn.deadline");
  EXPECT_FALSE(bench.memory->Head(mine).ok());
}

TEST(CommitTest, AConflictNamesTheWinnerAndRemovesTheDataFiles) {
  TableBench bench;
  bench.Create();
  const auto base = bench.Load();
  auto draft = PlanOverwrite(base, std::nullopt);
  ASSERT_TRUE(draft.ok());
  WrittenFiles files;
  draft->adds.push_back(bench.WriteFile(files).value());
  ASSERT_EQ(VersionOf(bench.Append(base)), 1);
  auto outcome = Commit(bench.root, *draft, std::move(files), bench.options, bench.context);
  ASSERT_TRUE(outcome.ok());
  ASSERT_TRUE(std::holds_alternative<Conflicted>(*outcome));
  EXPECT_EQ(std::get<Conflicted>(*outcome).winner, 1);
  EXPECT_EQ(std::get<Conflicted>(*outcome).reason, "txn.concurrent_append");
  EXPECT_EQ(bench.DataKeys().size(), 1U);
}

TEST(CommitTest, ATableDroppedOrMadeAgainMeanwhileGetsNoEntry) {
  TableBench bench;
  bench.Create();
  const auto base = bench.Load();
  ASSERT_TRUE(bench.memory->MoveFolder("t", "grave").ok());
  auto outcome = bench.Append(base);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().reason, "txn.table_gone");
  bench.Create();
  outcome = bench.Append(base);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().reason, "txn.table_gone");
  EXPECT_EQ(bench.Load()->version(), 0);
}

// Every call of create and append fails once, in every way: the state is old or new, and an error
// without "unknown" means old.
TEST(CommitTest, FailingAnyCallLeavesTheOldStateOrTheNew) {
  int cases = 0;
  for (const auto fault :
       {Fault::kErrorBefore, Fault::kErrorAfter, Fault::kLostAnswer, Fault::kCrash}) {
    for (uint64_t number = 0;; ++number) {
      TableBench bench;
      bench.Create();
      const auto base = bench.Load();
      auto faulty = storage::NewFaultyStore(bench.memory, storage::FailNth(number, fault));
      bench.root.store = faulty;
      auto outcome = bench.Append(base, 7);
      const bool reached = faulty->calls() > number;
      bench.root.store = bench.memory;
      const auto after = bench.Load();
      ASSERT_NE(after, nullptr);
      const bool landed = after->version() == 1;
      EXPECT_TRUE(!outcome.ok() || landed) << number;
      if (!outcome.ok() && outcome.error().kind != ErrorKind::kOutcomeUnknown) {
        EXPECT_FALSE(landed) << number << " " << outcome.error().ToString();
      }
      EXPECT_EQ(after->files().live_files(), landed ? 1 : 0);
      if (landed) {
        EXPECT_TRUE(bench.memory->Head("t/" + std::string(after->files().Get(0).path)).ok())
            << number;
      }
      if (!reached) break;
      ++cases;
    }
  }
  EXPECT_GT(cases, 20);
}

// A power cut after the acknowledgement loses nothing.
TEST(CommitTest, AnAcknowledgedCommitSurvivesAPowerCut) {
  TableBench bench;
  bench.Create();
  ASSERT_EQ(VersionOf(bench.Append(bench.Load(), 5)), 1);
  bench.memory->LoseUnsettled();
  const auto after = bench.Load();
  ASSERT_EQ(after->version(), 1);
  auto bytes = bench.memory->Get("t/" + std::string(after->files().Get(0).path), std::nullopt);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->view(), "rows");
}

TEST(CommitTest, ALoneDurableAppendWaitsForTheDiskTwice) {
  TableBench bench;
  bench.Create();
  const auto base = bench.Load();
  auto metered = storage::NewMeteredStore(bench.memory);
  bench.root.store = metered;
  ASSERT_EQ(VersionOf(bench.Append(base)), 1);
  EXPECT_EQ(metered->counts().serial_syncs, 2U);
  EXPECT_EQ(metered->counts().calls_of(StoreVerb::kList), 0U);
}

TEST(CommitTest, InCommitTimestampsGrowStrictlyAlsoWhenTheClockSteps) {
  TableBench bench;
  bench.Create(false, {{"delta.enableInCommitTimestamps", "true"}});
  const auto base = bench.Load();
  bench.world.clock.SetNowMs(base->timestamp_ms() - 60'000);
  ASSERT_EQ(VersionOf(bench.Append(base)), 1);
  ASSERT_EQ(VersionOf(bench.Append(base)),
            2);  // Re-based: its timestamp must move past the winner's.
  auto history = delta::ReadHistory(bench.root, 10, bench.context);
  ASSERT_TRUE(history.ok()) << history.error().ToString();
  ASSERT_EQ(history->size(), 3U);
  EXPECT_GT((*history)[0].timestamp_ms, (*history)[1].timestamp_ms);
  EXPECT_GT((*history)[1].timestamp_ms, (*history)[2].timestamp_ms);
}

TEST(CommitTest, ThreadsThatAppendAtOnceAllLandInGapFreeVersions) {
  constexpr int kWriters = 8;
  constexpr int kAppends = 25;
  TableBench bench;
  bench.Create();
  std::vector<std::thread> writers;
  std::array<std::set<delta::Version>, kWriters> versions;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      TableBench own(static_cast<uint64_t>(writer) + 100);
      own.root.store = bench.memory;
      for (int i = 0; i < kAppends; ++i) {
        auto outcome = own.Append(own.Load());
        versions[static_cast<size_t>(writer)].insert(VersionOf(outcome));
      }
    });
  }
  for (auto& writer : writers) writer.join();
  std::set<delta::Version> all;
  for (const auto& some : versions) all.insert(some.begin(), some.end());
  EXPECT_EQ(all.size(), static_cast<size_t>(kWriters * kAppends));
  EXPECT_EQ(*all.rbegin(), kWriters * kAppends);
  EXPECT_EQ(bench.Load()->files().live_files(), kWriters * kAppends);
}

}  // namespace
}  // namespace lakehold::txn
