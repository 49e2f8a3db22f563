#include "delta/checkpoint.h"

#include <gtest/gtest.h>

#include "delta/canonical_json.h"
#include "delta/checksum.h"
#include "delta/log_bench.h"
#include "delta/md5.h"

namespace lakehold::delta {
namespace {

// The example of the protocol's section on the checksum of `_last_checkpoint`.
constexpr std::string_view kSpecExample =
    R"({"k0":"'v 0'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}})";

TEST(LastCheckpointTest, TheSpecsExampleHasTheSpecsChecksum) {
  const auto canonical = CanonicalJson(kSpecExample, "checksum");
  ASSERT_TRUE(canonical.has_value());
  EXPECT_EQ(
      *canonical,
      R"("k0"="%27v%200%27","k1"+"k2"=2,"k1"+"k3"+0="v3","k1"+"k3"+1+0=1,"k1"+"k3"+1+1=2,"k1"+"k3"+2+"k4"="v4",)"
      R"("k1"+"k3"+2+"k5"+0="v5","k1"+"k3"+2+"k5"+1="v6","k1"+"k3"+2+"k5"+2="v7")");
  EXPECT_EQ(Md5Hex(*canonical), "6a92d155a59bf2eecbd4b4ec7fd1f875");
  EXPECT_EQ(Md5Hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(Md5Hex(std::string(119, 'a')), Md5Hex(std::string(119, 'a')));
  EXPECT_EQ(
      Md5Hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
      "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(LastCheckpointTest, WhatIsWrittenIsReadAndAnyChangeIsNoticed) {
  const std::string text = FormatLastCheckpoint({12, 345, std::nullopt, 6789, 100});
  const auto hint = ParseLastCheckpoint(text);
  ASSERT_TRUE(hint.has_value());
  EXPECT_EQ(hint->version, 12);
  EXPECT_EQ(hint->size, 345);
  EXPECT_EQ(hint->size_bytes, 6789u);
  EXPECT_EQ(hint->num_of_add_files, 100);
  std::string changed = text;
  changed.replace(changed.find("12"), 2, "13");
  EXPECT_FALSE(ParseLastCheckpoint(changed).has_value());
  EXPECT_TRUE(ParseLastCheckpoint(R"({"version":2,"size":15330,"parts":null})").has_value());
}

TEST(CheckpointTest, TheStateComesBackFromACheckpointAlone) {
  LogBench bench;
  bench.Create({{"delta.setTransactionRetentionDuration", "interval 1 day"}});
  AddFile with_everything = MakeAdd("a", 10, "7");
  with_everything.deletion_vector =
      DeletionVectorDescriptor{"u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  with_everything.tags = R"({"x":"y"})";
  with_everything.base_row_id = 5;
  with_everything.default_row_commit_version = 1;
  bench.Commit(1, {with_everything, MakeAdd("b"), MakeAdd("c"), DomainMetadata{"d", "{}", false}});
  SetTransaction stale = MakeTxn("stale", 1), fresh = MakeTxn("fresh", 2);
  stale.last_updated_ms = bench.world.clock.NowMs() - 2 * 86'400'000;
  fresh.last_updated_ms = bench.world.clock.NowMs();
  bench.Commit(2, {MakeRemove(MakeAdd("b"), bench.world.clock.NowMs()), stale, fresh,
                   MakeTxn("timeless", 3)});
  const auto before = *bench.Load();
  auto report = bench.Checkpoint(2);
  ASSERT_TRUE(report.ok()) << report.error().ToString();
  EXPECT_TRUE(report->written);
  EXPECT_EQ(report->live_files, 2);
  for (Version v = 0; v <= 2; ++v) bench.Drop(CommitName(v));
  const auto after = *bench.Load();
  EXPECT_EQ(WholeAction(after->files(),
                        *after->files().Find("a", with_everything.deletion_vector->UniqueId())),
            with_everything);
  EXPECT_EQ(LivePaths(*after), LivePaths(*before));
  EXPECT_EQ(after->domains(), before->domains());
  EXPECT_TRUE(after->transactions().contains("fresh"));
  EXPECT_TRUE(after->transactions().contains("timeless"));
  EXPECT_FALSE(after->transactions().contains("stale"));
  EXPECT_EQ(after->LoadTombstones(bench.context)->size(), 1u);
}

TEST(CheckpointTest, ABrokenCheckpointFallsBackToAnOlderOneAndJson) {
  LogBench bench;
  bench.Fill(12);
  ASSERT_TRUE(bench.Checkpoint(4).ok());
  ASSERT_TRUE(bench.Checkpoint(9).ok());
  const std::string truth = Describe(**bench.Load());
  bench.Put(ClassicCheckpointName(9), "{\"add\":{\"path\":");
  EXPECT_EQ(Describe(**bench.Load()), truth);
  EXPECT_EQ((*bench.Load())->last_checkpoint(), 4);
  bench.Put(ClassicCheckpointName(4), "");
  EXPECT_EQ(Describe(**bench.Load()), truth);
  bench.Drop(CommitName(2));
  auto loaded = bench.Load();
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(loaded.error().reason, "delta.bad_checkpoint");
  EXPECT_NE(loaded.error().message.find(ClassicCheckpointName(9)), std::string::npos)
      << loaded.error().message;
}

TEST(CheckpointTest, ACheckpointWithoutMetadataIsNoReasonToLookFurther) {
  LogBench bench;
  bench.Fill(6);
  bench.Put(ClassicCheckpointName(4), FormatCommit({Protocol{}, MakeAdd("f1")}));
  EXPECT_EQ(bench.Load().error().reason, "delta.incomplete_state");
}

TEST(CheckpointTest, WithoutACodecTheJsonLogStillServes) {
  LogBench bench;
  bench.Fill(6);
  ASSERT_TRUE(bench.Checkpoint(4).ok());
  bench.context.checkpoint_codec = nullptr;
  EXPECT_EQ((*bench.Load())->files().live_files(), 6);
  bench.Drop(CommitName(1));
  EXPECT_EQ(bench.Load().error().kind, ErrorKind::kUnsupported);
}

TEST(CheckpointTest, AnIncompleteCheckpointIsRemovedAndTheHintStays) {
  LogBench bench;
  bench.Fill(9);
  ASSERT_TRUE(bench.Checkpoint(4).ok());
  bench.codec->lose_file = true;
  auto report = bench.Checkpoint(8);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().reason, "delta.checkpoint_incomplete");
  EXPECT_FALSE(bench.store->Head(bench.root.LogKeyOf(ClassicCheckpointName(8))).ok());
  EXPECT_EQ((*bench.Load())->last_checkpoint(), 4);
}

TEST(CheckpointTest, ACheckpointWithoutATransactionOrDomainIsIncomplete) {
  LogBench bench;
  bench.Create();
  bench.Commit(1, {MakeAdd("a"), MakeTxn("app", 7), DomainMetadata{"d", "{}", false}});
  const auto fails = [&](std::string_view what) {
    auto report = bench.Checkpoint(1);
    ASSERT_FALSE(report.ok()) << what;
    EXPECT_EQ(report.error().reason, "delta.checkpoint_incomplete");
    EXPECT_NE(report.error().message.find(what), std::string::npos) << report.error().message;
  };
  bench.codec->lose = [](const Action& action) {
    return std::holds_alternative<SetTransaction>(action);
  };
  fails("no txn of \"app\"");
  bench.codec->lose = [](const Action& action) {
    return std::holds_alternative<DomainMetadata>(action);
  };
  fails("no domain \"d\"");
  bench.codec->lose = nullptr;
  const auto snapshot = *bench.Load();
  const AddFile add = MakeAdd("a");
  bench.Put(ClassicCheckpointName(1),
            FormatCommit({Protocol{}, MakeMetadata(), add, MakeTxn("app", 6),
                          DomainMetadata{"d", "{}", false}}));
  auto report = WriteCheckpoint(bench.root, *snapshot, bench.context);
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.error().message.find("txn of \"app\" does not belong"), std::string::npos);
  bench.Drop(ClassicCheckpointName(1));
  EXPECT_TRUE(bench.Checkpoint(1).ok());
}

TEST(CheckpointTest, ACheckpointOfAnotherWriterIsProvenToo) {
  LogBench bench;
  bench.Fill(4);
  auto snapshot = *bench.Load();
  bench.Put(ClassicCheckpointName(4),
            FormatCommit({Protocol{}, MakeMetadata(), MakeAdd("f1", 101, "1")}));
  auto report = WriteCheckpoint(bench.root, *snapshot, bench.context);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().reason, "delta.checkpoint_incomplete");
  EXPECT_TRUE(bench.store->Head(bench.root.LogKeyOf(ClassicCheckpointName(4))).ok())
      << "not ours to remove";
  EXPECT_FALSE(bench.store->Head(bench.root.LogKeyOf("_last_checkpoint")).ok());
}

