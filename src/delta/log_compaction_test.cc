#include "delta/log_compaction.h"

#include <map>
#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "delta/log_bench.h"
#include "delta/log_segment.h"
#include "storage/faulty_store.h"

namespace lakehold::delta {
namespace {

// Versions of adds, removes, re-adds, transactions, domains and properties, as a seed has it.
void FillAtRandom(LogBench& bench, Version last, uint64_t seed) {
  bench.Create();
  SeededRandom random(seed);
  std::map<std::string, AddFile> live;
  for (Version v = 1; v <= last; ++v) {
    CommitInfo info;
    info.operation = "WRITE";
    std::vector<Action> actions = {info};
    for (int i = 0; i < 3; ++i) {
      const std::string path = fmt::format("f{}", random.Below(12));
      const auto found = live.find(path);
      if (found != live.end()) {
        actions.emplace_back(MakeRemove(found->second, 1'700'000'000'000 + v));
        live.erase(found);
      }
      AddFile add = MakeAdd(path, 100 + v, std::to_string(v % 4));
      if (random.Below(3) == 0) {
        add.deletion_vector =
            DeletionVectorDescriptor{"u", fmt::format("ab^-aqEH.-t@S}}K{{vb[*k^{}", v), 4, 40, 6};
      } else if (actions.size() > 1 && std::holds_alternative<RemoveFile>(actions.back()) &&
                 !std::get<RemoveFile>(actions.back()).deletion_vector) {
        continue;  // One commit must not remove and add the same file.
      }
      if (live.emplace(path, add).second) actions.emplace_back(add);
    }
    // The same path twice in one commit: keep the first word only.
    std::vector<Action> once;
    std::set<std::string> keys;
    for (const Action& action : actions) {
      std::string key;
      if (const auto* add = std::get_if<AddFile>(&action))
        key = FileKeyText(add->path, add->deletion_vector, "");
      if (const auto* remove = std::get_if<RemoveFile>(&action))
        key = FileKeyText(remove->path, remove->deletion_vector, "");
      if (key.empty() || keys.insert(key).second) once.push_back(action);
    }
    if (v % 3 == 0) once.emplace_back(MakeTxn(fmt::format("app{}", v % 2), v));
    if (v % 4 == 0)
      once.emplace_back(DomainMetadata{"d", fmt::format("{{\"v\":{}}}", v), v % 8 == 0});
    if (v % 7 == 0) once.emplace_back(MakeMetadata({{"mine", std::to_string(v)}}));
    bench.Commit(v, once);
  }
}

std::vector<std::string> EveryVersion(LogBench& bench, Version last) {
  std::vector<std::string> told;
  for (Version v = 0; v <= last; ++v) {
    auto loaded = bench.Load(AtVersion{v});
    told.push_back(loaded.ok() ? Describe(**loaded) : loaded.error().ToString());
    if (!loaded.ok()) continue;
    auto tombstones = (*loaded)->LoadTombstones(bench.context);
    for (const RemoveFile& remove : *tombstones) AppendActionJson(remove, told.back());
  }
  return told;
}

TEST(LogCompactionTest, EveryVersionIsTheSameWithAndWithoutWhatIsWritten) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    LogBench bench;
    FillAtRandom(bench, 24, seed);
    const auto without = EveryVersion(bench, 24);
    const std::string newest = Describe(**bench.Load());
    const auto snapshot = *bench.Load();
    for (const auto& [first, last] :
         std::vector<std::pair<Version, Version>>{{0, 4}, {5, 9}, {3, 17}, {10, 24}}) {
      const auto report = WriteLogCompaction(bench.root, *snapshot, first, last);
      ASSERT_TRUE(report.ok()) << report.error().ToString();
      EXPECT_TRUE(report->written);
      EXPECT_GT(report->actions, 0);
    }
    EXPECT_EQ(EveryVersion(bench, 24), without);
    EXPECT_EQ(Describe(**bench.Load()), newest);
  }
}

