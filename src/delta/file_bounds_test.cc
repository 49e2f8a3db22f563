#include "delta/file_bounds.h"

#include <gtest/gtest.h>

#include "support/listed_files.h"

namespace lakehold::delta {
namespace {

ColumnRef DataColumn(TypeKind kind = TypeKind::kLong) {
  return {"id", {"id"}, DataType{kind, 0, 0, {}}, -1};
}
ColumnRef PartitionColumn() { return {"p", {"p"}, DataType{TypeKind::kLong, 0, 0, {}}, 0}; }

std::string StatsText(std::string_view records, std::string_view min, std::string_view max,
                      std::string_view nulls, bool tight = true) {
  std::string text = R"({"numRecords":)" + std::string(records);
  if (!tight) text += R"(,"tightBounds":false)";
  if (!min.empty()) text += R"(,"minValues":{"id":)" + std::string(min) + "}";
  if (!max.empty()) text += R"(,"maxValues":{"id":)" + std::string(max) + "}";
  if (!nulls.empty()) text += R"(,"nullCount":{"id":)" + std::string(nulls) + "}";
  return text + "}";
}

AddFile FileOf(std::optional<std::string> stats, int64_t deleted = 0) {
  AddFile file;
  file.path = "f";
  file.size_bytes = 1;
  file.stats = std::move(stats);
  if (deleted > 0) {
    file.deletion_vector.emplace();
    file.deletion_vector->cardinality = deleted;
  }
  return file;
}

TEST(FileBounds, RowsAreThoseThatDeletionVectorsLeave) {
  ListedFiles files;
  files.Add(FileOf(StatsText("10", "1", "5", "0")));
  files.Add(FileOf(StatsText("10", "1", "5", "0"), 4));
  EXPECT_EQ(CountRows(files, {0, 1}), 16);
  EXPECT_EQ(CountRows(files, FileOrdinals{}), 0);
  files.Add(FileOf(std::nullopt));
  EXPECT_EQ(CountRows(files, {0, 1, 2}), std::nullopt);
  files.Add(FileOf(StatsText("3", "1", "5", "0"), 4));
  EXPECT_EQ(CountRows(files, FileOrdinal{3}), std::nullopt) << "more deleted than there are";
}

TEST(FileBounds, TightBoundsOfAnExactTypeAnswerMinAndMax) {
  ListedFiles files;
  files.Add(FileOf(StatsText("10", "3", "5", "1")));
  files.Add(FileOf(StatsText("10", "-7", "4", "0")));
  const FileBounds all = BoundsOfAll(files, {0, 1}, DataColumn());
  EXPECT_TRUE(all.exact);
  EXPECT_EQ(all.min, Scalar(int64_t{-7}));
  EXPECT_EQ(all.max, Scalar(int64_t{5}));
  EXPECT_EQ(all.null_count, 1);
}

TEST(FileBounds, WhatIsNotTightOrHasAVectorOnlyBounds) {
  ListedFiles files;
  files.Add(FileOf(StatsText("10", "3", "5", "0", false)));
  files.Add(FileOf(StatsText("10", "3", "5", "2"), 1));
  files.Add(FileOf(StatsText("10", "3", "5", "0"), 10));
  const auto each = BoundsOfEach(files, {0, 1, 2}, DataColumn());
  EXPECT_FALSE(each[0].exact);
  EXPECT_EQ(each[0].max, Scalar(int64_t{5}));
  EXPECT_FALSE(each[1].exact);
  EXPECT_EQ(each[1].null_count, std::nullopt) << "a NULL may be among the deleted rows";
  EXPECT_TRUE(each[2].exact) << "no row is left";
  EXPECT_FALSE(each[2].may_be_value);
  EXPECT_EQ(each[2].null_count, 0);
}

TEST(FileBounds, FilesWithoutValuesDoNotWidenAndUnknownOnesMakeUnknown) {
  ListedFiles files;
  files.Add(FileOf(StatsText("10", "3", "5", "0")));
  files.Add(FileOf(StatsText("10", "", "", "10")));
  files.Add(FileOf(StatsText("10", "", "9", "0")));
  EXPECT_TRUE(BoundsOfAll(files, {0, 1}, DataColumn()).exact);
  EXPECT_EQ(BoundsOfAll(files, {0, 1}, DataColumn()).null_count, 10);
  for (const FileOrdinals& order : {FileOrdinals{0, 2}, FileOrdinals{2, 0}}) {
    const FileBounds all = BoundsOfAll(files, order, DataColumn());
    EXPECT_FALSE(all.exact);
    EXPECT_TRUE(IsNull(all.min));
    EXPECT_EQ(all.max, Scalar(int64_t{9}));
  }
  const FileBounds none = BoundsOfAll(files, {}, DataColumn());
  EXPECT_TRUE(none.exact && !none.may_be_value && !none.may_be_null);
}

TEST(FileBounds, TextOfStringsAndTimestampsIsNeverExact) {
  ListedFiles files;
  files.Add(FileOf(StatsText("10", R"("a")", R"("b")", "0")));
  EXPECT_FALSE(BoundsOfAll(files, {0}, DataColumn(TypeKind::kString)).exact);
  ListedFiles times;
  times.Add(FileOf(StatsText("1", R"("2026-01-01T00:00:00Z")", R"("2026-01-01T00:00:00Z")", "0")));
  EXPECT_FALSE(BoundsOfAll(times, {0}, DataColumn(TypeKind::kTimestamp)).exact);
}

TEST(FileBounds, APartitionValueIsExactWhereRowsAreKnown) {
  ListedFiles files;
  files.Add(FileOf(StatsText("2", "", "", "")), {int64_t{7}});
  files.Add(FileOf(StatsText("3", "", "", "")), {Scalar()});
  files.Add(FileOf(StatsText("0", "", "", "")), {int64_t{99}});
  files.Add(FileOf(std::nullopt), {int64_t{8}});
  const FileBounds known = BoundsOfAll(files, {0, 1, 2}, PartitionColumn());
  EXPECT_TRUE(known.exact);
  EXPECT_EQ(known.max, Scalar(int64_t{7})) << "no row has 99";
  EXPECT_EQ(known.null_count, 3);
  EXPECT_FALSE(BoundsOfAll(files, {0, 3}, PartitionColumn()).exact);
}

TEST(FileBounds, FilesComeInTheOrderTheirRowsMatter) {
  ListedFiles files;
  files.Add(FileOf(StatsText("10", "5", "6", "0")));
  files.Add(FileOf(StatsText("10", "1", "9", "0")));
  files.Add(FileOf(StatsText("10", "", "", "10")));
  files.Add(FileOf(std::nullopt));
  files.Add(FileOf(StatsText("10", "1", "2", "0")));
  const FileOrdinals all = {0, 1, 2, 3, 4};
  EXPECT_EQ(InOrderOf(files, all, DataColumn(), BoundOrder::kLeastFirst),
            (std::vector<FileOrdinal>{3, 1, 4, 0, 2}));
  EXPECT_EQ(InOrderOf(files, all, DataColumn(), BoundOrder::kGreatestFirst),
            (std::vector<FileOrdinal>{3, 1, 0, 4, 2}));
}

}  // namespace
}  // namespace lakehold::delta