TEST(CheckpointTest, TheHintNeverMovesBackwards) {
  LogBench bench;
  bench.Fill(9);
  ASSERT_TRUE(bench.Checkpoint(8).ok());
  ASSERT_TRUE(bench.Checkpoint(4).ok());
  auto again = bench.Checkpoint(8);
  ASSERT_TRUE(again.ok()) << again.error().ToString();
  EXPECT_FALSE(again->written);
  EXPECT_EQ(again->live_files, 8);
  const auto text = bench.store->Get(bench.root.LogKeyOf("_last_checkpoint"), std::nullopt);
  EXPECT_EQ(ParseLastCheckpoint(text->view())->version, 8);
}

TEST(CheckpointTest, ManifestsWithSidecarsAreRead) {
  constexpr std::string_view kUuid = "80a083e8-7026-4e79-81be-64bd76c43a11";
  for (const char* extension : {"json", "parquet"}) {
    LogBench bench;
    bench.Fill(4);
    const std::string truth = Describe(**bench.Load());
    bench.Put("_sidecars/one.parquet",
              FormatCommit({MakeAdd("f1", 101, "1"), MakeAdd("f2", 102, "1")}));
    bench.Put("_sidecars/two.parquet", FormatCommit({MakeAdd("f3", 103, "1")}));
    std::string manifest = "{\"checkpointMetadata\":{\"version\":3}}\n";
    manifest += FormatCommit({Protocol{}, MakeMetadata()});
    manifest +=
        "{\"sidecar\":{\"path\":\"one.parquet\",\"sizeInBytes\":1,\"modificationTime\":1}}\n";
    manifest +=
        "{\"sidecar\":{\"path\":\"two.parquet\",\"sizeInBytes\":1,\"modificationTime\":1}}\n";
    bench.Put(fmt::format("00000000000000000003.checkpoint.{}.{}", kUuid, extension), manifest);
    for (Version v = 0; v < 3; ++v) bench.Drop(CommitName(v));
    auto loaded = bench.Load();
    ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
    EXPECT_EQ(Describe(**loaded), truth);
    bench.Drop("_sidecars/two.parquet");
    auto broken = bench.Load();
    ASSERT_FALSE(broken.ok()) << "a missing sidecar must not lose files in silence";
    EXPECT_EQ(broken.error().kind, ErrorKind::kCorrupt);
  }
}

