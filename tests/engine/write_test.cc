// INSERT, CREATE TABLE, CREATE TABLE AS and DROP TABLE as SQL: what is stored, what is refused,
// what stays unchanged.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "engine/lake_fixture.h"
#include "engine/pending_write.h"

namespace lakehold::engine {
namespace {

size_t FilesBelow(const std::string& folder) {
  size_t count = 0;
  if (!std::filesystem::exists(folder)) return 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    count += entry.is_regular_file();
  return count;
}

TEST(Write, InsertsComeBack) {
  ScanLake lake;
  lake.Do("CREATE TABLE lake.t (a BIGINT NOT NULL, b VARCHAR, p DATE) PARTITIONED BY (p)");
  lake.Do("INSERT INTO lake.t VALUES (1, 'x', '2026-11-01'), (2, NULL, NULL)");
  lake.Do("INSERT INTO lake.t (p, a) SELECT DATE '2026-11-02', i FROM range(3, 5) r(i)");
  EXPECT_EQ(lake.Rows("FROM lake.t ORDER BY a"),
            "1|x|2026-11-01\n2|NULL|NULL\n3|NULL|2026-11-02\n4|NULL|2026-11-02\n");
  EXPECT_EQ(lake.Rows("INSERT INTO lake.t VALUES (9, 'y', '2026-11-01')"), "1\n");
}

TEST(Write, CreateAndInsertInOneTransactionAreOneVersion) {
  ScanLake lake;
  lake.Do("BEGIN");
  lake.Do("CREATE TABLE lake.t (a INTEGER)");
  lake.Do("INSERT INTO lake.t VALUES (1)");
  lake.Do("INSERT INTO lake.t SELECT a + 1 FROM lake.t");
  EXPECT_EQ(lake.Rows("FROM lake.t ORDER BY a"), "1\n2\n");
  lake.Do("COMMIT");
  EXPECT_EQ(lake.Rows("FROM lake.t ORDER BY a"), "1\n2\n");
  EXPECT_TRUE(std::filesystem::exists(lake.path() + "/t/_delta_log/00000000000000000000.json"));
  EXPECT_FALSE(std::filesystem::exists(lake.path() + "/t/_delta_log/00000000000000000001.json"));
}

TEST(Write, CreateTableAsStoresEveryTypeAsDecided) {
  ScanLake lake;
  lake.Do(
      R"(CREATE TABLE lake.t AS SELECT 200::UTINYINT AS u8, 18446744073709551615::UBIGINT AS u64,
             '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID AS id, 'b'::ENUM('a', 'b') AS e, 7::HUGEINT AS h,
             TIMESTAMP_NS '2026-11-01 10:00:00.000001' AS ns, [1, 2]::INTEGER[2] AS arr, {'x': 1, 'y': [{'z': 'q'}]} AS st)");
  EXPECT_EQ(lake.Rows("FROM lake.t"),
            "200|18446744073709551615|6ba7b810-9dad-11d1-80b4-00c04fd430c8|b|7|2026-11-01 "
            "10:00:00.000001|[1, 2]|"
            "{'x': 1, 'y': [{'z': q}]}\n");
  EXPECT_EQ(lake.Rows("SELECT typeof(u8), typeof(u64), typeof(id), typeof(e), typeof(h), "
                      "typeof(ns) FROM lake.t"),
            "SMALLINT|DECIMAL(20,0)|VARCHAR|VARCHAR|DECIMAL(38,0)|TIMESTAMP\n");
}

TEST(Write, OrderIsKept) {
  ScanLake lake;
  lake.Do("SET threads = 2");
  lake.Do("CREATE TABLE memory.src AS SELECT i, hash(i) AS h FROM range(1000000) r(i)");
  lake.Do(
      "CREATE TABLE lake.t AS SELECT i, (h % 1000)::BIGINT AS h FROM memory.src WHERE h % 3 <> 0");
  EXPECT_EQ(
      lake.Rows(
          "SELECT count(*) FROM (SELECT i, lag(i) OVER () AS before FROM lake.t) WHERE before > i"),
      "0\n");
  EXPECT_EQ(lake.Rows("SELECT count(*), sum(i) FROM lake.t"),
            lake.Rows("SELECT count(*), sum(i) FROM memory.src WHERE h % 3 <> 0"));
  EXPECT_EQ(FilesBelow(lake.path() + "/t"), 2u) << "one data file and one log entry";
}

TEST(Write, NullIntoNotNullCountsTheRowsAndWritesNothing) {
  ScanLake lake;
  lake.Do("CREATE TABLE lake.t (a INTEGER, b INTEGER NOT NULL)");
  const size_t before = FilesBelow(lake.path());
  const Error error = lake.Fails(
      "INSERT INTO lake.t SELECT i, CASE WHEN i % 1000 = 0 THEN NULL ELSE i END FROM range(500000) "
      "r(i)");
  EXPECT_EQ(error.reason, "sql.not_null");
  EXPECT_NE(error.message.find("\"b\""), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("500 rows"), std::string::npos) << error.message;
  EXPECT_EQ(FilesBelow(lake.path()), before);
}

TEST(Write, AnEmptyPartitionTextIsRefused) {
  ScanLake lake;
  lake.Do("CREATE TABLE lake.t (a INTEGER, p VARCHAR) PARTITIONED BY (p)");
  EXPECT_EQ(lake.Fails("INSERT INTO lake.t VALUES (1, 'x'), (2, '')").reason,
            "delta.empty_partition_value");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t"), "0\n");
}

TEST(Write, NanosecondsThatDoNotFitAreRefused) {
  ScanLake lake;
  EXPECT_EQ(
      lake.Fails("CREATE TABLE lake.t AS SELECT TIMESTAMP_NS '2026-11-01 10:00:00.000000001' AS ns")
          .reason,
      "types.inexact");
  EXPECT_EQ(FilesBelow(lake.path()), 0u);
}

TEST(Write, WhatCannotBeStoredYetIsRefusedBeforeAnythingIsWritten) {
  ScanLake lake;
  for (const char* columns :
       {"(a INTEGER CHECK (a > 0))", "(a INTEGER DEFAULT 1)", "(a INTEGER PRIMARY KEY)",
        "(a INTEGER UNIQUE)", "(a INTEGER, b INTEGER GENERATED ALWAYS AS (a + 1))"}) {
    const Error error = lake.Fails("CREATE TABLE lake.t " + std::string(columns));
    EXPECT_EQ(error.kind, ErrorKind::kUnsupported) << columns << ": " << error.ToString();
    EXPECT_EQ(error.reason, "sql.not_yet") << columns << ": " << error.ToString();
  }
  EXPECT_EQ(lake.Fails("CREATE TABLE lake.t (a INTEGER, b DATE) PARTITIONED BY (year(b))").reason,
            "sql.partition_expression");
  EXPECT_EQ(lake.Fails("CREATE TABLE lake.t (a INTEGER, t TIME)").reason, "types.refused");
  EXPECT_EQ(lake.Fails("CREATE TABLE lake.t (a INTEGER) WITH (nonsense = 1)").reason,
            "sql.unknown_option");
  EXPECT_EQ(lake.Fails("CREATE TABLE lake.\"_t\" (a INTEGER)").reason, "delta.bad_table_name");
  EXPECT_EQ(lake.Fails("CREATE TABLE lake.\"a/b\" (a INTEGER)").reason, "delta.bad_table_name");
  EXPECT_EQ(FilesBelow(lake.path()), 0u);
}

TEST(Write, OptionsBecomePropertiesCommentAndTimestamps) {
  ScanLake lake;
  lake.Do(
      "CREATE TABLE lake.t (t TIMESTAMP) WITH (timestamps = 'utc', comment = 'trips', "
      "'delta.appendOnly' = 'true', 'my.Own' = 5)");
  lake.Do("INSERT INTO lake.t VALUES ('2026-11-01 10:00:00')");
  EXPECT_EQ(lake.Rows("SELECT typeof(t) FROM lake.t"), "TIMESTAMP WITH TIME ZONE\n");
  std::ifstream log(lake.path() + "/t/_delta_log/00000000000000000000.json");
  const std::string text((std::istreambuf_iterator<char>(log)), {});
  EXPECT_NE(text.find(R"("delta.appendOnly":"true")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("minReaderVersion":1)"), std::string::npos) << text;
}

TEST(Write, AnExistingTableStaysUnlessReplaced) {
  ScanLake lake;
  lake.Do("CREATE TABLE lake.t AS SELECT 1 AS a");
  EXPECT_EQ(lake.Fails("CREATE TABLE lake.t AS SELECT 2 AS b").kind, ErrorKind::kAlreadyExists);
  EXPECT_EQ(lake.Fails("CREATE TABLE lake.\"T\" (a INTEGER)").kind, ErrorKind::kAlreadyExists);
  lake.Do("CREATE TABLE IF NOT EXISTS lake.t (z INTEGER)");
  EXPECT_EQ(lake.Rows("FROM lake.t"), "1\n");
  lake.Do("CREATE OR REPLACE TABLE lake.t AS SELECT 'x' AS b");
  EXPECT_EQ(lake.Rows("FROM lake.t"), "x\n");
  EXPECT_EQ(lake.Rows("SELECT a FROM lake.t AS t AT (VERSION => 0)"), "1\n");
}

TEST(Write, ADroppedTableIsGoneAndKept) {
  ScanLake lake;
  lake.Do("CREATE TABLE lake.t AS SELECT 1 AS a");
  lake.Do("DROP TABLE lake.t");
  lake.Do("DROP TABLE IF EXISTS lake.t");
  EXPECT_EQ(lake.Fails("DROP TABLE lake.t").kind, ErrorKind::kNotFound);
  EXPECT_EQ(FilesBelow(lake.path() + "/_lakehold/dropped"), 2u);
  lake.Do("CREATE TABLE lake.t AS SELECT 2 AS a");
  EXPECT_EQ(lake.Rows("FROM lake.t"), "2\n");
}

TEST(Write, AnOverwriteReplacesWhatItSaysAndNoMore) {
  ScanLake lake;
  lake.Do("CREATE TABLE lake.t (a INTEGER, p INTEGER) PARTITIONED BY (p)");
  lake.Do("INSERT INTO lake.t VALUES (1, 1), (2, 2)");
  auto& pending = PendingWrite::Of(*lake.connection().context);
  delta::ColumnRef column{"p", {"p"}, delta::DataType{delta::TypeKind::kInteger, 0, 0, {}}, 0};
  pending.overwrite =
      Overwrite{delta::Predicate::Compare(column, delta::CompareOp::kEq, int64_t{2})};
  const Error error = lake.Fails("INSERT INTO lake.t VALUES (3, 2), (4, 1)");
  EXPECT_EQ(error.reason, "txn.overwrite_mismatch") << error.ToString();
  lake.Do("INSERT INTO lake.t VALUES (3, 2)");
  pending.overwrite.reset();
  EXPECT_EQ(lake.Rows("FROM lake.t ORDER BY a"), "1|1\n3|2\n");
  pending.overwrite = Overwrite{};
  lake.Do("INSERT INTO lake.t VALUES (5, 5)");
  pending.overwrite.reset();
  EXPECT_EQ(lake.Rows("FROM lake.t"), "5|5\n");
}

TEST(Write, ReturningAndConflictsAreNotThereYet) {
  ScanLake lake;
  lake.Do("CREATE TABLE lake.t (a INTEGER)");
  EXPECT_EQ(lake.Fails("INSERT INTO lake.t VALUES (1) RETURNING a").reason, "sql.not_yet");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t"), "0\n");
}

}  // namespace
}  // namespace lakehold::engine
