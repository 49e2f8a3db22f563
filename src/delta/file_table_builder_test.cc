#include "delta/file_table_builder.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "delta/log_bench.h"

namespace lakehold::delta {
namespace {

using Table = std::shared_ptr<const ChunkedFileTable>;
const PartitionSchema kByInteger{{"p", DataType{TypeKind::kInteger, 0, 0, {}}}};

Table Finish(FileTableBuilder& builder, const Table& base = nullptr, bool may_pack = false) {
  auto made = builder.Finish(kByInteger, base.get(), may_pack);
  EXPECT_TRUE(made.ok()) << made.error().ToString();
  return std::dynamic_pointer_cast<const ChunkedFileTable>(*made);
}

Table TableOf(const std::vector<AddFile>& files, const Table& base = nullptr) {
  FileTableBuilder builder("/data/t");
  for (const AddFile& file : files) builder.Add(file);
  return Finish(builder, base);
}

TEST(FileTableBuilderTest, OneFileMayBeSpelledInSeveralWays) {
  for (const char* other : {"a%20b/c.parquet", "/data/t/a%20b/c.parquet",
                            "file:/data/t/a%20b/c.parquet", "file:///data/t/a%20b/c.parquet"}) {
    const Table base = TableOf({MakeAdd("a%20b/c.parquet"), MakeAdd("d")});
    EXPECT_TRUE(base->Find(other, "").has_value()) << other;
    FileTableBuilder builder("/data/t");
    EXPECT_TRUE(builder.Remove(other, ""));
    EXPECT_FALSE(builder.Add(MakeAdd("a%20b/c.parquet")))
        << "an older add of what is removed: " << other;
    const Table after = Finish(builder, base);
    EXPECT_EQ(after->live_files(), 1) << other;
    EXPECT_EQ(after->Get(0).path, "a%20b/c.parquet") << "the spelling of the log is kept";
  }
}

TEST(FileTableBuilderTest, APathOutsideTheTableIsAFileOfItsOwn) {
  const Table table = TableOf({MakeAdd("/elsewhere/a"), MakeAdd("s3://bucket/a"), MakeAdd("a")});
  EXPECT_EQ(table->live_files(), 3);
  EXPECT_EQ(table->Find("/elsewhere/a", ""), 0u);
  EXPECT_EQ(table->Find("a", ""), 2u);
}

TEST(FileTableBuilderTest, TheVectorIsPartOfTheIdentity) {
  AddFile with_vector = MakeAdd("a");
  with_vector.deletion_vector = DeletionVectorDescriptor{"i", "abc", std::nullopt, 4, 1};
  const Table table = TableOf({MakeAdd("a"), with_vector});
  EXPECT_EQ(table->Find("a", ""), 0u);
  EXPECT_EQ(table->Find("a", "iabc"), 1u);
  EXPECT_EQ(table->Find("a", "iabd"), std::nullopt);
  ASSERT_NE(table->Get(1).deletion_vector, nullptr);
  EXPECT_EQ(*table->Get(1).deletion_vector, *with_vector.deletion_vector);
}

TEST(FileTableBuilderTest, EveryFieldOfAnAddComesBack) {
  std::vector<AddFile> files;
  for (int i = 0; i < 50; ++i) {
    AddFile add = MakeAdd(fmt::format("f{}", i), i,
                          i % 3 ? std::optional(std::to_string(i % 4)) : std::nullopt);
    if (i % 2) add.tags = fmt::format("{{\"t\":\"{}\"}}", i % 6);
    if (i % 5 == 0) add.clustering_provider = "liquid";
    if (i > 20 && i % 7) add.base_row_id = i * 10;
    if (i > 30) add.default_row_commit_version = i;
    if (i % 4 == 0)
      add.deletion_vector = DeletionVectorDescriptor{"u", fmt::format("dv{}", i), i, 40, i};
    if (i % 9 == 0) add.stats.reset();
    files.push_back(std::move(add));
  }
  // In one piece, and file by file with all the merging this brings.
  const Table whole = TableOf(files);
  Table grown = TableOf({files[0]});
  for (size_t i = 1; i < files.size(); ++i) grown = TableOf({files[i]}, grown);
  for (FileOrdinal i = 0; i < files.size(); ++i) {
    EXPECT_EQ(WholeAction(*whole, i), files[i]) << i;
    EXPECT_EQ(WholeAction(*grown, i), files[i]) << i;
    EXPECT_EQ(grown->Find(files[i].path,
                          files[i].deletion_vector ? files[i].deletion_vector->UniqueId() : ""),
              i);
    EXPECT_EQ(grown->RawPartitionValues(i), files[i].partition_values);
    EXPECT_EQ(grown->PartitionValue(i, 0), whole->PartitionValue(i, 0));
  }
  EXPECT_LE(grown->parts().size(), 6u) << "small chunks must merge";
}

// The rows of a checkpoint in batches: a file told twice counts once, by its first word, whatever
// newer sources said, and however its path is spelled.
TEST(FileTableBuilderTest, ACheckpointThatTellsAFileTwiceIsCountedOnce) {
  const auto batch = [](const std::vector<AddFile>& adds) {
    FileRows rows;
    for (const AddFile& add : adds) rows.Append(add);
    rows.Hash("/data/t");
    return rows;
  };
  AddFile with_vector = MakeAdd("f1", 7);
  with_vector.deletion_vector = DeletionVectorDescriptor{"u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  for (const bool with_newer : {false, true}) {
    SCOPED_TRACE(with_newer);
    FileTableBuilder builder("/data/t");
    if (with_newer) {
      builder.BeginSource(false);
      builder.Add(MakeAdd("new", 1));
      builder.Add(MakeAdd("f3", 33));
      builder.Remove("f4", "");
    }
    builder.BeginCheckpoint();
    std::vector<AddFile> many;
    for (int i = 100; i < 9'000; ++i) many.push_back(MakeAdd(fmt::format("f{}", i), i));
    builder.Take(batch({MakeAdd("f1", 101), MakeAdd("f2", 102), with_vector, MakeAdd("f4", 104)}));
    builder.Take(batch(many));
    builder.Take(batch({MakeAdd("f%31", 999), MakeAdd("f2", 998), with_vector, MakeAdd("f3", 103),
                        MakeAdd("f8999", 1)}));
    const Table table = Finish(builder);
    EXPECT_EQ(table->live_files(), 8'900 + 5);
    EXPECT_EQ(static_cast<int64_t>(table->LiveOrdinals().size()), table->live_files());
    const auto size_of = [&](const Table& in, const char* path) {
      return in->Get(*in->Find(path, "")).size_bytes;
    };
    EXPECT_EQ(size_of(table, "f1"), 101);
    EXPECT_EQ(size_of(table, "f2"), 102);
    EXPECT_EQ(size_of(table, "f3"), with_newer ? 33 : 103);
    EXPECT_EQ(size_of(table, "f8999"), 8'999);
    EXPECT_EQ(table->Find("f4", "").has_value(), !with_newer);
    int64_t bytes = 0;
    for (const FileOrdinal i : table->LiveOrdinals()) bytes += table->Get(i).size_bytes;
    EXPECT_EQ(table->live_bytes(), bytes);
    FileTableBuilder next("/data/t");
    next.Remove("f2", "");
    next.Add(MakeAdd("f1", 5));
    const Table after = Finish(next, table);
    EXPECT_EQ(after->live_files(), table->live_files() - 1);
    EXPECT_FALSE(after->Find("f2", "").has_value());
    EXPECT_EQ(size_of(after, "f1"), 5);
  }
}

TEST(FileTableBuilderTest, ARefreshSharesTheChunksOfItsBase) {
  FileTableBuilder builder("/data/t");
  builder.BeginSource(true);
  const uint32_t count = limits::kFileChunkRows * 2 + 10;
  for (uint32_t i = 0; i < count; ++i) builder.Add(MakeAdd(fmt::format("f{}", i)));
  const Table base = Finish(builder);
  ASSERT_EQ(base->parts().size(), 3u);
  FileTableBuilder next("/data/t");
  next.Remove("f5", "");
  next.Add(MakeAdd("new"));
  const Table after = Finish(next, base);
  EXPECT_EQ(after->parts()[0].chunk, base->parts()[0].chunk);
  EXPECT_EQ(after->parts()[1].chunk, base->parts()[1].chunk);
  EXPECT_EQ(after->parts()[1].dead, nullptr) << "dead bits are copied for touched chunks only";
  EXPECT_FALSE(after->IsLive(5));
  EXPECT_TRUE(base->IsLive(5));
  EXPECT_EQ(after->live_files(), count);
  EXPECT_EQ(after->Find("new", ""), count);
  EXPECT_EQ(after->Find(fmt::format("f{}", count - 1), ""), count - 1);
}

// Newest first in, oldest first out: over chunk borders, around a bulk source, whatever the rows
// hold.
TEST(FileTableBuilderTest, FilesOfManySourcesAreInTheOrderOfTheLog) {
  for (const bool has_plain_rows : {true, false}) {
    const uint32_t sources = 300, files = 400, bulk = 100;
    FileTableBuilder builder("/data/t");
    builder.Expect(1'000, 4'000, 9'000);
    for (uint32_t s = sources; s-- > 0;) {
      builder.BeginSource(s == bulk);
      for (uint32_t i = 0; i < files; ++i) {
        AddFile add =
            MakeAdd(fmt::format("f{}", s * files + i), s * files + i, std::to_string(i % 3));
        if (!has_plain_rows && i % 50 == 0) add.tags = R"({"t":"1"})";
        if (!has_plain_rows && s > 150) add.base_row_id = i;
        ASSERT_TRUE(builder.Add(add));
      }
      builder.Remove("gone", "");
    }
    const Table table = Finish(builder);
    ASSERT_EQ(table->slots(), sources * files);
    for (FileOrdinal i = 0; i < table->slots(); ++i) {
      ASSERT_EQ(table->Get(i).path, fmt::format("f{}", i));
      ASSERT_EQ(table->NumRecords()[i], i);
      ASSERT_EQ(table->PartitionValue(i, 0), Scalar(int64_t{i % files % 3}));
      ASSERT_EQ(table->Find(table->Get(i).path, ""), i);
    }
    EXPECT_EQ(table->ToAction(50).tags.has_value(), !has_plain_rows);
    EXPECT_EQ(table->ToAction(200 * files + 7).base_row_id.has_value(), !has_plain_rows);
    EXPECT_LE(table->memory_bytes(), size_t{130} * table->slots());
  }
}

TEST(FileTableBuilderTest, NumRecordsAndStatisticsContinueThoseOfTheBase) {
  const Table base = TableOf({MakeAdd("a", 11), MakeAdd("b", 22)});
  ASSERT_EQ(base->NumRecords().size(), 2u);
  AddFile odd = MakeAdd("c");
  odd.stats = "broken";
  const Table after = TableOf({odd, MakeAdd("d", 44)}, base);
  const std::span<const int64_t> records = after->NumRecords();
  EXPECT_EQ(std::vector<int64_t>(records.begin(), records.end()),
            (std::vector<int64_t>{11, 22, -1, 44}));
  EXPECT_EQ(after->Stats({"id"}, DataType{TypeKind::kLong, 0, 0, {}})->windows[0]->rows(), 4u);
}

TEST(FileTableBuilderTest, ABadPartitionValueIsAnError) {
  FileTableBuilder builder("/data/t");
  builder.Add(MakeAdd("a", 1, "seven"));
  auto made = builder.Finish(kByInteger, nullptr, false);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().reason, "delta.bad_partition_value");
}

TEST(FileTableBuilderTest, ATableOfDeadFilesIsPackedAnew) {
  FileTableBuilder builder("/data/t");
  const uint32_t count = limits::kFileChunkRows * 2;
  for (uint32_t i = 0; i < count; ++i) builder.Add(MakeAdd(fmt::format("f{}", i), i));
  const Table base = Finish(builder);
  FileTableBuilder next("/data/t");
  for (uint32_t i = 0; i < count - 3; ++i) next.Remove(fmt::format("f{}", i), "");
  next.Add(MakeAdd("new", 7));
  const Table after = Finish(next, base, true);
  EXPECT_EQ(after->slots(), 4u);
  EXPECT_EQ(after->live_files(), 4);
  EXPECT_EQ(after->Get(0).path, fmt::format("f{}", count - 3));
  EXPECT_EQ(after->Find("new", ""), 3u);
  EXPECT_EQ(after->NumRecords()[3], 7);
}

}  // namespace
}  // namespace lakehold::delta
