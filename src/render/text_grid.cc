#include "render/text_grid.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "render/text_width.h"

namespace lakehold::render {
namespace {

constexpr size_t kGap = 2;
// A column is cut down to this before others are left out.
constexpr size_t kNarrowest = 8;

size_t TotalWidth(const std::vector<size_t>& widths) {
  if (widths.empty()) return 0;
  return std::accumulate(widths.begin(), widths.end(), size_t{0}) + kGap * (widths.size() - 1);
}

// Cuts the widest columns, then leaves out the last ones, until all fit.
void FitInto(size_t max_width, std::vector<size_t>* widths) {
  while (TotalWidth(*widths) > max_width) {
    const auto widest = std::max_element(widths->begin(), widths->end());
    if (*widest <= kNarrowest) break;
    --*widest;
  }
  while (widths->size() > 1 && TotalWidth(*widths) > max_width) widths->pop_back();
  if (widths->size() == 1) widths->front() = std::min(widths->front(), std::max(max_width, kGap));
}

void AppendCell(const std::string& text, size_t text_width, size_t width, bool align_right,
                bool last, std::string* line) {
  const std::string shown = text_width > width ? CutToWidth(text, width) : text;
  const size_t used = text_width > width ? DisplayWidth(shown) : text_width;
  const size_t padding = width > used ? width - used : 0;
  if (align_right) line->append(padding, ' ');
  *line += shown;
  if (last) return;
  line->append(align_right ? kGap : padding + kGap, ' ');
}

}  // namespace

TextGrid::TextGrid(std::vector<GridColumn> columns) : columns_(std::move(columns)) {
  for (const auto& column : columns_) {
    std::string name = MakeVisible(column.name);
    const size_t width = DisplayWidth(name);
    names_.push_back({std::move(name), width});
  }
}

void TextGrid::AddRow(const std::vector<std::string>& cells) {
  std::vector<Cell> row;
  row.reserve(cells.size());
  for (const auto& cell : cells) {
    std::string text = MakeVisible(cell);
    const size_t width = DisplayWidth(text);
    row.push_back({std::move(text), width});
  }
  rows_.push_back(std::move(row));
}

std::vector<size_t> TextGrid::ColumnWidths(size_t max_cell) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = std::max<size_t>(names_[i].width, 1);
    for (const auto& row : rows_) width = std::max(width, row[i].width);
    if (max_cell > 0 && !columns_[i].align_right) width = std::min(width, max_cell);
    widths.push_back(width);
  }
  return widths;
}

std::string TextGrid::Format(size_t max_width, size_t max_cell, size_t* hidden_columns) const {
  std::vector<size_t> widths = ColumnWidths(max_cell);
  if (max_width > 0) FitInto(max_width, &widths);
  if (hidden_columns) *hidden_columns = columns_.size() - widths.size();
  std::string text;
  const auto append = [&](const std::vector<Cell>& row) {
    std::string line;
    for (size_t i = 0; i < widths.size(); ++i) {
      AppendCell(row[i].text, row[i].width, widths[i], columns_[i].align_right,
                 i + 1 == widths.size(), &line);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  append(names_);
  for (size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) text.append(kGap, ' ');
    text.append(widths[i], '-');
  }
  text += '\n';
  for (const auto& row : rows_) append(row);
  return text;
}

}  // namespace lakehold::render
