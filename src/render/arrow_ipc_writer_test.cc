// Arrow IPC bytes: their frame, and that a slice is written as if it had never been one. That other
// readers understand them: tests/e2e/test_arrow_output.py.
#include "render/arrow_ipc_writer.h"

#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "render/arrow_body.h"
#include "support/arrow_column.h"

namespace lakehold::render {
namespace {

using lakehold::testing::ArrowColumn;
using Layout = ArrowIpcWriter::Layout;
constexpr auto kNull = std::nullopt;

std::string Ipc(const ArrowColumn& batch, Layout layout = Layout::kStream) {
  std::string bytes;
  const auto sink = [&](std::string_view piece) -> Status {
    bytes += piece;
    return {};
  };
  auto writer = ArrowIpcWriter::Open(batch.schema(), layout, sink);
  if (!writer.ok()) return writer.error().ToString();
  EXPECT_TRUE(writer->Write(batch.array()).ok());
  EXPECT_TRUE(writer->Finish().ok());
  return bytes;
}

ArrowColumn Batch(ArrowColumn column) {
  std::vector<ArrowColumn> columns;
  columns.push_back(std::move(column));
  return ArrowColumn::Struct(std::move(columns));
}

uint32_t Int32At(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

const std::string kEnd("\xFF\xFF\xFF\xFF\0\0\0\0", 8);

TEST(ArrowIpcWriter, AStreamIsASchemaThenBatchesThenAnEnd) {
  const std::string bytes = Ipc(Batch(ArrowColumn::Fixed<int32_t>("i", "c", {7, 8})));
  EXPECT_EQ(Int32At(bytes, 0), 0xFFFFFFFF);
  const size_t batch = 8 + Int32At(bytes, 4);
  EXPECT_EQ(batch % 64, 0U);
  EXPECT_EQ(Int32At(bytes, batch), 0xFFFFFFFF);
  const size_t body = batch + 8 + Int32At(bytes, batch + 4);
  EXPECT_EQ(body % 64, 0U);
  EXPECT_EQ(Int32At(bytes, body), 7U);
  EXPECT_EQ(Int32At(bytes, body + 4), 8U);
  EXPECT_EQ(bytes.substr(body + 64), kEnd);
}

TEST(ArrowIpcWriter, AFileIsAStreamBetweenItsMagicAndAFooter) {
  const auto column = [] { return Batch(ArrowColumn::Fixed<int32_t>("i", "c", {7})); };
  const std::string bytes = Ipc(column(), Layout::kFile);
  EXPECT_EQ(bytes.substr(0, 8), std::string("ARROW1\0\0", 8));
  EXPECT_EQ(bytes.substr(bytes.size() - 6), "ARROW1");
  const size_t footer = Int32At(bytes, bytes.size() - 10);
  EXPECT_EQ(bytes.substr(bytes.size() - 10 - footer - 8, 8), kEnd);
}

TEST(ArrowIpcWriter, NoRowsAreASchemaAlone) {
  const std::string bytes = Ipc(Batch(ArrowColumn::Fixed<int32_t>("i", "c", {})));
  EXPECT_EQ(bytes.substr(8 + Int32At(bytes, 4)), kEnd);
}

TEST(ArrowIpcWriter, WhatItCannotWriteIsRefusedByName) {
  auto indices = ArrowColumn::Fixed<int32_t>("i", "mood", {0});
  auto words = ArrowColumn::Text("u", "", {"fine"});
  const auto dictionary = Ipc(Batch(ArrowColumn::Dictionary(std::move(indices), std::move(words))));
  EXPECT_NE(dictionary.find("\"mood\""), std::string::npos);
  EXPECT_NE(dictionary.find("[render.type]"), std::string::npos);
  EXPECT_NE(Ipc(Batch(ArrowColumn::Fixed<int32_t>("vu", "c", {}))).find("[render.type]"),
            std::string::npos);
  EXPECT_NE(Ipc(ArrowColumn::Fixed<int32_t>("i", "c", {})).find("[render.not_a_batch]"),
            std::string::npos);
}

TEST(ArrowIpcWriter, AFailingSinkEndsIt) {
  const auto batch = Batch(ArrowColumn::Fixed<int32_t>("i", "c", {7}));
  const auto sink = [](std::string_view) -> Status { return IoError("test.full", "full"); };
  auto writer = ArrowIpcWriter::Open(batch.schema(), Layout::kStream, sink);
  ASSERT_TRUE(writer.ok());
  EXPECT_TRUE(writer->Write(batch.array()).ok());  // Gathered.
  EXPECT_EQ(writer->Finish().error().reason, std::string_view("test.full"));
}

// Rows [2, 5) of each pair's first column are its second.
std::vector<std::pair<ArrowColumn, ArrowColumn>> SlicesAndWholes() {
  std::vector<std::pair<ArrowColumn, ArrowColumn>> pairs;
  const auto add = [&](ArrowColumn longer, ArrowColumn whole) {
    pairs.emplace_back(std::move(longer).Sliced(2, 3), std::move(whole));
  };
  add(ArrowColumn::Fixed<int64_t>("l", "c", {9, kNull, 1, kNull, 3, 4}),
      ArrowColumn::Fixed<int64_t>("l", "c", {1, kNull, 3}));
  add(ArrowColumn::Fixed<int64_t>("l", "c", {kNull, 9, 1, 2, 3, 4}),
      ArrowColumn::Fixed<int64_t>("l", "c", {1, 2, 3}));
  add(ArrowColumn::Bool("c", {true, true, kNull, true, false, true}),
      ArrowColumn::Bool("c", {kNull, true, false}));
  add(ArrowColumn::Text("u", "c", {"far", "away", "a", kNull, "", "z"}),
      ArrowColumn::Text("u", "c", {"a", kNull, ""}));
  add(ArrowColumn::Text<int64_t>("Z", "c", {"", "away", "a", "bc", kNull, "z"}),
      ArrowColumn::Text<int64_t>("Z", "c", {"a", "bc", kNull}));
  const auto items = [](std::vector<std::optional<int32_t>> values) {
    return ArrowColumn::Fixed<int32_t>("i", "item", values);
  };
  add(ArrowColumn::List("+l", "c", {0, 1, 3, 4, 4, 6, 7}, items({0, 1, 2, 3, 4, 5, 6})),
      ArrowColumn::List("+l", "c", {0, 1, 1, 3}, items({3, 4, 5})));
  add(ArrowColumn::FixedList("c", 2, 6, items({0, 1, 2, 3, 4, kNull, 6, 7, 8, 9, 10, 11})),
      ArrowColumn::FixedList("c", 2, 3, items({4, kNull, 6, 7, 8, 9})));
  const auto fields = [&](std::vector<std::optional<int32_t>> values) {
    std::vector<ArrowColumn> columns;
    columns.push_back(items(values));
    return ArrowColumn::Struct(std::move(columns), "c");
  };
  add(fields({0, 1, 2, kNull, 4, 5}), fields({2, kNull, 4}));
  return pairs;
}

TEST(ArrowIpcWriter, ASliceIsWrittenAsIfItHadNeverBeenOne) {
  size_t number = 0;
  for (auto& [slice, whole] : SlicesAndWholes()) {
    const std::string format = whole.schema().format;
    const auto sliced = Batch(std::move(slice));
    const auto expected = Batch(std::move(whole));
    // Bits behind the last row are whatever they were: compare what they say, not the rest.
    const auto field = ArrowField::Parse(sliced.schema());
    ASSERT_TRUE(field.ok());
    const ArrowBody a(*field, sliced.array());
    const ArrowBody b(*field, expected.array());
    ASSERT_EQ(a.pieces().size(), b.pieces().size()) << format << number;
    for (size_t i = 0; i < a.map().nodes.size(); ++i) {
      EXPECT_EQ(a.map().nodes[i].null_count, b.map().nodes[i].null_count) << format << number;
      EXPECT_EQ(a.map().nodes[i].length, b.map().nodes[i].length) << format << number;
    }
    for (size_t i = 0; i < a.pieces().size(); ++i) {
      EXPECT_EQ(a.pieces()[i], b.pieces()[i]) << format << number << " buffer " << i;
    }
    ++number;
  }
}

TEST(ArrowIpcWriter, ABatchsOwnOffsetIsItsColumnsToo) {
  const auto whole = Batch(ArrowColumn::Text("u", "c", {"b", kNull}));
  const auto sliced = Batch(ArrowColumn::Text("u", "c", {"a", "b", kNull, "d"})).Sliced(1, 2);
  const auto bytes = Ipc(sliced);
  EXPECT_EQ(bytes.size(), Ipc(whole).size());
  EXPECT_NE(bytes.find("b"), std::string::npos);
}

}  // namespace
}  // namespace lakehold::render
