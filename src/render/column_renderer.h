// ColumnRenderer: the text of one column's values, made for its Arrow type. Immutable; Render is
// thread-safe.
//
// A row index counts from the array's own offset, as in the Arrow specification. Next:
// row_weaver.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lakehold/arrow_abi.h"

namespace lakehold::render {

// The texts of some rows of a column: bytes, and where each row ends in them.
struct ColumnText {
  std::string bytes;
  std::vector<size_t> ends;

  std::string_view at(size_t row) const {
    const size_t begin = row == 0 ? 0 : ends[row - 1];
    return std::string_view(bytes).substr(begin, ends[row] - begin);
  }
};

// How values of a format look where formats differ.
struct ValueStyle {
  enum class Form : uint8_t {
    kJson,   // Texts in quotes; NaN and Infinity too.
    kCsv,    // Texts quoted when needed; nested values as JSON text.
    kPlain,  // Texts bare, nested values as JSON text: for tables.
  };
  Form form = Form::kJson;
  std::string null_text = "null";
  char delimiter = ',';
};

class ColumnRenderer {
 public:
  virtual ~ColumnRenderer() = default;
  // Appends the texts of rows [begin, end) of `array`.
  virtual void Render(const ArrowArray& array, int64_t begin, int64_t end,
                      ColumnText* out) const = 0;
  // Appends the text of one row: for values inside of nested ones.
  virtual void AppendOne(const ArrowArray& array, int64_t row, std::string* out) const = 0;
};

// kUnsupported "render.type" for types no table holds (intervals, durations, unions, 256-bit
// decimals, views, ...).
Result<std::unique_ptr<ColumnRenderer>> NewColumnRenderer(const ArrowSchema& type,
                                                          const ValueStyle& style);
// Whether values of this type are shown flush right: numbers.
bool IsNumber(const ArrowSchema& type);

// Whether row `row` is there (not NULL), by the validity bitmap. Not for arrays of the null type.
inline bool IsValid(const ArrowArray& array, int64_t row) {
  if (array.n_buffers == 0 || array.buffers[0] == nullptr) return true;
  const int64_t bit = array.offset + row;
  return (static_cast<const uint8_t*>(array.buffers[0])[bit >> 3] >> (bit & 7)) & 1;
}

}  // namespace lakehold::render
