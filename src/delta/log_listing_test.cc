#include "delta/log_listing.h"

#include <gtest/gtest.h>

#include "delta/history.h"
#include "delta/log_bench.h"

namespace lakehold::delta {
namespace {

std::vector<Version> Versions(const LogListing& listing) {
  std::vector<Version> versions;
  for (const CommitFile& commit : listing.commits) versions.push_back(commit.version);
  return versions;
}

void ExpectSameVersion(LogBench& bench, Version version) {
  auto loaded = bench.Load();
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  EXPECT_EQ((*loaded)->version(), version);
  EXPECT_EQ((*loaded)->files().live_files(), version);
}

TEST(LogListingTest, StartsAtTheHintAndListsOnce) {
  LogBench bench;
  bench.Fill(30);
  ASSERT_TRUE(bench.Checkpoint(20).ok());
  bench.store->Reset();
  auto listing = ListLog(bench.root, std::nullopt, bench.context);
  ASSERT_TRUE(listing.ok());
  EXPECT_EQ(listing->version, 30);
  EXPECT_EQ(listing->checkpoint_version, 20);
  EXPECT_EQ(Versions(*listing), (std::vector<Version>{21, 22, 23, 24, 25, 26, 27, 28, 29, 30}));
  const storage::StoreCounts counts = bench.store->counts();
  EXPECT_EQ(counts.calls_of(storage::StoreVerb::kList), 1u);
  EXPECT_EQ(counts.calls_of(storage::StoreVerb::kHead), 1u) << "is the newest still there?";
  EXPECT_EQ(counts.calls_of(storage::StoreVerb::kGet), 1u);
}

TEST(LogListingTest, TimeTravelOnALocalStoreListsNothing) {
  LogBench bench;
  bench.Fill(40);
  ASSERT_TRUE(bench.Checkpoint(20).ok());
  bench.store->Reset();
  auto listing = ListLog(bench.root, 25, bench.context);
  ASSERT_TRUE(listing.ok());
  EXPECT_EQ(listing->checkpoint_version, 20);
  EXPECT_EQ(Versions(*listing), (std::vector<Version>{21, 22, 23, 24, 25}));
  EXPECT_EQ(bench.store->counts().calls_of(storage::StoreVerb::kList), 0u);
}

TEST(LogListingTest, AGapIsNeverAnOlderVersion) {
  for (const bool with_checkpoint : {false, true}) {
    LogBench bench;
    bench.Fill(9);
    if (with_checkpoint) {
      ASSERT_TRUE(bench.Checkpoint(3).ok());
    }
    auto older = *bench.Load(AtVersion{5});
    bench.Drop(CommitName(6));
    auto loaded = bench.Load();
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().kind, ErrorKind::kCorrupt);
    EXPECT_EQ(loaded.error().reason, "delta.gap");
    EXPECT_NE(loaded.error().message.find(CommitName(6)), std::string::npos)
        << loaded.error().message;
    EXPECT_EQ(Snapshot::Refresh(older, bench.context).error().reason, "delta.gap");
    EXPECT_EQ(bench.Load(AtVersion{7}).error().reason, "delta.gap");
    EXPECT_TRUE(bench.Load(AtVersion{5}).ok());
  }
}

TEST(LogListingTest, ACheckpointBridgesAGapBeforeIt) {
  LogBench bench;
  bench.Fill(9);
  ASSERT_TRUE(bench.Checkpoint(7).ok());
  bench.Drop(CommitName(3));
  ExpectSameVersion(bench, 9);
}

TEST(LogListingTest, ABrokenHintIsAsGoodAsNone) {
  for (const std::string_view text : {"", "{", "[]", "{\"version\":\"5\"}", "{\"version\":-1}",
                                      "{\"version\":5,\"size\":9,\"checksum\":\"00\"}"}) {
    LogBench bench;
    bench.Fill(12);
    ASSERT_TRUE(bench.Checkpoint(5).ok());
    bench.Put("_last_checkpoint", text);
    ExpectSameVersion(bench, 12);
  }
}

TEST(LogListingTest, AStaleHintFallsBackToTheWholeListing) {
  for (const int hinted : {3, 9, 50}) {
    LogBench bench;
    bench.Fill(12);
    ASSERT_TRUE(bench.Checkpoint(5).ok());
    bench.Put("_last_checkpoint", fmt::format("{{\"version\":{},\"size\":1}}", hinted));
    ExpectSameVersion(bench, 12);
    EXPECT_EQ((*bench.Load())->last_checkpoint(), 5);
  }
}

TEST(LogListingTest, ACheckpointNewerThanTheHintIsUsed) {
  LogBench bench;
  bench.Fill(12);
  ASSERT_TRUE(bench.Checkpoint(10).ok());
  ASSERT_TRUE(bench.Checkpoint(5).ok());
  bench.Put("_last_checkpoint", "{\"version\":5,\"size\":1}");
  EXPECT_EQ((*bench.Load())->last_checkpoint(), 10);
}

TEST(LogListingTest, StrayFilesAreIgnored) {
  LogBench bench;
  bench.Fill(3);
  for (const char* name :
       {"0.json", "00000000000000000004.json.tmp", "00000000000000000009.checkpoint.x.parquet",
        "_staged_commits/00000000000000000004.json", "00000000000000000007.crc",
        "00000000000000000001.00000000000000000002.compacted.json"}) {
    bench.Put(name, "junk");
  }
  ExpectSameVersion(bench, 3);
}

TEST(LogListingTest, IncompleteMultiPartCheckpointsAreIgnored) {
  LogBench bench;
  bench.Fill(6);
  const std::string rows = FormatCommit({Protocol{}, MakeMetadata()});
  const std::string more =
      FormatCommit({MakeAdd("f1", 101, "1"), MakeAdd("f2", 102, "1"), MakeAdd("f3", 103, "1")});
  bench.Put("00000000000000000003.checkpoint.0000000001.0000000002.parquet", rows);
  EXPECT_EQ((*bench.Load())->last_checkpoint(), std::nullopt);
  bench.Put("00000000000000000003.checkpoint.0000000002.0000000002.parquet", more);
  EXPECT_EQ((*bench.Load())->last_checkpoint(), 3);
  ExpectSameVersion(bench, 6);
  bench.Drop(CommitName(2));
  ExpectSameVersion(bench, 6);
}

TEST(LogListingTest, AnUnknownVersionNamesTheReadableRange) {
  LogBench bench;
  bench.Fill(9);
  ASSERT_TRUE(bench.Checkpoint(4).ok());
  for (Version v = 0; v < 4; ++v) bench.Drop(CommitName(v));
  for (const Version wanted : {Version{-1}, Version{2}, Version{10}, Version{1'000'000}}) {
    auto loaded = bench.Load(AtVersion{wanted});
    ASSERT_FALSE(loaded.ok()) << wanted;
    EXPECT_EQ(loaded.error().kind, ErrorKind::kNotFound);
    EXPECT_EQ(loaded.error().reason, "delta.no_such_version");
    EXPECT_NE(loaded.error().message.find(
                  "versions 4 (2023-11-14T22:13:25.000000Z) to 9 (2023-11-14T22:13:30.000000Z)"),
              std::string::npos)
        << loaded.error().message;
  }
  for (Version v = 4; v <= 9; ++v) EXPECT_EQ((*bench.Load(AtVersion{v}))->files().live_files(), v);
  const VersionRange range = *ReadableVersions(bench.root, bench.context);
  EXPECT_EQ(range.first, 4);
  EXPECT_EQ(range.last, 9);
}

TEST(LogListingTest, ACheckpointAloneIsATable) {
  LogBench bench;
  bench.Fill(4);
  ASSERT_TRUE(bench.Checkpoint(4).ok());
  for (Version v = 0; v <= 4; ++v) bench.Drop(CommitName(v));
  ExpectSameVersion(bench, 4);
  auto snapshot = *bench.Load();
  EXPECT_EQ(*Snapshot::Refresh(snapshot, bench.context), snapshot);
}

TEST(LogListingTest, AFailingStoreIsNotAnAbsentTable) {
  LogBench bench;
  bench.Fill(3);
  auto snapshot = *bench.Load();
  for (uint64_t call = 0; call < 8; ++call) {
    LogBench broken;
    broken.root.store =
        storage::NewFaultyStore(bench.memory, storage::FailNth(call, storage::Fault::kErrorBefore));
    auto loaded = broken.Load();
    if (loaded.ok()) {
      EXPECT_EQ(Describe(**loaded), Describe(*snapshot));
    } else {
      EXPECT_EQ(loaded.error().kind, ErrorKind::kIo) << call << loaded.error().ToString();
    }
  }
}

}  // namespace
}  // namespace lakehold::delta
