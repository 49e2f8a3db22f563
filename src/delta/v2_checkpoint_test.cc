#include "delta/v2_checkpoint.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "delta/log_bench.h"
#include "storage/faulty_store.h"

namespace lakehold::delta {
namespace {

Protocol WithV2() {
  return Protocol{3, 7, std::vector<std::string>{"v2Checkpoint"},
                  std::vector<std::string>{"v2Checkpoint"}};
}

void CreateV2(LogBench& bench) {
  bench.Commit(0, {WithV2(), MakeMetadata({{"delta.checkpointPolicy", "v2"},
                                           {"delta.checkpointInterval", "1000"}})});
}

std::vector<std::string> NamesWith(LogBench& bench, std::string_view part) {
  std::vector<std::string> names;
  auto lister = *bench.store->List(bench.root.LogKeyOf(""), "");
  while (auto meta = *lister->Next()) {
    if (meta->key.find(part) != std::string::npos) names.push_back(meta->key);
  }
  return names;
}

std::set<std::string> Sidecars(LogBench& bench) {
  const auto names = NamesWith(bench, "_sidecars/");
  return {names.begin(), names.end()};
}

// The newest version as its checkpoint alone tells it.
std::string ByCheckpointAlone(LogBench& bench, Version version) {
  std::map<std::string, std::string> dropped;
  for (Version v = 0; v <= version; ++v) {
    const auto text = bench.store->Get(bench.root.LogKeyOf(CommitName(v)), std::nullopt);
    if (v < version && text.ok()) {
      dropped[CommitName(v)] = std::string(text->view());
      bench.Drop(CommitName(v));
    }
  }
  auto loaded = bench.Load(AtVersion{version});
  std::string told = loaded.ok() ? Describe(**loaded) : loaded.error().ToString();
  if (loaded.ok()) {
    std::set<std::string> tombstones;
    const auto removes = (*loaded)->LoadTombstones(bench.context);
    for (const RemoveFile& remove : *removes) tombstones.insert(remove.path);
    for (const std::string& path : tombstones) told += "gone " + path + "\n";
  }
  for (const auto& [name, text] : dropped) bench.Put(name, text);
  return told;
}

std::string ByLogAlone(LogBench& bench, const Snapshot& snapshot) {
  std::string told = Describe(snapshot);
  std::set<std::string> tombstones;
  const auto removes = snapshot.LoadTombstones(bench.context);
  for (const RemoveFile& remove : *removes) tombstones.insert(remove.path);
  for (const std::string& path : tombstones) told += "gone " + path + "\n";
  return told;
}

TEST(V2CheckpointTest, ANewOneTakesOverTheSidecarsThatLostNoFile) {
  LogBench bench;
  CreateV2(bench);
  std::vector<Action> many;
  for (int i = 0; i < 100; ++i) many.emplace_back(MakeAdd(fmt::format("a{}", i), 10 + i, "1"));
  bench.Commit(1, many);
  auto first = bench.Checkpoint(1);
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  EXPECT_TRUE(first->written);
  EXPECT_EQ(first->live_files, 100);
  const auto one = Sidecars(bench);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(NamesWith(bench, ".checkpoint.parquet").size(), 1u) << "the first has both names";

  bench.Commit(2, {MakeAdd("b1", 1, "1"), MakeAdd("b2", 1, "1")});
  bench.store->Reset();
  ASSERT_TRUE(bench.Checkpoint(2).ok());
  const auto two = Sidecars(bench);
  ASSERT_EQ(two.size(), 2u) << "the old one was taken over";
  EXPECT_TRUE(two.contains(*one.begin()));
  EXPECT_EQ(NamesWith(bench, ".checkpoint.parquet").size(), 1u);

  // A file of the new sidecar goes: the old one stays as it is.
  bench.Commit(3, {MakeRemove(MakeAdd("b1"), bench.world.clock.NowMs())});
  ASSERT_TRUE(bench.Checkpoint(3).ok());
  auto manifest = NamesWith(bench, "00000000000000000003.checkpoint.");
  ASSERT_EQ(manifest.size(), 1u);
  auto parsed = ParseManifest(bench.store->Get(manifest[0], std::nullopt)->view());
  ASSERT_TRUE(parsed.has_value());
  ASSERT_EQ(parsed->sidecars.size(), 3u);
  EXPECT_EQ(parsed->sidecars[0].adds, 100);
  EXPECT_EQ(parsed->sidecars[1].adds, 1);
  EXPECT_EQ(parsed->sidecars[2].removes, 1);
  EXPECT_TRUE((*one.begin()).ends_with(parsed->sidecars[0].file.path));

  // A file of the old one goes, another is told again with other statistics.
  bench.Commit(4, {MakeRemove(MakeAdd("a7"), bench.world.clock.NowMs()), MakeAdd("a8", 18, "1")});
  ASSERT_TRUE(bench.Checkpoint(4).ok());
  const auto snapshot = *bench.Load();
  EXPECT_EQ(snapshot->last_checkpoint(), 4);
  EXPECT_EQ(snapshot->files().live_files(), 100);
  EXPECT_EQ(ByCheckpointAlone(bench, 4), ByLogAlone(bench, *snapshot));
  const auto text = bench.store->Get(bench.root.LogKeyOf("_last_checkpoint"), std::nullopt);
  const auto hint = ParseLastCheckpoint(text->view());
  ASSERT_TRUE(hint.has_value());
  EXPECT_EQ(hint->version, 4);
  EXPECT_EQ(hint->num_of_add_files, 100);
}

TEST(V2CheckpointTest, EveryCheckpointIsItsVersionWhateverCameBetween) {
  for (uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    LogBench bench;
    CreateV2(bench);
    SeededRandom random(seed);
    std::map<std::string, AddFile> live;
    std::map<Version, std::string> truth;
    std::set<Version> checkpoints;
    Version v = 1;
    for (; v <= 40; ++v) {
      std::vector<Action> actions;
      std::set<std::string> touched;
      for (uint64_t i = random.Below(6); i-- > 0;) {
        const std::string path = fmt::format("f{}", random.Below(60));
        if (!touched.insert(path).second) continue;
        const auto found = live.find(path);
        if (found != live.end() && random.Below(3) > 0) {
          actions.emplace_back(MakeRemove(
              found->second,
              bench.world.clock.NowMs() - (random.Below(4) == 0 ? 8 * 86'400'000LL : 0)));
          if (random.Below(3) == 0) {  // A vector in its place.
            found->second.deletion_vector = DeletionVectorDescriptor{
                "u", fmt::format("ab^-aqEH.-t@S}}K{{vb[*k^{}", v), 4, 40, 6};
            actions.emplace_back(found->second);
          } else {
            live.erase(found);
          }
          continue;
        }
        AddFile add = found != live.end() ? found->second : MakeAdd(path, 100 + v, "1");
        add.modified_ms = 1'000 * v;
        live[path] = add;
        actions.emplace_back(add);
      }
      if (v % 5 == 0) actions.emplace_back(MakeTxn(fmt::format("app{}", v % 3), v));
      if (v % 6 == 0) actions.emplace_back(DomainMetadata{"d", std::to_string(v), v % 12 == 0});
      if (actions.empty()) actions.emplace_back(CommitInfo{.operation = "NOTHING"});
      bench.Commit(v, actions);
      if (random.Below(3) != 0) continue;
      const auto snapshot = *bench.Load();
      ASSERT_EQ(snapshot->files().live_files(), static_cast<int64_t>(live.size()));
      auto report = WriteCheckpoint(bench.root, *snapshot, bench.context);
      ASSERT_TRUE(report.ok()) << report.error().ToString();
      EXPECT_EQ(report->live_files, snapshot->files().live_files());
      checkpoints.insert(v);
      // The log alone says what it must be.
      bench.codec->refuse_reads = true;
      const auto by_json = *bench.Load();
      truth[v] = ByLogAlone(bench, *by_json);
      bench.codec->refuse_reads = false;
      EXPECT_EQ(ByCheckpointAlone(bench, v), truth[v]);
    }
    for (const auto& [version, told] : truth) EXPECT_EQ(ByCheckpointAlone(bench, version), told);
    EXPECT_GT(checkpoints.size(), 5u);
  }
}

TEST(V2CheckpointTest, TheWorkOfACheckpointGrowsWithWhatIsNew) {
  LogBench bench;
  CreateV2(bench);
  std::vector<Action> many;
  for (int i = 0; i < 20'000; ++i) many.emplace_back(MakeAdd(fmt::format("a{}", i), 10 + i, "1"));
  bench.Commit(1, many);
  ASSERT_TRUE(bench.Checkpoint(1).ok());
  auto snapshot = *bench.Load();
  uint64_t read = 0, written = 0;
  for (Version v = 2; v <= 65; ++v) {
    bench.Commit(v, {MakeAdd(fmt::format("b{}", v), 1, "1")});
    snapshot = *Snapshot::Refresh(snapshot, bench.context);
    bench.store->Reset();
    ASSERT_TRUE(WriteCheckpoint(bench.root, *snapshot, bench.context).ok());
    read += bench.store->counts().bytes_read;
    written += bench.store->counts().bytes_written;
  }
  const auto whole = bench.store->Head(bench.root.LogKeyOf(CommitName(1)))->size_bytes;
  EXPECT_LT(read + written, whole) << "64 checkpoints cost less than one written anew";
  const auto manifest = NamesWith(bench, fmt::format("{:020}.checkpoint.", 65)).front();
  EXPECT_LE(ParseManifest(bench.store->Get(manifest, std::nullopt)->view())->sidecars.size(), 8u)
      << "small sidecars must merge";
}

TEST(V2CheckpointTest, ABrokenOrForeignPredecessorIsNotBuiltUpon) {
  for (const char* harm : {"sidecar gone", "sidecar short", "manifest foreign", "counts wrong"}) {
    SCOPED_TRACE(harm);
    LogBench bench;
    CreateV2(bench);
    bench.Commit(1, {MakeAdd("a", 1, "1"), MakeAdd("b", 2, "1")});
    ASSERT_TRUE(bench.Checkpoint(1).ok());
    bench.Commit(2, {MakeAdd("c", 3, "1"), MakeRemove(MakeAdd("a"), 1'900'000'000'000)});
    const auto snapshot = *bench.Load();
    const std::string truth = ByLogAlone(bench, *snapshot);
    const std::string sidecar = *Sidecars(bench).begin();
    const std::string prefix = bench.root.LogKeyOf("");
    std::string text;
    std::string name;
    for (const std::string& key : NamesWith(bench, fmt::format("{:020}.checkpoint.", 1))) {
      if (key.ends_with(".json")) name = key.substr(prefix.size());
    }
    ASSERT_FALSE(name.empty());
    text = std::string(bench.store->Get(prefix + name, std::nullopt)->view());
    const std::string_view what = harm;
    if (what == "sidecar gone") bench.Drop(sidecar.substr(prefix.size()));
    if (what == "sidecar short") {
      bench.Put(sidecar.substr(prefix.size()), FormatCommit({MakeAdd("a", 1, "1")}));
    }
    if (what == "manifest foreign") text.replace(text.find("lakehold.adds"), 13, "somebody.adds");
    if (what == "counts wrong")
      text.replace(text.find("lakehold.adds\":\"2"), 17, "lakehold.adds\":\"1");
    bench.Put(name, text);
    // What was loaded before the harm is the truth; its statistics may be lost with the sidecar.
    auto report = WriteCheckpoint(bench.root, *snapshot, bench.context);
    if (report.ok()) {
      EXPECT_EQ(report->live_files, 2);
      EXPECT_EQ(ByCheckpointAlone(bench, 2), truth);
    } else {
      EXPECT_EQ(what.substr(0, 7), "sidecar") << report.error().ToString();
      const auto hint = bench.store->Get(bench.root.LogKeyOf("_last_checkpoint"), std::nullopt);
      EXPECT_EQ(ParseLastCheckpoint(hint->view())->version, 1);
    }
  }
}

TEST(V2CheckpointTest, AFailureAnywhereLeavesTheTableAsItWas) {
  int failed = 0;
  for (int step = 0; step < 400; ++step) {
    LogBench bench;
    CreateV2(bench);
    bench.Commit(1, {MakeAdd("a", 1, "1"), MakeAdd("b", 2, "1"), MakeAdd("c", 2, "1")});
    ASSERT_TRUE(bench.Checkpoint(1).ok());
    bench.Commit(2, {MakeAdd("d", 3, "1"), MakeRemove(MakeAdd("a"), bench.world.clock.NowMs())});
    const auto snapshot = *bench.Load();
    const std::string truth = Describe(*snapshot);
    auto count = std::make_shared<int>(0);
    const auto fault = step % 2 == 0 ? storage::Fault::kErrorBefore : storage::Fault::kCrash;
    TableRoot root{storage::NewFaultyStore(bench.memory,
                                           [count, step, fault](const storage::StoreCall&) {
                                             return (*count)++ == step / 2 ? fault
                                                                           : storage::Fault::kNone;
                                           }),
                   bench.root.folder};
    const auto report = WriteCheckpoint(root, *snapshot, bench.context);
    failed += report.ok() ? 0 : 1;
    EXPECT_EQ(Describe(**bench.Load()), truth) << step;
    // Whatever names sidecars has all of them.
    for (const std::string& key : NamesWith(bench, fmt::format("{:020}.checkpoint.", 2))) {
      if (!key.ends_with(".json")) continue;
      EXPECT_EQ(ByCheckpointAlone(bench, 2), ByLogAlone(bench, *snapshot)) << step;
    }
    EXPECT_TRUE(bench.Checkpoint(2).ok()) << step;
    EXPECT_EQ(ByCheckpointAlone(bench, 2), ByLogAlone(bench, *snapshot)) << step;
    if (*count <= step / 2) break;
  }
  EXPECT_GT(failed, 10);
}

TEST(V2CheckpointTest, ASidecarThatLostAFileIsNeverNamed) {
  LogBench bench;
  CreateV2(bench);
  bench.Commit(1, {MakeAdd("a", 1, "1"), MakeAdd("b", 2, "1")});
  bench.codec->lose_file = true;
  const auto report = bench.Checkpoint(1);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().reason, "delta.checkpoint_incomplete");
  EXPECT_TRUE(Sidecars(bench).empty()) << "what nobody names is removed";
  EXPECT_TRUE(NamesWith(bench, ".checkpoint.").empty());
  EXPECT_TRUE(bench.Checkpoint(1).ok());
}

TEST(V2CheckpointTest, EveryTenthHasAClassicNameToo) {
  LogBench bench;
  CreateV2(bench);
  for (Version v = 1; v <= 23; ++v) {
    bench.Commit(v, {MakeAdd(fmt::format("f{}", v), 1, "1")});
    ASSERT_TRUE(bench.Checkpoint(v).ok());
  }
  std::vector<std::string> expected;
  for (const Version v : {1, 11, 21})
    expected.push_back(bench.root.LogKeyOf(ClassicCheckpointName(v)));
  EXPECT_EQ(NamesWith(bench, ".checkpoint.parquet"), expected);
  EXPECT_FALSE(bench.Checkpoint(23)->written) << "it is there already";
}

TEST(V2CheckpointTest, WithoutTheFeatureInTheProtocolACheckpointIsClassic) {
  LogBench bench;
  bench.Commit(0, {Protocol{}, MakeMetadata({{"delta.checkpointPolicy", "v2"}})});
  bench.Commit(1, {MakeAdd("a", 1, "1")});
  ASSERT_TRUE(bench.Checkpoint(1).ok());
  EXPECT_TRUE(Sidecars(bench).empty());
  EXPECT_EQ(NamesWith(bench, ".checkpoint.").size(), 1u);
}

}  // namespace
}  // namespace lakehold::delta
