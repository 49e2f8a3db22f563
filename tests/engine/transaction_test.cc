// Transactions: own writes, one version, rollback, drops, and what is refused.
#include "engine/lake_fixture.h"

namespace lakehold::engine {
namespace {

int FilesIn(const std::string& folder) {
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    files += entry.path().extension() == ".parquet" &&
             entry.path().string().find("_delta_log") == std::string::npos;
  }
  return files;
}

int Commits(const std::string& folder) {
  int commits = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/_delta_log")) {
    commits += entry.path().extension() == ".json";
  }
  return commits;
}

class Transactions : public ::testing::Test {
 protected:
  void SetUp() override {
    lake.Do("CREATE TABLE lake.t (id BIGINT NOT NULL, name VARCHAR)");
    lake.Do("INSERT INTO lake.t VALUES (1, 'a'), (2, 'b')");
  }
  ScanLake lake;
  std::string folder = lake.path() + "/t";
};

TEST_F(Transactions, SeveralStatementsBecomeOneVersionAndSeeThemselves) {
  auto other = lake.Connect();
  lake.Do("BEGIN");
  lake.Do("INSERT INTO lake.t VALUES (3, 'c')");
  EXPECT_EQ(lake.Rows("SELECT count(*), max(id) FROM lake.t"), "3|3\n");
  lake.Do("INSERT INTO lake.t SELECT id + 10, name FROM lake.t");
  EXPECT_EQ(lake.Rows("SELECT id FROM lake.t ORDER BY id"), "1\n2\n3\n11\n12\n13\n");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t AT (VERSION => 1)"), "2\n");
  EXPECT_EQ(lake.Rows(*other, "SELECT count(*) FROM lake.t"), "2\n");
  lake.Do("COMMIT");
  ASSERT_EQ(lake.state().commits.size(), 1u);
  EXPECT_EQ(lake.state().commits[0].version, 2);
  EXPECT_EQ(lake.state().commits[0].rows_added, 4);
  EXPECT_EQ(lake.state().commits[0].table, "t");
  EXPECT_EQ(Commits(folder), 3);
  EXPECT_EQ(lake.Rows(*other, "SELECT count(*), sum(id) FROM lake.t"), "6|42\n");
}

TEST_F(Transactions, RollbackLeavesNothingBehind) {
  const int before = FilesIn(folder);
  lake.Do("BEGIN");
  lake.Do("INSERT INTO lake.t SELECT i, 'x' FROM range(1000) t(i)");
  EXPECT_EQ(FilesIn(folder), before + 1);
  lake.Do("ROLLBACK");
  EXPECT_EQ(FilesIn(folder), before);
  EXPECT_EQ(Commits(folder), 2);
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t"), "2\n");
}

TEST_F(Transactions, AFailingStatementLeavesNothingBehind) {
  const int before = FilesIn(folder);
  EXPECT_EQ(lake.Fails("INSERT INTO lake.t VALUES (NULL, 'x')").kind, ErrorKind::kInvalid);
  EXPECT_EQ(FilesIn(folder), before);
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t"), "2\n");
}

TEST_F(Transactions, ANewTableIsSeenByItselfAloneUntilItIsCommitted) {
  auto other = lake.Connect();
  lake.Do("BEGIN");
  lake.Do("CREATE TABLE lake.fresh (id INTEGER, day DATE) PARTITIONED BY (day)");
  lake.Do("INSERT INTO lake.fresh VALUES (1, '2026-01-01'), (2, '2026-01-02')");
  EXPECT_EQ(lake.Rows("SELECT id FROM lake.fresh WHERE day = '2026-01-02'"), "2\n");
  EXPECT_EQ(
      lake.Rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake' ORDER BY 1"),
      "fresh\nt\n");
  EXPECT_EQ(
      lake.Rows(*other, "SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'"),
      "t\n");
  lake.Do("COMMIT");
  EXPECT_EQ(Commits(lake.path() + "/fresh"), 1);
  EXPECT_EQ(lake.Rows(*other, "SELECT count(*) FROM lake.fresh"), "2\n");
}

TEST_F(Transactions, ASecondWrittenTableIsRefused) {
  lake.Do("CREATE TABLE lake.u (id INTEGER)");
  lake.Do("BEGIN");
  lake.Do("INSERT INTO lake.t VALUES (3, 'c')");
  EXPECT_EQ(lake.Fails("INSERT INTO lake.u VALUES (1)").reason, "txn.several_tables");
  lake.Rows("ROLLBACK");
  EXPECT_EQ(lake.Rows("SELECT (SELECT count(*) FROM lake.t), (SELECT count(*) FROM lake.u)"),
            "2|0\n");
}

TEST_F(Transactions, DropIsOneRenameAtCommit) {
  lake.Do("BEGIN");
  lake.Do("DROP TABLE lake.t");
  EXPECT_EQ(lake.Fails("SELECT * FROM lake.t").kind, ErrorKind::kNotFound);
  lake.Rows("ROLLBACK");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t"), "2\n");
  lake.Do("DROP TABLE lake.t");
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_EQ(FilesIn(lake.path() + "/_lakehold/dropped"), 1);
  EXPECT_EQ(lake.Fails("SELECT * FROM lake.t").kind, ErrorKind::kNotFound);
  lake.Do("CREATE TABLE lake.t (other VARCHAR)");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t"), "0\n");
}

TEST_F(Transactions, ReplaceIsANewVersionOfTheSameTable) {
  lake.Do("CREATE OR REPLACE TABLE lake.t AS SELECT 'x' AS only");
  EXPECT_EQ(lake.Rows("FROM lake.t"), "x\n");
  EXPECT_EQ(lake.Rows("SELECT count(*), sum(id) FROM lake.t AT (VERSION => 1)"), "2|3\n");
  EXPECT_EQ(Commits(folder), 3);
}

TEST_F(Transactions, BlindAppendsOfTwoSessionsBothLand) {
  auto other = lake.Connect();
  lake.Do("BEGIN");
  lake.Do("INSERT INTO lake.t VALUES (3, 'c')");
  EXPECT_EQ(lake.Rows(*other, "INSERT INTO lake.t VALUES (4, 'd')"), "1\n");
  lake.Do("COMMIT");
  EXPECT_EQ(lake.Rows("SELECT id FROM lake.t ORDER BY id"), "1\n2\n3\n4\n");
}

TEST_F(Transactions, WhatWasReadForAWriteIsValidated) {
  auto other = lake.Connect();
  lake.Do("BEGIN");
  lake.Do("INSERT INTO lake.t SELECT id + 100, name FROM lake.t");
  EXPECT_EQ(lake.Rows(*other, "INSERT INTO lake.t VALUES (4, 'd')"), "1\n");
  const auto error = lake.Fails("COMMIT");
  EXPECT_NE(error.message.find("version 2"), std::string::npos) << error.ToString();
  // DuckDB gives commit errors as text: the error itself travels beside.
  ASSERT_TRUE(lake.state().error.has_value());
  EXPECT_EQ(lake.state().error->kind, ErrorKind::kConflict);
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t"), "3\n");
  EXPECT_EQ(FilesIn(folder), 2);
}

}  // namespace
}  // namespace lakehold::engine
