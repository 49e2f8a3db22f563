#include "engine/statistics_collector.h"

#include "delta/stats.h"
#include "engine/data_file_fixture.h"

namespace lakehold::engine {
namespace {

// The statistics of one column's values, given as a SQL query.
class StatisticsCollectorTest : public DataFileFixture {
 protected:
  std::string StatsOf(const std::string& sql) {
    auto written = Write(sql);
    EXPECT_TRUE(written.ok()) << written.error().ToString();
    EXPECT_EQ(written->adds.size(), 1u);
    return written->adds.at(0).stats.value_or("");
  }
  std::string StatsOfValues(const std::string& values, const std::string& type) {
    return StatsOf("SELECT unnest([" + values + "]::" + type + "[]) AS v");
  }
  static std::string Json(int rows, const std::string& min, const std::string& max, int nulls) {
    const std::string bounds = R"("minValues":{"v":)" + min + R"(},"maxValues":{"v":)" + max + "}";
    return R"({"numRecords":)" + std::to_string(rows) + R"(,"tightBounds":true,)" + bounds +
           R"(,"nullCount":{"v":)" + std::to_string(nulls) + "}}";
  }
};

TEST_F(StatisticsCollectorTest, IntegersOfEveryWidth) {
  EXPECT_EQ(StatsOfValues("3, NULL, -128, 127", "TINYINT"), Json(4, "-128", "127", 1));
  EXPECT_EQ(StatsOfValues("3, -32768, 32767", "SMALLINT"), Json(3, "-32768", "32767", 0));
  EXPECT_EQ(StatsOfValues("-2147483648, 2147483647", "INTEGER"),
            Json(2, "-2147483648", "2147483647", 0));
  EXPECT_EQ(StatsOfValues("-9223372036854775808, 9223372036854775807", "BIGINT"),
            Json(2, "-9223372036854775808", "9223372036854775807", 0));
}

TEST_F(StatisticsCollectorTest, Decimals) {
  EXPECT_EQ(StatsOfValues("1.5, -2.25, NULL", "DECIMAL(4,2)"), Json(3, "-2.25", "1.50", 1));
  EXPECT_EQ(StatsOfValues("12345678901234567890123456789012345678, -1", "DECIMAL(38,0)"),
            Json(2, "-1", "12345678901234567890123456789012345678", 0));
}

TEST_F(StatisticsCollectorTest, DatesAndTimestamps) {
  EXPECT_EQ(StatsOfValues("'2026-11-01', '1969-01-02'", "DATE"),
            Json(2, "\"1969-01-02\"", "\"2026-11-01\"", 0));
  const delta::ColumnStats stats = delta::ParseColumnStats(
      StatsOfValues("'2026-11-01 10:00:00.123456', '2026-11-01 09:00:00'", "TIMESTAMP"), {"v"},
      delta::DataType{delta::TypeKind::kTimestampNtz, 0, 0, {}}, delta::StatsTrust::kVouched);
  EXPECT_EQ(std::get<int64_t>(stats.min), 1793523600000000);
  EXPECT_GE(std::get<int64_t>(stats.max), 1793527200123456)
      << "readers widen what is cut to milliseconds";
}

TEST_F(StatisticsCollectorTest, FloatsIgnoreNanInTheMinimumAndGiveNoMaximumBesideIt) {
  EXPECT_EQ(StatsOfValues("1.5, -2.5", "DOUBLE"), Json(2, "-2.5", "1.5", 0));
  EXPECT_EQ(
      StatsOfValues("'0.5', 'nan', '-1.5'", "DOUBLE"),
      R"({"numRecords":3,"tightBounds":true,"minValues":{"v":-1.5},"maxValues":{},"nullCount":{"v":0}})");
  EXPECT_EQ(StatsOfValues("'-0.0', '0.0'", "DOUBLE"), Json(2, "-0.0", "0.0", 0))
      << "both zeros are inside";
  const std::string none = StatsOfValues("'nan', NULL", "FLOAT");
  EXPECT_NE(none.find(R"("nullCount":{"v":1})"), std::string::npos) << none;
  EXPECT_EQ(none.find(R"("v":n)"), std::string::npos) << none;
}

TEST_F(StatisticsCollectorTest, LongTextsAreBoundedByPrefixes) {
  const std::string stats =
      StatsOf("SELECT repeat(chr(97 + i::INTEGER), 1000) AS v FROM range(3) t(i)");
  EXPECT_NE(stats.find("\"minValues\":{\"v\":\"" + std::string(32, 'a') + "\"}"), std::string::npos)
      << stats;
  const auto column =
      delta::ParseColumnStats(stats, {"v"}, delta::DataType{delta::TypeKind::kString, 0, 0, {}});
  EXPECT_GE(std::get<std::string>(column.max), std::string(1000, 'c'));
}

TEST_F(StatisticsCollectorTest, TextsAreOrderedByUnsignedBytes) {
  EXPECT_EQ(StatsOfValues("'b', 'é', 'abcdefghijklm', 'abcdefgh', ''", "VARCHAR"),
            Json(5, "\"\"", "\"é\"", 0));
  EXPECT_EQ(StatsOfValues("'abcdefghZ', 'abcdefghA', 'abcdefgh'", "VARCHAR"),
            Json(3, "\"abcdefgh\"", "\"abcdefghZ\"", 0));
}

TEST_F(StatisticsCollectorTest, BooleansHaveBounds) {
  const auto column = delta::ParseColumnStats(StatsOfValues("true, NULL, true", "BOOLEAN"), {"v"},
                                              delta::DataType{delta::TypeKind::kBoolean, 0, 0, {}});
  EXPECT_EQ(column.null_count, 1);
}

TEST_F(StatisticsCollectorTest, AColumnOfNullsHasOnlyACount) {
  const std::string stats = StatsOfValues("NULL, NULL", "INTEGER");
  EXPECT_NE(stats.find(R"("nullCount":{"v":2})"), std::string::npos) << stats;
  EXPECT_EQ(stats.find(R"("minValues":{"v")"), std::string::npos) << stats;
}

TEST_F(StatisticsCollectorTest, ALeafIsNullWhereItsStructIs) {
  const std::string stats = StatsOf(R"(
    SELECT CASE WHEN i % 2 = 0 THEN NULL ELSE {'a': i, 'b': CASE WHEN i = 1 THEN NULL ELSE {'c': 'x' || i} END} END AS s
    FROM range(10) t(i))");
  EXPECT_NE(stats.find(R"("nullCount":{"s":{"a":5,"b":{"c":6}}})"), std::string::npos) << stats;
  EXPECT_NE(stats.find(R"("minValues":{"s":{"a":1,"b":{"c":"x3"}}})"), std::string::npos) << stats;
  EXPECT_NE(stats.find(R"("maxValues":{"s":{"a":9,"b":{"c":"x9"}}})"), std::string::npos) << stats;
}

TEST_F(StatisticsCollectorTest, BoundsCoverAllRowGroupsAndSurviveOneThatIsAllNull) {
  const std::string stats =
      StatsOf("SELECT CASE WHEN i < 200000 THEN NULL ELSE i END AS v FROM range(400000) t(i)");
  EXPECT_EQ(stats, Json(400000, "200000", "399999", 200000));
}

TEST_F(StatisticsCollectorTest, OnlyTheIndexedLeavesHaveStatistics) {
  configuration["delta.dataSkippingNumIndexedCols"] = "1";
  const std::string stats = StatsOf("SELECT 1 AS v, 2 AS w");
  EXPECT_EQ(stats, Json(1, "1", "1", 0));
}

}  // namespace
}  // namespace lakehold::engine
