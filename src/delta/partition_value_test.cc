#include "delta/partition_value.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace lakehold::delta {
namespace {

DataType Type(TypeKind kind) { return DataType{.kind = kind}; }
DataType Decimal(int precision, int scale) {
  return DataType{.kind = TypeKind::kDecimal,
                  .precision = static_cast<uint8_t>(precision),
                  .scale = static_cast<uint8_t>(scale)};
}

template <typename T>
void ExpectParses(std::string_view text, const DataType& type, T expected) {
  const auto value = ParsePartitionValue(text, type);
  ASSERT_TRUE(value.ok()) << text << ": " << value.error().message;
  EXPECT_EQ(*value, Scalar(expected)) << text;
}
void ExpectRoundTrip(const Scalar& value, const DataType& type, std::string_view text) {
  const auto written = FormatPartitionValue(value, type);
  ASSERT_TRUE(written.ok()) << written.error().message;
  EXPECT_EQ(*written, text);
  const auto read = ParsePartitionValue(**written, type);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, value) << text;
}
void ExpectBad(std::string_view text, const DataType& type) {
  const auto value = ParsePartitionValue(text, type);
  ASSERT_FALSE(value.ok()) << text << " as " << FormatType(type);
  EXPECT_EQ(value.error().reason, "delta.bad_partition_value");
}

TEST(PartitionValue, EveryTypeReadsBackWhatWasWritten) {
  ExpectRoundTrip(true, Type(TypeKind::kBoolean), "true");
  ExpectRoundTrip(int64_t{-128}, Type(TypeKind::kByte), "-128");
  ExpectRoundTrip(std::numeric_limits<int64_t>::min(), Type(TypeKind::kLong),
                  "-9223372036854775808");
  ExpectRoundTrip(double{0.1f}, Type(TypeKind::kFloat), "0.1");
  ExpectRoundTrip(1.0, Type(TypeKind::kDouble), "1.0");
  ExpectRoundTrip(std::numeric_limits<double>::denorm_min(), Type(TypeKind::kDouble), "5e-324");
  ExpectRoundTrip(-std::numeric_limits<double>::infinity(), Type(TypeKind::kDouble), "-Infinity");
  ExpectRoundTrip(Int128{-5}, Decimal(10, 2), "-0.05");
  ExpectRoundTrip(Int128{0}, Decimal(38, 18), "0.000000000000000000");
  ExpectRoundTrip(Int128{7}, Decimal(38, 0), "7");
  ExpectRoundTrip(std::string("a/b = ü\n"), Type(TypeKind::kString), "a/b = ü\n");
  ExpectRoundTrip(std::string("\x01\x02\0x", 4), Type(TypeKind::kBinary),
                  std::string_view("\x01\x02\0x", 4));
  ExpectRoundTrip(int64_t{0}, Type(TypeKind::kDate), "1970-01-01");
  ExpectRoundTrip(int64_t{-719528}, Type(TypeKind::kDate), "0000-01-01");
  ExpectRoundTrip(int64_t{-719529}, Type(TypeKind::kDate), "-0001-12-31");
  ExpectRoundTrip(int64_t{2932897}, Type(TypeKind::kDate), "+10000-01-01");
  ExpectRoundTrip(int64_t{-1}, Type(TypeKind::kTimestamp), "1969-12-31T23:59:59.999999Z");
  ExpectRoundTrip(int64_t{0}, Type(TypeKind::kTimestampNtz), "1970-01-01 00:00:00");
  ExpectRoundTrip(int64_t{-1}, Type(TypeKind::kTimestampNtz), "1969-12-31 23:59:59.999999");
  ExpectRoundTrip(std::numeric_limits<int64_t>::max(), Type(TypeKind::kTimestamp),
                  "+294247-01-10T04:00:54.775807Z");
  ExpectRoundTrip(std::numeric_limits<int64_t>::min(), Type(TypeKind::kTimestamp),
                  "-290308-12-21T19:59:05.224192Z");
}