TEST(LogCompactionTest, HoldsTheNewestWordAndTheTombstonesButNoCommitInfo) {
  LogBench bench;
  bench.Create();
  CommitInfo info;
  info.operation = "WRITE";
  bench.Commit(1, {info, MakeAdd("a"), MakeAdd("b"), MakeTxn("app", 1)});
  bench.Commit(2, {info, MakeRemove(MakeAdd("a")), MakeTxn("app", 2)});
  bench.Commit(3, {info, MakeAdd("a", 7), DomainMetadata{"d", "", true}});
  bench.Commit(4, {info, MakeRemove(MakeAdd("b"))});
  ASSERT_TRUE(WriteLogCompaction(bench.root, **bench.Load(), 1, 4).ok());
  const auto text = *bench.store->Get(bench.root.LogKeyOf(CompactedName(1, 4)), std::nullopt);
  std::string expected;
  AppendActionJson(MakeTxn("app", 2), expected);
  AppendActionJson(DomainMetadata{"d", "", true}, expected);
  AppendActionJson(MakeRemove(MakeAdd("b")), expected);
  AppendActionJson(MakeAdd("a", 7), expected);
  EXPECT_EQ(text.view(), expected);
}

TEST(LogCompactionTest, IsWrittenOnceAndNeverFromAGap) {
  LogBench bench;
  bench.Fill(6);
  const auto snapshot = *bench.Load();
  EXPECT_TRUE(WriteLogCompaction(bench.root, *snapshot, 1, 5)->written);
  const auto again = WriteLogCompaction(bench.root, *snapshot, 1, 5);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->written);
  EXPECT_EQ(WriteLogCompaction(bench.root, *snapshot, 4, 4).error().reason, "delta.bad_log_range");
  EXPECT_EQ(WriteLogCompaction(bench.root, *snapshot, 4, 7).error().reason, "delta.commit_gone");
  bench.Drop(CommitName(3));
  EXPECT_EQ(WriteLogCompaction(bench.root, *snapshot, 2, 6).error().reason, "delta.commit_gone");
  bench.Put(CommitName(3), "{\"add\":");
  EXPECT_EQ(WriteLogCompaction(bench.root, *snapshot, 2, 6).error().kind, ErrorKind::kCorrupt);
  EXPECT_FALSE(bench.store->Head(bench.root.LogKeyOf(CompactedName(2, 6))).ok());
}

TEST(LogCompactionTest, AFailureLeavesNothingHalf) {
  LogBench bench;
  FillAtRandom(bench, 9, 3);
  const auto snapshot = *bench.Load();
  const auto before = EveryVersion(bench, 9);
  int failed = 0;
  for (int step = 0;; ++step) {
    auto count = std::make_shared<int>(0);
    TableRoot root{storage::NewFaultyStore(bench.memory,
                                           [count, step](const storage::StoreCall&) {
                                             return (*count)++ == step
                                                        ? storage::Fault::kErrorBefore
                                                        : storage::Fault::kNone;
                                           }),
                   bench.root.folder};
    const auto report = WriteLogCompaction(root, *snapshot, 0, 9);
    failed += report.ok() ? 0 : 1;
    EXPECT_EQ(EveryVersion(bench, 9), before) << step;
    if (*count <= step) break;
    bench.Drop(CompactedName(0, 9));
  }
  EXPECT_GT(failed, 9);
}

TEST(LogCompactionTest, IsDueAtTheEndOfEachIntervalBehindTheCheckpoint) {
  const std::map<std::string, std::string> every_ten = {
      {std::string(kCompactionIntervalProperty), "10"}};
  EXPECT_EQ(CompactionDue({}, 9, std::nullopt), std::nullopt);
  EXPECT_EQ(CompactionDue(every_ten, 8, std::nullopt), std::nullopt);
  EXPECT_EQ(CompactionDue(every_ten, 9, std::nullopt), 0);
  EXPECT_EQ(CompactionDue(every_ten, 19, std::nullopt), 10);
  EXPECT_EQ(CompactionDue(every_ten, 19, 12), 13);
  EXPECT_EQ(CompactionDue(every_ten, 19, 18), std::nullopt);
  EXPECT_EQ(CompactionDue({{std::string(kCompactionIntervalProperty), "0"}}, 9, std::nullopt),
            std::nullopt);
  EXPECT_EQ(CompactionDue({{std::string(kCompactionIntervalProperty), "x"}}, 9, std::nullopt),
            std::nullopt);
}

}  // namespace
}  // namespace lakehold::delta
