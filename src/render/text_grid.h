// TextGrid: cells of text as aligned columns under a header. Externally synchronized. The rows of a
// batch come through table_text.h.
//
//   carrier  flights
//   -------  -------
//   UA        58,665
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace lakehold::render {

struct GridColumn {
  std::string name;
  bool align_right = false;
};

class TextGrid {
 public:
  explicit TextGrid(std::vector<GridColumn> columns);

  // One cell a column. Control characters are made visible.
  void AddRow(const std::vector<std::string>& cells);
  size_t rows() const { return rows_.size(); }
  // At most `max_width` columns wide if that is not 0: wide columns are cut first; then columns are
  // left out on the right and `hidden_columns` says how many. `max_cell` bounds every cell if it is
  // not 0.
  std::string Format(size_t max_width = 0, size_t max_cell = 0,
                     size_t* hidden_columns = nullptr) const;

 private:
  struct Cell {
    std::string text;
    size_t width;
  };
  std::vector<size_t> ColumnWidths(size_t max_cell) const;

  std::vector<GridColumn> columns_;
  std::vector<Cell> names_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace lakehold::render
