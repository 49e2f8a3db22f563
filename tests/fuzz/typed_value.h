// Types and values made of an input's bytes, for targets that need them. Pure functions.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "delta/scalar.h"
#include "fuzz/fuzz_target.h"

namespace lakehold::fuzz {

using delta::IsNull;

// Any type that has bounds, and binary.
inline delta::DataType TakeType(std::string_view& input) {
  using delta::TypeKind;
  constexpr TypeKind kKinds[] = {TypeKind::kBoolean,     TypeKind::kByte,    TypeKind::kShort,
                                 TypeKind::kInteger,     TypeKind::kLong,    TypeKind::kFloat,
                                 TypeKind::kDouble,      TypeKind::kDecimal, TypeKind::kString,
                                 TypeKind::kBinary,      TypeKind::kDate,    TypeKind::kTimestamp,
                                 TypeKind::kTimestampNtz};
  delta::DataType type;
  type.kind = kKinds[TakeByte(input) % std::size(kKinds)];
  if (type.kind == TypeKind::kDecimal) {
    type.precision = static_cast<uint8_t>(1 + TakeByte(input) % 38);
    type.scale = static_cast<uint8_t>(TakeByte(input) % (type.precision + 1));
  }
  return type;
}

inline int64_t TakeInteger(std::string_view& input) {
  uint64_t bits = 0;
  const int size = TakeByte(input) % 9;
  for (int i = 0; i < size; ++i) bits = bits << 8 | TakeByte(input);
  if (size > 0 && size < 8 && (bits >> (size * 8 - 1) & 1) != 0) bits |= ~uint64_t{0} << size * 8;
  return static_cast<int64_t>(bits);
}

// A value of the type, or NULL.
inline delta::Scalar TakeScalar(std::string_view& input, const delta::DataType& type) {
  using delta::TypeKind;
  if (TakeByte(input) % 8 == 0) return {};
  const auto integer = [&](int64_t least, int64_t most) {
    return std::clamp(TakeInteger(input), least, most);
  };
  switch (type.kind) {
    case TypeKind::kBoolean:
      return TakeByte(input) % 2 == 1;
    case TypeKind::kByte:
      return integer(-128, 127);
    case TypeKind::kShort:
      return integer(-32768, 32767);
    case TypeKind::kInteger:
    case TypeKind::kDate:
      return integer(std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
    case TypeKind::kLong:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return TakeInteger(input);
    case TypeKind::kFloat:
    case TypeKind::kDouble: {
      char bytes[8];
      for (char& byte : bytes) byte = static_cast<char>(TakeByte(input));
      double value = 0;
      std::memcpy(&value, bytes, sizeof value);
      if (TakeByte(input) % 2 == 0) value = static_cast<double>(TakeInteger(input)) / 10;
      if (type.kind == TypeKind::kDouble) return value;
      return std::isfinite(value) && std::abs(value) > 3e38 ? 0.0
                                                            : double{static_cast<float>(value)};
    }
    case TypeKind::kDecimal: {
      delta::Int128 most = 1;
      for (int i = 0; i < type.precision; ++i) most *= 10;
      return (delta::Int128{TakeInteger(input)} * TakeInteger(input)) % most;
    }
    default: {
      const size_t wanted = TakeByte(input) % 48;
      const size_t size = std::min(wanted, input.size());
      std::string text(input.substr(0, size));
      input.remove_prefix(size);
      return text;
    }
  }
}

// Equal, NaN to itself too.
inline bool Same(const delta::Scalar& a, const delta::Scalar& b) {
  if (IsNull(a) || IsNull(b)) return IsNull(a) && IsNull(b);
  const auto order = delta::Compare(a, b);
  return order && *order == std::weak_ordering::equivalent;
}

}  // namespace lakehold::fuzz
