#include "render/content_hash.h"

#include <limits>

#include <gtest/gtest.h>

#include "render/canonical_column.h"
#include "render/canonical_value.h"
#include "render/sha256.h"
#include "render/variant_text.h"
#include "support/arrow_column.h"

namespace lakehold::render {
namespace {

using testing::ArrowColumn;

std::string Double(double value) {
  std::string text;
  AppendShortestDouble(value, text);
  return text;
}

std::string Decimal(WideInt unscaled, int scale) {
  std::string text;
  AppendDecimal(unscaled, scale, text);
  return text;
}

std::string Json(std::string_view bytes) {
  std::string text;
  AppendAsciiJson(bytes, text);
  return text;
}

std::string Instant(WideInt nanoseconds) {
  std::string text;
  AppendInstant(nanoseconds, text);
  return text;
}

std::string ShaHex(std::string_view text) {
  std::string hex;
  const auto digest = Sha256(text);
  AppendHex({reinterpret_cast<const char*>(digest.data()), digest.size()}, hex);
  return hex.substr(1);
}

std::string Variant(std::string_view metadata, std::string_view value) {
  std::string text;
  const Status status = AppendVariantText(metadata, value, text);
  return status.ok() ? text : std::string(status.error().reason);
}

TEST(Sha256, TheExamplesOfTheStandard) {
  EXPECT_EQ(ShaHex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ShaHex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ShaHex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(ShaHex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(CanonicalValue, DoublesAreSpelledAsPythonSpellsThem) {
  EXPECT_EQ(Double(1), "1.0");
  EXPECT_EQ(Double(-0.0), "-0.0");
  EXPECT_EQ(Double(0.1), "0.1");
  EXPECT_EQ(Double(0.0001), "0.0001");
  EXPECT_EQ(Double(0.00001234), "1.234e-05");
  EXPECT_EQ(Double(123456.75), "123456.75");
  EXPECT_EQ(Double(9999999999999998), "9999999999999998.0");
  EXPECT_EQ(Double(1e16), "1e+16");
  EXPECT_EQ(Double(-1.5e300), "-1.5e+300");
  EXPECT_EQ(Double(5e-324), "5e-324");
  EXPECT_EQ(Double(double{0.1F}), "0.10000000149011612");
  EXPECT_EQ(Double(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(Double(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(CanonicalValue, DecimalsLoseTheZerosOfTheirFraction) {
  EXPECT_EQ(Decimal(1250, 2), "12.5");
  EXPECT_EQ(Decimal(300, 2), "3");
  EXPECT_EQ(Decimal(-5, 3), "-0.005");
  EXPECT_EQ(Decimal(0, 2), "0");
  EXPECT_EQ(Decimal(100, 0), "100");
}

TEST(CanonicalValue, TextsAreAsciiJson) {
  EXPECT_EQ(Json("a\"b\\c\n\t\x01\x7f"), R"("a\"b\\c\n\t\u0001\u007f")");
  EXPECT_EQ(Json("\xC3\xA9\xF0\x9F\x98\x80"), R"("\u00e9\ud83d\ude00")");
  EXPECT_EQ(Json("a\xFF\xC3"), R"("a\ufffd\ufffd")");
}

TEST(CanonicalValue, InstantsAreMicrosecondsAndWhatIsLeft) {
  EXPECT_EQ(Instant(1'000), "T1");
  EXPECT_EQ(Instant(1'007), "T1.007");
  EXPECT_EQ(Instant(-1), "T-1.999");
  EXPECT_EQ(Instant(-2'000), "T-2");
}

TEST(VariantText, ValuesOfEachKindAreSpelled) {
  const std::string metadata(
      "\x01\x02\x00\x01\x02"
      "ba",
      7);
  EXPECT_EQ(Variant(metadata, std::string(1, '\x00')), "null");
  EXPECT_EQ(Variant(metadata, "\x04"), "true");
  EXPECT_EQ(Variant(metadata, "\x0C\xFF"), "-1");
  EXPECT_EQ(Variant(metadata, "\x09hi"), "\"hi\"");
  EXPECT_EQ(Variant(metadata, std::string("\x20\x02\xE2\x04\x00\x00", 6)), "12.5");
  EXPECT_EQ(Variant(metadata, std::string("\x2C\x01\x00\x00\x00", 5)), "D1");
  EXPECT_EQ(Variant(metadata, std::string("\x03\x02\x00\x02\x03\x0C\x07\x00", 8)), "[7,null]");
  // {b: 1, a: true}
  EXPECT_EQ(Variant(metadata, std::string("\x02\x02\x00\x01\x00\x02\x03\x0C\x01\x04", 10)),
            R"({"a":true,"b":1})");
}

TEST(VariantText, DamagedValuesAreRefused) {
  const std::string metadata("\x01\x00\x00", 3);
  EXPECT_EQ(Variant(metadata, ""), "variant.damaged");
  EXPECT_EQ(Variant(metadata, "\xFD hi"), "variant.damaged");
  EXPECT_EQ(Variant(metadata, std::string("\x02\x01\x09\x00\x01\x00", 6)), "variant.damaged");
  EXPECT_EQ(Variant(metadata, std::string("\x03\x01\x00\x00", 4)), "variant.damaged");
  EXPECT_EQ(Variant(metadata, "\xFC"), "variant.damaged");
  // Arrays whose two elements lie at one place, inside each other.
  std::string doubled(1, '\0');
  for (int i = 0; i < 30; ++i) doubled.insert(0, "\x03\x02\x00\x00\x00", 5);
  EXPECT_EQ(Variant(metadata, doubled), "variant.damaged");
  // An array that is its own element.
  EXPECT_EQ(Variant(metadata, std::string("\x13\x01\x00\x00\x00\xFB", 6)), "variant.damaged");
}

std::string HashOf(std::vector<ArrowColumn> columns) {
  const ArrowColumn batch = ArrowColumn::Struct(std::move(columns));
  auto hash = ContentHash::Open(batch.schema());
  if (!hash.ok()) return std::string(hash.error().reason);
  const Status added = hash->Add(batch.array());
  return added.ok() ? hash->Hex() : std::string(added.error().reason);
}

std::string HashOf(ArrowColumn column) {
  std::vector<ArrowColumn> columns;
  columns.push_back(std::move(column));
  return HashOf(std::move(columns));
}

constexpr auto kNone = std::nullopt;

ArrowColumn Longs() { return ArrowColumn::Fixed<int64_t>("l", "element", {1, kNone}); }

// The numbers were computed by the corpus' own Python program over the same values in pyarrow.
TEST(ContentHash, EachTypeHasItsFixedNumber) {
  EXPECT_EQ(HashOf(ArrowColumn::Bool("b", {true, kNone, false})),
            "65645450d3a920af610882a2e66f7a27");
  EXPECT_EQ(HashOf(ArrowColumn::Fixed<int32_t>("i", "i", {1, -2, kNone})),
            "73c526f25d00466a0534951664d46409");
  EXPECT_EQ(HashOf(ArrowColumn::Fixed<uint8_t>("C", "u", {255, 0, kNone})),
            "3c9118d404ee9496033f980a8afb4190");
  EXPECT_EQ(HashOf(ArrowColumn::Fixed<float>(
                "f", "f", {0.1F, std::numeric_limits<float>::quiet_NaN(), kNone})),
            "448f33db03a8e8ef5ea052795df1fc46");
  EXPECT_EQ(HashOf(ArrowColumn::Fixed<double>("g", "d", {1e16, -0.0, kNone})),
            "61bbfa9b3dd5372acc18b632dffdc747");
  EXPECT_EQ(HashOf(ArrowColumn::Fixed<WideInt>("d:10,2", "m", {1250, -5, kNone})),
            "0a9c437800559ea2d8c32913ebb1342e");
  EXPECT_EQ(HashOf(ArrowColumn::Text("u", "s", {"\xC3\xA9\"\n", "", kNone})),
            "a68bb34f6b6e3e75d206ab00aa767513");
  EXPECT_EQ(HashOf(ArrowColumn::Text<int64_t>("Z", "x", {std::string("\0\xFF", 2), "", kNone})),
            "e1b434d1147d9ecd7cf88a247575d652");
  EXPECT_EQ(HashOf(ArrowColumn::Fixed<int32_t>("tdD", "day", {0, -1, kNone})),
            "fb02e6e2e9a45d2782c9feb3796d3288");
  EXPECT_EQ(HashOf(ArrowColumn::Fixed<int64_t>("tsu:UTC", "t", {1, -1, kNone})),
            "e7f35a38641fd1911a8a5e1cc15bef61");
  EXPECT_EQ(HashOf(ArrowColumn::Fixed<int64_t>("tsn:", "n", {1001, -1, kNone})),
            "4838778ec93e61f50dcee14d3a0e3516");
  EXPECT_EQ(HashOf(ArrowColumn::Null("v", 3)), "81fdd0dfb37f8148af65bea998ed0e75");
}

TEST(ContentHash, NestedTypesHaveTheirFixedNumbers) {
  EXPECT_EQ(HashOf(ArrowColumn::List("+l", "l", {0, 2, 2, 2}, Longs(), {true, true, false})),
            "eb454d8e9bfdb08297c8a44e193762c8");
  EXPECT_EQ(
      HashOf(ArrowColumn::List<int64_t>("+L", "l", {0, 2, 2, 2}, Longs(), {true, true, false})),
      "eb454d8e9bfdb08297c8a44e193762c8");
  std::vector<ArrowColumn> fields;
  fields.push_back(ArrowColumn::Fixed<int64_t>("l", "b", {1, kNone, kNone}));
  fields.push_back(ArrowColumn::Text("u", "a", {"x", kNone, kNone}));
  EXPECT_EQ(HashOf(ArrowColumn::Struct(std::move(fields), "st", {true, true, false})),
            "22c980fe3223e9c19bb0f86541563642");
  for (const char* format : {"+m", "+l"}) {
    std::vector<ArrowColumn> pair;
    pair.push_back(ArrowColumn::Text("u", "key", {"b", "a"}));
    pair.push_back(ArrowColumn::Fixed<int64_t>("l", "value", {1, 2}));
    EXPECT_EQ(HashOf(ArrowColumn::List(format, "mp", {0, 2, 2, 2},
                                       ArrowColumn::Struct(std::move(pair), "entries"),
                                       {true, true, false})),
              "89fde3487e2b2823b2fa1757ab1c3b88")
        << format;
  }
}

TEST(ContentHash, OrderBatchesWidthsAndSlicesDoNotCount) {
  const ArrowColumn all = ArrowColumn::Struct([] {
    std::vector<ArrowColumn> columns;
    columns.push_back(ArrowColumn::Fixed<int64_t>("l", "a", {1, 2, 3, 4}));
    columns.push_back(ArrowColumn::Text("u", "b", {"w", "x", "y", "z"}));
    return columns;
  }());
  std::vector<ArrowColumn> turned;
  turned.push_back(ArrowColumn::Text<int64_t>("U", "b", {"z", "y", "x", "w"}));
  turned.push_back(ArrowColumn::Fixed<int8_t>("c", "a", {4, 3, 2, 1}));
  auto hash = ContentHash::Open(all.schema());
  ASSERT_TRUE(hash.ok());
  ASSERT_TRUE(hash->Add(all.array()).ok());
  EXPECT_EQ(HashOf(std::move(turned)), hash->Hex());
  EXPECT_EQ(hash->rows(), 4);
  auto pieces = ContentHash::Open(all.schema());
  ArrowArray piece = all.array();
  piece.length = 3;
  ASSERT_TRUE(pieces->Add(piece).ok());
  piece.offset = 3;
  piece.length = 1;
  ASSERT_TRUE(pieces->Add(piece).ok());
  EXPECT_EQ(pieces->Hex(), hash->Hex());
}

TEST(ContentHash, DictionariesCountAsTheirValues) {
  EXPECT_EQ(HashOf(ArrowColumn::Dictionary(ArrowColumn::Fixed<uint8_t>("C", "i", {1, 0, kNone}),
                                           ArrowColumn::Fixed<int32_t>("i", "", {-2, 1}))),
            "73c526f25d00466a0534951664d46409");
}

TEST(ContentHash, WhatHasNoTextIsRefusedByName) {
  EXPECT_EQ(HashOf(ArrowColumn::Fixed<int64_t>("ttu", "clock", {1})), "render.type");
}

}  // namespace
}  // namespace lakehold::render
