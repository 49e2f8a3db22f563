// Commits read in pieces, by several threads, by way of compaction files: always the same table.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/thread_pool.h"
#include "delta/log_bench.h"
#include "delta/replay.h"

namespace lakehold::delta {
namespace {

// A log whose commits several threads read.
struct BusyBench : LogBench {
  ThreadPool pool{4};
  LogContext busy{{world.clock, world.random, pool}, codec};
  Result<std::shared_ptr<const Snapshot>> LoadBusily() {
    return Snapshot::Load(root, Latest{}, busy);
  }
};

// Files as writers tell of them, some of them oddly.
std::vector<Action> OddFiles(uint64_t seed, int count) {
  SeededRandom random(seed);
  std::vector<Action> actions;
  for (int i = 0; i < count; ++i) {
    AddFile add = MakeAdd(
        fmt::format("p={}/f-{}-{}", random.Below(7), seed, i),
        static_cast<int64_t>(random.Below(100'000)),
        random.Below(9) == 0 ? std::nullopt : std::optional(std::to_string(random.Below(7))));
    add.stats = fmt::format(R"({{"numRecords":{},"minValues":{{"id":{},"s":"é\"\\{}"}}}})", i,
                            i - 5, std::string(random.Below(300), 'x'));
    if (random.Below(20) == 0) add.stats = fmt::format(R"({{ "numRecords" : {} }})", i);
    if (random.Below(30) == 0) add.stats.reset();
    if (random.Below(50) == 0) add.path = fmt::format("p=1/odd%20{}-{}\"é", seed, i);
    if (random.Below(400) == 0)
      add.stats = fmt::format(R"({{"s":"{}"}})", std::string(90'000, 'y'));
    if (random.Below(10) == 0) add.tags = R"({"lakehold.noNaN":"true"})";
    if (random.Below(25) == 0) add.clustering_provider = "liquid";
    if (random.Below(15) == 0) add.base_row_id = i, add.default_row_commit_version = 3;
    if (random.Below(12) == 0)
      add.deletion_vector = DeletionVectorDescriptor{"u", "ab^-aqEH.-t@S}K{vb[*k^", i, 40, 6};
    actions.emplace_back(std::move(add));
  }
  return actions;
}

void ExpectFiles(const Snapshot& snapshot, const std::vector<Action>& actions) {
  const FileTable& files = snapshot.files();
  ASSERT_EQ(files.live_files(), static_cast<int64_t>(actions.size()));
  FileOrdinal at = 0;
  for (const Action& action : actions) {
    const AddFile& add = std::get<AddFile>(action);
    ASSERT_EQ(WholeAction(files, at), add) << at;
    const auto records = add.stats ? ParseFileStats(*add.stats).num_records : std::nullopt;
    ASSERT_EQ(files.NumRecords()[at], records.value_or(-1)) << add.stats.value_or("");
    ++at;
  }
}

TEST(CommitReplayTest, ALargeCommitIsReadInPiecesByManyThreads) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    BusyBench bench;
    bench.Create();
    const auto actions = OddFiles(seed, 20'000);
    bench.Commit(1, actions);
    auto loaded = bench.LoadBusily();
    ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
    ExpectFiles(**loaded, actions);
    EXPECT_EQ(Describe(**loaded), Describe(**bench.Load()));
    const DataType text{TypeKind::kLong, 0, 0, {}};
    const auto column = (*loaded)->files().Stats({"id"}, text);
    for (FileOrdinal i = 0; i < 20'000; ++i) {
      const auto& stats = std::get<AddFile>(actions[i]).stats;
      ASSERT_EQ(column->Get(i).min, ParseColumnStats(stats.value_or(""), {"id"}, text).min) << i;
    }
  }
}

