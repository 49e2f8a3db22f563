#include "table/sql_type.h"

#include <gtest/gtest.h>

namespace lakehold::table {
namespace {

TEST(SqlType, KnowsTheEnginesNamesOfPlainTypes) {
  EXPECT_EQ(ParseSqlType("BIGINT").family, SqlFamily::kSigned);
  EXPECT_EQ(ParseSqlType("BIGINT").bits, 64);
  EXPECT_EQ(ParseSqlType("UTINYINT").family, SqlFamily::kUnsigned);
  EXPECT_EQ(ParseSqlType("FLOAT").bits, 32);
  EXPECT_EQ(ParseSqlType("TIMESTAMP WITH TIME ZONE").family, SqlFamily::kTimestampTz);
  EXPECT_EQ(ParseSqlType("TIMESTAMP_NS").fraction_digits, 9);
  EXPECT_TRUE(ParseSqlType("UUID").is_enumeration);
  EXPECT_EQ(ParseSqlType(" \"NULL\" ").family, SqlFamily::kNull);
}

TEST(SqlType, TakesDecimalsAndEnumsApart) {
  const auto decimal = ParseSqlType("DECIMAL(18,3)");
  EXPECT_EQ(decimal.family, SqlFamily::kDecimal);
  EXPECT_EQ(decimal.precision, 18);
  EXPECT_EQ(decimal.scale, 3);
  const auto mood = ParseSqlType("ENUM('a, b', 'c)')");
  EXPECT_EQ(mood.family, SqlFamily::kText);
  EXPECT_TRUE(mood.is_enumeration);
}

TEST(SqlType, TakesNestedTypesApartWithTheirQuotedNames) {
  const auto type = ParseSqlType(
      "STRUCT(a INTEGER, \"b, \"\"c\"\"\" STRUCT(x DOUBLE[]), m MAP(VARCHAR, DECIMAL(4,1)))");
  ASSERT_EQ(type.family, SqlFamily::kStruct);
  EXPECT_EQ(type.names, (std::vector<std::string>{"a", "b, \"c\"", "m"}));
  const auto& list = type.children[1].children[0];
  EXPECT_EQ(list.family, SqlFamily::kList);
  EXPECT_EQ(list.children[0].family, SqlFamily::kFloat);
  EXPECT_EQ(type.children[2].family, SqlFamily::kMap);
  EXPECT_EQ(type.children[2].children[1].scale, 1);
  EXPECT_EQ(ParseSqlType("INTEGER[3]").children[0].bits, 32);
}

TEST(SqlType, KeepsTheTextOfWhatItDoesNotKnow) {
  for (const char* text : {"INTERVAL", "UNION(a INTEGER)", "", "DECIMAL", "nonsense)"}) {
    EXPECT_EQ(ParseSqlType(text).family, SqlFamily::kOther) << text;
    EXPECT_EQ(ParseSqlType(text).text, text);
  }
}

}  // namespace
}  // namespace lakehold::table
