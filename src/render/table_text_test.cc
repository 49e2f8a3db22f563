#include "render/table_text.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "render/text_width.h"
#include "support/arrow_column.h"

namespace lakehold::render {
namespace {

using lakehold::testing::ArrowColumn;

std::string Table(const ArrowColumn& batch, const TableTextOptions& options, int64_t total = -1) {
  auto table = TableText::Open(batch.schema(), options);
  if (!table.ok()) return table.error().ToString();
  table->Add(batch.array());
  return table->Finish(total);
}

ArrowColumn Flights() {
  std::vector<ArrowColumn> columns;
  columns.push_back(ArrowColumn::Text("u", "carrier", {"UA", "B\xC3\xB6", std::nullopt}));
  columns.push_back(ArrowColumn::Fixed<int64_t>("l", "flights", {58'665, 7, std::nullopt}));
  return ArrowColumn::Struct(std::move(columns));
}

TEST(TableText, AlignsTextLeftAndNumbersRight) {
  EXPECT_EQ(Table(Flights(), {}),
            "carrier  flights\n"
            "-------  -------\n"
            "UA         58665\n"
            "B\xC3\xB6             7\n"
            "NULL        NULL\n");
}

TEST(TableText, SaysHowManyRowsThereAre) {
  TableTextOptions options;
  options.max_rows = 1;
  EXPECT_EQ(Table(Flights(), options, 336'776),
            "carrier  flights\n-------  -------\nUA         58665\n(336,776 rows, 1 shown)\n");
  EXPECT_EQ(Table(Flights().Sliced(0, 0), {}), "carrier  flights\n-------  -------\n(0 rows)\n");
}

TEST(TableText, CutsCellsThenLeavesOutColumnsToFit) {
  std::vector<ArrowColumn> columns;
  columns.push_back(ArrowColumn::Text("u", "note", {std::string(30, 'n')}));
  columns.push_back(ArrowColumn::Text("u", "b", {std::string(12, 'b')}));
  const auto batch = ArrowColumn::Struct(std::move(columns));
  TableTextOptions options;
  options.max_width = 20;
  EXPECT_EQ(Table(batch, options),
            "note       b\n---------  ---------\nnnnnnnnn\xE2\x80\xA6  bbbbbbbb\xE2\x80\xA6\n");
  options.max_width = 12;
  EXPECT_EQ(Table(batch, options), "note\n--------\nnnnnnnn\xE2\x80\xA6\n(2 columns, 1 shown)\n");
}

TEST(TextWidth, CountsColumnsOfATerminal) {
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("\xE6\x97\xA5\xE6\x9C\xAC"), 4U);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1U);
  EXPECT_EQ(CutToWidth("\xE6\x97\xA5\xE6\x9C\xAC", 3), "\xE6\x97\xA5\xE2\x80\xA6");
}

TEST(TextWidth, NeverLetsDataSteerTheTerminal) {
  EXPECT_EQ(MakeVisible("a\x1b[31mb\n\xFF\xC2\x9B"), "a\\x1b[31mb\\n\xEF\xBF\xBD\\x9b");
}

}  // namespace
}  // namespace lakehold::render
