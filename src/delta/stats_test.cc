#include "delta/stats.h"

#include <limits>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "delta/stats_parser.h"
#include "delta/stats_value.h"
#include "delta/utf8.h"

namespace lakehold::delta {
namespace {

DataType Type(TypeKind kind) {
  DataType type;
  type.kind = kind;
  return type;
}

DataType Decimal(uint8_t precision, uint8_t scale) {
  DataType type = Type(TypeKind::kDecimal);
  type.precision = precision;
  type.scale = scale;
  return type;
}

// The statistics of a column "c" with these JSON bounds.
ColumnStats Bounds(std::string_view min, std::string_view max, const DataType& type,
                   StatsTrust trust = StatsTrust::kVouched) {
  return ParseColumnStats(
      fmt::format(R"({{"numRecords":3,"minValues":{{"c":{}}},"maxValues":{{"c":{}}}}})", min, max),
      {"c"}, type, trust);
}

int64_t Int(const Scalar& value) { return std::get<int64_t>(value); }
double Double(const Scalar& value) { return std::get<double>(value); }

constexpr int64_t kDay = 86'400'000'000;

TEST(ParseStats, ReadsAFileWrittenElsewhereWithNestedPhysicalNames) {
  std::string_view json =
      R"({"numRecords":5,"minValues":{"col-a":1,"col-s":{"x":"nested","y":{"z":-7}}},)"
      R"("maxValues":{"col-a":10000000000,"col-s":{"x":"zeta","y":{"z":9}}},)"
      R"("nullCount":{"col-a":0,"col-s":{"x":5,"y":{"z":2}}},"tightBounds":true})";
  EXPECT_EQ(ParseFileStats(json).num_records, 5);
  auto a = ParseColumnStats(json, {"col-a"}, Type(TypeKind::kLong));
  EXPECT_EQ(Int(a.min), 1);
  EXPECT_EQ(Int(a.max), 10'000'000'000);
  EXPECT_EQ(a.null_count, 0);
  EXPECT_TRUE(a.exact_bounds);
  auto x = ParseColumnStats(json, {"col-s", "x"}, Type(TypeKind::kString));
  EXPECT_EQ(std::get<std::string>(x.min), "nested");
  EXPECT_EQ(x.null_count, 5);
  EXPECT_FALSE(x.exact_bounds);
  auto z = ParseColumnStats(json, {"col-s", "y", "z"}, Type(TypeKind::kInteger));
  EXPECT_EQ(Int(z.min), -7);
  EXPECT_EQ(z.null_count, 2);
}

TEST(ParseStats, AnAbsentColumnOrANameOfAStructIsUnknown) {
  std::string_view json =
      R"({"numRecords":5,"minValues":{"s":{"x":1}},"maxValues":{"s":{"x":1}},"nullCount":{"s":{"x":0}}})";
  for (const StatsPath& path :
       {StatsPath{"s"}, StatsPath{"x"}, StatsPath{"s", "x", "y"}, StatsPath{}}) {
    auto stats = ParseColumnStats(json, path, Type(TypeKind::kLong));
    EXPECT_TRUE(IsNull(stats.min));
    EXPECT_TRUE(IsNull(stats.max));
    EXPECT_FALSE(stats.null_count);
  }
}

TEST(ParseStats, FindsNamesThatJsonEscapes) {
  std::string_view json = R"({"minValues":{"a\"b":1,"a\\b":2,"caf\u00e9":3,"caf":4,"a":5}})";
  auto min = [&](std::string name) {
    return ParseColumnStats(json, {std::move(name)}, Type(TypeKind::kLong)).min;
  };
  EXPECT_EQ(Int(min("a\"b")), 1);
  EXPECT_EQ(Int(min("a\\b")), 2);
  EXPECT_EQ(Int(min("café")), 3);
  EXPECT_EQ(Int(min("caf")), 4);
  EXPECT_EQ(Int(min("a")), 5);
  EXPECT_TRUE(IsNull(min("a\\\"b")));
}

