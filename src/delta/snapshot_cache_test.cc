#include "delta/snapshot_cache.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "delta/log_bench.h"

namespace lakehold::delta {
namespace {

TEST(SnapshotCacheTest, ServesTheSameSnapshotUntilThereIsANewerOne) {
  LogBench bench;
  bench.Fill(3);
  SnapshotCache cache;
  auto first = *cache.Latest(bench.root, bench.context);
  bench.store->Reset();
  EXPECT_EQ(*cache.Latest(bench.root, bench.context), first);
  EXPECT_EQ(*cache.At(bench.root, AtVersion{3}, bench.context), first);
  EXPECT_EQ(bench.store->counts().calls_of(storage::StoreVerb::kList), 0u);
  EXPECT_EQ((*cache.At(bench.root, AtVersion{1}, bench.context))->version(), 1);
  bench.Commit(4, {MakeAdd("f4")});
  auto second = *cache.Latest(bench.root, bench.context);
  EXPECT_EQ(second->version(), 4);
  cache.Offer(first);
  EXPECT_EQ(*cache.Latest(bench.root, bench.context), second)
      << "an older offer must not replace a newer snapshot";
  cache.Forget(bench.root);
  EXPECT_NE(*cache.Latest(bench.root, bench.context), second);
}

TEST(SnapshotCacheTest, ATableMadeAgainReplacesTheOldOneThoughItsVersionIsLower) {
  LogBench bench;
  bench.Fill(3);
  SnapshotCache cache;
  ASSERT_TRUE(cache.Latest(bench.root, bench.context).ok());
  for (Version v = 0; v <= 3; ++v) bench.Drop(CommitName(v));
  EXPECT_EQ(cache.Latest(bench.root, bench.context).error().reason, "delta.not_a_table");
  bench.Create();
  EXPECT_EQ((*cache.Latest(bench.root, bench.context))->version(), 0);
}

TEST(SnapshotCacheTest, HoldsABoundedNumberOfTables) {
  LogBench bench;
  SnapshotCache cache;
  for (int i = 0; i < 100; ++i) {
    bench.root.folder = fmt::format("t{}", i);
    bench.Create();
    ASSERT_TRUE(cache.Latest(bench.root, bench.context).ok());
  }
  bench.root.folder = "t0";
  bench.store->Reset();
  ASSERT_TRUE(cache.Latest(bench.root, bench.context).ok());
  EXPECT_EQ(bench.store->counts().calls_of(storage::StoreVerb::kList), 1u)
      << "t0 must have made room";
}

uint64_t BytesRead(LogBench& bench, SnapshotCache& cache, Version version) {
  bench.store->Reset();
  auto made = cache.At(bench.root, AtVersion{version}, bench.context);
  EXPECT_TRUE(made.ok()) << made.error().ToString();
  EXPECT_EQ((*made)->version(), version);
  EXPECT_EQ((*made)->files().live_files(), version);
  return bench.store->counts().bytes_read;
}

TEST(SnapshotCacheTest, APastVersionIsMadeOfTheNearestOneThatIsKept) {
  LogBench bench;
  bench.Fill(600);
  SnapshotCache cache;
  const uint64_t whole = BytesRead(bench, cache, 580);
  EXPECT_LE(BytesRead(bench, cache, 585) * 50, whole);
  EXPECT_LE(BytesRead(bench, cache, 575) * 4, whole)
      << "its anchor, 512, serves the versions below";
  EXPECT_EQ(BytesRead(bench, cache, 580), 0u);
  ASSERT_TRUE(bench.Checkpoint(300).ok());
  const uint64_t near_checkpoint = BytesRead(bench, cache, 310);
  EXPECT_LE(near_checkpoint, whole);
  EXPECT_LE(BytesRead(bench, cache, 305) * 20, near_checkpoint)
      << "the checkpoint is not read again";
}

TEST(SnapshotCacheTest, APastVersionOfATableMadeAgainIsNotServed) {
  LogBench bench;
  bench.Fill(9);
  SnapshotCache cache;
  ASSERT_TRUE(cache.At(bench.root, AtVersion{3}, bench.context).ok());
  for (Version v = 0; v <= 9; ++v) bench.Drop(CommitName(v));
  EXPECT_FALSE(cache.At(bench.root, AtVersion{3}, bench.context).ok());
  bench.Create();
  for (Version v = 1; v <= 5; ++v) bench.Commit(v, {MakeAdd(fmt::format("other{}", v), 1, "1")});
  for (const Version v : {3, 4, 2}) {
    auto made = cache.At(bench.root, AtVersion{v}, bench.context);
    ASSERT_TRUE(made.ok()) << made.error().ToString();
    EXPECT_EQ(Describe(**made), Describe(**bench.Load(AtVersion{v})));
  }
  EXPECT_EQ(cache.At(bench.root, AtVersion{6}, bench.context).error().reason,
            "delta.no_such_version");
}

TEST(SnapshotCacheTest, HoldsABoundedNumberOfPastVersions) {
  LogBench bench;
  bench.Fill(100);
  SnapshotCache cache;
  std::vector<std::weak_ptr<const Snapshot>> seen;
  for (Version v = 1; v <= 99; ++v)
    seen.push_back(*cache.At(bench.root, AtVersion{v}, bench.context));
  const auto kept =
      std::count_if(seen.begin(), seen.end(), [](const auto& one) { return !one.expired(); });
  EXPECT_LE(static_cast<size_t>(kept), limits::kPastSnapshots);
  EXPECT_GT(kept, 0);
  cache.Forget(bench.root);
  EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](const auto& one) { return one.expired(); }));
}

}  // namespace
}  // namespace lakehold::delta
