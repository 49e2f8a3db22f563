#include "delta/commit_stats_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "delta/log_bench.h"
#include "delta/pruning.h"

namespace lakehold::delta {
namespace {

constexpr int64_t kFilesOfCommit = 60;
constexpr Version kCommits = 60;
const DataType kLong{TypeKind::kLong, 0, 0, {}};

AddFile FileWith(int64_t id) {
  AddFile add = MakeAdd(fmt::format("part-{:05}-0123456789abcdef.parquet", id), 1, "1");
  add.stats = fmt::format(
      R"({{"numRecords":10,"minValues":{{"id":{},"name":"a \"name\" of {}"}},"maxValues":{{"id":{},"name":"a name of {}"}},"nullCount":{{"id":0,"name":0}}}})",
      id, id, id, id);
  return add;
}

// So many commits that their statistics are more than a load keeps in memory.
struct LongLog : LogBench {
  LongLog() {
    Create();
    for (Version v = 1; v <= kCommits; ++v) CommitFiles(v);
  }
  void CommitFiles(Version version) {
    std::vector<Action> actions;
    for (int64_t i = 0; i < kFilesOfCommit; ++i)
      actions.push_back(FileWith(version * kFilesOfCommit + i));
    Commit(version, actions);
  }
  std::shared_ptr<const Snapshot> MustLoad(const VersionSpec& spec = Latest{}) {
    auto snapshot = Load(spec);
    EXPECT_TRUE(snapshot.ok()) << snapshot.error().ToString();
    return *snapshot;
  }
};

std::vector<std::string> Keeps(const Snapshot& snapshot, int64_t id) {
  const auto report = Prune(snapshot.files(), snapshot.files().LiveOrdinals(),
                            Predicate::Compare({"id", {"id"}, kLong, -1}, CompareOp::kEq, id));
  std::vector<std::string> paths;
  for (const FileOrdinal ordinal : report.kept)
    paths.emplace_back(snapshot.files().Get(ordinal).path);
  return paths;
}

void ExpectAllStatistics(const Snapshot& snapshot) {
  const FileTable& files = snapshot.files();
  for (const FileOrdinal ordinal : files.LiveOrdinals()) {
    const auto path = std::string(files.Get(ordinal).path);
    const AddFile told = FileWith(std::stoll(path.substr(5, 5)));
    const auto stats = files.StatsJson(ordinal);
    ASSERT_TRUE(stats.ok()) << stats.error().ToString();
    ASSERT_EQ(*stats, *told.stats) << path;
    ASSERT_EQ(files.NumRecords()[ordinal], 10);
  }
}

TEST(CommitStats, ManySmallCommitsKeepTheTextWhereItIs) {
  LongLog log;
  const auto snapshot = log.MustLoad();
  const int64_t files = snapshot->files().live_files();
  ASSERT_EQ(files, kCommits * kFilesOfCommit);
  const AddFile one = FileWith(1);
  const size_t text = one.stats->size() * static_cast<size_t>(files);
  const size_t paths = one.path.size() * static_cast<size_t>(files);
  EXPECT_LT(snapshot->files().memory_bytes(), paths + text / 2 + 60 * static_cast<size_t>(files));
  ExpectAllStatistics(*snapshot);
  for (const int64_t id : {kFilesOfCommit, int64_t{777}, (kCommits + 1) * kFilesOfCommit - 1})
    EXPECT_EQ(Keeps(*snapshot, id), std::vector<std::string>{FileWith(id).path});
}

TEST(CommitStats, RefreshAndTimeTravelFindThem) {
  LongLog log;
  const auto before = log.MustLoad(AtVersion{kCommits - 20});
  ExpectAllStatistics(*before);
  for (Version v = kCommits + 1; v <= kCommits + 3; ++v) log.CommitFiles(v);
  auto after = Snapshot::Refresh(log.MustLoad(), log.context);
  ASSERT_TRUE(after.ok()) << after.error().ToString();
  ExpectAllStatistics(**after);
  EXPECT_EQ(Describe(**after), Describe(*log.MustLoad()));
}

TEST(CommitStats, ACommitThatWasCleanedUpLeavesItsFilesUnknown) {
  LongLog log;
  const auto snapshot = log.MustLoad();
  log.Drop(CommitName(3));
  EXPECT_EQ(Keeps(*snapshot, 5 * kFilesOfCommit).size(), 1u + kFilesOfCommit);
  EXPECT_EQ(Keeps(*snapshot, 3 * kFilesOfCommit + 7).size(), size_t{kFilesOfCommit});
  const auto ordinal = snapshot->files().Find(FileWith(3 * kFilesOfCommit).path, "");
  ASSERT_TRUE(ordinal);
  EXPECT_EQ(snapshot->files().StatsJson(*ordinal).error().reason, "delta.lost_statistics");
}

TEST(CommitStats, ACommitOfAnotherTableIsNotMistakenForOurs) {
  LongLog log;
  const auto snapshot = log.MustLoad();
  log.Drop(CommitName(3));
  log.CommitFiles(3);
  log.Put(CommitName(4), "{}");
  EXPECT_EQ(Keeps(*snapshot, 5 * kFilesOfCommit).size(), 1u + 2 * kFilesOfCommit);
}

}  // namespace
}  // namespace lakehold::delta