TEST(CommitReplayTest, StatisticsOfALargeCommitStayInTheLogAndOutliveItsName) {
  BusyBench bench;
  bench.Create();
  const auto actions = OddFiles(7, 10'000);
  bench.Commit(1, actions);
  const auto snapshot = *bench.LoadBusily();
  EXPECT_LE(snapshot->files().memory_bytes(), size_t{150} * actions.size());
  ASSERT_TRUE(bench.Checkpoint(1).ok());
  bench.Drop(CommitName(1));
  ExpectFiles(*snapshot, actions);
  ExpectFiles(**bench.Load(), actions);
}

TEST(CommitReplayTest, ALargeCommitRefreshedAndPackedKeepsItsStatistics) {
  BusyBench bench;
  bench.Create();
  auto snapshot = *bench.LoadBusily();
  std::vector<Action> actions = OddFiles(9, 80'000);
  bench.Commit(1, actions);
  std::vector<Action> removes, left;
  for (size_t i = 0; i < actions.size(); ++i) {
    if (i % 40 == 0) {
      left.push_back(actions[i]);
    } else {
      removes.emplace_back(MakeRemove(std::get<AddFile>(actions[i])));
    }
  }
  snapshot = *Snapshot::Refresh(snapshot, bench.busy);
  bench.Commit(2, removes);
  snapshot = *Snapshot::Refresh(snapshot, bench.busy);
  EXPECT_EQ(snapshot->files().slots(), left.size()) << "not packed";
  ExpectFiles(*snapshot, left);
}

// The error of a log whose commit 1 is `text`.
std::string ErrorOf(BusyBench& bench, const std::string& text) {
  bench.Create();
  bench.Put(CommitName(1), text);
  auto loaded = bench.LoadBusily();
  if (loaded.ok()) return "";
  return fmt::format("{}: {}", loaded.error().reason, loaded.error().message);
}

TEST(CommitReplayTest, ErrorsOfALargeCommitNameTheLine) {
  std::vector<Action> actions = OddFiles(4, 8'000);
  const std::string good = FormatCommit(actions);
  ASSERT_GT(good.size(), size_t{2} << 20);
  {
    BusyBench bench;
    EXPECT_EQ(ErrorOf(bench, good), "");
  }
  {
    BusyBench bench;
    const std::string error = ErrorOf(bench, good + "{\"add\":{\"path\":\"x\"}}\n");
    EXPECT_NE(error.find("delta.bad_commit: "), error.npos) << error;
    EXPECT_NE(error.find("line 8001: add has no size"), error.npos) << error;
  }
  {
    BusyBench bench;
    const std::string error = ErrorOf(bench, good.substr(0, good.size() - 20));
    EXPECT_NE(error.find("line 8000: "), error.npos) << error;
  }
  {
    BusyBench bench;
    std::string twice;
    AppendActionJson(actions[3], twice);
    const std::string error = ErrorOf(bench, good + twice);
    EXPECT_NE(error.find("delta.duplicate_action: "), error.npos) << error;
    EXPECT_NE(error.find("line 8001"), error.npos) << error;
  }
  {
    BusyBench bench;
    const std::string error =
        ErrorOf(bench, FormatCommit({MakeTxn("a", 1)}) + good + FormatCommit({MakeTxn("a", 2)}));
    EXPECT_NE(error.find("line 8002: a second txn of application"), error.npos) << error;
  }
}

TEST(CommitReplayTest, AFileToldTwiceIsFoundEvenIfANewerCommitTookItAway) {
  for (const bool remove : {false, true}) {
    BusyBench bench;
    bench.Create();
    const AddFile add = MakeAdd("a");
    std::string text = FormatCommit({add});
    text += remove ? FormatCommit({MakeRemove(add)}) : text;
    bench.Put(CommitName(1), text);
    bench.Commit(2, {MakeRemove(add)});
    auto loaded = bench.LoadBusily();
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().reason, "delta.duplicate_action");
  }
}

TEST(CommitReplayTest, UnusualFormsMeanTheSame) {
  const std::string plain = FormatCommit({MakeAdd("p=1/a", 5, "1"), MakeRemove(MakeAdd("gone"))});
  std::string spread;  // As a pretty printer might.
  bool quoted = false;
  for (size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == '"' && (i == 0 || plain[i - 1] != '\\')) quoted = !quoted;
    spread += plain[i];
    if (!quoted && (plain[i] == ',' || plain[i] == ':')) spread += "\n  ";
  }
  std::string escaped = plain;
  escaped.replace(escaped.find("\"path\""), 6, R"("pa\u0074h")");
  std::string object = plain;  // Statistics as an object of their own.
  object.replace(object.find(R"("{\"numRecords\":5}")"), 20, R"({"numRecords":5})");
  const std::string bare =
      R"({"add":{"path":"p=1/a","partitionValues":{"p":1},"size":5,)"
      R"("modificationTime":1005,"dataChange":true,"stats":"{\"numRecords\":5}"}})";
  std::string expected;
  for (const std::string& text : {plain, spread, escaped, object, bare, "\r\n \n" + plain}) {
    BusyBench bench;
    ASSERT_EQ(ErrorOf(bench, text), "") << text;
    const std::string told = Describe(**bench.LoadBusily());
    if (expected.empty()) expected = told;
    EXPECT_EQ(told, expected) << text;
  }
}

// What a compactor writes for the commits from `first` to `last`.
std::string Compacted(LogBench& bench, Version first, Version last) {
  std::vector<CommitFile> commits;
  std::vector<Action> kept;
  std::set<std::string> seen;
  const auto keep = [&](const std::string& key, const Action& action) {
    if (seen.insert(key).second) kept.push_back(action);
  };
  for (Version v = last; v >= first; --v) {
    const Bytes json = *bench.store->Get(bench.root.LogKeyOf(CommitName(v)), std::nullopt);
    const Status parsed = ParseCommit(json, "", {}, [&](Action&& action) -> Status {
      const auto vector = [](const auto& file) {
        return file.deletion_vector ? file.deletion_vector->UniqueId() : std::string();
      };
      if (auto* add = std::get_if<AddFile>(&action))
        keep(fmt::format("f {} {}", add->path, vector(*add)), action);
      if (auto* remove = std::get_if<RemoveFile>(&action))
        keep(fmt::format("f {} {}", remove->path, vector(*remove)), action);
      if (std::holds_alternative<Metadata>(action)) keep("m", action);
      if (std::holds_alternative<Protocol>(action)) keep("p", action);
      if (auto* txn = std::get_if<SetTransaction>(&action)) keep("t " + txn->app_id, action);
      if (auto* domain = std::get_if<DomainMetadata>(&action)) keep("d " + domain->domain, action);
      return {};
    });
    EXPECT_TRUE(parsed.ok());
  }
  return FormatCommit(kept);
}

void FillBusily(LogBench& bench, Version last, uint64_t seed) {
  bench.Create({{"delta.enableInCommitTimestamps", "true"}});
  SeededRandom random(seed);
  std::vector<AddFile> live;
  for (Version v = 1; v <= last; ++v) {
    CommitInfo info;
    info.in_commit_timestamp_ms = 5'000 + v;
    std::vector<Action> actions = {info};
    const size_t gone = live.empty() ? 0 : random.Below(live.size() / 3 + 1);
    for (size_t i = 0; i < gone; ++i) {
      actions.emplace_back(MakeRemove(live.back()));
      live.pop_back();
    }
    const uint64_t fresh = 1 + random.Below(5);
    for (uint64_t i = 0; i < fresh; ++i)
      actions.emplace_back(live.emplace_back(MakeAdd(fmt::format("f{}-{}", v, i), 7, "1")));
    if (random.Below(3) == 0) actions.emplace_back(MakeTxn(fmt::format("app{}", v % 3), v));
    if (random.Below(4) == 0)
      actions.emplace_back(DomainMetadata{fmt::format("d{}", v % 2), "{}", random.Below(2) == 0});
    bench.Commit(v, actions);
  }
}

TEST(CommitReplayTest, CompactionFilesChangeNoAnswer) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    BusyBench bench;
    SeededRandom random(seed * 31);
    FillBusily(bench, 30, seed);
    if (seed % 3 == 0) {
      ASSERT_TRUE(bench.Checkpoint(static_cast<Version>(random.Below(12))).ok());
    }
    const auto plain = *bench.Load();
    for (int i = 0; i < 4; ++i) {
      const auto first = static_cast<Version>(random.Below(28));
      const auto last = std::min<Version>(30, first + 1 + static_cast<Version>(random.Below(12)));
      bench.Put(CompactedName(first, last), Compacted(bench, first, last));
    }
    if (seed % 2 == 0) bench.Put(CompactedName(20, 30), Compacted(bench, 20, 30));
    auto loaded = bench.LoadBusily();
    ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
    EXPECT_EQ(Describe(**loaded), Describe(*plain));
    EXPECT_EQ((*loaded)->timestamp_ms(), plain->timestamp_ms());
    EXPECT_EQ((*loaded)->json_bytes_since_checkpoint(), plain->json_bytes_since_checkpoint());
  }
}

