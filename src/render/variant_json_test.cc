// JSON text of variants, from bytes built by hand.
#include "render/variant_json.h"

#include <string>

#include <gtest/gtest.h>

namespace lakehold::render {
namespace {

using std::string_literals::operator""s;

// Names: b, a.
const std::string kNames = "\x01\x02\x00\x01\x02"s + "ba";

std::string Json(const std::string& value, const std::string& metadata = kNames) {
  std::string text;
  AppendVariantJson(metadata, value, &text);
  return text;
}

TEST(VariantJson, ValuesOfEachTypeAreSpelledAsThoseOfColumns) {
  EXPECT_EQ(Json("\x00"s), "null");
  EXPECT_EQ(Json("\x04"s), "true");
  EXPECT_EQ(Json("\x08"s), "false");
  EXPECT_EQ(Json("\x0C\xFF"s), "-1");
  EXPECT_EQ(Json("\x18\x00\x00\x00\x00\x00\x00\x00\x80"s), "-9223372036854775808");
  EXPECT_EQ(Json("\x1C\x00\x00\x00\x00\x00\x00\xF0\x7F"s), "\"Infinity\"");
  EXPECT_EQ(Json("\x38\x00\x00\xC0\x3F"s), "1.5");
  EXPECT_EQ(Json("\x20\x02\xE2\x04\x00\x00"s), "12.50");
  EXPECT_EQ(Json("\x2C\x01\x00\x00\x00"s), "\"1970-01-02\"");
  EXPECT_EQ(Json("\x30\x01\x00\x00\x00\x00\x00\x00\x00"s), "\"1970-01-01T00:00:00.000001Z\"");
  EXPECT_EQ(Json("\x34\x00\x00\x00\x00\x00\x00\x00\x00"s), "\"1970-01-01T00:00:00\"");
  EXPECT_EQ(Json("\x48\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), "\"1969-12-31T23:59:59.999999999Z\"");
  EXPECT_EQ(Json("\x44\x01\x00\x00\x00\x00\x00\x00\x00"s), "\"00:00:00.000001\"");
  EXPECT_EQ(Json("\x3C\x02\x00\x00\x00\xAB\x00"s), "\"ab00\"");
  EXPECT_EQ(Json("\x40\x02\x00\x00\x00\"\n"s), R"("\"\n")");
  EXPECT_EQ(Json("\x09hi"s), "\"hi\"");
  EXPECT_EQ(Json("\x50\x01\x23\x45\x67\x89\xAB\xCD\xEF\x01\x23\x45\x67\x89\xAB\xCD\xEF"s),
            "\"01234567-89ab-cdef-0123-456789abcdef\"");
}

TEST(VariantJson, ArraysAndObjectsNest) {
  EXPECT_EQ(Json("\x03\x02\x00\x02\x03\x0C\x07\x00"s), "[7,null]");
  EXPECT_EQ(Json("\x03\x00\x00"s), "[]");
  EXPECT_EQ(Json("\x02\x00\x00"s), "{}");
  EXPECT_EQ(Json("\x02\x02\x01\x00\x00\x01\x03\x04\x0C\x01"s), R"({"a":true,"b":1})");
  // {a: ["[", {b: true}]}
  EXPECT_EQ(Json("\x02\x01\x01\x00\x0D"
                 "\x03\x02\x00\x02\x08\x05[\x02\x01\x00\x00\x01\x04"s),
            R"({"a":["[",{"b":true}]})");
}

TEST(VariantJson, BytesThatAreNoVariantAreShownAsTheyAre) {
  EXPECT_EQ(Json("\xFC"s, "\x01"s), R"({"metadata":"01","value":"fc"})");
  EXPECT_EQ(Json(""s, ""s), R"({"metadata":"","value":""})");
  EXPECT_EQ(Json("\x03\x01\x00\x01\xFC"s, "\x01"s), R"({"metadata":"01","value":"03010001fc"})");
}

}  // namespace
}  // namespace lakehold::render