TEST(ParseStats, BrokenTextIsUnknownAndNeverAnError) {
  std::string good =
      R"({"numRecords":3,"minValues":{"c":"ab"},"maxValues":{"c":"cd"},"nullCount":{"c":0}})";
  StatsParser parser;
  for (size_t size = 0; size < good.size(); ++size) {
    std::string cut = good.substr(0, size);
    auto stats = parser.ParseColumn(cut, {"c"}, Type(TypeKind::kString), StatsTrust::kForeign);
    EXPECT_TRUE(IsNull(stats.min) && IsNull(stats.max) && !stats.null_count) << cut;
    EXPECT_FALSE(parser.ParseFile(cut).num_records) << cut;
  }
  for (std::string_view text :
       {"null", "[]", "7", "\"x\"", "{\"minValues\":[1]}", "{\"minValues\":null}", "nonsense"}) {
    EXPECT_TRUE(
        IsNull(parser.ParseColumn(text, {"c"}, Type(TypeKind::kString), StatsTrust::kForeign).min))
        << text;
  }
  EXPECT_EQ(parser.ParseFile(good).num_records, 3);
}

TEST(ParseStats, SurvivesHostileText) {
  std::string good =
      R"({"numRecords":3,"tightBounds":true,"minValues":{"s":{"c":"a\\u00e9b"},"n":1.5e3},)"
      R"("maxValues":{"s":{"c":"cd"},"n":12345678901234567890},"nullCount":{"s":{"c":0},"n":1}})";
  constexpr std::string_view kBytes = "{}[]\",:\\\\ue+-.09tfn\xFF";
  std::mt19937_64 random(5);
  StatsParser parser;
  for (int i = 0; i < 30'000; ++i) {
    std::string text = good;
    for (size_t k = 1 + random() % 3; k > 0; --k)
      text[random() % text.size()] = kBytes[random() % kBytes.size()];
    if (random() % 4 == 0) text.resize(random() % text.size());
    parser.ParseFile(text);
    parser.ParseColumn(text, {"s", "c"}, Type(TypeKind::kString), StatsTrust::kForeign);
    parser.ParseColumn(text, {"n"}, Decimal(38, 4), StatsTrust::kForeign);
    parser.ParseColumn(text, {"s"}, Type(TypeKind::kTimestamp), StatsTrust::kForeign);
  }
  EXPECT_EQ(parser.ParseFile(good).num_records, 3);
}

TEST(ParseStats, LooseBoundsKeepOnlyCertainNullCounts) {
  auto count = [](int nulls, bool tight) {
    return ParseColumnStats(
               fmt::format(R"({{"nullCount":{{"c":{}}},"numRecords":9,"tightBounds":{}}})", nulls,
                           tight),
               {"c"}, Type(TypeKind::kLong))
        .null_count;
  };
  EXPECT_EQ(count(0, false), 0);
  EXPECT_EQ(count(9, false), 9);
  EXPECT_FALSE(count(4, false));
  EXPECT_EQ(count(4, true), 4);
  EXPECT_FALSE(count(10, true));
  EXPECT_FALSE(count(-1, true));
}

TEST(ParseStats, LooseBoundsAreNotExact) {
  auto stats = ParseColumnStats(
      R"({"numRecords":2,"minValues":{"c":1},"maxValues":{"c":2},"tightBounds":false})", {"c"},
      Type(TypeKind::kLong));
  EXPECT_EQ(Int(stats.max), 2);
  EXPECT_FALSE(stats.exact_bounds);
}

TEST(ParseStats, ReversedBoundsAreWorthNothing) {
  auto stats = Bounds("5", "4", Type(TypeKind::kLong));
  EXPECT_TRUE(IsNull(stats.min));
  EXPECT_TRUE(IsNull(stats.max));
}