TEST(CommitReplayTest, ACompactionFileIsReadInsteadOfItsCommits) {
  LogBench bench;
  FillBusily(bench, 40, 3);
  bench.Put(CompactedName(1, 40), Compacted(bench, 1, 40));
  bench.store->Reset();
  ASSERT_TRUE(bench.Load().ok());
  const auto read = bench.store->counts().bytes_read;
  uint64_t commits = 0;
  for (Version v = 0; v <= 40; ++v)
    commits += bench.store->Head(bench.root.LogKeyOf(CommitName(v)))->size_bytes;
  EXPECT_LT(read, commits);
}

TEST(CommitReplayTest, ABrokenCompactionFileIsAsGoodAsNone) {
  LogBench bench;
  FillBusily(bench, 12, 5);
  const std::string expected = Describe(**bench.Load());
  for (const std::string text : {"", "{", "{\"add\":{}}\n", "stray"}) {
    bench.Put(CompactedName(2, 9), text);
    auto loaded = bench.Load();
    ASSERT_TRUE(loaded.ok()) << text << loaded.error().ToString();
    EXPECT_EQ(Describe(**loaded), expected) << text;
  }
}

// A V2 checkpoint of the snapshot's version: a manifest and `sidecars` files, as another writer's.
void PutManifest(LogBench& bench, const Snapshot& snapshot, size_t sidecars) {
  std::vector<std::vector<Action>> parts(sidecars);
  const FileTable& files = snapshot.files();
  size_t part = 0;
  for (const FileOrdinal i : files.LiveOrdinals())
    parts[part++ * sidecars / static_cast<size_t>(files.live_files())].emplace_back(
        WholeAction(files, i));
  std::string manifest = FormatCommit({snapshot.protocol(), snapshot.metadata()});
  for (const auto& [app, txn] : snapshot.transactions()) AppendActionJson(txn, manifest);
  for (const auto& [name, domain] : snapshot.domains()) AppendActionJson(domain, manifest);
  for (size_t i = 0; i < sidecars; ++i) {
    const std::string name = fmt::format("s{}-{}.parquet", snapshot.version(), i);
    manifest += fmt::format("{{\"sidecar\":{{\"path\":\"{}\"}}}}\n", name);
    // A file of the log is never empty: one that somebody removed long ago, say.
    parts[i].emplace_back(MakeRemove(MakeAdd(fmt::format("gone-{}", i))));
    bench.Put("_sidecars/" + name, FormatCommit(parts[i]));
  }
  bench.Put(fmt::format("{:020}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json",
                        snapshot.version()),
            manifest);
}

