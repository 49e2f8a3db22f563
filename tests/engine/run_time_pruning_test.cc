// Files that a statement leaves out while it runs, by what it has learnt until then.
#include "engine/lake_fixture.h"

namespace lakehold::engine {
namespace {

using L = ScanLake;

// Twenty files of a hundred ids, which do not follow each other in the log. `p` partitions them;
// `n` is NULL in every tenth row, and altogether in two files; `d` has a NaN.
class RunTimePruning : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> actions{
        L::Protocol(),
        L::Metadata(L::Field("id", "long") + "," + L::Field("name", "string") + "," +
                        L::Field("moment", "timestamp_ntz") + "," + L::Field("d", "double") + "," +
                        L::Field("n", "integer") + "," + L::Field("m", "decimal(12,2)") + "," +
                        L::Field("p", "integer"),
                    R"(["p"])")};
    for (int i = 0; i < 20; ++i) {
      const int k = i * 7 % 20;
      const auto lo = std::to_string(k * 100), hi = std::to_string(k * 100 + 99);
      const bool no_n = k == 3 || k == 11;
      const std::string n =
          no_n ? "NULL::INTEGER" : "CASE WHEN i % 10 = 0 THEN NULL ELSE i::INTEGER END";
      const std::string d =
          k == 5 ? "CASE WHEN i = 555 THEN 'nan'::DOUBLE ELSE i / 2 END" : "i / 2";
      auto text = [](int number) {
        const auto digits = std::to_string(number);
        return "name-" + std::string(5 - digits.size(), '0') + digits;
      };
      actions.push_back(lake.Parquet(
          "t", "f" + std::to_string(i) + ".parquet",
          "SELECT i AS id, 'name-' || lpad(i::VARCHAR, 5, '0') AS name, TIMESTAMP '2026-01-01' + "
          "INTERVAL (i) MINUTE AS moment, " +
              d + " AS d, " + n + " AS n, (i / 100.0)::DECIMAL(12,2) AS m FROM range(" + lo + ", " +
              hi + " + 1) t(i)",
          R"({"numRecords":100,"minValues":{"id":)" + lo + R"(,"name":")" + text(k * 100) +
              R"(","d":)" + std::to_string(k * 50) + ".0" +
              (no_n ? std::string() : R"(,"n":)" + std::to_string(k * 100 + 1)) +
              R"(},"maxValues":{"id":)" + hi + R"(,"name":")" + text(k * 100 + 99) + "\"" +
              (no_n ? std::string() : R"(,"n":)" + hi) + R"(},"nullCount":{"id":0,"name":0,"n":)" +
              (no_n ? "100" : "10") + "}}",
          R"({"p":)" + (k == 19 ? std::string("null") : "\"" + std::to_string(k) + "\"") + "}"));
    }
    lake.Log("t", 0, actions);
    lake.Do("CREATE TABLE plain AS FROM lake.t");
    lake.Do("SET threads = 1");
  }

  // How many files a statement opens.
  int Opened(const std::string& sql) {
    const auto text = lake.Rows("EXPLAIN (ANALYZE, FORMAT JSON) " + sql);
    const std::string key = "\"Files opened\": \"";
    const auto at = text.find(key);
    EXPECT_NE(at, std::string::npos) << text;
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + key.size()));
  }
  // The rows must be those of the plain table, ties aside.
  int OpenedFor(const std::string& column, const std::string& order) {
    auto values = [&](const std::string& table) {
      return "SELECT list(v ORDER BY k) FROM (SELECT " + column +
             " AS v, row_number() OVER () AS k "
             "FROM (SELECT " +
             column + " FROM " + table + " ORDER BY " + column + " " + order + "))";
    };
    EXPECT_EQ(lake.Rows(values("lake.t")), lake.Rows(values("plain"))) << column << " " << order;
    return Opened("SELECT * FROM lake.t ORDER BY " + column + " " + order);
  }

  ScanLake lake;
};

TEST_F(RunTimePruning, OrderByWithLimitOpensTheFilesThatCanWin) {
  for (const std::string column : {"id", "name", "moment", "m", "p"}) {
    const bool known = column == "id" || column == "name" || column == "p";
    const int files = known ? 1 : 20;  // `moment` and `m` have no statistics.
    EXPECT_EQ(OpenedFor(column, "ASC NULLS LAST LIMIT 5"), files) << column;
    EXPECT_EQ(OpenedFor(column, "DESC NULLS LAST LIMIT 5"), files) << column;
  }
  EXPECT_EQ(OpenedFor("id", "DESC NULLS LAST LIMIT 5 OFFSET 98"), 2);
  EXPECT_EQ(OpenedFor("id", "LIMIT 250"), 3);
}

