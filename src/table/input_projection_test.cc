#include "table/input_projection.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace lakehold::table {
namespace {

using Columns = std::vector<ColumnDescription>;

Result<std::string> Project(const Columns& input, const Columns& table, bool utc = false) {
  auto projection = ProjectInput(input, table, {"trips", utc});
  if (!projection.ok()) return std::move(projection).error();
  return projection->list;
}

// What one column of a type becomes in a column of another, or the reason.
std::string Fit(const std::string& from, const std::string& to, bool utc = false) {
  const auto list = Project({{"c", from}}, {{"c", to}}, utc);
  return list.ok() ? *list : std::string(list.error().reason);
}

TEST(InputProjection, ColumnsMatchByNameIgnoringCaseInTheTablesOrder) {
  const auto list =
      Project({{"Fare", "DOUBLE"}, {"ID", "BIGINT"}}, {{"id", "BIGINT"}, {"fare", "DOUBLE"}});
  ASSERT_TRUE(list.ok()) << list.error().ToString();
  EXPECT_EQ(*list, R"("ID" AS "id", "Fare" AS "fare")");
}

TEST(InputProjection, OneErrorListsAllUnknownMissingAndRepeatedColumns) {
  const auto list = Project({{"a", "BIGINT"}, {"A", "BIGINT"}, {"x", "BIGINT"}, {"y", "BIGINT"}},
                            {{"a", "BIGINT"}, {"b", "BIGINT"}, {"c", "BIGINT"}});
  ASSERT_FALSE(list.ok());
  EXPECT_EQ(list.error().reason, "table.input_columns");
  EXPECT_EQ(
      list.error().message,
      R"(trips: columns named more than once: "a", "A"; columns the table does not have: "x", "y"; )"
      R"(columns missing from the input: "b", "c")");
}

TEST(InputProjection, OneErrorListsAllTypesThatDoNotFit) {
  const auto list =
      Project({{"a", "VARCHAR"}, {"b", "BOOLEAN"}}, {{"a", "BIGINT"}, {"b", "DOUBLE"}});
  ASSERT_FALSE(list.ok());
  EXPECT_EQ(list.error().reason, "table.input_types");
  EXPECT_NE(list.error().message.find("column \"a\" is BIGINT, the input is VARCHAR"),
            std::string::npos);
  EXPECT_NE(list.error().message.find("column \"b\" is DOUBLE, the input is BOOLEAN"),
            std::string::npos);
}

TEST(InputProjection, IntegersWidenAndNarrowOnlyByACastThatChecks) {
  EXPECT_EQ(Fit("INTEGER", "BIGINT"), R"(CAST("c" AS BIGINT) AS "c")");
  EXPECT_NE(Fit("BIGINT", "INTEGER").find("is out of range"), std::string::npos);
  EXPECT_EQ(Fit("UINTEGER", "BIGINT"), R"(CAST("c" AS BIGINT) AS "c")");
  EXPECT_NE(Fit("INTEGER", "UBIGINT").find("is out of range"), std::string::npos);
  EXPECT_EQ(Fit("INTEGER", "DECIMAL(12,2)"), R"(CAST("c" AS DECIMAL(12,2)) AS "c")");
  EXPECT_NE(Fit("BIGINT", "DECIMAL(9,2)").find("too many digits"), std::string::npos);
  EXPECT_EQ(Fit("NULL", "INTEGER"), R"(CAST(NULL AS INTEGER) AS "c")");
}

TEST(InputProjection, FloatsBecomeIntegersOnlyIfEveryValueIsIntegral) {
  const auto text = Fit("DOUBLE", "BIGINT");
  EXPECT_NE(text.find(R"("c" = trunc("c"))"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(isfinite("c"))"), std::string::npos) << text;
  EXPECT_NE(text.find("is no integer of this type"), std::string::npos) << text;
}

TEST(InputProjection, NothingIsRounded) {
  EXPECT_EQ(Fit("FLOAT", "DOUBLE"), R"(CAST("c" AS DOUBLE) AS "c")");
  EXPECT_NE(Fit("DOUBLE", "FLOAT").find("has no exact equal"), std::string::npos);
  EXPECT_NE(Fit("BIGINT", "DOUBLE").find("has no exact equal"), std::string::npos);
  EXPECT_EQ(Fit("INTEGER", "DOUBLE"), R"(CAST("c" AS DOUBLE) AS "c")");
  EXPECT_EQ(Fit("DECIMAL(5,1)", "DECIMAL(9,2)"), R"(CAST("c" AS DECIMAL(9,2)) AS "c")");
  EXPECT_NE(Fit("DECIMAL(9,3)", "DECIMAL(9,2)").find("would be rounded"), std::string::npos);
  EXPECT_EQ(Fit("DOUBLE", "DECIMAL(9,2)"), "table.input_types");
}

TEST(InputProjection, TextIsNeverParsedAndNothingBecomesText) {
  for (const char* to : {"BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN", "BLOB"}) {
    EXPECT_EQ(Fit("VARCHAR", to), "table.input_types") << to;
    EXPECT_EQ(Fit(to, "VARCHAR"), "table.input_types") << to;
  }
  EXPECT_EQ(Fit("UUID", "VARCHAR"), R"(CAST("c" AS VARCHAR) AS "c")");
}

TEST(InputProjection, ZonelessTimestampsAreUtcOnlyIfAsked) {
  EXPECT_EQ(Fit("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), "table.input_types");
  EXPECT_EQ(Fit("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", true),
            R"(CAST("c" AS TIMESTAMP WITH TIME ZONE) AS "c")");
  EXPECT_EQ(Fit("TIMESTAMP WITH TIME ZONE", "TIMESTAMP"), "table.input_types");
  EXPECT_NE(Fit("TIMESTAMP_NS", "TIMESTAMP").find("has nanoseconds"), std::string::npos);
}

TEST(InputProjection, NestedValuesOnlyWiden) {
  EXPECT_EQ(Fit("STRUCT(a INTEGER)", "STRUCT(a BIGINT)"),
            R"(CAST("c" AS STRUCT(a BIGINT)) AS "c")");
  EXPECT_EQ(Fit("STRUCT(a BIGINT)", "STRUCT(a INTEGER)"), "table.input_types");
  EXPECT_EQ(Fit("STRUCT(b INTEGER)", "STRUCT(a INTEGER)"), "table.input_types");
  EXPECT_EQ(Fit("FLOAT[]", "DOUBLE[]"), R"(CAST("c" AS DOUBLE[]) AS "c")");
}

TEST(InputProjection, FieldsOfStructsMatchByNameAndMayBeMissing) {
  EXPECT_NE(Fit("STRUCT(b VARCHAR, a INTEGER)", "STRUCT(a BIGINT, b VARCHAR)"),
            "table.input_types");
  EXPECT_NE(Fit("STRUCT(a INTEGER)", "STRUCT(a BIGINT, b VARCHAR)"), "table.input_types");
  EXPECT_EQ(Fit("STRUCT(a INTEGER, z INTEGER)", "STRUCT(a BIGINT, b VARCHAR)"),
            "table.input_types");
}

TEST(InputProjection, WhatHasNoTypeTakesThatOfTheTable) {
  EXPECT_EQ(Fit(R"("NULL"[])", "VARCHAR[]"), R"(CAST("c" AS VARCHAR[]) AS "c")");
  EXPECT_EQ(Fit(R"(STRUCT(a "NULL"))", "STRUCT(a DATE)"), R"(CAST("c" AS STRUCT(a DATE)) AS "c")");
}

TEST(InputProjection, ColumnsAreCheckedByConditionsOverTheInput) {
  const auto projection = ProjectInput({{"a", "DOUBLE"}, {"b", "INTEGER"}},
                                       {{"a", "BIGINT"}, {"b", "BIGINT"}}, {"trips"});
  ASSERT_TRUE(projection.ok());
  EXPECT_EQ(projection->conditions.size(), 1U);
  EXPECT_NE(projection->conditions.at("a").find(R"("a" IS NULL OR)"), std::string::npos);
}

TEST(TypedInput, TypesOfTheCallerComeFirstAndPlainValuesMayBecomeText) {
  const auto typed = TypeInput({{"at", "TIME"}, {"c", "NULL"}, {"x", "BIGINT"}}, "input",
                               {{"at", "VARCHAR"}, {"C", "DATE"}}, {"trips"});
  ASSERT_TRUE(typed.ok()) << typed.error().ToString();
  EXPECT_EQ(typed->columns[0].type, "VARCHAR");
  EXPECT_EQ(typed->columns[1].type, "DATE");
  EXPECT_EQ(typed->from,
            R"((SELECT CAST("at" AS VARCHAR) AS "at", CAST(NULL AS DATE) AS "c", "x" AS "x" )"
            R"(FROM input) AS typed)");
  EXPECT_EQ(TypeInput({{"x", "BIGINT"}}, "input", {}, {"trips"})->from, "input");
}

TEST(TypedInput, OneErrorTellsAllThatDoesNotFit) {
  const auto typed = TypeInput({{"a", "VARCHAR"}, {"b", "BLOB"}}, "input",
                               {{"a", "DATE"}, {"b", "VARCHAR"}, {"z", "DATE"}}, {"trips"});
  ASSERT_FALSE(typed.ok());
  EXPECT_EQ(typed.error().reason, "table.input_schema");
  for (const char* name : {"\"a\"", "\"b\"", "\"z\""})
    EXPECT_NE(typed.error().message.find(name), std::string::npos) << name;
}

TEST(InputProjection, NamesAreQuoted) {
  const auto list = Project({{"a\"b", "BIGINT"}}, {{"A\"B", "BIGINT"}});
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(*list, R"("a""b" AS "A""B")");
}

}  // namespace
}  // namespace lakehold::table
