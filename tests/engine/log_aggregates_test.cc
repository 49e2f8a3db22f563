// Aggregates that the log answers, for every file or for some: always the rows of a native table.
#include <functional>

#include "delta/deletion_vector.h"
#include "engine/lake_fixture.h"

namespace lakehold::engine {
namespace {

using L = ScanLake;

std::string WithVector(std::string add, const std::vector<uint64_t>& rows) {
  const auto vector = delta::DeletionVector::FromRows(rows);
  std::string bytes = vector->Encode();
  const auto size = bytes.size();
  while (bytes.size() % 4 != 0) bytes += '\0';
  add.resize(add.size() - 2);
  return add + R"(,"deletionVector":{"storageType":"i","pathOrInlineDv":")" +
         delta::EncodeZ85(bytes) + R"(","sizeInBytes":)" + std::to_string(size) +
         R"(,"cardinality":)" + std::to_string(rows.size()) + "}}}";
}

// One file of every kind: what the log says of each is told beside it. `p` partitions them.
class LogAggregates : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> actions{
        R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}})",
        L::Metadata(L::Field("id", "long") + "," + L::Field("name", "string") + "," +
                        L::Field("d", "double") + "," + L::Field("n", "integer") + "," +
                        L::Field("ok", "boolean") + "," + L::Field("p", "integer") + "," +
                        L::Field("f", "double"),
                    R"(["p","f"])")};
    auto file = [&](const std::string& name, int lo, const std::string& d, const std::string& n,
                    const std::string& stats, const std::string& p, const std::string& f) {
      return lake.Parquet("t", name,
                          "SELECT i::BIGINT AS id, repeat('x', 40) || i AS name, " + d + " AS d, " +
                              n + " AS n, i % 2 = 0 AS ok FROM range(" + std::to_string(lo) + ", " +
                              std::to_string(lo + 10) + ") t(i)",
                          stats, R"({"p":)" + p + R"(,"f":)" + f + "}");
    };
    auto stats = [](int lo, const std::string& nulls, const std::string& more = "") {
      return R"({"numRecords":10)" + more + R"(,"minValues":{"id":)" + std::to_string(lo) +
             R"(,"name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","d":0.0,"n":)" + std::to_string(lo) +
             R"(},"maxValues":{"id":)" + std::to_string(lo + 9) +
             R"(,"name":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy","d":1.0,"n":)" + std::to_string(lo + 9) +
             R"(},"nullCount":{"id":0,"name":0,"d":0,"n":)" + nulls + R"(,"ok":0}})";
    };
    const std::string n = "i::INTEGER", one = "1.0::DOUBLE";
    // Everything is known.
    actions.push_back(file("a.parquet", 0, one, n, stats(0, "0"), R"("1")", R"("0.5")"));
    actions.push_back(
        file("b.parquet", 10, "-0.0::DOUBLE", n, stats(10, "0"), R"("1")", R"("-0.0")"));
    // NULLs, NaN.
    actions.push_back(file(
        "c.parquet", 20, "CASE WHEN i = 25 THEN 'nan'::DOUBLE ELSE 1 END",
        "CASE WHEN i % 5 = 1 THEN i::INTEGER END",
        R"({"numRecords":10,"minValues":{"id":20,"n":21},"maxValues":{"id":29,"n":26},"nullCount":{"id":0,"n":8}})",
        R"("2")", R"("NaN")"));
    actions.push_back(file(
        "d.parquet", 30, one, "NULL::INTEGER",
        R"({"numRecords":10,"minValues":{"id":30},"maxValues":{"id":39},"nullCount":{"id":0,"n":10}})",
        "null", "null"));
    // Deleted rows, the bounds among them.
    actions.push_back(
        WithVector(file("e.parquet", 40, one, n, stats(40, "0", R"(,"tightBounds":false)"),
                        R"("2")", R"("0.25")"),
                   {0, 9}));
    // All rows deleted.
    actions.push_back(
        WithVector(file("g.parquet", 900, one, n, stats(900, "0", R"(,"tightBounds":false)"),
                        R"("99")", R"("9.0")"),
                   {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    lake.Log("t", 0, actions);
    // No statistics at all, and some without a count of rows.
    lake.Log(
        "t", 1,
        {file("h.parquet", 50, one, n, "", R"("3")", R"("1.5")"),
         file(
             "i.parquet", 60, one, n,
             R"({"minValues":{"id":60,"n":60},"maxValues":{"id":69,"n":69},"nullCount":{"id":0,"n":0}})",
             R"("1")", R"("1.5")")});
    lake.Do("CREATE TABLE plain AS SELECT * REPLACE (id + 0 AS id) FROM lake.t");
    lake.Do("CREATE TABLE plain0 AS SELECT * FROM lake.t AS old AT (VERSION => 0)");
  }

  std::string Sorted(const std::string& sql) {
    return lake.Rows("SELECT * FROM (" + sql + ") ORDER BY ALL");
  }
  // The answer must be that of the native table, at both versions. The files read at version 0.
  int64_t FilesFor(const std::string& select, const std::string& rest) {
    EXPECT_EQ(Sorted(select + " FROM lake.t " + rest), Sorted(select + " FROM plain " + rest))
        << select << " " << rest;
    const auto ours = Sorted(select + " FROM lake.t AS old AT (VERSION => 0) " + rest);
    const auto report = lake.Report();
    EXPECT_EQ(ours, Sorted(select + " FROM plain0 " + rest)) << select << " " << rest;
    last = report;
    return report.files_read;
  }

  ScanLake lake;
  ScanReport last;
};

TEST_F(LogAggregates, RowsOfPartitionsAreCountedWithoutReading) {
  EXPECT_EQ(FilesFor("SELECT p, count(*)", "GROUP BY p"), 0);
  EXPECT_EQ(last.answered_by_log, 5);
  EXPECT_EQ(last.skipped_by_deletion, 1);
  EXPECT_EQ(last.bytes_read, 0);
  EXPECT_EQ(FilesFor("SELECT f, p, count(*), count(p), min(f), max(p)", "GROUP BY ALL"), 0);
  EXPECT_EQ(FilesFor("SELECT count(*)", ""), 0);
  EXPECT_EQ(FilesFor("SELECT count(*), count(p), min(p), max(p)", ""), 0);
  EXPECT_EQ(FilesFor("SELECT p, count(*)", "WHERE p >= 2 GROUP BY p"), 0);
  // Of bounds that are known and no NULLs, DuckDB groups by fewer bits.
  EXPECT_EQ(FilesFor("SELECT p, count(*), count(n), min(id)", "WHERE p >= 1 GROUP BY p"), 1);
  EXPECT_EQ(FilesFor("SELECT count(*)", "WHERE p IS NULL OR p = 1"), 0);
  EXPECT_EQ(FilesFor("SELECT p AS q, count(*) + 1 AS c", "GROUP BY p HAVING count(*) > 10"), 0);
  EXPECT_EQ(FilesFor("SELECT count(*)", "WHERE p = 7"), 0);
  EXPECT_EQ(FilesFor("SELECT p, count(*)", "WHERE p = 7 GROUP BY p"), 0);
}

TEST_F(LogAggregates, DistinctPartitionsAreListedWithoutReading) {
  EXPECT_EQ(FilesFor("SELECT DISTINCT p", ""), 0);
  EXPECT_EQ(FilesFor("SELECT DISTINCT f, p", "WHERE p > 0"), 0);
  EXPECT_EQ(FilesFor("SELECT p", "GROUP BY p"), 0);
  EXPECT_EQ(FilesFor("SELECT count(DISTINCT p)", ""), 0);
  EXPECT_EQ(FilesFor("SELECT p, count(DISTINCT f), max(f)", "GROUP BY p"), 0);
  // A column of the files themselves is read.
  EXPECT_EQ(FilesFor("SELECT DISTINCT p, ok", ""), 5);
  EXPECT_EQ(FilesFor("SELECT p, count(DISTINCT id)", "GROUP BY p"), 5);
}

TEST_F(LogAggregates, OnlyFilesTheLogIsSilentAboutAreRead) {
  // Exact bounds: all but the file with deleted rows.
  EXPECT_EQ(FilesFor("SELECT p, min(id), max(id), count(*)", "GROUP BY p"), 1);
  EXPECT_EQ(FilesFor("SELECT min(id), max(id)", ""), 1);
  // NULLs are counted, and a file of NULLs has no bounds to miss. A loose count of none is certain.
  EXPECT_EQ(FilesFor("SELECT p, count(n)", "GROUP BY p"), 0);
  EXPECT_EQ(FilesFor("SELECT p, count(n), min(n)", "GROUP BY p"), 1);
  EXPECT_EQ(FilesFor("SELECT count(id), count(n), count(*)", ""), 0);
  // A condition that some files meet altogether: the others are read.
  EXPECT_EQ(FilesFor("SELECT count(*)", "WHERE id >= 15"), 1);
  EXPECT_EQ(FilesFor("SELECT p, count(*)", "WHERE id >= 15 AND id IS NOT NULL GROUP BY p"), 1);
  EXPECT_EQ(FilesFor("SELECT p, count(*)", "WHERE n IS NULL GROUP BY p"), 1);
}

TEST_F(LogAggregates, WhatIsNotExactIsRead) {
  EXPECT_EQ(FilesFor("SELECT min(d), max(d)", ""), 5);
  EXPECT_EQ(FilesFor("SELECT p, max(d)", "GROUP BY p"), 5);
  EXPECT_EQ(FilesFor("SELECT p, max(name), count(*)", "GROUP BY p"), 5);
  EXPECT_EQ(FilesFor("SELECT p, sum(n)", "GROUP BY p"), 5);
  EXPECT_EQ(FilesFor("SELECT p, count(*) FILTER (id > 5)", "GROUP BY p"), 5);
  EXPECT_EQ(FilesFor("SELECT ok, count(*)", "GROUP BY ok"), 5);
  EXPECT_EQ(FilesFor("SELECT p + 1 AS q, count(*)", "GROUP BY q"), 5);
  EXPECT_EQ(FilesFor("SELECT p, count(*)", "WHERE d = 0 GROUP BY p"), 5);
  // Cut texts are no values, but they bound them.
  EXPECT_EQ(FilesFor("SELECT count(*)", "WHERE name LIKE 'x%'"), 2);
  EXPECT_EQ(FilesFor("SELECT p, f, count(*)", "GROUP BY ROLLUP (p, f)"), 5);
  EXPECT_EQ(FilesFor("SELECT max(n, 2)", ""), 5);
}

TEST_F(LogAggregates, StayWhatTheyAreWithinLargerStatements) {
  const std::vector<std::string> statements{
      "SELECT a.p, a.c, b.c FROM (SELECT p, count(*) AS c FROM $ GROUP BY p) a JOIN (SELECT p, "
      "min(id) AS c FROM $ GROUP BY p) b USING (p)",
      "WITH c AS (SELECT p, count(*) AS k FROM $ GROUP BY p) SELECT * FROM c UNION ALL SELECT p, "
      "-k FROM c",
      "SELECT p, count(*) AS c FROM $ GROUP BY p ORDER BY c DESC, p LIMIT 2",
      "SELECT sum(c) FROM (SELECT p, count(*) AS c FROM $ GROUP BY p)",
      "SELECT * FROM (SELECT p, max(id) AS m, count(*) AS c FROM $ GROUP BY p) WHERE c > 9",
      "SELECT id, (SELECT count(*) FROM $ x WHERE x.p = y.p) AS c FROM $ y",
      "SELECT count(*) FROM (SELECT DISTINCT p FROM $)",
      "SELECT p, c, rank() OVER (ORDER BY c, p) FROM (SELECT p, count(*) AS c FROM $ GROUP BY p)",
      "SELECT count(*) FROM $ WHERE p IN (SELECT p FROM $ WHERE id = 15)",
      "SELECT max(p) FROM $ WHERE p < (SELECT max(p) FROM $)",
      "SELECT count(*), count(*) FILTER (p = 1) FROM $",
      "SELECT p, f FROM $ WHERE p = 1 INTERSECT SELECT p, f FROM $",
  };
  for (const auto& statement : statements) {
    auto over = [&](const std::string& table) {
      std::string sql;
      for (const char c : statement) sql += c == '$' ? table : std::string(1, c);
      return Sorted(sql);
    };
    EXPECT_EQ(over("lake.t"), over("plain")) << statement;
  }
}

// Statements made at random, of columns known well and badly.
TEST_F(LogAggregates, AgreeWithTheNativeTableOnRandomStatements) {
  uint64_t seed = 7;
  auto pick = [&seed](const std::vector<std::string>& from) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return from[static_cast<size_t>(seed >> 33) % from.size()];
  };
  const std::vector<std::string> groups{"p", "f", "p, f", "f, p", "ok", "p, ok"};
  const std::vector<std::string> aggregates{
      "count(*)", "count(n)", "count(p)", "min(id)",           "max(id)", "min(n)",  "max(n)",
      "min(p)",   "max(f)",   "min(d)",   "count(DISTINCT p)", "sum(n)",  "max(ok)", "count(f)"};
  const std::vector<std::string> conditions{"true",
                                            "p = 1",
                                            "p IS NULL",
                                            "id >= 12 AND id < 44",
                                            "n IS NOT NULL",
                                            "p <> 2",
                                            "id < 25",
                                            "n > 15 OR p = 2",
                                            "f > 0",
                                            "NOT (p = 1)",
                                            "f = 0.0",
                                            "d >= 0",
                                            "id IN (3, 33, 53)",
                                            "f IS DISTINCT FROM 0.5",
                                            "ok"};
  int64_t answered = 0;
  for (int i = 0; i < 120; ++i) {
    const auto group = pick(groups);
    const bool grouped = pick({"yes", "yes", "no"}) == "yes";
    FilesFor("SELECT " + (grouped ? group + ", " : std::string()) + pick(aggregates) + " AS a, " +
                 pick(aggregates) + " AS b",
             "WHERE " + pick(conditions) + (grouped ? " GROUP BY " + group : std::string()));
    answered += last.answered_by_log;
  }
  EXPECT_GT(answered, 50);
}