TEST_F(RunTimePruning, NullsComeFirstOrLast) {
  // Where NULLs come last, the files without a value are not even opened.
  EXPECT_EQ(OpenedFor("n", "ASC NULLS LAST LIMIT 5"), 1);
  EXPECT_EQ(OpenedFor("n", "DESC NULLS LAST LIMIT 5"), 1);
  EXPECT_EQ(OpenedFor("n", "DESC NULLS LAST LIMIT 1700"), 20);
  // Where they come first, every file may hold one.
  EXPECT_EQ(OpenedFor("n", "ASC NULLS FIRST LIMIT 5"), 20);
  EXPECT_EQ(OpenedFor("n", "DESC NULLS FIRST LIMIT 400"), 20);
  // Unless it is known to have none.
  EXPECT_EQ(OpenedFor("id", "ASC NULLS FIRST LIMIT 5"), 1);
  EXPECT_LE(OpenedFor("p", "ASC NULLS FIRST LIMIT 105"), 3);
}

TEST_F(RunTimePruning, FloatsArePrunedAndNaNIsTheGreatest) {
  EXPECT_EQ(OpenedFor("d", "ASC NULLS LAST LIMIT 5"), 1);
  // No foreign maximum of a float is believed: NaN may hide above it.
  EXPECT_EQ(OpenedFor("d", "DESC NULLS LAST LIMIT 5"), 20);
  EXPECT_EQ(lake.Rows("SELECT d FROM lake.t ORDER BY d DESC LIMIT 2"), "nan\n999.5\n");
}

TEST_F(RunTimePruning, AllTiesOfTheBoundAreThere) {
  EXPECT_EQ(lake.Rows("SELECT id, p FROM lake.t ORDER BY p DESC NULLS LAST, id DESC LIMIT 3"),
            "1899|18\n1898|18\n1897|18\n");
  EXPECT_EQ(lake.Rows("SELECT id % 3 AS r, id FROM lake.t ORDER BY r, id LIMIT 3"),
            "0|0\n0|3\n0|6\n");
  EXPECT_EQ(Opened("SELECT id FROM lake.t ORDER BY p, name LIMIT 3"), 1);
  EXPECT_EQ(lake.Rows("SELECT id FROM lake.t WHERE id > 777 ORDER BY id LIMIT 2"), "778\n779\n");
  EXPECT_EQ(Opened("SELECT id FROM lake.t WHERE id > 777 ORDER BY id LIMIT 2"), 1);
}

TEST_F(RunTimePruning, JoinsOpenTheFilesTheirKeysLieIn) {
  lake.Do("CREATE TEMP TABLE keys AS SELECT 700 + i AS k, 7 AS q FROM range(3) t(i)");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t JOIN keys ON id = k"), "3\n");
  EXPECT_EQ(Opened("SELECT count(*) FROM lake.t JOIN keys ON id = k"), 1);
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t JOIN keys ON p = q AND id = k"), "3\n");
  EXPECT_EQ(Opened("SELECT count(*) FROM lake.t JOIN (SELECT DISTINCT q FROM keys) ON p = q"), 1);
  EXPECT_EQ(Opened("SELECT count(*) FROM lake.t WHERE id IN (SELECT k FROM keys)"), 1);
  lake.Do("CREATE TEMP TABLE few AS SELECT unnest([5, 1505]) AS k");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t JOIN few ON id = k"), "2\n");
  EXPECT_EQ(Opened("SELECT count(*) FROM lake.t JOIN few ON id = k"), 2);
  EXPECT_EQ(lake.Rows("SELECT min(id) FROM lake.t JOIN few ON name = 'name-' || lpad(k::VARCHAR, "
                      "5, '0')"),
            "5\n");
}

TEST_F(RunTimePruning, SeveralThreadsOpenAFewMore) {
  lake.Do("SET threads = 4");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(lake.Rows("SELECT id, name FROM lake.t ORDER BY id DESC LIMIT 2"),
              "1999|name-01999\n1998|name-01998\n");
  }
  EXPECT_LE(Opened("SELECT id FROM lake.t ORDER BY id DESC LIMIT 2"), 8);
}

TEST_F(RunTimePruning, LimitLeavesOutTheFilesBehind) {
  EXPECT_EQ(Opened("SELECT id FROM lake.t LIMIT 5"), 1);
  EXPECT_EQ(lake.Report().skipped_by_limit, 19);
  EXPECT_EQ(Opened("SELECT id + 1 FROM lake.t LIMIT 100 OFFSET 1"), 2);
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM (SELECT id FROM lake.t LIMIT 101)"), "101\n");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM (SELECT id FROM lake.t WHERE n IS NULL LIMIT 300)"),
            "300\n");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM (SELECT id FROM lake.t WHERE id >= 950 LIMIT 150)"),
            "150\n");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM (SELECT id FROM lake.t LIMIT 5000)"), "2000\n");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM (SELECT id FROM lake.t LIMIT 0)"), "0\n");
}

