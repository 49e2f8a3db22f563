// SpecialisedRenderer: a ColumnRenderer whose row loop is compiled for one format of value.
// Immutable. Used by column_renderer.cc (scalars) and nested_renderer.cc.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "render/column_renderer.h"

namespace lakehold::render {

// `Format` is called as format(array, physical_row, out), for rows that are not NULL; physical rows
// count from the start of the buffers.
template <typename Format>
class SpecialisedRenderer final : public ColumnRenderer {
 public:
  SpecialisedRenderer(Format format, std::string null_text)
      : format_(std::move(format)), null_text_(std::move(null_text)) {}

  void Render(const ArrowArray& array, int64_t begin, int64_t end, ColumnText* out) const override {
    out->ends.reserve(out->ends.size() + static_cast<size_t>(end - begin));
    const bool all_valid = array.n_buffers == 0 || array.buffers[0] == nullptr;
    for (int64_t row = begin; row < end; ++row) {
      if (all_valid || IsValid(array, row)) {
        format_(array, array.offset + row, &out->bytes);
      } else {
        out->bytes += null_text_;
      }
      out->ends.push_back(out->bytes.size());
    }
  }

  void AppendOne(const ArrowArray& array, int64_t row, std::string* out) const override {
    if (IsValid(array, row)) {
      format_(array, array.offset + row, out);
    } else {
      *out += null_text_;
    }
  }

 private:
  Format format_;
  std::string null_text_;
};

template <typename Format>
std::unique_ptr<ColumnRenderer> Specialise(Format format, const ValueStyle& style) {
  return std::make_unique<SpecialisedRenderer<Format>>(std::move(format), style.null_text);
}

}  // namespace lakehold::render
