#include "delta/schema.h"

#include <limits>

#include <gtest/gtest.h>

#include "delta/scalar.h"
#include "delta/schema_json.h"

namespace lakehold::delta {
namespace {

std::string Fields(std::string_view fields) {
  return "{\"type\":\"struct\",\"fields\":[" + std::string(fields) + "]}";
}
std::string Column(std::string_view type) {
  return Fields("{\"name\":\"c\",\"type\":" + std::string(type) +
                ",\"nullable\":true,\"metadata\":{}}");
}

void ExpectError(std::string_view json, std::string_view reason, std::string_view part) {
  const auto schema = ParseSchema(json);
  ASSERT_FALSE(schema.ok()) << json;
  EXPECT_EQ(schema.error().reason, reason) << json;
  EXPECT_NE(schema.error().message.find(part), std::string::npos) << schema.error().message;
}

TEST(SchemaJson, ReadsAndWritesEveryTypeUnchanged) {
  for (const std::string type :
       {"boolean", "byte", "short", "integer", "long", "float", "double", "string", "binary",
        "date", "timestamp", "timestamp_ntz", "variant", "void", "decimal(38,0)", "decimal(1,1)"}) {
    const std::string json = Column("\"" + type + "\"");
    const auto schema = ParseSchema(json);
    ASSERT_TRUE(schema.ok()) << schema.error().message;
    EXPECT_EQ(FormatType(schema->fields[0].type), type);
    EXPECT_EQ(FormatSchema(*schema), json);
  }
  const std::string nested = Column(
      R"({"type":"map","keyType":"string","valueType":{"type":"array","elementType":{"type":"struct","fields":[)"
      R"({"name":"q\"é","type":"long","nullable":false,"metadata":{"k":1.50,"s":"\u00e9","o":{"a":[1, null]}}}]},)"
      R"("containsNull":false},"valueContainsNull":true})");
  const auto schema = ParseSchema(nested);
  ASSERT_TRUE(schema.ok()) << schema.error().message;
  EXPECT_EQ(FormatSchema(*schema), nested);
  EXPECT_EQ(FormatSchemaText(*schema), "struct<c:map<string,array<struct<q\"é:long>>>>");
}

TEST(SchemaJson, ForeignSpellingsAndOrdersAreUnderstood) {
  EXPECT_EQ(FormatType(ParseSchema(Column("\"decimal\""))->fields[0].type), "decimal(10,0)");
  EXPECT_EQ(FormatType(ParseSchema(Column("\"decimal(10, 2)\""))->fields[0].type), "decimal(10,2)");
  EXPECT_EQ(FormatType(ParseSchema(Column("\"varchar(20)\""))->fields[0].type), "string");
  EXPECT_EQ(FormatType(ParseSchema(Column("\"null\""))->fields[0].type), "void");
  const auto schema = ParseSchema(
      "{\n\"fields\":[{\"metadata\":{\"a\":{\n\"b\":1}},\"nullable\":false,\"type\":\"long\","
      "\"name\":\"x\",\"y\":[]}],\"type\":\"struct\"}");
  ASSERT_TRUE(schema.ok()) << schema.error().message;
  EXPECT_EQ(schema->fields[0].metadata[0].second, "{\"b\":1}");
  EXPECT_FALSE(schema->fields[0].nullable);
}

TEST(SchemaJson, UnknownTypesKeepTheirText) {
  for (const std::string type :
       {"geometry(OGC:CRS84)", "interval day to second", "timestamp_nanos", "Long", "bigint", ""}) {
    const auto schema = ParseSchema(Column("\"" + type + "\""));
    ASSERT_TRUE(schema.ok()) << type;
    EXPECT_EQ(schema->fields[0].type.kind, TypeKind::kUnknown);
    EXPECT_EQ(FormatType(schema->fields[0].type), type);
    EXPECT_EQ(ParseSchema(FormatSchema(*schema)).value(), *schema);
  }
  const auto nested = ParseSchema(Column(
      R"({"type":"array","elementType":{"type":"struct","fields":[{"name":"g","type":{"type":"udt"}}]}})"));
  ASSERT_TRUE(nested.ok());
  EXPECT_EQ(FormatType(nested->fields[0].type), "array<struct<g:udt>>");
  const auto found = FindKind(*nested, TypeKind::kUnknown);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "c.element.g");
  EXPECT_FALSE(FindKind(*nested, TypeKind::kVariant));
  EXPECT_FALSE(CheckNewSchema(*nested).ok());
}

