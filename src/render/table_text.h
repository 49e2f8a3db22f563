// TableText: the first rows of a result as an aligned table for people. Externally synchronized.
// Layout: text_grid.h.
//
// Holds only the rows it shows. All of them (max_rows < 0) means all in memory: for files, use CSV
// or JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "lakehold/arrow_abi.h"
#include "render/column_renderer.h"
#include "render/text_grid.h"

namespace lakehold::render {

struct TableTextOptions {
  int64_t max_rows = 40;  // -1: all.
  size_t max_width = 0;   // Columns of the terminal; 0: as wide as it gets.
  size_t max_cell = 60;   // Columns of one cell; 0: any.
  std::string null_text = "NULL";
};

class TableText {
 public:
  // kUnsupported "render.type" names the column.
  static Result<TableText> Open(const ArrowSchema& schema, const TableTextOptions& options);
  // Counts the batch's rows and keeps those that are shown. Does not release the batch.
  void Add(const ArrowArray& batch);
  bool full() const { return options_.max_rows >= 0 && shown() >= options_.max_rows; }
  // The table and, if rows or columns are missing or none is there, a line that says so: "(336,776
  // rows, 40 shown)". `total_rows` is the number of rows there are; -1: those given to Add.
  std::string Finish(int64_t total_rows = -1) const;

 private:
  TableText(std::vector<std::unique_ptr<ColumnRenderer>> columns, TextGrid grid,
            TableTextOptions options)
      : columns_(std::move(columns)), grid_(std::move(grid)), options_(std::move(options)) {}
  int64_t shown() const { return static_cast<int64_t>(grid_.rows()); }

  std::vector<std::unique_ptr<ColumnRenderer>> columns_;
  TextGrid grid_;
  TableTextOptions options_;
  int64_t rows_ = 0;
};

// 336,776
std::string GroupThousands(int64_t value);

}  // namespace lakehold::render
