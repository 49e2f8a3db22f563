#include "txn/aftermath.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "delta/log_bench.h"
#include "delta/log_path.h"
#include "storage/faulty_store.h"
#include "support/table_bench.h"

namespace lakehold::txn {
namespace {

using testing::TableBench;

bool IsThere(TableBench& bench, const std::string& name) {
  return bench.root.store->Head(bench.root.LogKeyOf(name)).ok();
}

TEST(AftermathTest, ATableThatAsksForCompactionFilesGetsThem) {
  TableBench bench;
  bench.Create(false, {{"lakehold.logCompactionInterval", "3"}});
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(bench.Append(bench.Load()).ok());
  EXPECT_FALSE(IsThere(bench, delta::CompactedName(0, 2))) << "not on the path of the commit";
  bench.world.executor.DrainBackground(0);
  EXPECT_TRUE(IsThere(bench, delta::CompactedName(0, 2)));
  EXPECT_TRUE(IsThere(bench, delta::CompactedName(3, 5)));
  EXPECT_FALSE(IsThere(bench, delta::CompactedName(6, 8)));
  EXPECT_EQ(bench.Load()->files().live_files(), 6);
}

TEST(AftermathTest, WhoeverPassedOthersCompactsTheirCommitsToo) {
  TableBench bench;
  bench.Create(false, {{"lakehold.logCompactionInterval", "3"}});
  const auto base = bench.Load();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(bench.Append(base).ok());
  bench.world.executor.DrainBackground(0);
  EXPECT_TRUE(IsThere(bench, delta::CompactedName(0, 2)));
  EXPECT_TRUE(IsThere(bench, delta::CompactedName(3, 5)));
  EXPECT_EQ(bench.Load()->files().live_files(), 5);
}

TEST(AftermathTest, AFailingCompactionIsToldAndChangesNothing) {
  TableBench bench;
  bench.Create(false, {{"lakehold.logCompactionInterval", "3"}});
  bench.root.store = storage::NewFaultyStore(bench.memory, [](const storage::StoreCall& call) {
    const bool names = call.verb == storage::StoreVerb::kPublish &&
                       call.key.find(".compacted.") != std::string_view::npos;
    return names ? storage::Fault::kErrorBefore : storage::Fault::kNone;
  });
  std::vector<std::string> warned;
  bench.options.behind = [&](std::string_view work, const Status& outcome) {
    if (!outcome.ok())
      warned.push_back(std::string(work).append(": ").append(outcome.error().reason));
  };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(bench.Append(bench.Load()).ok());
  bench.world.executor.DrainBackground(0);
  EXPECT_EQ(warned, std::vector<std::string>{"log compaction: storage.injected"});
  EXPECT_FALSE(IsThere(bench, delta::CompactedName(0, 2)));
  EXPECT_EQ(bench.Load()->files().live_files(), 3);
}

// A long log's snapshot leaves statistics in the commits, and these may be gone when they are
// wanted.
TEST(AftermathTest, ACheckpointFindsStatisticsOfCommitsThatWereCleanedUp) {
  delta::LogBench bench;
  bench.Create({{"delta.checkpointInterval", "40"}});
  const auto file = [](delta::Version version) {
    delta::AddFile add = delta::MakeAdd(fmt::format("f{}", version), 100, "1");
    add.stats =
        fmt::format(R"({{"numRecords":{},"note":"{}"}})", version, std::string(20'000, 'x'));
    return add;
  };
  for (delta::Version v = 1; v < 40; ++v) bench.Commit(v, {file(v)});
  const auto base = bench.Load();
  ASSERT_TRUE(base.ok()) << base.error().ToString();
  ASSERT_TRUE(bench.Checkpoint(35).ok());
  bench.Drop(std::string(delta::kLastCheckpointName));
  for (delta::Version v = 0; v < 30; ++v) bench.Drop(delta::CommitName(v));
  const auto first = (*base)->files().Find("f1", "");
  ASSERT_TRUE(first);
  ASSERT_FALSE((*base)->files().StatsJson(*first).ok()) << "or the test shows nothing";
  bench.Commit(40, {file(40)});
  std::vector<std::string> warned;
  CommitOptions options;
  options.behind = [&](std::string_view work, const Status& outcome) {
    if (!outcome.ok()) warned.push_back(std::string(work) + ": " + outcome.error().ToString());
  };
  Committed committed;
  committed.version = 40;
  ScheduleAftermath(bench.root, *base, committed, 100, options, bench.context);
  bench.world.executor.DrainBackground(0);
  EXPECT_EQ(warned, std::vector<std::string>());
  ASSERT_TRUE(bench.store->Head(bench.root.LogKeyOf(delta::ClassicCheckpointName(40))).ok());
  for (delta::Version v = 30; v < 40; ++v) bench.Drop(delta::CommitName(v));
  const auto after = bench.Load();
  ASSERT_TRUE(after.ok()) << after.error().ToString();
  const auto ordinal = (*after)->files().Find("f1", "");
  ASSERT_TRUE(ordinal);
  EXPECT_EQ((*after)->files().StatsJson(*ordinal).value(), *file(1).stats);
}

}  // namespace
}  // namespace lakehold::txn
