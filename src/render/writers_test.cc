// The CSV and JSON writers over every type, from arrays built by hand.
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/sim_runtime.h"
#include "base/thread_pool.h"
#include "render/csv_writer.h"
#include "render/json_writer.h"
#include "support/arrow_column.h"

namespace lakehold::render {
namespace {

using lakehold::testing::ArrowColumn;
constexpr auto kNull = std::nullopt;

std::string Csv(const ArrowColumn& batch, const CsvOptions& options = {}) {
  InlineExecutor executor;
  std::string text;
  const auto sink = [&](std::string_view piece) -> Status {
    text += piece;
    return {};
  };
  auto writer = CsvWriter::Open(batch.schema(), options, executor, sink);
  if (!writer.ok()) return writer.error().ToString();
  EXPECT_TRUE(writer->Write(batch.array()).ok());
  EXPECT_TRUE(writer->Finish().ok());
  return text;
}

std::string Json(const ArrowColumn& batch, JsonLayout layout = JsonLayout::kLines) {
  InlineExecutor executor;
  std::string text;
  const auto sink = [&](std::string_view piece) -> Status {
    text += piece;
    return {};
  };
  auto writer = JsonWriter::Open(batch.schema(), layout, executor, sink);
  if (!writer.ok()) return writer.error().ToString();
  EXPECT_TRUE(writer->Write(batch.array()).ok());
  EXPECT_TRUE(writer->Finish().ok());
  return text;
}

// The column alone as rows of CSV (without header) or JSON.
std::string CsvOf(ArrowColumn column) {
  std::vector<ArrowColumn> columns;
  columns.push_back(std::move(column));
  CsvOptions options;
  options.header = false;
  return Csv(ArrowColumn::Struct(std::move(columns)), options);
}
std::string JsonOf(ArrowColumn column) {
  std::vector<ArrowColumn> columns;
  columns.push_back(std::move(column));
  return Json(ArrowColumn::Struct(std::move(columns)));
}

ArrowColumn TwoColumns() {
  std::vector<ArrowColumn> columns;
  columns.push_back(ArrowColumn::Fixed<int64_t>("l", "id", {1, kNull, 3}));
  columns.push_back(ArrowColumn::Text("u", "a name", {"x,\"y\"", "", kNull}));
  return ArrowColumn::Struct(std::move(columns));
}

TEST(CsvWriter, QuotesOnlyWhenNeededAndTellsNullFromEmpty) {
  EXPECT_EQ(Csv(TwoColumns()), "id,a name\n1,\"x,\"\"y\"\"\"\n,\"\"\n3,\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Text("u", "c", {"a b", "l\nf", "c\rr", "semi;"})),
            "a b\n\"l\nf\"\n\"c\rr\"\nsemi;\n");
}

TEST(CsvWriter, QuotesATextThatLooksLikeNull) {
  CsvOptions options;
  options.null_text = "NA";
  std::vector<ArrowColumn> columns;
  columns.push_back(ArrowColumn::Text("u", "c", {"NA", kNull, "NAN"}));
  EXPECT_EQ(Csv(ArrowColumn::Struct(std::move(columns)), options), "c\n\"NA\"\nNA\nNAN\n");
}

TEST(CsvWriter, RefusesANullTextThatNeedsQuotes) {
  CsvOptions options;
  options.null_text = "a,b";
  EXPECT_NE(Csv(TwoColumns(), options).find("[render.null_text]"), std::string::npos);
}

TEST(CsvWriter, WritesTheHeaderOfAnEmptyResult) {
  EXPECT_EQ(Csv(TwoColumns().Sliced(0, 0)), "id,a name\n");
}

TEST(JsonWriter, WritesOneObjectARow) {
  EXPECT_EQ(Json(TwoColumns()),
            "{\"id\":1,\"a name\":\"x,\\\"y\\\"\"}\n{\"id\":null,\"a name\":\"\"}\n"
            "{\"id\":3,\"a name\":null}\n");
  EXPECT_EQ(Json(TwoColumns().Sliced(2, 1), JsonLayout::kArray),
            "[\n{\"id\":3,\"a name\":null}\n]\n");
  EXPECT_EQ(Json(TwoColumns().Sliced(1, 2), JsonLayout::kArray),
            "[\n{\"id\":null,\"a name\":\"\"},\n{\"id\":3,\"a name\":null}\n]\n");
  EXPECT_EQ(Json(TwoColumns().Sliced(0, 0), JsonLayout::kArray), "[\n]\n");
}

TEST(Writers, HonourOffsetsOfBatchColumnAndBitmap) {
  std::vector<ArrowColumn> columns;
  columns.push_back(ArrowColumn::Fixed<int32_t>("i", "a", {9, 9, 1, kNull, 3}).Sliced(1, 4));
  columns.push_back(ArrowColumn::Bool("b", {true, false, kNull, true}));
  auto batch = ArrowColumn::Struct(std::move(columns)).Sliced(1, 3);
  EXPECT_EQ(Csv(batch), "a,b\n1,false\n,\n3,true\n");
}

TEST(Writers, SpellIntegersOfEverySize) {
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<int8_t>("c", "c", {-128, 127})), "-128\n127\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<uint8_t>("C", "c", {255})), "255\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<int16_t>("s", "c", {-32'768})), "-32768\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<uint16_t>("S", "c", {65'535})), "65535\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<uint32_t>("I", "c", {4'294'967'295})), "4294967295\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<int64_t>("l", "c", {INT64_MIN})), "-9223372036854775808\n");
  EXPECT_EQ(JsonOf(ArrowColumn::Fixed<uint64_t>("L", "c", {UINT64_MAX})),
            "{\"c\":18446744073709551615}\n");
}

