// ArrowField: a column's name and type, read from an Arrow C schema: what Arrow's IPC format says
// about it, and how its buffers are laid out. Immutable value. Next: arrow_message.h, arrow_body.h.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "lakehold/arrow_abi.h"

namespace lakehold::render {

// Which buffers an array of a type has, after its validity bitmap.
enum class ArrowLayout : uint8_t {
  kNull,       // None, and no bitmap either.
  kBits,       // One bit a row.
  kFixed,      // `width` bytes a row.
  kText,       // 32-bit offsets, bytes.
  kLargeText,  // 64-bit offsets, bytes.
  kList,       // 32-bit offsets; a child.
  kLargeList,  // 64-bit offsets; a child.
  kFixedList,  // None; a child with `width` items a row.
  kStruct,     // None; children.
};

// A scalar of a type's table, its slot being its place in the list.
struct ArrowTypeParameter {
  enum class Width : uint8_t { kBool, kShort, kInt };
  Width width = Width::kInt;
  int32_t value = 0;
};

struct ArrowField {
  // kUnsupported "render.type" names the column: dictionaries, unions, views, run ends.
  static Result<ArrowField> Parse(const ArrowSchema& schema);

  std::string name;
  bool nullable = true;
  std::vector<std::pair<std::string, std::string>> metadata;
  uint8_t type_tag = 0;  // In the union Type of Arrow's Schema.fbs.
  std::vector<ArrowTypeParameter> parameters;
  std::string zone;  // Of a timestamp; "": none.
  ArrowLayout layout = ArrowLayout::kNull;
  int64_t width = 0;
  std::vector<ArrowField> children;
};

}  // namespace lakehold::render
