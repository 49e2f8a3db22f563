// Scalar: one value of a primitive Delta type, for partition values, statistics and predicates.
// Plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "delta/schema.h"

namespace lakehold::delta {

__extension__ typedef __int128
    Int128;  // No ISO type: the extension is announced, so that -Wpedantic accepts it.

// The representation follows the type: boolean -> bool; byte, short, integer, long, date (days),
// timestamp and timestamp_ntz (microseconds) -> int64_t; float, double -> double; decimal -> Int128
// (unscaled, the type's scale); string, binary -> std::string. monostate is NULL.
using Scalar = std::variant<std::monostate, bool, int64_t, double, Int128, std::string>;

inline bool IsNull(const Scalar& value) { return value.index() == 0; }

// Order of two values of one type, neither NULL. NaN is above everything and equal to itself (as
// DuckDB orders); -0.0 equals 0.0; strings and binary by unsigned bytes. Nothing if the
// representations differ.
std::optional<std::weak_ordering> Compare(const Scalar& a, const Scalar& b);

// For messages and --explain: 7, 'x', 2026-11-01, NULL.
std::string FormatScalar(const Scalar& value, const DataType& type);
// "12.50" for 1250 at scale 2, with exactly `scale` digits behind the point.
std::string FormatUnscaled(Int128 unscaled, int scale);
// The shortest text that reads back to the same value, with a point or an exponent: "1.0", "1e+16",
// "NaN", "-Infinity". `single`: the value is a float.
std::string FormatDouble(double value, bool single);

}  // namespace lakehold::delta
