#include "delta/lazy_columns.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "delta/chunked_file_table.h"
#include "delta/log_bench.h"
#include "delta/pruning.h"

namespace lakehold::delta {
namespace {

const DataType kLong{TypeKind::kLong, 0, 0, {}};
const DataType kInteger{TypeKind::kInteger, 0, 0, {}};

AddFile FileWith(int64_t id) {
  AddFile add = MakeAdd(fmt::format("f{}", id), 1, fmt::format("{}", id % 3));
  add.stats = fmt::format(
      R"({{"numRecords":10,"minValues":{{"id":{}}},"maxValues":{{"id":{}}},"nullCount":{{"id":{}}}}})",
      id, id + 9, id % 2);
  return add;
}

void CommitFiles(LogBench& bench, Version version, int64_t first, int64_t last) {
  std::vector<Action> actions;
  for (int64_t id = first; id < last; ++id) actions.push_back(FileWith(id));
  bench.Commit(version, actions);
}

Predicate IdIs(int64_t id) {
  return Predicate::Compare({"id", {"id"}, kLong, -1}, CompareOp::kEq, id);
}

TEST(LazyColumns, ARefreshKeepsWhatIsKnownAndReadsTheRest) {
  LogBench bench;
  bench.Create();
  CommitFiles(bench, 1, 0, 10);
  auto before = bench.Load();
  ASSERT_TRUE(before.ok()) << before.error().ToString();
  const auto column = (*before)->files().Stats({"id"}, kLong);
  EXPECT_EQ(column->Get(3).min, Scalar(int64_t{3}));
  CommitFiles(bench, 2, 10, 13);
  auto after = Snapshot::Refresh(*before, bench.context);
  ASSERT_TRUE(after.ok()) << after.error().ToString();
  const auto longer = (*after)->files().Stats({"id"}, kLong);
  for (int64_t id = 0; id < 13; ++id) {
    const ColumnStats stats = longer->Get(static_cast<size_t>(id));
    EXPECT_EQ(stats.min, Scalar(id));
    EXPECT_EQ(stats.max, Scalar(id + 9));
    EXPECT_EQ(stats.null_count, id % 2);
  }
  EXPECT_EQ(column->windows[0]->rows(), 10u) << "what somebody holds does not change";
}

TEST(LazyColumns, StatisticsAreReadOnlyWhereAFileIsLeft) {
  LogBench bench;
  bench.Create();
  const int64_t window = static_cast<int64_t>(StatsColumn::kWindowRows);
  CommitFiles(bench, 1, 0, 2 * window + 100);
  auto snapshot = bench.Load();
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().ToString();
  const FileTable& files = (*snapshot)->files();
  const auto report = Prune(files, {static_cast<FileOrdinal>(window + 7)}, IdIs(window + 8));
  EXPECT_EQ(report.kept.size(), 1u);
  std::vector<bool> none(3, false);
  const StatsLeaf leaf{{"id"}, kLong};
  const auto column = files.Stats({&leaf, 1}, {.windows = &none, .executor = nullptr}).front();
  EXPECT_EQ(column->windows[0], nullptr);
  EXPECT_NE(column->windows[1], nullptr);
  EXPECT_EQ(column->windows[2], nullptr);
}

TEST(LazyColumns, FilesOfManyWindowsAreFoundInParallelToo) {
  LogBench bench;
  bench.Create();
  const int64_t window = static_cast<int64_t>(StatsColumn::kWindowRows);
  const int64_t last = 2 * window + 100;
  CommitFiles(bench, 1, 0, last);
  auto snapshot = bench.Load();
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().ToString();
  const FileTable& files = (*snapshot)->files();
  for (const int64_t id : {int64_t{0}, int64_t{4'095}, window - 1, window + 3, last + 4}) {
    const auto report =
        Prune(files, files.LiveOrdinals(), IdIs(id), &bench.context.runtime.executor);
    FileOrdinals wanted;
    for (int64_t file = std::max<int64_t>(0, id - 9); file <= std::min(id, last - 1); ++file)
      wanted.push_back(static_cast<FileOrdinal>(file));
    EXPECT_EQ(report.kept, wanted) << id;
    EXPECT_EQ(report.bytes_kept, static_cast<int64_t>(wanted.size()));
  }
  const ColumnRef p{"p", {"p"}, kInteger, 0};
  const auto report =
      Prune(files, files.LiveOrdinals(),
            Predicate::And({IdIs(window), Predicate::Compare(p, CompareOp::kEq, int64_t{1})}));
  EXPECT_EQ(report.skipped_by_partition, last - last / 3);
  EXPECT_EQ(report.kept.size(), 4u) << "of the ten that may hold the id, every third";
}

TEST(LazyColumns, SeveralLeavesOfOneTextAreReadTogether) {
  LogBench bench;
  bench.Create();
  AddFile add = MakeAdd("f");
  add.stats =
      R"({"numRecords":4,"minValues":{"a":{"b":1,"c":"x"},"d":2},"maxValues":{"d":3,"a":{"c":"y","b":5}},"nullCount":{"a":{"c":0},"d":4}})";
  bench.Commit(1, {add});
  auto snapshot = bench.Load();
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().ToString();
  const std::vector<StatsLeaf> leaves = {{{"d"}, kLong},
                                         {{"a", "c"}, DataType{TypeKind::kString, 0, 0, {}}},
                                         {{"a", "b"}, kLong},
                                         {{"a"}, kLong},
                                         {{"e"}, kLong}};
  const auto columns = (*snapshot)->files().Stats(leaves, {});
  for (size_t i = 0; i < leaves.size(); ++i) {
    const ColumnStats alone = ParseColumnStats(*add.stats, leaves[i].path, leaves[i].type);
    const ColumnStats together = columns[i]->Get(0);
    EXPECT_EQ(together.min, alone.min) << i;
    EXPECT_EQ(together.max, alone.max) << i;
    EXPECT_EQ(together.null_count, alone.null_count) << i;
  }
  EXPECT_EQ(columns[1]->Get(0).max, Scalar(std::string("y")));
  EXPECT_EQ(columns[0]->Get(0).null_count, 4);
}

}  // namespace
}  // namespace lakehold::delta
