#include "render/table_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "render/row_weaver.h"

namespace lakehold::render {

std::string GroupThousands(int64_t value) {
  std::string digits = std::to_string(value);
  const size_t sign = value < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > sign + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

Result<TableText> TableText::Open(const ArrowSchema& schema, const TableTextOptions& options) {
  const ValueStyle style{ValueStyle::Form::kPlain, options.null_text, ','};
  LAKEHOLD_ASSIGN(auto columns, RowWeaver::NewColumns(schema, style));
  std::vector<GridColumn> names;
  for (int64_t i = 0; i < schema.n_children; ++i) {
    const ArrowSchema& child = *schema.children[i];
    names.push_back({child.name ? child.name : "", IsNumber(child)});
  }
  return TableText(std::move(columns), TextGrid(std::move(names)), options);
}

void TableText::Add(const ArrowArray& batch) {
  int64_t take = batch.length;
  if (options_.max_rows >= 0) take = std::clamp<int64_t>(options_.max_rows - shown(), 0, take);
  for (int64_t row = 0; row < take; ++row) {
    std::vector<std::string> cells(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
      columns_[i]->AppendOne(*batch.children[i], batch.offset + row, &cells[i]);
    }
    grid_.AddRow(cells);
  }
  rows_ += batch.length;
}

std::string TableText::Finish(int64_t total_rows) const {
  const int64_t total = total_rows < 0 ? rows_ : total_rows;
  size_t hidden = 0;
  std::string text = grid_.Format(options_.max_width, options_.max_cell, &hidden);
  std::string note;
  if (total != shown() || total == 0) {
    note = fmt::format("{} row{}", GroupThousands(total), total == 1 ? "" : "s");
    if (total != shown()) note += fmt::format(", {} shown", GroupThousands(shown()));
  }
  if (hidden > 0) {
    const size_t all = columns_.size();
    note += fmt::format("{}{} columns, {} shown", note.empty() ? "" : "; ", all, all - hidden);
  }
  if (!note.empty()) text += "(" + note + ")\n";
  return text;
}

}  // namespace lakehold::render
