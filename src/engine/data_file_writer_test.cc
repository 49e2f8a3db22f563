#include "engine/data_file_writer.h"

#include <algorithm>
#include <set>

#include "engine/data_file_fixture.h"
#include "storage/faulty_store.h"

namespace lakehold::engine {
namespace {

// One column of every type that can be stored, with NULLs, odd and extreme values.
constexpr const char* kAllTypes = R"(
  SELECT i % 2 = 0 AS b, (i % 200 - 100)::TINYINT AS i8, (i * 7 - 3000)::SMALLINT AS i16, (i * 1000003)::INTEGER AS i32,
         i * 1000000007 AS i64, i / 3::FLOAT AS f, CASE WHEN i % 50 = 7 THEN 'nan'::DOUBLE ELSE -i / 7 END AS d,
         (i / 100)::DECIMAL(4,2) AS d4, (i / 100)::DECIMAL(9,2) AS d9, (i / 100)::DECIMAL(18,5) AS d18,
         (i * 12345678901234567)::DECIMAL(38,10) AS d38,
         DATE '1969-12-01' + i::INTEGER AS day, TIMESTAMP '1969-12-31 23:59:59.999999' + INTERVAL (i) SECOND AS ntz,
         (TIMESTAMP '2026-01-01' + INTERVAL (i) MINUTE)::TIMESTAMPTZ AS ts,
         CASE WHEN i % 3 = 0 THEN NULL ELSE 'ünï' || i END AS s, ('\x00\xFF' || i::VARCHAR)::BLOB AS bin,
         {'a': i, 'n': CASE WHEN i % 2 = 0 THEN NULL ELSE {'x': 'y' || i} END} AS st, [i, NULL, i + 1] AS li,
         CASE WHEN i % 4 = 0 THEN [] ELSE [{'k': i}] END AS ls, MAP {'k' || i: i} AS m,
         MAP {i: [i::VARCHAR]} AS ml, NULL::INTEGER AS nothing
  FROM range(300) t(i))";

TEST_F(DataFileFixture, FilesHoldTheRowsOfEveryType) {
  const auto written = Write(kAllTypes);
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  EXPECT_EQ(written->rows, 300);
  ASSERT_EQ(written->adds.size(), 1u);
  EXPECT_EQ(Text("SELECT count(*) FROM (FROM " + Files(written->adds) + " EXCEPT ALL (" +
                 kAllTypes + "))"),
            "0");
  EXPECT_EQ(Text("SELECT count(*) FROM ((" + std::string(kAllTypes) + ") EXCEPT ALL FROM " +
                 Files(written->adds) + ")"),
            "0");
}

TEST_F(DataFileFixture, AnAddTellsSizePathAndWhoVouches) {
  const auto written = Write("SELECT 1 AS a");
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  const delta::AddFile& add = written->adds.at(0);
  const auto meta = store->Head(root.KeyOf(add.path));
  ASSERT_TRUE(meta.ok());
  EXPECT_EQ(static_cast<int64_t>(meta->size_bytes), add.size_bytes);
  EXPECT_TRUE(add.path.starts_with("part-") && add.path.ends_with(".parquet")) << add.path;
  EXPECT_TRUE(add.data_change);
  EXPECT_EQ(add.modified_ms, sim.clock.NowMs());
  EXPECT_EQ(add.tags, R"({"lakehold.noNaN":"true"})");
  EXPECT_EQ(written->files.unsettled.size(), 1u);
  EXPECT_EQ(written->files.folders, std::vector<std::string>{"t"});
}

TEST_F(DataFileFixture, NoRowsMakeNoFile) {
  const auto written = Write("SELECT 1 AS a WHERE false");
  ASSERT_TRUE(written.ok());
  EXPECT_TRUE(written->adds.empty());
  EXPECT_EQ(ObjectCount(), 0u);
}

TEST_F(DataFileFixture, FilesAreZstdUnlessTheTableSaysOtherwise) {
  auto written = Write("SELECT i FROM range(5000) t(i)");
  ASSERT_TRUE(written.ok());
  const auto codec = [&] {
    return Text("SELECT min(compression) FROM parquet_metadata(" + Paths(written->adds) + ")");
  };
  EXPECT_EQ(codec(), "ZSTD");
  configuration["delta.parquet.compression.codec"] = "SNAPPY";
  written = Write("SELECT i FROM range(5000) t(i)");
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(codec(), "SNAPPY");
  configuration["delta.parquet.compression.codec"] = "lzo";
  written = Write("SELECT 1 AS a");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().reason, "engine.unknown_codec");
}

