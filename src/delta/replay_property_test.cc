// Whatever happened to a table, refreshing step by step, loading anew and a plain model of the log
// agree.
#include <map>

#include <gtest/gtest.h>

#include "delta/log_bench.h"
#include "delta/snapshot_cache.h"

namespace lakehold::delta {
namespace {

// The state of the log by its definition: replayed oldest first into a map.
struct Model {
  std::map<std::pair<std::string, std::string>, AddFile> files;
  Metadata metadata = MakeMetadata();
  std::map<std::string, int64_t> apps;
  std::map<std::string, std::string> domains;
};

class Writer {
 public:
  Writer(LogBench& bench, uint64_t seed) : bench_(bench), random_(seed) { bench_.Create(); }

  // Commits the next version: a few adds, removes, vectors, and now and then everything else.
  void Step() {
    std::vector<Action> actions;
    std::map<std::pair<std::string, std::string>, AddFile> next = model_.files;
    for (uint64_t n = random_.Below(4); n > 0; --n) AddNew(actions, next);
    for (const auto& [key, add] : model_.files) {
      const uint64_t dice = random_.Below(12);
      if (dice > 1) continue;
      RemoveFile remove = MakeRemove(add, bench_.world.clock.NowMs());
      actions.emplace_back(remove);
      next.erase(key);
      if (dice == 1) AddVector(add, actions, next);
    }
    if (random_.Below(10) == 0) ReAdd(actions, next);
    if (random_.Below(8) == 0) {
      model_.metadata.configuration["k"] = std::to_string(version_);
      actions.emplace_back(model_.metadata);
    }
    if (random_.Below(3) == 0) {
      const std::string app = fmt::format("app{}", random_.Below(4));
      actions.emplace_back(MakeTxn(app, model_.apps[app] = version_));
    }
    if (random_.Below(4) == 0) {
      const std::string domain = fmt::format("domain{}", random_.Below(3));
      const bool removed = random_.Below(3) == 0;
      actions.emplace_back(DomainMetadata{domain, std::to_string(version_), removed});
      if (removed) {
        model_.domains.erase(domain);
      } else {
        model_.domains[domain] = std::to_string(version_);
      }
    }
    actions.emplace_back(CommitInfo{});
    model_.files = std::move(next);
    bench_.Commit(++version_, actions);
  }

  void Check(const Snapshot& snapshot) const {
    const FileTable& files = snapshot.files();
    ASSERT_EQ(snapshot.version(), version_);
    ASSERT_EQ(files.live_files(), static_cast<int64_t>(model_.files.size()));
    int64_t bytes = 0;
    for (const auto& [key, add] : model_.files) {
      const auto ordinal = files.Find(key.first, key.second);
      ASSERT_TRUE(ordinal.has_value()) << key.first;
      ASSERT_TRUE(files.IsLive(*ordinal));
      AddFile found = WholeAction(files, *ordinal);
      found.data_change = add.data_change;
      ASSERT_EQ(found, add);
      ASSERT_EQ(files.NumRecords()[*ordinal], add.size_bytes);
      bytes += add.size_bytes;
    }
    ASSERT_EQ(files.live_bytes(), bytes);
    ASSERT_EQ(files.LiveOrdinals().size(), model_.files.size());
    ASSERT_EQ(snapshot.metadata(), model_.metadata);
    ASSERT_EQ(snapshot.transactions().size(), model_.apps.size());
    for (const auto& [app, version] : model_.apps)
      ASSERT_EQ(snapshot.transactions().at(app).version, version);
    ASSERT_EQ(snapshot.domains().size(), model_.domains.size());
    for (const auto& [name, text] : model_.domains)
      ASSERT_EQ(snapshot.domains().at(name).configuration, text);
  }

  Version version() const { return version_; }

 private:
  using Files = std::map<std::pair<std::string, std::string>, AddFile>;

  void AddNew(std::vector<Action>& actions, Files& next) {
    AddFile add = MakeAdd(
        fmt::format("p={}/f{}", random_.Below(5), ++files_),
        static_cast<int64_t>(random_.Below(1000)),
        random_.Below(5) == 0 ? std::nullopt : std::optional(std::to_string(random_.Below(5))));
    if (random_.Below(4) == 0) add.tags = R"({"lakehold.noNaN":"true"})";
    if (random_.Below(6) == 0) add.base_row_id = static_cast<int64_t>(files_);
    actions.emplace_back(add);
    next[{add.path, ""}] = add;
    past_.push_back(add);
  }

  void AddVector(AddFile add, std::vector<Action>& actions, Files& next) {
    add.deletion_vector = DeletionVectorDescriptor{"p", fmt::format("dv{}", ++vectors_), 1, 40, 1};
    actions.emplace_back(add);
    next[{add.path, add.deletion_vector->UniqueId()}] = add;
  }

  // A file of the past comes back, or is added once more with other statistics.
  void ReAdd(std::vector<Action>& actions, Files& next) {
    if (past_.empty()) return;
    AddFile add = past_[random_.Below(past_.size())];
    for (const Action& action : actions) {
      if (const auto* other = std::get_if<AddFile>(&action); other && other->path == add.path)
        return;
      if (const auto* other = std::get_if<RemoveFile>(&action); other && other->path == add.path)
        return;
    }
    for (const auto& [key, live] : next) {
      if (key.first == add.path && !key.second.empty()) return;  // One vector a file.
    }
    add.modified_ms = 77;
    actions.emplace_back(add);
    next[{add.path, ""}] = add;
  }

