#include "render/value_text.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace lakehold::render {
namespace {

template <typename F>
std::string Text(F&& append) {
  std::string text;
  append(&text);
  return text;
}
std::string Double(double value) {
  return Text([&](std::string* out) { AppendFloat(value, out); });
}
std::string Decimal(__int128 value, int scale) {
  return Text([&](std::string* out) { AppendDecimal(value, scale, out); });
}
std::string Date(int64_t days) {
  return Text([&](std::string* out) { AppendDate(days, out); });
}
std::string Micros(int64_t value, bool utc = false) {
  return Text([&](std::string* out) { AppendTimestamp(value, 1'000'000, utc, out); });
}

TEST(ValueText, FloatsAreShortestAndStayFloats) {
  EXPECT_EQ(Double(0.1), "0.1");
  EXPECT_EQ(Double(1), "1.0");
  EXPECT_EQ(Double(-0.0), "-0.0");
  EXPECT_EQ(Double(300'000), "300000.0");
  EXPECT_EQ(Double(1e-5), "0.00001");
  EXPECT_EQ(Double(1.5e-6), "1.5e-06");
  EXPECT_EQ(Double(9007199254740993), "9007199254740992.0");
  EXPECT_EQ(Double(1e20), "1e+20");
  EXPECT_EQ(Double(5e-324), "5e-324");
  EXPECT_EQ(Double(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(Double(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(Text([](std::string* out) { AppendFloat(0.1F, out); }), "0.1");
}

TEST(ValueText, DecimalsKeepAllTheirDigits) {
  EXPECT_EQ(Decimal(0, 2), "0.00");
  EXPECT_EQ(Decimal(5, 2), "0.05");
  EXPECT_EQ(Decimal(-12'345, 2), "-123.45");
  EXPECT_EQ(Decimal(7, 0), "7");
  EXPECT_EQ(Decimal(7, -2), "700");
  __int128 largest = 1;
  for (int i = 0; i < 38; ++i) largest *= 10;
  EXPECT_EQ(Decimal(largest - 1, 10), "9999999999999999999999999999.9999999999");
  EXPECT_EQ(Decimal(-(largest - 1), 38), "-0." + std::string(38, '9'));
}

TEST(ValueText, DatesCoverTheWholeRange) {
  EXPECT_EQ(Date(0), "1970-01-01");
  EXPECT_EQ(Date(-1), "1969-12-31");
  EXPECT_EQ(Date(11'016), "2000-02-29");
  EXPECT_EQ(Date(-719'528), "0000-01-01");
  EXPECT_EQ(Date(-719'529), "-0001-12-31");
  EXPECT_EQ(Date(2'932'896), "9999-12-31");
  EXPECT_EQ(Date(2'932'897), "10000-01-01");
  EXPECT_EQ(Date(std::numeric_limits<int32_t>::max()), "5881580-07-11");
  EXPECT_EQ(Date(std::numeric_limits<int32_t>::min()), "-5877641-06-23");
}

TEST(ValueText, FractionsOfASecondComeInThreeSixOrNineDigits) {
  EXPECT_EQ(Micros(0), "1970-01-01T00:00:00");
  EXPECT_EQ(Micros(250'000, true), "1970-01-01T00:00:00.250Z");
  EXPECT_EQ(Micros(1), "1970-01-01T00:00:00.000001");
  EXPECT_EQ(Micros(-1), "1969-12-31T23:59:59.999999");
  EXPECT_EQ(Micros(1'793'491'200'000'000, true), "2026-11-01T00:00:00Z");
  EXPECT_EQ(Text([](std::string* out) { AppendTimestamp(-1, 1'000'000'000, false, out); }),
            "1969-12-31T23:59:59.999999999");
  EXPECT_EQ(Text([](std::string* out) { AppendTimestamp(1, 1'000, false, out); }),
            "1970-01-01T00:00:00.001");
  EXPECT_EQ(Text([](std::string* out) { AppendTime(86'399, 1, out); }), "23:59:59");
  EXPECT_EQ(Text([](std::string* out) { AppendTime(1'500'000, 1'000'000, out); }), "00:00:01.500");
}

TEST(ValueText, ExtremeTimestampsDoNotOverflow) {
  EXPECT_EQ(Micros(INT64_MAX), "294247-01-10T04:00:54.775807");
  EXPECT_EQ(Micros(INT64_MIN), "-290308-12-21T19:59:05.224192");
  EXPECT_FALSE(Text([](std::string* out) { AppendTimestamp(INT64_MIN, 1, false, out); }).empty());
}

}  // namespace
}  // namespace lakehold::render