TEST(Writers, SpellFloatsThatAreNoNumbers) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<double>("g", "c", {nan, -infinity, 2.0})),
            "NaN\n-Infinity\n2.0\n");
  EXPECT_EQ(JsonOf(ArrowColumn::Fixed<double>("g", "c", {nan, infinity, 2.5})),
            "{\"c\":\"NaN\"}\n{\"c\":\"Infinity\"}\n{\"c\":2.5}\n");
  EXPECT_EQ(JsonOf(ArrowColumn::Fixed<float>("f", "c", {0.1F})), "{\"c\":0.1}\n");
}

TEST(Writers, SpellDecimalsDatesAndTimes) {
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<__int128>("d:10,2", "c", {-5, 123'456})), "-0.05\n1234.56\n");
  EXPECT_EQ(JsonOf(ArrowColumn::Fixed<__int128>("d:38,0,128", "c", {7})), "{\"c\":7}\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<int32_t>("tdD", "c", {0, kNull})), "1970-01-01\n\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<int64_t>("tdm", "c", {-86'400'000})), "1969-12-31\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<int32_t>("tts", "c", {3'661})), "01:01:01\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<int32_t>("ttm", "c", {1})), "00:00:00.001\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Fixed<int64_t>("ttn", "c", {1})), "00:00:00.000000001\n");
  EXPECT_EQ(JsonOf(ArrowColumn::Fixed<int64_t>("tsu:UTC", "c", {0})),
            "{\"c\":\"1970-01-01T00:00:00Z\"}\n");
  EXPECT_EQ(JsonOf(ArrowColumn::Fixed<int64_t>("tss:", "c", {0})),
            "{\"c\":\"1970-01-01T00:00:00\"}\n");
}

TEST(Writers, SpellBinaryAsHexadecimal) {
  const std::string bytes("\x00\xff", 2);
  EXPECT_EQ(CsvOf(ArrowColumn::Text("z", "c", {bytes, "", kNull})), "00ff\n\"\"\n\n");
  EXPECT_EQ(JsonOf(ArrowColumn::Text<int64_t>("Z", "c", {bytes})), "{\"c\":\"00ff\"}\n");
  EXPECT_EQ(CsvOf(ArrowColumn::FixedBinary("c", 2, {bytes, kNull})), "00ff\n\n");
}

TEST(JsonWriter, EscapesControlCharactersAndBadBytes) {
  const std::string odd("\x01\t\x7f\xC3\xA9\xC3(\xE2\x82\xF0\x9F\x98\x80\xED\xA0\x80", 16);
  EXPECT_EQ(JsonOf(ArrowColumn::Text<int64_t>("U", "c", {odd})),
            "{\"c\":\"\\u0001\\t\\u007f\xC3\xA9\xEF\xBF\xBD(\xEF\xBF\xBD\xF0\x9F\x98\x80"
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"}\n");
}

TEST(Writers, NestListsStructsAndMaps) {
  auto items = ArrowColumn::Text("u", "item", {"a", "b\"", kNull});
  EXPECT_EQ(JsonOf(ArrowColumn::List<int32_t>("+l", "c", {0, 2, 2, 3}, std::move(items),
                                              {true, false, true})),
            "{\"c\":[\"a\",\"b\\\"\"]}\n{\"c\":null}\n{\"c\":[null]}\n");

  std::vector<ArrowColumn> fields;
  fields.push_back(ArrowColumn::Fixed<int32_t>("i", "x", {1, 2}));
  fields.push_back(ArrowColumn::Text("u", "y", {"p", kNull}));
  EXPECT_EQ(CsvOf(ArrowColumn::Struct(std::move(fields), "s", {true, true})),
            "\"{\"\"x\"\":1,\"\"y\"\":\"\"p\"\"}\"\n\"{\"\"x\"\":2,\"\"y\"\":null}\"\n");

  std::vector<ArrowColumn> entries;
  entries.push_back(ArrowColumn::Fixed<int32_t>("i", "key", {9, 1, 2}).Sliced(1, 2));
  entries.push_back(ArrowColumn::Bool("value", {true, false}));
  EXPECT_EQ(JsonOf(ArrowColumn::List<int32_t>("+m", "m", {0, 2},
                                              ArrowColumn::Struct(std::move(entries), "entries"))),
            "{\"m\":{\"1\":true,\"2\":false}}\n");
}

TEST(Writers, NestLargeAndFixedSizeListsOfSlicedArrays) {
  auto items = ArrowColumn::Fixed<int64_t>("l", "item", {0, 1, 2, 3, 4, 5, 6}).Sliced(1, 6);
  EXPECT_EQ(JsonOf(ArrowColumn::FixedList("c", 2, 3, std::move(items)).Sliced(1, 2)),
            "{\"c\":[3,4]}\n{\"c\":[5,6]}\n");
  auto more = ArrowColumn::Fixed<int64_t>("l", "item", {7, 8});
  EXPECT_EQ(JsonOf(ArrowColumn::List<int64_t>("+L", "c", {0, 0, 2}, std::move(more)).Sliced(1, 1)),
            "{\"c\":[7,8]}\n");
}

TEST(Writers, LookUpDictionaries) {
  auto words = ArrowColumn::Text("u", "", {"no", "yes, sir", kNull});
  auto column = ArrowColumn::Dictionary(ArrowColumn::Fixed<uint8_t>("C", "c", {1, kNull, 0, 2}),
                                        std::move(words));
  EXPECT_EQ(CsvOf(std::move(column)), "\"yes, sir\"\n\nno\n\n");
}

TEST(Writers, WriteTheNullType) {
  EXPECT_EQ(JsonOf(ArrowColumn::Null("c", 2)), "{\"c\":null}\n{\"c\":null}\n");
  EXPECT_EQ(CsvOf(ArrowColumn::Null("c", 1)), "\n");
}

TEST(Writers, RefuseOtherTypesByColumn) {
  for (const char* format : {"tiM", "tDu", "d:50,2,256", "vu", "+ud:0", "+r", "e", "w:x", "tsq:"}) {
    const auto text = CsvOf(ArrowColumn::Fixed<int64_t>(format, "odd", {}));
    EXPECT_NE(text.find("column \"odd\""), std::string::npos) << format;
    EXPECT_NE(text.find("[render.type]"), std::string::npos) << format;
  }
}

TEST(Writers, KeepTheOrderOfRowsAcrossThreads) {
  std::vector<std::optional<int64_t>> ids(100'000);
  std::string expected = "id\n";
  for (size_t i = 0; i < ids.size(); ++i) {
    ids[i] = static_cast<int64_t>(i);
    expected += std::to_string(i) + "\n";
  }
  std::vector<ArrowColumn> columns;
  columns.push_back(ArrowColumn::Fixed<int64_t>("l", "id", ids));
  const auto batch = ArrowColumn::Struct(std::move(columns));
  ThreadPool pool(4);
  std::string text;
  auto writer = CsvWriter::Open(batch.schema(), {}, pool, [&](std::string_view piece) -> Status {
    text += piece;
    return {};
  });
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->Write(batch.array()).ok());
  EXPECT_EQ(text, expected);
}

TEST(Writers, StopAtTheSinksError) {
  const auto batch = TwoColumns();
  InlineExecutor executor;
  auto writer = CsvWriter::Open(batch.schema(), {}, executor, [](std::string_view) -> Status {
    return IoError("test.full", "no room");
  });
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(writer->Write(batch.array()).error().reason, "test.full");
}

}  // namespace
}  // namespace lakehold::render