  LogBench& bench_;
  SeededRandom random_;
  Model model_;
  Version version_ = 0;
  uint64_t files_ = 0, vectors_ = 0;
  std::vector<AddFile> past_;
};

TEST(ReplayPropertyTest, RefreshingEqualsLoadingEqualsTheModel) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    LogBench bench;
    Writer writer(bench, seed);
    SeededRandom dice(seed * 977);
    auto refreshed = *bench.Load();
    std::map<Version, std::string> past;
    for (int step = 0; step < 60; ++step) {
      for (uint64_t commits = 1 + dice.Below(3); commits > 0; --commits) writer.Step();
      auto next = Snapshot::Refresh(refreshed, bench.context);
      ASSERT_TRUE(next.ok()) << next.error().ToString();
      refreshed = *next;
      ASSERT_NO_FATAL_FAILURE(writer.Check(*refreshed));
      auto fresh = bench.Load();
      ASSERT_TRUE(fresh.ok()) << fresh.error().ToString();
      ASSERT_NO_FATAL_FAILURE(writer.Check(**fresh));
      ASSERT_EQ(Describe(*refreshed), Describe(**fresh));
      past[writer.version()] = Describe(*refreshed);
      if (dice.Below(10) == 0) {
        auto report = WriteCheckpoint(bench.root, *refreshed, bench.context);
        ASSERT_TRUE(report.ok()) << report.error().ToString();
        ASSERT_EQ(report->live_files, refreshed->files().live_files());
      }
    }
    for (const auto& [version, text] : past)
      ASSERT_EQ(Describe(**bench.Load(AtVersion{version})), text) << version;
  }
}

// Versions asked for in any order, from what the cache holds of others, are those a fresh load
// gives: with checkpoints or without, while commits come, and when checkpoints break or go.
TEST(ReplayPropertyTest, VersionsInAnyOrderEqualFreshLoads) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    LogBench bench;
    Writer writer(bench, seed);
    SeededRandom dice(seed * 1'013);
    SnapshotCache cache;
    const bool has_checkpoints = seed % 3 != 0;
    std::vector<Version> checkpoints;
    for (int step = 0; step < 200; ++step) {
      for (uint64_t commits = dice.Below(4); commits > 0; --commits) writer.Step();
      if (has_checkpoints && dice.Below(12) == 0) {
        ASSERT_TRUE(bench.Checkpoint(writer.version()).ok());
        checkpoints.push_back(writer.version());
      }
      if (!checkpoints.empty() && dice.Below(40) == 0) {
        const std::string name = ClassicCheckpointName(checkpoints[dice.Below(checkpoints.size())]);
        dice.Below(2) == 0 ? bench.Drop(name) : bench.Put(name, "{\"add\":");
      }
      const auto version = static_cast<Version>(dice.Below(writer.version() + 1));
      auto made = cache.At(bench.root, AtVersion{version}, bench.context);
      ASSERT_TRUE(made.ok()) << made.error().ToString();
      auto fresh = bench.Load(AtVersion{version});
      ASSERT_TRUE(fresh.ok()) << fresh.error().ToString();
      ASSERT_EQ((*made)->version(), version);
      ASSERT_EQ((*made)->timestamp_ms(), (*fresh)->timestamp_ms());
      ASSERT_EQ(Describe(**made), Describe(**fresh)) << version;
      if (dice.Below(10) == 0) {
        ASSERT_TRUE(cache.Latest(bench.root, bench.context).ok());
      }
    }
  }
}

TEST(ReplayPropertyTest, TenThousandFilesTakeLittleMemoryAndCostNothingToRefresh) {
  LogBench bench;
  bench.Create();
  std::vector<Action> actions;
  constexpr int kFiles = 10'000;
  for (int i = 0; i < kFiles; ++i) {
    AddFile add =
        MakeAdd(fmt::format("p={}/part-{:05}-8c6a1a60-6d0f-4d8f-9c0e-0a4b7a1c{:04x}-c000.parquet",
                            i % 50, i, i),
                i, std::to_string(i % 50));
    add.tags = R"({"lakehold.noNaN":"true"})";
    add.stats.reset();
    actions.emplace_back(std::move(add));
  }
  bench.Commit(1, actions);
  ASSERT_TRUE(bench.Checkpoint(1).ok());
  auto snapshot = *bench.Load();
  ASSERT_EQ(snapshot->files().live_files(), kFiles);
  // Everything a table of files holds but the text of statistics: columns, index, dead bits.
  EXPECT_LE(snapshot->files().memory_bytes(), size_t{150} * kFiles);
  bench.Commit(2, {MakeRemove(std::get<AddFile>(actions[77])), MakeAdd("new", 5, "3")});
  bench.store->Reset();
  auto next = *Snapshot::Refresh(snapshot, bench.context);
  EXPECT_EQ(next->files().live_files(), kFiles);
  EXPECT_LE(bench.store->counts().bytes_read, 2'000u);
  EXPECT_FALSE(next->files().Find(std::get<AddFile>(actions[77]).path, "").has_value());
  EXPECT_TRUE(snapshot->files().Find(std::get<AddFile>(actions[77]).path, "").has_value());
}

}  // namespace
}  // namespace lakehold::delta