TEST(ParseStats, IntegersAreExactUpToTheEndsOfTheirType) {
  auto stats = Bounds("-9223372036854775808", "9223372036854775807", Type(TypeKind::kLong));
  EXPECT_EQ(Int(stats.min), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Int(stats.max), std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(IsNull(Bounds("1", "9223372036854775808", Type(TypeKind::kLong)).max));
  EXPECT_TRUE(IsNull(Bounds("1", "128", Type(TypeKind::kByte)).max));
  EXPECT_TRUE(IsNull(Bounds("1.5", "1e3", Type(TypeKind::kLong)).min));
}

TEST(ParseStats, DatesAndTimestampsInEverySpelling) {
  auto date = Bounds("\"2024-02-29\"", "\"2024-03-01\"", Type(TypeKind::kDate));
  EXPECT_EQ(Int(date.min), 19'782);
  EXPECT_EQ(Int(date.max), 19'783);
  EXPECT_TRUE(date.exact_bounds);
  for (std::string_view bad : {"\"2023-02-29\"", "\"24-01-01\"", "\"2024-01-01x\"", "20240101"}) {
    EXPECT_TRUE(IsNull(Bounds(bad, "null", Type(TypeKind::kDate)).min)) << bad;
  }
  int64_t noon = 19'782 * kDay + kDay / 2;
  for (std::string_view text :
       {"\"2024-02-29T12:00:00.000Z\"", "\"2024-02-29T13:00:00+01:00\"", "\"2024-02-29 12:00:00\"",
        "\"2024-02-29T04:00:00.000-08:00\"", "\"2024-02-29T12:00:00.000000\""}) {
    auto stats = Bounds(text, text, Type(TypeKind::kTimestamp));
    EXPECT_EQ(Int(stats.min), noon) << text;
    EXPECT_EQ(Int(stats.max), noon + 1'000) << text;
    EXPECT_FALSE(stats.exact_bounds);
  }
  EXPECT_EQ(
      Int(Bounds("\"2024-02-29T12:00:00.123456\"", "null", Type(TypeKind::kTimestampNtz)).min),
      noon + 123'456);
  EXPECT_TRUE(
      IsNull(Bounds("\"2024-02-29T13:00:00+01:00\"", "null", Type(TypeKind::kTimestampNtz)).min));
  EXPECT_TRUE(IsNull(Bounds("\"2024-02-29T25:00:00Z\"", "null", Type(TypeKind::kTimestamp)).min));
}

TEST(ParseStats, FloatsAreHeldAsTheyAreStored) {
  auto stats = Bounds("0.7", "0.1", Type(TypeKind::kFloat));
  EXPECT_TRUE(IsNull(stats.min));  // Reversed.
  EXPECT_EQ(Double(Bounds("0.7", "1.1", Type(TypeKind::kFloat)).min), static_cast<double>(0.7F));
  EXPECT_EQ(Double(Bounds("0.7", "1.1", Type(TypeKind::kFloat)).max), static_cast<double>(1.1F));
  EXPECT_EQ(Double(Bounds("\"-Infinity\"", "\"Infinity\"", Type(TypeKind::kDouble)).min),
            -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(IsNull(Bounds("\"NaN\"", "\"NaN\"", Type(TypeKind::kDouble)).min));
  EXPECT_TRUE(IsNull(Bounds("\"NaN\"", "\"NaN\"", Type(TypeKind::kDouble)).max));
  EXPECT_TRUE(IsNull(Bounds("1.0", "1e999", Type(TypeKind::kDouble)).max));
}

TEST(ParseStats, ADoubleHoldsTheFloatItMayHaveBeenBeforeAWidening) {
  auto stats = Bounds("0.7", "1.1", Type(TypeKind::kDouble));
  EXPECT_LE(Double(stats.min), static_cast<double>(0.7F));
  EXPECT_GE(Double(stats.max), static_cast<double>(1.1F));
  EXPECT_EQ(Double(Bounds("0.1234567890123", "null", Type(TypeKind::kDouble)).min),
            0.1234567890123);
}

TEST(ParseStats, AForeignFloatMaxMayHideANan) {
  EXPECT_TRUE(IsNull(Bounds("1.0", "2.0", Type(TypeKind::kDouble), StatsTrust::kForeign).max));
  EXPECT_TRUE(IsNull(Bounds("1.0", "2.0", Type(TypeKind::kFloat), StatsTrust::kForeign).max));
  EXPECT_FALSE(IsNull(Bounds("1.0", "2.0", Type(TypeKind::kDouble), StatsTrust::kForeign).min));
  EXPECT_FALSE(IsNull(Bounds("1.0", "2.0", Type(TypeKind::kDouble), StatsTrust::kVouched).max));
}

TEST(ParseStats, TheTagTellsWhomToBelieve) {
  EXPECT_EQ(TrustOf(std::nullopt), StatsTrust::kForeign);
  EXPECT_EQ(TrustOf("{}"), StatsTrust::kForeign);
  EXPECT_EQ(TrustOf(R"({"lakehold.noNaN":"true"})"), StatsTrust::kVouched);
  EXPECT_EQ(TrustOf(R"({"a":"b", "lakehold.noNaN" : "true"})"), StatsTrust::kVouched);
  EXPECT_EQ(TrustOf(R"({"lakehold.noNaN":"false"})"), StatsTrust::kForeign);
  EXPECT_EQ(TrustOf(R"({"a":"lakehold.noNaN"})"), StatsTrust::kForeign);
  EXPECT_EQ(TrustOf(R"({"lakehold.noNaN":"tr)"), StatsTrust::kForeign);
}

TEST(ParseStats, DecimalsNeverGoThroughADouble) {
  auto stats = Bounds("-99999999999999999999999999999999999999", "12345678901234567890.12345678",
                      Decimal(38, 0));
  EXPECT_EQ(std::get<Int128>(stats.min),
            -(static_cast<Int128>(9'999'999'999'999'999'999ULL) * 10'000'000'000'000'000'000ULL +
              9'999'999'999'999'999'999ULL));
  // Digits behind the scale: the bound moves outwards.
  EXPECT_EQ(std::get<Int128>(stats.max), static_cast<Int128>(12'345'678'901'234'567'891ULL));
  EXPECT_FALSE(stats.exact_bounds);
  auto exact = Bounds("-5.67800", "1.5e1", Decimal(8, 5));
  EXPECT_EQ(std::get<Int128>(exact.min), -567'800);
  EXPECT_EQ(std::get<Int128>(exact.max), 1'500'000);
  EXPECT_TRUE(exact.exact_bounds);
  EXPECT_EQ(std::get<Int128>(Bounds("\"1.25\"", "2", Decimal(12, 4)).min), 12'500);
  for (std::string_view bad :
       {"\"\"", "\"-\"", "\"1.2.3\"", "\"1e\"", "1e400", "1e39", "\"abc\"", "true"}) {
    EXPECT_TRUE(IsNull(Bounds(bad, "null", Decimal(38, 2)).min)) << bad;
  }
}

TEST(ParseStats, DecimalsThatOthersCarriedThroughADoubleStillBound) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    auto scale = static_cast<uint8_t>(random() % 20);
    auto unscaled = static_cast<Int128>(static_cast<int64_t>(random()) >> (random() % 64)) *
                    static_cast<int64_t>(1 + random() % 1'000'000'000);
    double value = static_cast<double>(unscaled) / std::pow(10.0, scale);
    auto stats = Bounds(fmt::format("{}", value), fmt::format("{}", value), Decimal(38, scale),
                        StatsTrust::kForeign);
    ASSERT_FALSE(IsNull(stats.min));
    ASSERT_LE(std::get<Int128>(stats.min), unscaled) << value;
    ASSERT_GE(std::get<Int128>(stats.max), unscaled) << value;
  }
}

TEST(ParseStats, TextOfANarrowerTypeReadsUnderTheWiderOne) {
  EXPECT_EQ(Int(Bounds("1", "2", Type(TypeKind::kLong)).max), 2);
  EXPECT_EQ(Double(Bounds("-3", "2", Type(TypeKind::kDouble)).min), -3.0);
  EXPECT_EQ(std::get<Int128>(Bounds("7", "7", Decimal(12, 2)).min), 700);
  EXPECT_EQ(Int(Bounds("\"1970-01-02\"", "\"1970-01-02\"", Type(TypeKind::kTimestampNtz)).min),
            kDay);
}

TEST(ParseStats, NothingIsKnownOfBinaryAndNestedColumns) {
  EXPECT_TRUE(IsNull(Bounds("\"a\"", "\"b\"", Type(TypeKind::kBinary)).min));
  EXPECT_TRUE(IsNull(Bounds("[1]", "{}", Type(TypeKind::kLong)).min));
  EXPECT_EQ(Bounds("false", "true", Type(TypeKind::kBoolean)).max, Scalar(true));
}

LeafStats Leaf(StatsPath path, DataType type, Scalar min, Scalar max, int64_t nulls = 0,
               bool nan = false) {
  return {std::move(path), std::move(type), std::move(min), std::move(max), nulls, nan};
}

TEST(FormatStats, WritesTheProtocolsForm) {
  std::string json = FormatStats(
      3, {Leaf({"i"}, Type(TypeKind::kLong), int64_t{-1}, int64_t{5}),
          Leaf({"s", "d"}, Type(TypeKind::kDate), int64_t{0}, int64_t{19'782}, 1),
          Leaf({"s", "t"}, Type(TypeKind::kTimestamp), int64_t{1'999}, int64_t{-1}),
          Leaf({"n"}, Type(TypeKind::kTimestampNtz), int64_t{0}, int64_t{1'999'999}),
          Leaf({"b"}, Type(TypeKind::kBoolean), false, true),
          Leaf({"m"}, Decimal(10, 2), Int128{-5}, Int128{12'345}),
          Leaf({"q\"x"}, Type(TypeKind::kString), std::string("a\"b"), std::string("z")),
          Leaf({"e"}, Type(TypeKind::kLong), Scalar(), Scalar(), 3)});
  EXPECT_EQ(
      json,
      R"({"numRecords":3,"tightBounds":true,"minValues":{"i":-1,"s":{"d":"1970-01-01",)"
      R"("t":"1970-01-01T00:00:00.001Z"},"n":"1970-01-01T00:00:00.000","b":false,"m":-0.05,"q\"x":"a\"b"},)"
      R"("maxValues":{"i":5,"s":{"d":"2024-02-29","t":"1969-12-31T23:59:59.999Z"},)"
      R"("n":"1970-01-01T00:00:01.999","b":true,"m":123.45,"q\"x":"z"},)"
      R"("nullCount":{"i":0,"s":{"d":1,"t":0},"n":0,"b":0,"m":0,"q\"x":0,"e":3}})");
}

TEST(FormatStats, LeavesOutWhatHasNoFaithfulText) {
  double infinity = std::numeric_limits<double>::infinity();
  double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(FormatBound(infinity, BoundSide::kMax, Type(TypeKind::kDouble)), std::nullopt);
  EXPECT_EQ(FormatBound(-infinity, BoundSide::kMin, Type(TypeKind::kFloat)), std::nullopt);
  EXPECT_EQ(FormatBound(int64_t{2'932'897}, BoundSide::kMax, Type(TypeKind::kDate)), std::nullopt);
  EXPECT_EQ(FormatBound(int64_t{-719'163}, BoundSide::kMin, Type(TypeKind::kDate)), std::nullopt);
  EXPECT_EQ(FormatBound(int64_t{2'932'896}, BoundSide::kMax, Type(TypeKind::kDate)),
            "\"9999-12-31\"");
  EXPECT_EQ(FormatBound(int64_t{-719'162}, BoundSide::kMin, Type(TypeKind::kDate)),
            "\"0001-01-01\"");
  for (int64_t micros :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(FormatBound(micros, BoundSide::kMax, Type(TypeKind::kTimestamp)), std::nullopt);
  }
  EXPECT_EQ(FormatBound(std::string("a"), BoundSide::kMin, Type(TypeKind::kBinary)), std::nullopt);
  EXPECT_EQ(FormatBound(std::string("a\xff"), BoundSide::kMin, Type(TypeKind::kString)),
            std::nullopt);
  EXPECT_EQ(
      FormatStats(2, {Leaf({"d"}, Type(TypeKind::kDouble), 1.5, 2.5, 0, true)}),
      R"({"numRecords":2,"tightBounds":true,"minValues":{"d":1.5},"maxValues":{},"nullCount":{"d":0}})");
  EXPECT_EQ(
      FormatStats(2, {Leaf({"d"}, Type(TypeKind::kDouble), nan, nan)}),
      R"({"numRecords":2,"tightBounds":true,"minValues":{},"maxValues":{},"nullCount":{"d":0}})");
}

TEST(FormatStats, ZeroBoundsHoldBothZeros) {
  EXPECT_EQ(FormatBound(0.0, BoundSide::kMin, Type(TypeKind::kDouble)), "-0.0");
  EXPECT_EQ(FormatBound(-0.0, BoundSide::kMax, Type(TypeKind::kDouble)), "0.0");
}

TEST(FormatStats, DecimalsAreExactNumbers) {
  auto text = [](Int128 value, uint8_t scale) {
    return *FormatBound(value, BoundSide::kMin, Decimal(38, scale));
  };
  EXPECT_EQ(text(0, 0), "0");
  EXPECT_EQ(text(0, 3), "0.000");
  EXPECT_EQ(text(-7, 1), "-0.7");
  EXPECT_EQ(text(100, 2), "1.00");
  EXPECT_EQ(text(static_cast<Int128>(-1'000'000'000'000'000'000) * 10, 0), "-10000000000000000000");
}

TEST(TruncateString, CutsDownForMinAndUpForMax) {
  std::string a32(32, 'a');
  EXPECT_EQ(TruncateString(a32, BoundSide::kMax), a32);
  EXPECT_EQ(TruncateString(a32 + "b", BoundSide::kMin), a32);
  EXPECT_EQ(TruncateString(a32 + "b", BoundSide::kMax), std::string(31, 'a') + "b");
  std::string top = "\xF4\x8F\xBF\xBF";  // U+10FFFF
  std::string tops;
  for (int i = 0; i < 33; ++i) tops += top;
  EXPECT_EQ(TruncateString(tops, BoundSide::kMax), std::nullopt);
  EXPECT_EQ(TruncateString("a" + tops, BoundSide::kMax), "b");
  // U+D7FF steps over the surrogates, U+7F and U+FFFF grow by a byte.
  EXPECT_EQ(TruncateString(std::string(31, 'a') + "\xED\x9F\xBFz", BoundSide::kMax),
            std::string(31, 'a') + "\xEE\x80\x80");
  EXPECT_EQ(TruncateString(std::string(31, 'a') + "\x7Fz", BoundSide::kMax),
            std::string(31, 'a') + "\xC2\x80");
  EXPECT_EQ(TruncateString(std::string(31, 'a') + "\xEF\xBF\xBFz", BoundSide::kMax),
            std::string(31, 'a') + "\xF0\x90\x80\x80");
  for (std::string_view bad :
       {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
    EXPECT_FALSE(IsUtf8(bad));
    EXPECT_EQ(TruncateString(a32 + std::string(bad), BoundSide::kMin), std::nullopt);
  }
}

Field Column(std::string name, DataType type) {
  Field field;
  field.name = std::move(name);
  field.type = std::move(type);
  return field;
}

Schema NestedSchema() {
  DataType inner = Type(TypeKind::kStruct);
  inner.fields = {Column("x", Type(TypeKind::kLong)), Column("odd,`y.z", Type(TypeKind::kString))};
  DataType list = Type(TypeKind::kArray);
  list.fields = {Column("element", Type(TypeKind::kLong))};
  return {{Column("p", Type(TypeKind::kString)), Column("a", Type(TypeKind::kLong)),
           Column("l", list), Column("st", inner), Column("b", Type(TypeKind::kBinary))}};
}

TEST(IndexedLeaves, TakesTheFirstLeavesAndCountsListsWithoutGivingThemAny) {
  using Paths = std::vector<StatsPath>;
  auto leaves = [](std::map<std::string, std::string> configuration) {
    return IndexedLeaves(NestedSchema(), {"p"}, configuration);
  };
  EXPECT_EQ(leaves({}), (Paths{{"a"}, {"st", "x"}, {"st", "odd,`y.z"}, {"b"}}));
  EXPECT_EQ(leaves({{"delta.dataSkippingNumIndexedCols", "3"}}), (Paths{{"a"}, {"st", "x"}}));
  EXPECT_EQ(leaves({{"delta.dataSkippingNumIndexedCols", "0"}}), Paths{});
  EXPECT_EQ(leaves({{"delta.dataSkippingNumIndexedCols", "-1"}}).size(), 4U);
  EXPECT_EQ(leaves({{"delta.dataSkippingStatsColumns", " b , ST.`odd,``y.z`"},
                    {"delta.dataSkippingNumIndexedCols", "0"}}),
            (Paths{{"st", "odd,`y.z"}, {"b"}}));
  EXPECT_EQ(leaves({{"delta.dataSkippingStatsColumns", "st,p,nothing"}}),
            (Paths{{"st", "x"}, {"st", "odd,`y.z"}}));
  EXPECT_EQ(leaves({{"delta.dataSkippingStatsColumns", ""}}), Paths{});
}

}  // namespace
}  // namespace lakehold::delta
