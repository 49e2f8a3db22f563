#include "delta/snapshot.h"

#include <functional>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "delta/log_bench.h"
#include "delta/next_snapshot.h"

namespace lakehold::delta {
namespace {

using Paths = std::vector<std::string>;

TEST(SnapshotTest, AnEmptyFolderIsNoTable) {
  LogBench bench;
  auto loaded = bench.Load();
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(loaded.error().reason, "delta.not_a_table");
  EXPECT_FALSE(*TableExists(bench.root));
  bench.Create();
  EXPECT_TRUE(*TableExists(bench.root));
}

TEST(SnapshotTest, TheNewestWordAboutAFileCounts) {
  LogBench bench;
  bench.Create();
  const AddFile a = MakeAdd("a", 10, "7"), b = MakeAdd("b", 20, std::nullopt);
  AddFile a_with_vector = a;
  a_with_vector.deletion_vector = DeletionVectorDescriptor{"u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  bench.Commit(1, {a, b});
  bench.Commit(2, {MakeRemove(a), a_with_vector});
  bench.Commit(3, {MakeRemove(b)});
  bench.Commit(4, {b});
  auto loaded = bench.Load();
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  const FileTable& files = (*loaded)->files();
  EXPECT_EQ(files.live_files(), 2);
  EXPECT_EQ(files.live_bytes(), 30);
  EXPECT_FALSE(files.Find("a", "").has_value());
  const auto ordinal = files.Find("a", a_with_vector.deletion_vector->UniqueId());
  ASSERT_TRUE(ordinal.has_value());
  EXPECT_EQ(WholeAction(files, *ordinal), a_with_vector);
  EXPECT_EQ(files.PartitionValue(*ordinal, 0), Scalar(int64_t{7}));
  EXPECT_TRUE(IsNull(files.PartitionValue(*files.Find("b", ""), 0)));
  EXPECT_EQ(files.NumRecords()[*ordinal], 10);
}

TEST(SnapshotTest, FilesComeInTheOrderOfTheLog) {
  LogBench bench;
  bench.Create();
  bench.Commit(1, {MakeAdd("1a"), MakeAdd("1b")});
  bench.Commit(2, {MakeAdd("2a"), MakeAdd("2b")});
  ASSERT_TRUE(bench.Checkpoint(2).ok());
  bench.Commit(3, {MakeAdd("3a"), MakeAdd("3b")});
  bench.Commit(4, {MakeAdd("4a")});
  EXPECT_EQ(LivePaths(**bench.Load()), (Paths{"1a", "1b", "2a", "2b", "3a", "3b", "4a"}));
}

TEST(SnapshotTest, AnEscapedPathAndItsOtherSpellingAreOneFile) {
  LogBench bench;
  bench.Create();
  bench.Commit(1, {MakeAdd("p=1/%61"), MakeAdd("p=1/a%25b")});
  bench.Commit(2, {MakeRemove(MakeAdd("p=1/a"))});
  EXPECT_EQ(LivePaths(**bench.Load()), Paths{"p=1/a%25b"});
}

TEST(SnapshotTest, TheNextOneMadeOfWhatWasWrittenIsWhatARefreshReads) {
  for (const bool in_commit_times : {false, true}) {
    LogBench bench;
    bench.Create(
        in_commit_times
            ? std::map<std::string, std::string>{{"delta.enableInCommitTimestamps", "true"}}
            : std::map<std::string, std::string>{});
    auto snapshot = *bench.Load();
    EXPECT_EQ(NextSnapshot(*snapshot, {2, {}}, Bytes()).error().reason, "delta.not_the_next");
    for (Version v = 1; v <= 150; ++v) {
      CommitInfo info;
      if (in_commit_times) info.in_commit_timestamp_ms = 1'700'000'000'000 + v;
      std::vector<Action> actions = {info, MakeTxn("app", v), MakeAdd(fmt::format("f{}", v), v)};
      if (v % 7 == 0) actions.push_back(MakeRemove(MakeAdd(fmt::format("f{}", v - 3))));
      bench.Commit(v, actions);
      const std::string key = bench.root.LogKeyOf(CommitName(v));
      const auto json = bench.store->Get(key, std::nullopt);
      auto next = NextSnapshot(*snapshot, {v, *bench.store->Head(key)}, *json);
      ASSERT_TRUE(next.ok()) << next.error().ToString();
      const auto refreshed = *Snapshot::Refresh(snapshot, bench.context);
      EXPECT_EQ(Describe(**next), Describe(*refreshed));
      EXPECT_EQ((*next)->commit_identity(), refreshed->commit_identity());
      EXPECT_EQ((*next)->timestamp_ms(), refreshed->timestamp_ms());
      EXPECT_EQ((*next)->json_bytes_since_checkpoint(), refreshed->json_bytes_since_checkpoint());
      snapshot = v % 3 == 0 ? refreshed : *next;  // Each kind follows the other.
    }
    EXPECT_EQ(Describe(*snapshot), Describe(**bench.Load()));
  }
}

TEST(SnapshotTest, AStateWithoutProtocolOrMetadataIsCorrupt) {
  for (const Action& only : {Action(Protocol{}), Action(MakeMetadata())}) {
    LogBench bench;
    bench.Commit(0, {only, MakeAdd("a")});
    auto loaded = bench.Load();
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().kind, ErrorKind::kCorrupt);
    EXPECT_EQ(loaded.error().reason, "delta.incomplete_state");
  }
}

TEST(SnapshotTest, ACheckpointOfAWrongSchemaGivesWayToTheCommits) {
  for (const char* wrong : {R"(\"struct\")", R"(\"p\")", R"(\"integer\")"}) {
    LogBench bench;
    bench.Fill(3);
    bench.Commit(4, {MakeAdd("last", 7, "2000000")});
    const std::string sound = Describe(**bench.Load());
    ASSERT_TRUE(bench.Checkpoint(4).ok());
    const std::string name = ClassicCheckpointName(4);
    std::string text((*bench.store->Get(bench.root.LogKeyOf(name), std::nullopt)).view());
    ASSERT_NE(text.find(wrong), std::string::npos);
    text.replace(text.find(wrong), std::string_view(wrong).size(), R"(\"byte\")");
    bench.Put(name, text);
    const auto loaded = bench.Load();
    ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
    EXPECT_EQ(Describe(**loaded), sound);
    bench.Drop(CommitName(1));
    const auto refused = bench.Load();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::kCorrupt) << refused.error().ToString();
  }
}

TEST(SnapshotTest, AZeroLengthOrTruncatedCommitIsCorrupt) {
  LogBench bench;
  bench.Fill(3);
  const std::string whole = FormatCommit({MakeAdd("f2", 102, "1")});
  for (const std::string& text : {std::string(), whole.substr(0, whole.size() / 2)}) {
    bench.Put(CommitName(2), text);
    auto loaded = bench.Load();
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().kind, ErrorKind::kCorrupt);
    EXPECT_EQ(loaded.error().reason, "delta.bad_commit");
    EXPECT_NE(loaded.error().message.find(CommitName(2)), std::string::npos)
        << loaded.error().message;
  }
}

