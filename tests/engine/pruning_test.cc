// Which files a statement reads, and what the log answers without any.
#include <functional>

#include "engine/lake_fixture.h"

namespace lakehold::engine {
namespace {

using L = ScanLake;

// Ten files of 1,000 ids each; day and region partition them; s.x repeats the id.
class Pruning : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> actions{
        L::Protocol(),
        L::Metadata(
            L::Field("id", "long") + "," + L::Field("name", "string") + "," +
                L::Field("amount", "decimal(10,2)") + "," + L::Field("at", "timestamp_ntz") + "," +
                L::Field("s", R"({"type":"struct","fields":[)" + L::Field("x", "integer") + "]}") +
                "," + L::Field("ok", "boolean") + "," + L::Field("day", "date") + "," +
                L::Field("region", "string"),
            R"(["day","region"])")};
    for (int i = 0; i < 10; ++i) {
      const auto lo = std::to_string(i * 1000), hi = std::to_string(i * 1000 + 999);
      const std::string letter(1, static_cast<char>('a' + i));
      const std::string day = "2026-01-0" + std::to_string(i / 2 + 1);
      actions.push_back(lake.Parquet(
          "t", "f" + std::to_string(i) + ".parquet",
          "SELECT i AS id, '" + letter +
              "' || lpad(i::VARCHAR, 5, '0') AS name, (i / 100.0)::DECIMAL(10,2) AS amount, "
              "TIMESTAMP '" +
              day +
              "' + INTERVAL (i) SECOND AS at, {'x': i::INTEGER} AS s, i % 2 = 0 AS ok FROM range(" +
              lo + ", " + hi + " + 1) t(i)",
          R"({"numRecords":1000,"minValues":{"id":)" + lo + R"(,"name":")" + letter + "0" +
              std::to_string(i) + R"(000","amount":)" + std::to_string(i * 10) +
              R"(.00,"s":{"x":)" + lo + R"(}},"maxValues":{"id":)" + hi + R"(,"name":")" + letter +
              "0" + std::to_string(i) + R"(999","amount":)" + std::to_string(i * 10 + 9) +
              R"(.99,"s":{"x":)" + hi +
              R"(}},"nullCount":{"id":0,"name":0,"amount":0,"s":{"x":0}}})",
          R"({"day":")" + day + R"(","region":")" + (i % 2 == 0 ? "north" : "south") + "\"}"));
    }
    lake.Log("t", 0, actions);
    // The same rows without any log: what every answer is compared with.
    lake.Do("CREATE TABLE plain AS FROM lake.t");
  }

  // Files read for a condition; the rows must be those of the plain table.
  int64_t FilesFor(const std::string& where) {
    const auto ours = lake.Rows("SELECT count(*), sum(id) FROM lake.t WHERE " + where);
    const auto report = lake.Report();
    EXPECT_EQ(ours, lake.Rows("SELECT count(*), sum(id) FROM plain WHERE " + where)) << where;
    last = report;
    return report.files_read;
  }

  ScanLake lake;
  ScanReport last;
};

TEST_F(Pruning, SkipsFilesByStatistics) {
  EXPECT_EQ(FilesFor("id = 4567"), 1);
  EXPECT_EQ(last.files, 10);
  EXPECT_EQ(last.skipped_by_statistics, 9);
  EXPECT_EQ(last.filter, "id = 4567");
  EXPECT_EQ(last.columns, std::vector<std::string>{"id"});
  EXPECT_LT(last.bytes_read, last.bytes);
  EXPECT_EQ(FilesFor("id BETWEEN 1500 AND 2500"), 2);
  EXPECT_EQ(FilesFor("id IN (5, 9999, 12345)"), 2);
  EXPECT_EQ(FilesFor("id < 1000 OR id > 8999"), 2);
  EXPECT_EQ(FilesFor("NOT (id >= 1000)"), 1);
  EXPECT_EQ(FilesFor("id IS NULL"), 0);
  EXPECT_EQ(FilesFor("7000 <= id"), 3);
  EXPECT_EQ(FilesFor("s.x = 3001"), 1);
  EXPECT_EQ(FilesFor("name LIKE 'c%'"), 1);
  EXPECT_EQ(FilesFor("starts_with(name, 'd0')"), 1);
  EXPECT_EQ(FilesFor("name LIKE 'c%9' OR name = 'j09999'"), 2);
  EXPECT_EQ(FilesFor("amount > 95.5"), 1);
}

TEST_F(Pruning, SkipsFilesByPartitionValues) {
  EXPECT_EQ(FilesFor("day = DATE '2026-01-03'"), 2);
  EXPECT_EQ(last.skipped_by_partition, 8);
  EXPECT_EQ(FilesFor("region = 'south' AND day >= '2026-01-04'"), 2);
  EXPECT_EQ(FilesFor("region <> 'north' AND id < 2000"), 1);
  EXPECT_EQ(FilesFor("region LIKE 'n%'"), 5);
}

TEST_F(Pruning, SeesThroughCastsThatLoseNothing) {
  EXPECT_EQ(FilesFor("id::HUGEINT = 4567"), 1);
  EXPECT_EQ(FilesFor("s.x::BIGINT > 8999"), 1);
  EXPECT_EQ(FilesFor("day::TIMESTAMP = TIMESTAMP '2026-01-02'"), 2);
  // A cast that loses, and a time that is no day, decide nothing.
  EXPECT_EQ(FilesFor("id::DOUBLE = 4567"), 10);
  EXPECT_EQ(FilesFor("id::VARCHAR = '4567'"), 10);
}