TEST_F(DataFileFixture, RowGroupsHoldTheirNumberOfRows) {
  const auto written = Write("SELECT i FROM range(300000) t(i)");
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(
      Text("SELECT list(row_group_num_rows ORDER BY row_group_id)::VARCHAR FROM parquet_metadata(" +
           Paths(written->adds) + ")"),
      "[122880, 122880, 54240]");
}

TEST_F(DataFileFixture, OrderIsKeptByOneThreadAndByMany) {
  for (const int threads : {1, 2, 3}) {
    const auto written =
        Write("SELECT i AS a, hash(i)::VARCHAR AS pad FROM range(700000) t(i)", threads);
    ASSERT_TRUE(written.ok()) << written.error().ToString();
    ASSERT_EQ(written->adds.size(), 1u);
    EXPECT_EQ(Text("SELECT count(*) FROM read_parquet(" + Paths(written->adds) +
                   ", file_row_number=true) WHERE a <> file_row_number"),
              "0");
  }
}

TEST_F(DataFileFixture, FilesRotateBySizeWhateverTheThreads) {
  configuration["delta.targetFileSize"] = "1mb";
  std::set<size_t> counts;
  for (const int threads : {1, 2}) {
    const auto written =
        Write("SELECT i, hash(i) % 1000000007 AS h FROM range(1000000) t(i)", threads);
    ASSERT_TRUE(written.ok()) << written.error().ToString();
    counts.insert(written->adds.size());
    EXPECT_EQ(written->rows, 1000000);
    EXPECT_EQ(Text("SELECT count(DISTINCT i) FROM " + Files(written->adds)), "1000000");
    for (const delta::AddFile& add : written->adds) EXPECT_LT(add.size_bytes, 3 << 20);
  }
  EXPECT_EQ(counts.size(), 1u);
  EXPECT_GT(*counts.begin(), 3u);
}