TEST(SnapshotTest, DomainsAndTransactionsKeepTheirNewest) {
  LogBench bench;
  bench.Create();
  bench.Commit(
      1, {MakeTxn("app", 1), DomainMetadata{"d", "old", false}, DomainMetadata{"e", "x", false}});
  bench.Commit(2, {MakeTxn("app", 2), DomainMetadata{"d", "", true}});
  auto snapshot = *bench.Load();
  EXPECT_EQ(snapshot->transactions().at("app").version, 2);
  EXPECT_FALSE(snapshot->domains().contains("d"));
  EXPECT_EQ(snapshot->domains().at("e").configuration, "x");
}

TEST(SnapshotTest, RefreshAsksForThreeNamesWhenNothingIsNew) {
  LogBench bench;
  bench.Fill(20);
  auto snapshot = *bench.Load();
  bench.store->Reset();
  auto again = Snapshot::Refresh(snapshot, bench.context);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, snapshot);
  const storage::StoreCounts counts = bench.store->counts();
  EXPECT_LE(counts.calls_of(storage::StoreVerb::kHead), 3u);
  EXPECT_EQ(counts.calls_of(storage::StoreVerb::kGet), 0u);
  EXPECT_EQ(counts.calls_of(storage::StoreVerb::kList), 0u);
}