TEST_F(RunTimePruning, ExplainTellsWhatIsSkippedAndWhy) {
  auto plan = [&](const std::string& sql) { return lake.Rows("EXPLAIN (FORMAT JSON) " + sql); };
  const auto statistics = plan("SELECT name FROM lake.t WHERE id = 777 AND p > 3");
  EXPECT_NE(statistics.find("\"Table\": \"t v0\""), std::string::npos) << statistics;
  EXPECT_NE(statistics.find("\"Files\": \"1 of 20\""), std::string::npos) << statistics;
  EXPECT_NE(statistics.find("by partition p, id"), std::string::npos) << statistics;
  EXPECT_NE(statistics.find("by statistics of p, id"), std::string::npos) << statistics;
  const auto run =
      lake.Rows("EXPLAIN (ANALYZE, FORMAT JSON) SELECT name FROM lake.t ORDER BY id LIMIT 1");
  EXPECT_NE(run.find("\"Files opened\": \"1 of 20\""), std::string::npos) << run;
  EXPECT_NE(run.find("19 by run-time filter"), std::string::npos) << run;
}

// Eight row groups whose bounds are all alike; a Bloom filter tells that a code is in two of them.
class BloomFilters : public ::testing::Test {
 protected:
  void SetUp() override {
    lake.Log("t", 0,
             {L::Protocol(),
              L::Metadata(L::Field("code", "long") + "," + L::Field("text", "string") + "," +
                          L::Field("d", "double")),
              lake.Parquet("t", "a.parquet",
                           "SELECT ((i // 10240) + 8 * (i * 7919 % 100))::BIGINT AS code, 'c-' || "
                           "code AS text, code / 2 AS d FROM range(81920) t(i)",
                           R"({"numRecords":81920})", "{}", ", ROW_GROUP_SIZE 10240")});
    lake.Do("CREATE TABLE plain AS FROM lake.t");
    lake.Do("SET threads = 1");
    lake.Do("CALL enable_logging('PhysicalOperator')");
  }
  // Row groups read for a condition; the rows must be those of the plain table.
  std::string GroupsFor(const std::string& from) {
    auto over = [&](const std::string& table) {
      return "SELECT count(*), sum(code), min(text) FROM " + table + " " + from;
    };
    const auto right = lake.Rows(over("plain"));
    lake.Do("CALL truncate_duckdb_logs()");
    EXPECT_EQ(lake.Rows(over("lake.t")), right) << from;
    return lake.Rows(
        "SELECT count(*) FROM duckdb_logs_parsed('PhysicalOperator') WHERE event = 'ReadRowGroup'");
  }

  ScanLake lake;
};

TEST_F(BloomFilters, AreAskedAboutEquality) {
  EXPECT_EQ(GroupsFor("WHERE code >= 0"), "8\n");
  EXPECT_EQ(GroupsFor("WHERE code = 83"), "1\n");
  EXPECT_EQ(GroupsFor("WHERE text = 'c-83'"), "1\n");
  EXPECT_EQ(GroupsFor("WHERE code IN (83)"), "1\n");
  EXPECT_EQ(GroupsFor("WHERE d = 41.5"), "1\n");
  // The bits of zero are two: it is looked for where the bounds hold it, in the first group.
  EXPECT_EQ(GroupsFor("WHERE d = 0.0"), "1\n");
  EXPECT_EQ(GroupsFor("WHERE code NOT IN (83, 84)"), "8\n");
}

// DuckDB's reader asks them about no list, and an OR of equalities gives it rows out of order.
TEST_F(BloomFilters, AreNotAskedAboutLists) {
  EXPECT_EQ(GroupsFor("WHERE code IN (83, 91)"), "8\n");
  EXPECT_EQ(GroupsFor("WHERE code = 83 OR code = 92"), "8\n");
  EXPECT_EQ(GroupsFor("WHERE text IN ('c-83', 'c-84', 'none')"), "8\n");
}

TEST_F(BloomFilters, AreAskedAboutTheKeyOfAJoin) {
  lake.Do("CREATE TEMP TABLE keys AS SELECT 83 AS k");
  EXPECT_EQ(GroupsFor("JOIN keys ON code = k"), "1\n");
}

// Rows that a join's keys choose out of order once sent the reader of other columns astray.
TEST_F(BloomFilters, RowsStayInOrderUnderTheKeysOfAJoin) {
  lake.Do(
      "CREATE TABLE lake.texts AS SELECT i AS id, 'p' || (i * 7 % 5) AS part, "
      "CASE WHEN i % 3 > 0 THEN repeat('x', i % 7)::BLOB END AS x FROM range(3000) t(i)");
  lake.Do("CREATE TABLE plain_texts AS FROM lake.texts");
  lake.Do("CREATE TEMP TABLE parts AS SELECT unnest(['p4', 'p0', 'p2']) AS part");
  const std::string sql =
      "SELECT part, count(x), sum(id), sum(octet_length(x)) FROM parts JOIN {} USING (part) "
      "WHERE x IS NOT NULL GROUP BY part ORDER BY part";
  auto over = [&](const std::string& table) {
    return std::string(sql).replace(sql.find("{}"), 2, table);
  };
  EXPECT_EQ(lake.Rows(over("lake.texts")), lake.Rows(over("plain_texts")));
}

}  // namespace
}  // namespace lakehold::engine