// What is said of every row anew is not said once a file.
TEST_F(LogAggregates, VolatileColumnsAreMadeForEveryRow) {
  for (const std::string statement : {
           "SELECT count(*) FROM (SELECT DISTINCT p, random() FROM $)",
           "SELECT count(*) FROM (SELECT p, uuid() AS u FROM $ GROUP BY p, u)",
           "SELECT count(*) FROM (SELECT max(p) FROM $ GROUP BY uuid())",
           "SELECT count(DISTINCT uuid()), max(p) FROM $",
           "SELECT count(DISTINCT u) FROM (SELECT p, uuid() AS u FROM $ WHERE p > 0)",
       }) {
    auto over = [&](const std::string& table) {
      std::string sql = statement;
      return sql.replace(sql.find('$'), 1, table);
    };
    EXPECT_EQ(lake.Rows(over("lake.t")), lake.Rows(over("plain"))) << statement;
  }
}

TEST_F(LogAggregates, OwnUncommittedRowsCount) {
  lake.Do("BEGIN");
  lake.Do("INSERT INTO lake.t SELECT 1000, 'x', 1.0, NULL, true, 77, 0.25");
  EXPECT_EQ(Sorted("SELECT p, count(*) FROM lake.t WHERE p > 5 GROUP BY p"), "77|1\n");
  lake.Do("ROLLBACK");
  EXPECT_EQ(Sorted("SELECT p, count(*) FROM lake.t WHERE p > 5 GROUP BY p"), "");
}

TEST_F(LogAggregates, PreparedStatementsCountWhatIsThereWhenTheyRun) {
  auto prepared = lake.connection().Prepare("SELECT count(*) FROM lake.t WHERE p >= $1");
  ASSERT_FALSE(prepared->HasError()) << prepared->GetError();
  auto run = [&](int least) {
    auto result = prepared->Execute(least);
    return result->HasError() ? result->GetError() : result->Fetch()->GetValue(0, 0).ToString();
  };
  EXPECT_EQ(run(2), "28");
  EXPECT_EQ(run(3), "10");
  lake.Do("INSERT INTO lake.t SELECT 1000, 'x', 1.0, NULL, true, 77, 0.25");
  EXPECT_EQ(run(2), "29");
  lake.Do("BEGIN");
  lake.Do("INSERT INTO lake.t SELECT 1001, 'x', 1.0, NULL, true, 77, 0.25");
  EXPECT_EQ(run(2), "30");
  EXPECT_EQ(run(77), "2");
  lake.Do("ROLLBACK");
  EXPECT_EQ(run(77), "1");
}

}  // namespace
}  // namespace lakehold::engine