TEST_F(Pruning, KeepsEverythingItDoesNotUnderstand) {
  EXPECT_EQ(FilesFor("id % 7 = 3"), 10);
  EXPECT_EQ(FilesFor("NOT (name LIKE 'c%9')"), 10);
  EXPECT_EQ(FilesFor("id % 7 = 3 AND id < 1000"), 1);
  EXPECT_EQ(last.filter, "id < 1000");
  EXPECT_EQ(FilesFor("length(name) > 3 OR id < 1000"), 10);
  EXPECT_EQ(FilesFor("random() < 2 AND id < 1000"), 1);
}

// Conditions made at random, small ones nested into larger ones: a pruned scan gives what the plain
// table gives.
TEST_F(Pruning, AgreesWithThePlainTableOnRandomConditions) {
  uint64_t seed = 20260101;
  auto pick = [&seed](size_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<size_t>(seed >> 33) % n;
  };
  std::function<std::string(int)> condition = [&](int depth) -> std::string {
    if (depth > 0 && pick(3) != 0) {
      const auto a = condition(depth - 1), b = condition(depth - 1);
      switch (pick(4)) {
        case 0:
          return "NOT (" + a + ")";
        case 1:
          return "(" + a + " OR " + b + ")";
        default:
          return "(" + a + " AND " + b + ")";
      }
    }
    const std::vector<std::string> ops{
        "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
    const auto op = " " + ops[pick(ops.size())] + " ";
    const auto number = std::to_string(pick(11'000));
    switch (pick(11)) {
      case 0:
        return "id" + op + number;
      case 1:
        return number + op + "s.x";
      case 2:
        return "amount" + op + std::to_string(pick(110)) + ".5";
      case 3:
        return "day" + op + "DATE '2026-01-0" + std::to_string(1 + pick(6)) + "'";
      case 4:
        return "region" + op + (pick(2) == 0 ? "'north'" : "'south'");
      case 5:
        return "name LIKE '" + std::string(1, static_cast<char>('a' + pick(11))) + "%'";
      case 6:
        return "id IN (" + number + ", NULL, " + std::to_string(pick(11'000)) + ")";
      case 7:
        return "id NOT IN (" + number + ", " + std::to_string(pick(11'000)) + ")";
      case 8:
        return "ok";
      case 9:
        return "(day IS NULL) = (id % 2 = " + std::to_string(pick(2)) + ")";
      default:
        return "id BETWEEN " + number + " AND " + number + " + " + std::to_string(pick(3'000));
    }
  };
  int64_t read = 0, all = 0;
  for (int i = 0; i < 150; ++i) {
    read += FilesFor(condition(3));
    all += last.files;
  }
  EXPECT_LT(read, all);
}

TEST_F(Pruning, SkipsFilesByTheKeysOfAJoin) {
  lake.Do("CREATE TEMP TABLE keys AS SELECT 7000 + i AS k FROM range(10) t(i)");
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t JOIN keys ON id = k"), "10\n");
  EXPECT_EQ(lake.Report().files_read, 1);
}

TEST_F(Pruning, TopNAgreesWithThePlainTable) {
  const char* top = " ORDER BY id DESC LIMIT 3";
  EXPECT_EQ(lake.Rows(std::string("SELECT id, name FROM lake.t") + top),
            lake.Rows(std::string("SELECT id, name FROM plain") + top));
}

TEST_F(Pruning, AnswersCountMinAndMaxFromTheLog) {
  auto from_log = [&](const std::string& sql) {
    return lake.Rows("EXPLAIN " + sql).find("LAKEHOLD_FILES_SCAN") == std::string::npos;
  };
  EXPECT_EQ(lake.Rows("SELECT count(*), min(id), max(id), max(amount), min(day) FROM lake.t"),
            "10000|0|9999|99.99|2026-01-01\n");
  EXPECT_FALSE(from_log("SELECT sum(id) FROM lake.t"));
  EXPECT_TRUE(from_log("SELECT count(*), min(id), max(id), max(amount), min(day) FROM lake.t"));
  EXPECT_TRUE(from_log("SELECT count(*) FROM lake.t WHERE day = '2026-01-02'"));
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t WHERE day = '2026-01-02'"), "2000\n");
  // Strings are cut and floats may hide NaN: those are read.
  EXPECT_FALSE(from_log("SELECT max(name) FROM lake.t"));
  EXPECT_EQ(lake.Rows("SELECT max(name) FROM lake.t"), "j09999\n");
}

TEST_F(Pruning, PartitionColumnsAreKnownToTheOptimizer) {
  EXPECT_EQ(
      lake.Rows("SELECT day, region, count(*), sum(id) FROM lake.t GROUP BY ALL ORDER BY ALL"),
      lake.Rows("SELECT day, region, count(*), sum(id) FROM plain GROUP BY ALL ORDER BY ALL"));
  EXPECT_NE(lake.Rows("EXPLAIN SELECT day, sum(id) FROM lake.t GROUP BY day").find("PARTITIONED"),
            std::string::npos);
}

TEST(PruningFloats, NeverSkipsAFileThatMayHoldNaN) {
  ScanLake lake;
  lake.Log(
      "t", 0,
      {L::Protocol(), L::Metadata(L::Field("v", "double")),
       lake.Parquet(
           "t", "a.parquet", "SELECT unnest([1::DOUBLE, 2, 'NaN'::DOUBLE]) AS v",
           R"({"numRecords":3,"minValues":{"v":1.0},"maxValues":{"v":2.0},"nullCount":{"v":0}})")});
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM lake.t WHERE v > 100"), "1\n");
  EXPECT_EQ(lake.Rows("SELECT max(v), min(v) FROM lake.t"), "nan|1.0\n");
}

}  // namespace
}  // namespace lakehold::engine
