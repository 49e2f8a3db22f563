// Names, schemas, what is not there yet, and sessions beside one another.
#include <thread>

#include "engine/lake_fixture.h"

namespace lakehold::engine {
namespace {

using L = ScanLake;

void MakeTable(ScanLake& lake, const std::string& folder, int rows) {
  lake.Log(folder, 0,
           {L::Protocol(), L::Metadata(L::Field("id", "long")),
            lake.Parquet(folder, "a.parquet",
                         "SELECT i AS id FROM range(" + std::to_string(rows) + ") t(i)",
                         R"({"numRecords":)" + std::to_string(rows) + "}")});
}

TEST(Catalog, FindsTablesExactlyThenIgnoringCaseThenNot) {
  ScanLake lake;
  MakeTable(lake, "Trips", 1);
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.trips"), "1\n");
  MakeTable(lake, "trips", 2);
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.trips"), "2\n");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.\"Trips\""), "1\n");
  const auto error = lake.Fails("SELECT * FROM lake.TRIPS");
  EXPECT_EQ(error.reason, "delta.ambiguous_name");
  EXPECT_NE(error.message.find("Trips, trips"), std::string::npos) << error.message;
}

TEST(Catalog, SuggestsTheNearestTable) {
  ScanLake lake;
  MakeTable(lake, "flights", 1);
  const auto error = lake.Fails("SELECT * FROM lake.flight");
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  EXPECT_NE(error.ToString().find("flights"), std::string::npos) << error.ToString();
}

TEST(Catalog, FoldersAreSchemas) {
  ScanLake lake;
  MakeTable(lake, "top", 1);
  MakeTable(lake, "sales/orders", 4);
  std::filesystem::create_directories(lake.path() + "/just_a_folder");
  std::filesystem::create_directories(lake.path() + "/_lakehold/dropped");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.sales.orders"), "4\n");
  EXPECT_EQ(lake.Rows("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = "
                      "'lake' ORDER BY ALL"),
            "main|top\nsales|orders\n");
  lake.Do("USE lake");
  EXPECT_EQ(lake.Rows("SHOW TABLES"), "top\n");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM top"), "1\n");
}

TEST(Catalog, ATableFolderIsALakeOfOneTable) {
  ScanLake lake;
  MakeTable(lake, "trips", 3);
  lake.Do("ATTACH '" + lake.path() + "/trips' AS one (TYPE lakehold)");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM one.trips"), "3\n");
  EXPECT_EQ(lake.Rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'one'"),
            "trips\n");
}

TEST(Catalog, ABrokenTableDoesNotHideTheOthers) {
  ScanLake lake;
  MakeTable(lake, "good", 1);
  lake.Log("bad", 0, {"{nonsense"});
  EXPECT_EQ(
      lake.Rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake' ORDER BY 1"),
      "bad\ngood\n");
  EXPECT_EQ(lake.Fails("SELECT * FROM lake.bad").kind, ErrorKind::kCorrupt);
}

TEST(Catalog, WhatIsNotThereYetSaysSoAndChangesNothing) {
  ScanLake lake;
  MakeTable(lake, "trips", 3);
  for (const char* sql :
       {"UPDATE lake.trips SET id = 1", "DELETE FROM lake.trips",
        "DELETE FROM lake.trips WHERE id = 1", "TRUNCATE lake.trips",
        "MERGE INTO lake.trips USING (SELECT 1 AS k) s ON id = k WHEN MATCHED THEN DELETE",
        "MERGE INTO lake.trips USING (SELECT 1 AS k) s ON id = k WHEN NOT MATCHED THEN INSERT "
        "VALUES (k)",
        "ALTER TABLE lake.trips ADD COLUMN x INTEGER", "ALTER TABLE lake.trips RENAME TO t2",
        "CREATE VIEW lake.v AS SELECT 1", "CREATE INDEX i ON lake.trips (id)",
        "CREATE SEQUENCE lake.s", "CREATE OR REPLACE SCHEMA lake.x",
        "CREATE TYPE lake.mood AS ENUM ('a')", "CREATE MACRO lake.m(a) AS a"}) {
    const auto error = lake.Fails(sql);
    EXPECT_EQ(error.kind, ErrorKind::kUnsupported) << sql << ": " << error.ToString();
    EXPECT_EQ(error.reason, "sql.not_yet") << sql << ": " << error.ToString();
  }
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.trips"), "3\n");
  EXPECT_FALSE(
      std::filesystem::exists(lake.path() + "/trips/_delta_log/00000000000000000001.json"));
}

TEST(Catalog, SeveralSessionsReadAtTheSameTime) {
  ScanLake lake;
  MakeTable(lake, "trips", 50'000);
  std::vector<std::thread> threads;
  std::vector<std::string> rows(4);
  for (size_t i = 0; i < rows.size(); ++i) {
    threads.emplace_back([&, i] {
      auto connection = lake.Connect();
      for (int k = 0; k < 20; ++k)
        rows[i] = lake.Rows(*connection, "SELECT count(*), sum(id) FROM lake.trips WHERE id >= 0");
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& row : rows) EXPECT_EQ(row, "50000|1249975000\n");
}

}  // namespace
}  // namespace lakehold::engine
