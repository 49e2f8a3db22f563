// CanonicalColumn: the canonical text of a column's values (content_hash.h tells the grammar).
// Immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lakehold/arrow_abi.h"

namespace lakehold::render {

class CanonicalColumn {
 public:
  // kUnsupported "render.type" names the column.
  static Result<CanonicalColumn> Parse(const ArrowSchema& schema);

  // The text of `row`, counted from the array's own offset.
  Status Append(const ArrowArray& array, int64_t row, std::string& out) const;
  // The name as JSON.
  const std::string& name() const { return name_; }
  // Places of the children in the order of their names.
  const std::vector<size_t>& order() const { return order_; }
  const std::vector<CanonicalColumn>& children() const { return children_; }

 private:
  enum class Kind : uint8_t {
    kNull,
    kBool,
    kSigned,
    kUnsigned,
    kFloat,
    kDecimal,
    kText,
    kBinary,
    kDateDays,
    kDateMillis,
    kTimestamp,
    kStruct,
    kVariant,
    kList,
    kFixedList,
    kListView,
    kMap,
    kDictionary,
  };
  enum class Bytes : uint8_t { kOffsets32, kOffsets64, kView, kFixed };

  Status ParseFormat(std::string_view format);
  void SortChildren();
  bool HasFields(std::string_view a, std::string_view b) const;
  std::string_view BytesOf(const ArrowArray& array, int64_t at) const;
  void AppendScalar(const ArrowArray& array, int64_t at, std::string& out) const;
  Status AppendStruct(const ArrowArray& array, int64_t at, std::string& out) const;
  Status AppendVariant(const ArrowArray& array, int64_t at, std::string& out) const;
  Status AppendItems(const ArrowArray& array, int64_t at, std::string& out) const;

  std::string name_, field_;
  Kind kind_ = Kind::kNull;
  Bytes bytes_ = Bytes::kOffsets32;
  int width_ = 0;           // Bytes of a fixed value, or items of a fixed list.
  int scale_ = 0;           // Of a decimal.
  int64_t unit_ns_ = 1000;  // Of a timestamp.
  bool large_ = false;      // Lists of 64-bit offsets.
  bool pairs_ = false;      // A list that counts as a map.
  std::vector<CanonicalColumn> children_;
  std::vector<size_t> order_;
};

}  // namespace lakehold::render