TEST(CommitReplayTest, CheckpointsToldInBatchesReadInParallelAreTheSameTable) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    BusyBench bench;
    FillBusily(bench, 20, seed);
    const auto at_20 = *bench.Load();
    if (seed % 2 == 0) {
      ASSERT_TRUE(bench.Checkpoint(20).ok());
    } else {
      PutManifest(bench, *at_20, 1 + seed % 7);
    }
    for (Version v = 0; v <= 19; ++v) bench.Drop(CommitName(v));
    bench.Commit(21, {MakeAdd("last", 9, "2"), MakeTxn("app0", 99)});
    bench.codec->tell_batches = false;
    const auto plain = *bench.Load();
    bench.codec->tell_batches = true;
    auto loaded = bench.LoadBusily();
    ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
    EXPECT_EQ(Describe(**loaded), Describe(*plain));
    EXPECT_EQ(LivePaths(**loaded), LivePaths(*plain));
    EXPECT_EQ((*loaded)->files().live_files(), at_20->files().live_files() + 1);
    const auto records = (*loaded)->files().NumRecords();
    EXPECT_TRUE(std::equal(records.begin(), records.end(), plain->files().NumRecords().begin()));
  }
}

// The parser steps over what nobody asks for by counting brackets: what damage made of it may have
// swallowed an action.
TEST(CommitReplay, DamageInWhatNobodyAsksForIsFoundToo) {
  const std::string add =
      R"({"add":{"path":"f","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}})";
  const auto load = [](const std::string& commit, const char* newest) -> std::string {
    LogBench bench;
    bench.Create();
    bench.Put(CommitName(1), commit);
    bench.Put(CommitName(2), newest);
    const auto loaded = bench.Load();
    if (!loaded.ok()) return std::string(loaded.error().reason);
    return std::to_string((*loaded)->files().live_files());
  };
  // As the newest commit and as an older one: one whose commitInfo is asked for, one whose is not.
  for (const char* newest : {R"({"txn":{"appId":"a","version":1}})", R"({"commitInfo":{}})"}) {
    EXPECT_EQ(load(add, newest), "1");
    for (
        const char* damaged : {
            R"({"commitInfo":{"operati"configuration":"{}","removed":false}})",
            R"({"commitInfo":{"a":1 2}})",
            R"({"unknown":{"a":nul}})",
            R"({"unknown":"a":1})",
            R"({"cdc":{"path":"c","x":[1,]}})",
            R"({"remove":{"path":"g":1,"dataChange":true}})",
            R"({"remove":{"path":"g","dataChange":true,"stats":{"a"}}})",
            R"({"add":{"path":"h","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"stats":n"{}"}})",
            R"({"add":{"path":"h","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"tags":{"a":"b"c"}}})",
            R"({"add":{"path":"h","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"x":1 "y":2}})",
        }) {
      EXPECT_EQ(load(add + "\n" + damaged + "\n", newest), "delta.bad_commit") << damaged;
    }
  }
}

}  // namespace
}  // namespace lakehold::delta