TEST(SnapshotTest, RefreshReadsEachNewCommitOnceAndListsNothing) {
  LogBench bench;
  bench.Fill(20);
  auto snapshot = *bench.Load();
  for (Version v = 21; v <= 25; ++v)
    bench.Commit(v, {MakeAdd(fmt::format("f{}", v), 100 + v, "1")});
  bench.store->Reset();
  auto grown = Snapshot::Refresh(snapshot, bench.context);
  ASSERT_TRUE(grown.ok());
  const storage::StoreCounts counts = bench.store->counts();
  EXPECT_EQ((*grown)->version(), 25);
  EXPECT_EQ(counts.calls_of(storage::StoreVerb::kOpenReader), 5u);
  EXPECT_EQ(counts.calls_of(storage::StoreVerb::kGet), 0u);
  EXPECT_LE(counts.calls_of(storage::StoreVerb::kHead), 8u);
  EXPECT_EQ(counts.calls_of(storage::StoreVerb::kList), 0u);
  EXPECT_EQ(Describe(**grown), Describe(**bench.Load()));
  EXPECT_EQ(LivePaths(**grown), LivePaths(**bench.Load()));
  EXPECT_EQ(snapshot->files().live_files(), 20) << "the old snapshot must not change";
}

TEST(SnapshotTest, RefreshNoticesATableDroppedAndMadeAgain) {
  LogBench bench;
  bench.Fill(3);
  auto snapshot = *bench.Load();
  for (Version v = 0; v <= 3; ++v) bench.Drop(CommitName(v));
  bench.Create();
  for (Version v = 1; v <= 5; ++v) bench.Commit(v, {MakeAdd(fmt::format("new{}", v))});
  auto refreshed = Snapshot::Refresh(snapshot, bench.context);
  ASSERT_TRUE(refreshed.ok());
  EXPECT_EQ(LivePaths(**refreshed), (Paths{"new1", "new2", "new3", "new4", "new5"}));
  for (Version v = 0; v <= 5; ++v) bench.Drop(CommitName(v));
  auto gone = Snapshot::Refresh(snapshot, bench.context);
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().reason, "delta.not_a_table");
}

TEST(SnapshotTest, AnOverlayIsTheSnapshotPlusADraft) {
  LogBench bench;
  bench.Fill(3);
  auto snapshot = *bench.Load();
  Metadata renamed = MakeMetadata();
  renamed.name = "renamed";
  const std::vector<Action> draft{MakeRemove(MakeAdd("f2", 102, "1")), MakeAdd("g", 5, "9"),
                                  renamed, MakeTxn("app", 7)};
  auto overlay = snapshot->Overlay(draft);
  ASSERT_TRUE(overlay.ok()) << overlay.error().ToString();
  EXPECT_EQ(LivePaths(**overlay), (Paths{"f1", "f3", "g"}));
  EXPECT_EQ((*overlay)->version(), 3);
  EXPECT_EQ((*overlay)->metadata().name, "renamed");
  EXPECT_EQ((*overlay)->transactions().at("app").version, 7);
  EXPECT_EQ((*overlay)->files().PartitionValue(*(*overlay)->files().Find("g", ""), 0),
            Scalar(int64_t{9}));
  EXPECT_EQ(snapshot->files().live_files(), 3);
  EXPECT_EQ(WriteCheckpoint(bench.root, **overlay, bench.context).error().reason,
            "delta.uncommitted_snapshot");
  EXPECT_EQ((*Snapshot::Refresh(*overlay, bench.context))->files().live_files(), 3);
}

TEST(SnapshotTest, ADraftMakesATableFromNothing) {
  LogBench bench;
  const std::vector<Action> draft{Protocol{}, MakeMetadata(), MakeAdd("a", 5, "9")};
  auto made = Snapshot::FromActions(bench.root, draft);
  ASSERT_TRUE(made.ok()) << made.error().ToString();
  EXPECT_EQ((*made)->version(), 0);
  EXPECT_EQ(LivePaths(**made), Paths{"a"});
  EXPECT_EQ((*made)->schema().fields.size(), 2u);
  EXPECT_EQ(Snapshot::FromActions(bench.root, std::vector<Action>{Protocol{}}).error().reason,
            "delta.incomplete_state");
}

