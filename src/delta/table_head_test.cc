#include "delta/table_head.h"

#include <gtest/gtest.h>

#include "delta/checksum.h"
#include "delta/log_bench.h"
#include "delta/snapshot_cache.h"

namespace lakehold::delta {
namespace {

CommitInfo InfoOf(std::string txn_id) {
  CommitInfo info;
  info.txn_id = std::move(txn_id);
  return info;
}

// 200 versions of one file each, the last one with a transaction id.
struct HeadBench : LogBench {
  HeadBench() {
    Fill(199);
    Commit(200, {InfoOf("t200"), MakeAdd("f200", 7, "1")});
  }
  std::string Crc() { return FormatChecksum(**Load(), "t200"); }
  TableHead Head(const VersionSpec& spec = Latest{}) {
    auto head = LoadTableHead(root, spec, context);
    EXPECT_TRUE(head.ok()) << head.error().ToString();
    return std::move(head).value();
  }
  // Whatever the `.crc` says: what the snapshot says, and where it is refused no counts.
  void ExpectTruth(const TableHead& head, bool by_checksum) {
    const auto snapshot = *Load(AtVersion{head.version});
    EXPECT_EQ(head.version, snapshot->version());
    EXPECT_EQ(head.protocol, snapshot->protocol());
    EXPECT_EQ(head.metadata, snapshot->metadata());
    EXPECT_EQ(head.schema, snapshot->schema());
    EXPECT_EQ(head.timestamp_ms, snapshot->timestamp_ms());
    EXPECT_EQ(head.num_files.has_value(), by_checksum);
    if (by_checksum) {
      EXPECT_EQ(head.num_files, snapshot->files().live_files());
      EXPECT_EQ(head.size_bytes, snapshot->files().live_bytes());
    }
  }
};

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(TableHeadTest, ASoundChecksumAnswersInThreeSmallReads) {
  HeadBench bench;
  bench.Put(ChecksumName(200), bench.Crc());
  bench.store->Reset();
  const TableHead head = bench.Head();
  EXPECT_LE(bench.store->counts().bytes_read, 4'000u);
  EXPECT_EQ(bench.store->counts().calls_of(storage::StoreVerb::kOpenReader), 3u);
  bench.ExpectTruth(head, true);
}

TEST(TableHeadTest, WithoutAChecksumTheLogAnswersWithoutItsFiles) {
  HeadBench bench;
  bench.ExpectTruth(bench.Head(), false);
  bench.ExpectTruth(bench.Head(AtVersion{77}), false);
  ASSERT_TRUE(bench.Checkpoint(150).ok());
  bench.ExpectTruth(bench.Head(), false);
  EXPECT_EQ(LoadTableHead(bench.root, AtVersion{201}, bench.context).error().reason,
            "delta.no_such_version");
}

TEST(TableHeadTest, ABrokenStaleOrLyingChecksumIsAsGoodAsNone) {
  HeadBench bench;
  const std::string good = bench.Crc();
  const std::string of_another = FormatChecksum(**bench.Load(AtVersion{100}), "");
  for (const std::string& bad :
       {std::string("malformed"), std::string(), good.substr(0, good.size() / 2),
        Replaced(good, "t200", "t199"), Replaced(good, "\"numFiles\":200", "\"numFiles\":-1"),
        Replaced(good, "\"numFiles\":200,", ""),
        Replaced(good, "\"numMetadata\":1", "\"numMetadata\":2"),
        Replaced(good, "\\\"type\\\":\\\"struct\\\"", "\\\"type\\\":\\\"strukt\\\"")}) {
    bench.Put(ChecksumName(200), bad);
    bench.ExpectTruth(bench.Head(), false);
  }
  bench.Put(ChecksumName(200), good);
  bench.ExpectTruth(bench.Head(), true);
  // The commit itself says what the metadata is.
  bench.Commit(201, {InfoOf("t201"), MakeMetadata({{"k", "v"}})});
  bench.Put(ChecksumName(201), Replaced(good, "t200", "t201"));
  bench.ExpectTruth(bench.Head(), false);
}

TEST(TableHeadTest, WithoutTransactionIdsAChecksumOlderThanItsCommitIsStale) {
  HeadBench bench;
  bench.Put(ChecksumName(200), FormatChecksum(**bench.Load(), ""));
  bench.ExpectTruth(bench.Head(), true);
  bench.Commit(200, {MakeAdd("f200", 7, "1")});  // Made again: now the checksum is of another life.
  bench.ExpectTruth(bench.Head(), false);
}

TEST(TableHeadTest, ItsInCommitTimeMustBeThatOfTheCommit) {
  HeadBench bench;
  CommitInfo info = InfoOf("t201");
  info.in_commit_timestamp_ms = 1'900'000'000'000;
  bench.Commit(201, {info, MakeMetadata({{"delta.enableInCommitTimestamps", "true"}})});
  const std::string good = FormatChecksum(**bench.Load(), "t201");
  bench.Put(ChecksumName(201), good);
  bench.ExpectTruth(bench.Head(), true);
  bench.Put(ChecksumName(201), Replaced(good, "1900000000000", "1900000000001"));
  bench.ExpectTruth(bench.Head(), false);
}

TEST(TableHeadTest, AskedAgainNothingIsReadUntilSomebodyCommits) {
  HeadBench bench;
  SnapshotCache cache;
  ASSERT_TRUE(cache.Head(bench.root, Latest{}, bench.context).ok());
  bench.store->Reset();
  bench.ExpectTruth(*cache.Head(bench.root, Latest{}, bench.context), false);
  const uint64_t for_truth = bench.store->counts().bytes_read;
  bench.store->Reset();
  ASSERT_TRUE(cache.Head(bench.root, Latest{}, bench.context).ok());
  EXPECT_EQ(bench.store->counts().bytes_read, 0u) << for_truth;
  bench.Commit(201, {InfoOf("t201"), MakeMetadata({{"k", "v"}})});
  bench.ExpectTruth(*cache.Head(bench.root, Latest{}, bench.context), true);
  for (Version v = 0; v <= 201; ++v) bench.Drop(CommitName(v));
  EXPECT_EQ(cache.Head(bench.root, Latest{}, bench.context).error().reason, "delta.not_a_table");
}

TEST(TableHeadTest, ADamagedByteIsNoAnswer) {
  HeadBench bench;
  const auto truth = *bench.Load();
  const std::string good = bench.Crc();
  int believed = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    bench.Put(ChecksumName(200), bad);
    const TableHead head = bench.Head();
    ASSERT_EQ(head.metadata, truth->metadata()) << bad;
    ASSERT_EQ(head.protocol, truth->protocol()) << bad;
    ASSERT_EQ(head.schema, truth->schema()) << bad;
    believed += head.num_files ? 1 : 0;
  }
  EXPECT_LT(believed * 5, static_cast<int>(good.size()))
      << "digits of counts, names of fields nobody asks for";
}

TEST(TableHeadTest, TheCheckpointConfirmsWhatTheFirstCommitSaidOtherwise) {
  HeadBench bench;
  bench.Commit(201, {InfoOf("t201"), MakeMetadata({{"k", "v"}})});
  bench.Commit(202, {InfoOf("t202"), MakeAdd("f202", 1, "1")});
  bench.Put(ChecksumName(202), FormatChecksum(**bench.Load(), "t202"));
  bench.ExpectTruth(bench.Head(), false);
  ASSERT_TRUE(bench.Checkpoint(201).ok());
  bench.ExpectTruth(bench.Head(), true);
}

// A lie nothing cheap can find out is gone once somebody has replayed the files.
TEST(TableHeadTest, TheLogWinsOnceItIsReplayed) {
  HeadBench bench;
  bench.Put(ChecksumName(200), Replaced(bench.Crc(), "\"numFiles\":200", "\"numFiles\":7"));
  SnapshotCache cache;
  EXPECT_EQ((*cache.Head(bench.root, Latest{}, bench.context)).num_files, 7);
  EXPECT_EQ((*cache.Latest(bench.root, bench.context))->files().live_files(), 200);
  EXPECT_EQ((*cache.Head(bench.root, Latest{}, bench.context)).num_files, 200);
}

}  // namespace
}  // namespace lakehold::delta