TEST(PartitionValue, ForeignSpellingsAreUnderstood) {
  ExpectParses("TRUE", Type(TypeKind::kBoolean), true);
  ExpectParses("+5", Type(TypeKind::kInteger), int64_t{5});
  ExpectParses("1.0E10", Type(TypeKind::kDouble), 1e10);
  ExpectParses("0E-18", Decimal(38, 18), Int128{0});
  ExpectParses("1E+3", Decimal(10, 2), Int128{100000});
  ExpectParses("1.500", Decimal(3, 1), Int128{15});
  ExpectParses(".5", Decimal(3, 1), Int128{5});
  const auto timestamp = Type(TypeKind::kTimestamp);
  ExpectParses("1970-01-01 00:00:01", timestamp, int64_t{1'000'000});
  ExpectParses("1970-01-01 00:00:00.5", timestamp, int64_t{500'000});
  ExpectParses("1970-01-01T00:00:00.123456000Z", timestamp, int64_t{123'456});
  ExpectParses("1970-01-01T02:00:00+02:00", timestamp, int64_t{0});
  ExpectParses("1970-01-01 00:00", timestamp, int64_t{0});
  ExpectParses("1970-01-02", timestamp, int64_t{86'400'000'000});
  const auto nan = ParsePartitionValue("NaN", Type(TypeKind::kDouble));
  ASSERT_TRUE(nan.ok());
  EXPECT_TRUE(std::isnan(std::get<double>(*nan)));
}

TEST(PartitionValue, AbsentAndEmptyAreNull) {
  EXPECT_TRUE(IsNull(*ParsePartitionValue(std::nullopt, Type(TypeKind::kLong))));
  EXPECT_TRUE(IsNull(*ParsePartitionValue("", Type(TypeKind::kString))));
  EXPECT_EQ(*FormatPartitionValue(Scalar(), Type(TypeKind::kLong)), std::nullopt);
  EXPECT_EQ(FormatPartitionValue(std::string(), Type(TypeKind::kString)).error().reason,
            "delta.empty_partition_value");
  EXPECT_EQ(FormatPartitionValue(std::string("\xff"), Type(TypeKind::kBinary)).error().reason,
            "delta.bad_partition_value");
}

TEST(PartitionValue, WhatIsNoSuchValueIsCorrupt) {
  ExpectBad("1970-01-01T00:00:00.123456789Z", Type(TypeKind::kTimestamp));  // Never cut.
  ExpectBad("yes", Type(TypeKind::kBoolean));
  for (const char* text : {"128", "1.0", " 1", "1 ", "0x1", "+-1", "--1", "one"})
    ExpectBad(text, Type(TypeKind::kByte));
  ExpectBad("9223372036854775808", Type(TypeKind::kLong));
  for (const char* text : {"1,5", "1e400", "0x1p3", "1.0f"})
    ExpectBad(text, Type(TypeKind::kDouble));
  for (const char* text : {"123.45", "1.234", "1e", "abc", ".", "1e9999", "100"})
    ExpectBad(text, Decimal(4, 2));
  for (const char* text : {"2026-02-29", "2026-13-01", "2026-00-01", "26-01-01", "2026-01-01x",
                           "2026-01-01 00:00:00"}) {
    ExpectBad(text, Type(TypeKind::kDate));
  }
  for (const char* text : {"2026-01-01 24:00:00", "2026-01-01 00:60:00", "2026-01-01T",
                           "2026-01-01 00:00:00 Europe/Paris", "+294247-01-10T04:00:54.775808Z",
                           "2026-01-01 00:00:00.", "now"}) {
    ExpectBad(text, Type(TypeKind::kTimestamp));
  }
  ExpectBad("2026-01-01 00:00:00+02:00", Type(TypeKind::kTimestampNtz));
  EXPECT_EQ(ParsePartitionValue("x", Type(TypeKind::kStruct)).error().reason,
            "delta.unsupported_partition_type");
}

TEST(PartitionFolder, EscapesExactlyWhatSparkEscapes) {
  EXPECT_EQ(PartitionFolder("day", "2026-11-01"), "day=2026-11-01");
  EXPECT_EQ(PartitionFolder("d", std::nullopt), "d=__HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(PartitionFolder("a=b", "x/y:z"), "a%3Db=x%2Fy%3Az");
  EXPECT_EQ(PartitionFolder("d", "\"#%'*/:=?\\{[]^"),
            "d=%22%23%25%27%2A%2F%3A%3D%3F%5C%7B%5B%5D%5E");
  EXPECT_EQ(PartitionFolder("d", "a b}é<>|&+"), "d=a b}é<>|&+");
  EXPECT_EQ(PartitionFolder("d", std::string("\0\x01\n\x7f", 4)), "d=%00%01%0A%7F");
  EXPECT_EQ(PartitionFolder("d", ".."), "d=..");
}

TEST(LogPathOfData, EncodesOnceMoreAndDecodesOnce) {
  const std::string key = PartitionFolder("d", "a/b é%") + "/part.parquet";
  EXPECT_EQ(key, "d=a%2Fb é%25/part.parquet");
  EXPECT_EQ(EncodeLogPath(key), "d=a%252Fb%20%C3%A9%2525/part.parquet");
  EXPECT_EQ(*DecodeLogPath(EncodeLogPath(key), "/root"), key);
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  std::erase(all, '/');
  EXPECT_EQ(*DecodeLogPath(EncodeLogPath(all), "/root"), all);
}

TEST(LogPathOfData, ThreeSpellingsOfOneFileAreOne) {
  for (const char* path :
       {"a/b", "/lake/t/a/b", "file:/lake/t/a/b", "file:///lake/t/a/b",
        "file://localhost/lake/t/a/b", "./a//b", "/lake//t/./a/b", "/lake/%74/a/b"}) {
    for (const char* root : {"/lake/t", "/lake/t/", "file:///lake/t"}) {
      const auto key = DecodeLogPath(path, root);
      ASSERT_TRUE(key.ok()) << path << " under " << root;
      EXPECT_EQ(*key, "a/b") << path;
    }
  }
  EXPECT_EQ(*DecodeLogPath("s3://bucket/t/a", "s3://bucket/t"), "a");
}

TEST(LogPathOfData, NothingEscapesTheTable) {
  for (const char* path : {"/lake/tt/a", "/lake/t", "/etc/passwd", "file:///lake/a",
                           "file://host/lake/t/a", "s3://lake/t/a", "hdfs:/lake/t/a", "/"}) {
    const auto key = DecodeLogPath(path, "/lake/t");
    ASSERT_FALSE(key.ok()) << path;
    EXPECT_TRUE(key.error().reason == "delta.path_outside_table" ||
                key.error().reason == "delta.bad_path")
        << path;
  }
  for (const char* path :
       {"", "../a", "a/../../b", "a/..", "%2e%2e/a", "a/%2E./b", "a%2F..%2Fb", "%2Fetc", "a%00b",
        "a%", "a%2", "a%zz", "a/", "/lake/t/../u/a", "file:///lake/t/%2e%2e/a", "."}) {
    const auto key = DecodeLogPath(path, "/lake/t");
    ASSERT_FALSE(key.ok()) << path;
    EXPECT_EQ(key.error().reason, "delta.bad_path") << path;
  }
  EXPECT_EQ(*DecodeLogPath("%252e%252e/a", "/lake/t"),
            "%2e%2e/a");  // Decoded once: an odd name, not a parent.
  EXPECT_EQ(*DecodeLogPath("a..b/...", "/lake/t"), "a..b/...");
}

}  // namespace
}  // namespace lakehold::delta
