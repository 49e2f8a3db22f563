// ValueType: the Arrow type that Python values have in common. Needs the GIL.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>

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
  // "integer", "text": for messages.
  std::string Describe() const;
  // Arrow's format string of this level: "l", "g", "u", "d:10,2", "+l", ...
  std::string Format() const;
};

// Numpy scalars and the like, as the Python value they stand for.
nanobind::object PlainValue(nanobind::handle value);

}  // namespace lakehold::python
