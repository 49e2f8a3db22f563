// ArrayReader: the values of an Arrow array as Python objects, without another library. Needs the
// GIL.
//
// ints, floats, str, bytes, bool, date, time, datetime (UTC-aware for instants), timedelta,
// Decimal, list, dict; of variants whatever they hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nanobind/nanobind.h>

#include "lakehold/arrow_abi.h"

namespace lakehold::python {

class ArrayReader {
 public:
  // Raises TypeError naming `where` for a type without a Python equal. `whole`: decimals without
  // fraction are ints.
  ArrayReader(const ArrowSchema& schema, const std::string& where, bool whole = false);

  // The value at `index` (the array's own offset comes on top), None where it is NULL. Raises
  // ValueError for dates and times beyond Python's years.
  nanobind::object At(const ArrowArray& array, int64_t index) const;

 private:
  enum class Kind : uint8_t {
    kNull,
    kBoolean,
    kSigned,
    kUnsigned,
    kFloat,
    kDecimal,
    kText,
    kBinary,
    kTextView,
    kBinaryView,
    kFixedBinary,
    kDate,
    kDate64,
    kTime,
    kTimestamp,
    kDuration,
    kMonths,
    kDayTime,
    kMonthDayNano,
    kList,
    kFixedList,
    kStruct,
    kMap,
    kVariant,
  };
  using Object = nanobind::object;

  void Understand(const std::string& format, const std::string& where);
  bool UnderstandTemporal(const std::string& format);
  Object Valid(const ArrowArray& array, int64_t at) const;
  Object Integer(const ArrowArray& array, int64_t at) const;
  Object Decimal(const ArrowArray& array, int64_t at) const;
  Object Bytes(const ArrowArray& array, int64_t at) const;
  std::string_view BytesOf(const ArrowArray& array, int64_t index) const;
  Object View(const ArrowArray& array, int64_t at) const;
  Object Moment(const ArrowArray& array, int64_t at) const;
  Object Nested(const ArrowArray& array, int64_t at) const;
  Object Made(const char* data, int64_t size) const;
  int64_t Offset(const ArrowArray& array, int64_t at) const;

  Kind kind_ = Kind::kNull;
  bool whole_ = false;
  bool aware_ = false;              // kTimestamp
  bool text_ = false;               // kText, kTextView
  int width_ = 0;                   // Bytes of a value, or of an offset; elements of a fixed list.
  int scale_ = 0;                   // kDecimal
  int64_t per_second_ = 1'000'000;  // kTime, kTimestamp, kDuration
  std::string where_;
  std::vector<std::string> names_;
  std::vector<ArrayReader> children_;
  std::vector<ArrayReader> dictionary_;  // None or one.
};

}  // namespace lakehold::python
