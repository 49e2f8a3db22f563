// What the writers of `render` write reads back as the rows they were given: random batches, parsed
// by others.
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/sim_runtime.h"
#include "render/csv_writer.h"
#include "render/json_writer.h"
#include "support/arrow_column.h"

namespace lakehold::render {
namespace {

using lakehold::testing::ArrowColumn;

struct Batch {
  std::vector<std::optional<int64_t>> integers;
  std::vector<std::optional<double>> floats;
  std::vector<std::optional<std::string>> texts;

  ArrowColumn ToArrow() const {
    std::vector<ArrowColumn> columns;
    columns.push_back(ArrowColumn::Fixed<int64_t>("l", "i", integers));
    columns.push_back(ArrowColumn::Fixed<double>("g", "f", floats));
    columns.push_back(ArrowColumn::Text("u", "t", texts));
    return ArrowColumn::Struct(std::move(columns));
  }
};

Batch RandomBatch(uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces = {
      "a", ",", "\"", "\n", "\r", "\t", " ", "NULL", "\\", "\x01", "\xC3\xA9", "\xF0\x9F\x98\x80"};
  Batch batch;
  const size_t rows = random() % 50;
  for (size_t row = 0; row < rows; ++row) {
    const bool null = random() % 5 == 0;
    batch.integers.push_back(null ? std::nullopt : std::optional(static_cast<int64_t>(random())));
    double value = 0;
    const uint64_t bits = random();
    std::memcpy(&value, &bits, sizeof value);
    if (!(value - value == 0)) value = -0.0;
    batch.floats.push_back(random() % 5 == 0 ? std::nullopt : std::optional(value));
    std::string text;
    for (size_t i = random() % 6; i > 0; --i) text += pieces[random() % pieces.size()];
    batch.texts.push_back(random() % 5 == 0 ? std::nullopt : std::optional(text));
  }
  return batch;
}

// RFC 4180, with LF; an unquoted empty field is NULL.
std::vector<std::vector<std::optional<std::string>>> ParseCsv(std::string_view csv) {
  std::vector<std::vector<std::optional<std::string>>> rows(1);
  size_t at = 0;
  while (at < csv.size()) {
    std::optional<std::string> field;
    if (csv[at] == '"') {
      field = "";
      for (++at; csv[at] != '"' || csv.substr(at, 2) == "\"\""; ++at) {
        at += csv[at] == '"' ? 1 : 0;
        *field += csv[at];
      }
      ++at;
    } else {
      const size_t end = csv.find_first_of(",\n", at);
      if (end > at) field = std::string(csv.substr(at, end - at));
      at = end;
    }
    rows.back().push_back(std::move(field));
    if (csv[at] == '\n') rows.emplace_back();
    ++at;
  }
  rows.pop_back();
  return rows;
}

double ToDouble(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}
uint64_t Bits(double value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

template <typename Writer, typename Options>
std::string Write(const ArrowColumn& rows, Options options) {
  InlineExecutor executor;
  std::string text;
  auto writer =
      Writer::Open(rows.schema(), options, executor, [&](std::string_view piece) -> Status {
        text += piece;
        return {};
      });
  EXPECT_TRUE(writer.ok() && writer->Write(rows.array()).ok() && writer->Finish().ok());
  return text;
}

TEST(RenderRoundTrip, CsvReadsBackAsTheRowsItWasGiven) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const Batch batch = RandomBatch(seed);
    const auto rows = ParseCsv(Write<CsvWriter>(batch.ToArrow(), CsvOptions{}));
    ASSERT_EQ(rows.size(), batch.texts.size() + 1) << "seed " << seed;
    for (size_t row = 0; row < batch.texts.size(); ++row) {
      const auto& fields = rows[row + 1];
      ASSERT_EQ(fields.size(), 3U) << "seed " << seed;
      EXPECT_EQ(fields[0].has_value(), batch.integers[row].has_value());
      if (fields[0]) {
        EXPECT_EQ(*fields[0], std::to_string(*batch.integers[row]));
      }
      EXPECT_EQ(fields[1].has_value(), batch.floats[row].has_value());
      if (fields[1]) {
        EXPECT_EQ(Bits(ToDouble(*fields[1])), Bits(*batch.floats[row])) << *fields[1];
      }
      EXPECT_EQ(fields[2], batch.texts[row]) << "seed " << seed << " row " << row;
    }
  }
}

void ExpectRow(simdjson::dom::element object, const Batch& batch, size_t row) {
  const auto integer = object["i"];
  EXPECT_EQ(integer.is_null(), !batch.integers[row]);
  if (batch.integers[row]) {
    EXPECT_EQ(integer.get_int64().value(), *batch.integers[row]);
  }
  const auto number = object["f"];
  EXPECT_EQ(number.is_null(), !batch.floats[row]);
  if (batch.floats[row]) {
    EXPECT_EQ(Bits(number.get_double().value()), Bits(*batch.floats[row]));
  }
  const auto text = object["t"];
  EXPECT_EQ(text.is_null(), !batch.texts[row]);
  if (batch.texts[row]) {
    EXPECT_EQ(std::string(text.get_string().value()), *batch.texts[row]);
  }
}

TEST(RenderRoundTrip, JsonReadsBackAsTheRowsItWasGiven) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const Batch batch = RandomBatch(seed);
    simdjson::dom::parser parser;
    const std::string array = Write<JsonWriter>(batch.ToArrow(), JsonLayout::kArray);
    size_t row = 0;
    for (auto object : parser.parse(array).get_array()) ExpectRow(object, batch, row++);
    EXPECT_EQ(row, batch.texts.size()) << "seed " << seed;

    const std::string lines = Write<JsonWriter>(batch.ToArrow(), JsonLayout::kLines);
    row = 0;
    for (size_t at = 0; at < lines.size();) {
      const size_t end = lines.find('\n', at);
      simdjson::dom::element object;
      ASSERT_FALSE(parser.parse(lines.substr(at, end - at)).get(object)) << "seed " << seed;
      ExpectRow(object, batch, row++);
      at = end + 1;
    }
    EXPECT_EQ(row, batch.texts.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace lakehold::render