TEST(SnapshotTest, AnotherPartitioningTypesTheOldFilesAnew) {
  LogBench bench;
  bench.Create();
  bench.Commit(1, {MakeAdd("a", 1, "7")});
  auto snapshot = *bench.Load();
  Metadata text = MakeMetadata();
  text.schema_string.replace(text.schema_string.find("\"integer\""), 9, "\"string\"");
  bench.Commit(2, {text});
  auto refreshed = *Snapshot::Refresh(snapshot, bench.context);
  EXPECT_EQ(refreshed->files().PartitionValue(0, 0), Scalar(std::string("7")));
  EXPECT_EQ(snapshot->files().PartitionValue(0, 0), Scalar(int64_t{7}));
}

TEST(SnapshotTest, TimeIsTheModificationTimeMadeMonotonic) {
  LogBench bench;
  bench.Create();
  const int64_t created = (*bench.Load())->timestamp_ms();
  EXPECT_EQ(created, bench.world.clock.NowMs());
  bench.world.clock.SetNowMs(created - 60'000);
  bench.Commit(1, {MakeAdd("a")});
  EXPECT_EQ((*bench.Load())->timestamp_ms(), created + 1);
  bench.Commit(2, {MakeMetadata({{"delta.enableInCommitTimestamps", "true"}})});
  CommitInfo info;
  info.in_commit_timestamp_ms = 42;
  bench.Commit(3, {info, MakeAdd("b")});
  EXPECT_EQ((*bench.Load())->timestamp_ms(), 42);
}

TEST(SnapshotTest, TombstonesAreKeptForTheRetention) {
  LogBench bench;
  bench.Create({{"delta.deletedFileRetentionDuration", "interval 1 hour"}});
  const AddFile old_file = MakeAdd("old"), new_file = MakeAdd("new"), again = MakeAdd("again");
  bench.Commit(1, {old_file, new_file, again});
  const int64_t now = bench.world.clock.NowMs();
  bench.Commit(2, {MakeRemove(old_file, now - 7'200'000), MakeRemove(new_file, now),
                   MakeRemove(again, now)});
  bench.Commit(3, {again});
  auto tombstones = (*bench.Load())->LoadTombstones(bench.context);
  ASSERT_TRUE(tombstones.ok());
  ASSERT_EQ(tombstones->size(), 1u);
  EXPECT_EQ(tombstones->front().path, "new");
}

// Somebody cleans up while the checkpoint that was listed is about to be read.
class CleanedUpCodec : public TextCheckpointCodec {
 public:
  Status ReadBatches(const TableRoot& root, std::string_view key, const CheckpointColumns& columns,
                     const CheckpointVisitor& visit, const BatchVisitor& files) override {
    if (clean_up) std::exchange(clean_up, nullptr)();
    return TextCheckpointCodec::ReadBatches(root, key, columns, visit, files);
  }
  std::function<void()> clean_up;
};

TEST(SnapshotTest, ACheckpointThatIsCleanedUpMeanwhileIsNoDamage) {
  for (const bool newest : {true, false}) {
    LogBench bench;
    const auto codec = std::make_shared<CleanedUpCodec>();
    bench.context.checkpoint_codec = codec;
    bench.Fill(8);
    ASSERT_TRUE(bench.Checkpoint(4).ok());
    const std::string sound = Describe(**bench.Load());
    codec->clean_up = [&] {
      ASSERT_TRUE(bench.Checkpoint(8).ok());
      bench.Drop(ClassicCheckpointName(4));
      for (Version gone = 0; gone < 8; ++gone) bench.Drop(CommitName(gone));
    };
    const auto loaded = newest ? bench.Load() : bench.Load(AtVersion{6});
    if (newest) {
      ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
      EXPECT_EQ(Describe(**loaded), sound);
    } else {
      ASSERT_FALSE(loaded.ok());
      EXPECT_EQ(loaded.error().reason, "delta.no_such_version") << loaded.error().ToString();
    }
  }
}

}  // namespace
}  // namespace lakehold::delta
