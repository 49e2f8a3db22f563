#include "engine/type_mapping.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/engine_fixture_test.h"

namespace lakehold::engine {
namespace {

using delta::TypeKind;
using duckdb::LogicalType;
using duckdb::Value;

class TypeMapping : public testing::EngineTest {
 protected:
  LogicalType Type(const std::string& sql) {
    duckdb::Connection connection(instance()->database());
    return connection.Query("SELECT CAST(NULL AS " + sql + ")")->types[0];
  }
  std::string DeltaText(const std::string& sql) {
    auto type = DeltaTypeOf(Type(sql), "c");
    return type.ok() ? delta::FormatType(*type) : "error " + type.error().ToString();
  }
};

TEST_F(TypeMapping, DuckDbTypesAreStoredAsDecided) {
  const std::pair<const char*, const char*> cases[] = {
      {"BOOLEAN", "boolean"},
      {"TINYINT", "byte"},
      {"SMALLINT", "short"},
      {"INTEGER", "integer"},
      {"BIGINT", "long"},
      {"UTINYINT", "short"},
      {"USMALLINT", "integer"},
      {"UINTEGER", "long"},
      {"UBIGINT", "decimal(20,0)"},
      {"HUGEINT", "decimal(38,0)"},
      {"UHUGEINT", "decimal(38,0)"},
      {"FLOAT", "float"},
      {"DOUBLE", "double"},
      {"DECIMAL(9,2)", "decimal(9,2)"},
      {"DECIMAL(38,10)", "decimal(38,10)"},
      {"DATE", "date"},
      {"VARCHAR", "string"},
      {"BLOB", "binary"},
      {"UUID", "string"},
      {"JSON", "string"},
      {"ENUM('a', 'b')", "string"},
      {"TIMESTAMP", "timestamp_ntz"},
      {"TIMESTAMP_S", "timestamp_ntz"},
      {"TIMESTAMP_NS", "timestamp_ntz"},
      {"TIMESTAMPTZ", "timestamp"},
      {"STRUCT(a INTEGER, b VARCHAR)", "struct<a:integer,b:string>"},
      {"BIGINT[]", "array<long>"},
      {"BIGINT[3]", "array<long>"},
      {"MAP(VARCHAR, BIGINT[])", "map<string,array<long>>"},
  };
  for (const auto& [sql, delta] : cases) EXPECT_EQ(DeltaText(sql), delta) << sql;
  EXPECT_EQ(delta::FormatType(*DeltaTypeOf(LogicalType::TIMESTAMP, "c", TimestampStorage::kUtc)),
            "timestamp");
}

TEST_F(TypeMapping, RefusalsNameTheColumnAndTheCast) {
  for (const char* sql :
       {"TIME", "TIMETZ", "INTERVAL", "BIT", "UNION(a INTEGER, b VARCHAR)", "STRUCT(x TIME)[]"}) {
    auto type = DeltaTypeOf(Type(sql), "c");
    ASSERT_FALSE(type.ok()) << sql;
    EXPECT_EQ(type.error().reason, "types.refused");
    EXPECT_NE(type.error().message.find("column \"c"), std::string::npos) << type.error().message;
    EXPECT_FALSE(type.error().hint.empty());
  }
  EXPECT_FALSE(DeltaTypeOf(LogicalType::SQLNULL, "c").ok());
  auto nested = DeltaTypeOf(Type("STRUCT(x TIME)[]"), "c");
  EXPECT_NE(nested.error().message.find("c.element.x"), std::string::npos)
      << nested.error().message;
}

TEST_F(TypeMapping, WhatIsStoredReadsBackAsTheSameType) {
  for (const char* sql :
       {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(9,2)",
        "DECIMAL(38,10)", "DATE", "VARCHAR", "BLOB", "TIMESTAMP", "TIMESTAMPTZ",
        "STRUCT(a INTEGER, b VARCHAR[])", "MAP(VARCHAR, BIGINT[])"}) {
    auto delta_type = DeltaTypeOf(Type(sql), "c");
    ASSERT_TRUE(delta_type.ok());
    auto back = DuckDbTypeOf(*delta_type);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->ToString(), Type(sql).ToString());
  }
}

TEST_F(TypeMapping, ScalarsAndValuesAreEachOther) {
  duckdb::Connection connection(instance()->database());
  for (const char* sql :
       {"true", "(-128)::TINYINT", "(-32768)::SMALLINT", "2147483647::INTEGER",
        "(-9223372036854775808)::BIGINT", "1.5::FLOAT", "'nan'::DOUBLE",
        "(-12345.67)::DECIMAL(9,2)", "0.01::DECIMAL(4,2)", "123456789012.34::DECIMAL(18,2)",
        "'-99999999999999999999999999999999999999'::DECIMAL(38,0)", "DATE '1969-12-31'", "'text'",
        "'\\xAA\\x00b'::BLOB", "TIMESTAMP '2020-01-01 00:00:00.000001'",
        "TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'", "NULL::BIGINT"}) {
    auto result = connection.Query(std::string("SELECT ") + sql);
    ASSERT_FALSE(result->HasError()) << result->GetError();
    const Value value = result->GetValue(0, 0);
    auto type = DeltaTypeOf(result->types[0], "c");
    ASSERT_TRUE(type.ok());
    auto scalar = ScalarOf(value, *type);
    ASSERT_TRUE(scalar.ok()) << scalar.error().ToString();
    auto back = ValueOf(*scalar, *type);
    ASSERT_TRUE(back.ok()) << back.error().ToString();
    EXPECT_TRUE(Value::NotDistinctFrom(value, *back)) << sql << " " << back->ToString();
    EXPECT_EQ(back->type(), result->types[0]) << sql;
  }
}

TEST_F(TypeMapping, AnInexactValueIsNoScalarOfTheType) {
  delta::DataType integer;
  integer.kind = TypeKind::kInteger;
  EXPECT_EQ(ScalarOf(Value::DOUBLE(1.5), integer).error().reason, "types.inexact");
  EXPECT_EQ(ScalarOf(Value::BIGINT(int64_t{1} << 40), integer).error().reason, "types.inexact");
  EXPECT_EQ(std::get<int64_t>(*ScalarOf(Value::DOUBLE(2.0), integer)), 2);
}

}  // namespace
}  // namespace lakehold::engine