TEST(CheckpointTest, DueByPropertyElseByVersionsOrBytes) {
  const Metadata every_ten = MakeMetadata({{"delta.checkpointInterval", "10"}});
  EXPECT_FALSE(CheckpointIsDue(every_ten, 9, std::nullopt, 0, 0));
  EXPECT_TRUE(CheckpointIsDue(every_ten, 10, std::nullopt, 0, 0));
  EXPECT_FALSE(CheckpointIsDue(every_ten, 19, 10, 0, 0));
  EXPECT_TRUE(CheckpointIsDue(every_ten, 20, 10, 0, 0));
  const Metadata plain = MakeMetadata();
  EXPECT_FALSE(CheckpointIsDue(plain, 99, std::nullopt, 0, 0));
  EXPECT_TRUE(CheckpointIsDue(plain, 100, std::nullopt, 0, 0));
  EXPECT_TRUE(CheckpointIsDue(plain, 3, std::nullopt, 17 << 20, 0));
  EXPECT_FALSE(CheckpointIsDue(plain, 3, std::nullopt, 17 << 20, 100 << 20));
  EXPECT_FALSE(CheckpointIsDue(plain, 3, 3, 17 << 20, 0));
}

TEST(ChecksumTest, SummarisesTheVersionAndIsWrittenOnce) {
  LogBench bench;
  bench.Fill(3);
  auto snapshot = *bench.Load();
  ASSERT_TRUE(WriteChecksum(*snapshot, "txn-1").ok());
  ASSERT_TRUE(WriteChecksum(*snapshot, "txn-2").ok());
  const auto text = bench.store->Get(bench.root.LogKeyOf(ChecksumName(3)), std::nullopt);
  ASSERT_TRUE(text.ok());
  const auto checksum = ParseChecksum(text->view());
  ASSERT_TRUE(checksum.has_value()) << text->view();
  EXPECT_EQ(checksum->num_files, 3);
  EXPECT_EQ(checksum->table_size_bytes, 306);
  EXPECT_EQ(checksum->txn_id, "txn-1");
  EXPECT_EQ(checksum->metadata, snapshot->metadata());
  EXPECT_EQ(checksum->protocol, snapshot->protocol());
  EXPECT_FALSE(ParseChecksum("{}").has_value());
  EXPECT_FALSE(ParseChecksum("{\"tableSizeBytes\":1,\"numFiles\":1}").has_value());
}

}  // namespace
}  // namespace lakehold::delta
