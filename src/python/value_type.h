// ValueType: the Arrow type that Python values have in common. Needs the GIL.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>

#include "lakehold/arrow_abi.h"

namespace lakehold::python {

enum class ValueKind : uint8_t {
  kNull,
  kBoolean,
  kInteger,
  kFloat,
  kDecimal,
  kText,
  kBinary,
  kDate,
  kTimestamp,
  kTimestampTz,
  kList,
  kStruct,
};

struct ValueType {
  ValueKind kind = ValueKind::kNull;
  int integer_digits = 0;  // kDecimal: digits before and after the point.
  int fraction_digits = 0;
  std::vector<std::string> names;   // kStruct: in the order first seen.
  std::vector<ValueType> children;  // kStruct: fields; kList: the element.

  // Takes one more value into account. Raises TypeError or OverflowError naming `where` if it has
  // no place here: a text among numbers, an integer beyond 64 bits, a type without an Arrow equal.
  void Widen(nanobind::handle value, const std::string& where);
  // Takes over the types of `hint` where this one has none, or a narrower number: what comes later
  // may need them. Of the hint's fields that this one lacks, those in `added` come in.
  void Adopt(const ValueType& hint, const std::vector<std::string>& added);
  bool operator==(const ValueType&) const = default;
  // Where this type, widened from `before`, differs from it: the dotted name, "" at the top.
  std::string FirstDifference(const ValueType& before) const;
  // The same in words: `column "x" is a float, was integer`.
  std::string DifferenceFrom(const ValueType& before) const;
  // "integer", "text": for messages.
  std::string Describe() const;
  // Arrow's format string of this level: "l", "g", "u", "d:10,2", "+l", ...
  std::string Format() const;
};

// The type of a schema's values; kNull where Python values have no such type.
ValueType TypeOfSchema(const ArrowSchema& schema);

// Numpy scalars and the like, as the Python value they stand for.
nanobind::object PlainValue(nanobind::handle value);

}  // namespace lakehold::python