TEST(SchemaJson, WrongTextIsCorruptAndTellsThePlace) {
  const std::string_view reason = "delta.bad_schema";
  ExpectError("", reason, "no schema");
  ExpectError("[]", reason, "$");
  ExpectError("{\"type\":\"struct\"}", reason, "fields");
  ExpectError("{\"type\":\"array\",\"elementType\":\"long\"}", reason, "not a struct");
  ExpectError(Fields("{\"type\":\"long\"}"), reason, "$.fields[0]");
  ExpectError(Fields("{\"name\":\"a\"}"), reason, "$.fields[0]");
  ExpectError(Fields("7"), reason, "$.fields[0]");
  ExpectError(Fields("{\"name\":\"a\",\"type\":\"long\",\"nullable\":1}"), reason,
              "$.fields[0].nullable");
  ExpectError(Column("\"decimal(39,0)\""), reason, "$.fields[0].type");
  ExpectError(Column("\"decimal(2,3)\""), reason, "$.fields[0].type");
  ExpectError(Column("7"), reason, "$.fields[0].type");
  ExpectError(Fields("") + "x", reason, "$");
  ExpectError(Fields("").substr(0, 20), reason, "$");
  std::string deep = "\"long\"";
  for (int i = 0; i < 200; ++i)
    deep = "{\"type\":\"array\",\"elementType\":" + deep + ",\"containsNull\":true}";
  ExpectError(Column(deep), reason, "levels deep");
}

TEST(Schema, PhysicalNameAndIdComeFromTheMetadata) {
  const auto schema = ParseSchema(Fields(
      R"({"name":"a","type":"long","metadata":{"delta.columnMapping.id":7,"delta.columnMapping.physicalName":"col-1"}},)"
      R"({"name":"b","type":"long","metadata":{"delta.columnMapping.physicalName":"q\"\u00e9"}},{"name":"c","type":"long"})"));
  ASSERT_TRUE(schema.ok()) << schema.error().message;
  EXPECT_EQ(schema->fields[0].physical_name(), "col-1");
  EXPECT_EQ(schema->fields[0].column_id(), 7);
  EXPECT_EQ(schema->fields[1].physical_name(), "q\"é");
  EXPECT_EQ(schema->fields[2].physical_name(), "c");
  EXPECT_EQ(schema->fields[2].column_id(), std::nullopt);
}

TEST(Schema, FindsExactlyElseTheOnlyMatchIgnoringCase) {
  const auto schema =
      ParseSchema(Fields(R"({"name":"a","type":"long"},{"name":"B","type":"long"},)"
                         R"({"name":"c","type":"long"},{"name":"C","type":"long"})"));
  EXPECT_EQ(schema->FindField("A"), 0u);
  EXPECT_EQ(schema->FindField("C"), 3u);
  EXPECT_EQ(schema->FindField("b"), 1u);
  EXPECT_EQ(schema->FindField("d"), std::nullopt);
  EXPECT_EQ(ParseSchema(Fields(R"({"name":"xY","type":"long"},{"name":"Xy","type":"long"})"))
                ->FindField("xy"),
            std::nullopt);
}

TEST(Schema, ANewSchemaIsJudgedWithAllItsFaults) {
  const auto schema = ParseSchema(
      Fields(R"({"name":"a","type":"long"},{"name":"A","type":"long"},{"name":"","type":"long"},)"
             R"({"name":"s","type":{"type":"struct","fields":[{"name":"v","type":"void"}]}})"));
  const Status status = CheckNewSchema(*schema);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
  for (const char* part : {"\"A\"", "empty name", "\"s.v\""}) {
    EXPECT_NE(status.error().message.find(part), std::string::npos) << status.error().message;
  }
  EXPECT_TRUE(CheckNewSchema(*ParseSchema(Column("\"long\""))).ok());
  EXPECT_TRUE(ContainsKind(*schema, TypeKind::kVoid));
  EXPECT_FALSE(ContainsKind(*schema, TypeKind::kMap));
}

TEST(Scalar, OrdersNanAboveAllAndStringsByUnsignedBytes) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Compare(nan, 1e308), std::weak_ordering::greater);
  EXPECT_EQ(Compare(nan, nan), std::weak_ordering::equivalent);
  EXPECT_EQ(Compare(-0.0, 0.0), std::weak_ordering::equivalent);
  EXPECT_EQ(Compare(std::string("\xff"), std::string("a")), std::weak_ordering::greater);
  EXPECT_EQ(Compare(Int128{-1}, Int128{1}), std::weak_ordering::less);
  EXPECT_EQ(Compare(Scalar(), Scalar()), std::nullopt);
  EXPECT_EQ(Compare(int64_t{1}, 1.0), std::nullopt);
}

TEST(Scalar, IsShownAsPeopleWriteIt) {
  const auto show = [](const Scalar& value, TypeKind kind) {
    return FormatScalar(value, DataType{.kind = kind});
  };
  EXPECT_EQ(show(Scalar(), TypeKind::kLong), "NULL");
  EXPECT_EQ(show(std::string("it's"), TypeKind::kString), "'it''s'");
  EXPECT_EQ(show(std::string("\x01\xff"), TypeKind::kBinary), "X'01FF'");
  EXPECT_EQ(show(int64_t{20758}, TypeKind::kDate), "2026-11-01");
  const Int128 least = Int128{1} << 127;
  EXPECT_EQ(FormatUnscaled(least, 2), "-1701411834604692317316873037158841057.28");
}

}  // namespace
}  // namespace lakehold::delta