TEST_F(DataFileFixture, PartitionsGoIntoFoldersWithOddNames) {
  partition_columns = {"p", "n"};
  const auto written = Write(R"(
    SELECT i, CASE i % 6 WHEN 0 THEN 'a/b' WHEN 1 THEN 'x=y z%' WHEN 2 THEN 'ä"''' WHEN 3 THEN NULL WHEN 4 THEN '..' ELSE '
' END AS p, (i % 2)::INTEGER AS n FROM range(6000) t(i))");
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  EXPECT_EQ(written->adds.size(), 6u);
  for (const delta::AddFile& add : written->adds) {
    ASSERT_EQ(add.partition_values.size(), 2u);
    EXPECT_EQ(add.partition_values[0].first, "p");
    const std::string key = KeyOf(add);
    EXPECT_EQ(std::ranges::count(key, '/'), 2) << key;
    const auto folder = delta::PartitionFolder("p", add.partition_values[0].second);
    EXPECT_TRUE(key.starts_with(folder + "/")) << key;
    EXPECT_TRUE(store->Head(root.KeyOf(key)).ok()) << key;
  }
  EXPECT_EQ(Text("SELECT count(DISTINCT i) FROM " + Files(written->adds)), "6000");
  EXPECT_EQ(Sql("FROM " + Files(written->adds) + " LIMIT 0")->names.size(), 1u)
      << "partition columns stay out of the files";
}

TEST_F(DataFileFixture, RowsOfAPartitionAreOfThatPartitionAndInOrder) {
  partition_columns = {"p"};
  const auto written = Write("SELECT i, (hash(i) % 37)::INTEGER AS p FROM range(200000) t(i)", 2);
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  ASSERT_EQ(written->adds.size(), 37u);
  for (const delta::AddFile& add : written->adds) {
    const std::string file = Files({add});
    EXPECT_EQ(Text("SELECT count(*) FROM " + file + " WHERE hash(i) % 37 <> " +
                   *add.partition_values[0].second),
              "0");
    EXPECT_EQ(Text("SELECT list(i) = list_sort(list(i)) FROM " + file), "true");
  }
}

TEST_F(DataFileFixture, MorePartitionsThanMayBeOpenAreWrittenInOnePieceEach) {
  partition_columns = {"p"};
  const auto written = Write("SELECT i, 'p' || (i % 3000) AS p FROM range(30000) t(i)");
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  EXPECT_EQ(written->adds.size(), 3000u);
  std::set<std::string> values;
  for (const delta::AddFile& add : written->adds) values.insert(*add.partition_values[0].second);
  EXPECT_EQ(values.size(), 3000u);
  EXPECT_LE(written->files.unsettled.size(), limits::kUnsettledFiles);
  EXPECT_EQ(written->files.keys.size(), 3000u);
  EXPECT_EQ(Text("SELECT count(DISTINCT i) FROM " + Files(written->adds)), "30000");
}

TEST_F(DataFileFixture, EqualFloatsAreOnePartition) {
  partition_columns = {"p"};
  const auto written = Write(
      "SELECT 1 AS i, unnest([0.0::DOUBLE, -0.0::DOUBLE, 'nan'::DOUBLE, -'nan'::DOUBLE, NULL]) AS "
      "p");
  ASSERT_TRUE(written.ok()) << written.error().ToString();
  EXPECT_EQ(written->adds.size(), 3u);
}

TEST_F(DataFileFixture, AnEmptyTextCannotBeAPartition) {
  partition_columns = {"p"};
  const auto written =
      Write("SELECT i, CASE WHEN i = 5000 THEN '' ELSE 'x' END AS p FROM range(10000) t(i)");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(written.error().reason, "delta.empty_partition_value");
  EXPECT_NE(written.error().message.find("\"p\""), std::string::npos) << written.error().message;
  EXPECT_EQ(ObjectCount(), 0u);
}

TEST_F(DataFileFixture, PartitionsMayBeRefused) {
  partition_columns = {"p"};
  const auto written = Write("SELECT i, (i % 3)::INTEGER AS p FROM range(30) t(i)", 1,
                             [](const std::vector<delta::Scalar>& values) -> Status {
                               if (values.at(0) == delta::Scalar(int64_t{2}))
                                 return Invalid("test.no", "not two");
                               return {};
                             });
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().reason, "test.no");
  EXPECT_EQ(ObjectCount(), 0u);
}

TEST_F(DataFileFixture, AFailureAtAnyCallLeavesNoFiles) {
  partition_columns = {"p"};
  configuration["delta.targetFileSize"] = "100kb";
  const std::string rows = "SELECT i, hash(i) AS h, (i % 3)::INTEGER AS p FROM range(500000) t(i)";
  uint64_t failures = 0;
  for (uint64_t nth = 0;; nth += 1 + nth / 4) {
    // Removing is what cleans up, so it is not made to fail.
    auto faulty = storage::NewFaultyStore(store, [nth](const storage::StoreCall& call) {
      if (call.verb == storage::StoreVerb::kDelete) return storage::Fault::kNone;
      return call.number == nth ? storage::Fault::kErrorAfter : storage::Fault::kNone;
    });
    Use(faulty);
    const auto written = Write(rows);
    if (written.ok()) {
      txn::DiscardFiles(root, {{}, written->files.keys, {}});
      break;
    }
    failures++;
    EXPECT_EQ(written.error().reason, "storage.injected") << nth;
    EXPECT_EQ(ObjectCount(), 0u) << nth;
  }
  EXPECT_GT(failures, 5u);
}

}  // namespace
}  // namespace lakehold::engine
