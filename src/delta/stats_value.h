// The text of one bound in `minValues` or `maxValues`: a JSON token to a typed value and back. Pure
// functions.
//
// Soundness is everything here: a lower bound may come out lower, an upper bound higher, never the
// other way round.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "delta/scalar.h"
#include "delta/schema.h"
#include "delta/stats.h"

namespace lakehold::delta {

enum class BoundSide : uint8_t { kMin, kMax };

// A JSON scalar: the unescaped content of a string, or the raw token of a number, true or false.
struct StatsToken {
  bool is_string = false;
  std::string_view text;
};

struct ParsedBound {
  Scalar value;        // NULL: unknown.
  bool exact = false;  // The value itself, not only a bound of it.
};

ParsedBound ParseBound(StatsToken token, BoundSide side, const DataType& type, StatsTrust trust);

// The JSON to write for a bound, or nothing if the type has no bounds or the value no faithful
// text.
std::optional<std::string> FormatBound(const Scalar& value, BoundSide side, const DataType& type);

// The first limits::kStatsStringChars code points of `text`, for kMax raised to be no less than any
// string with that prefix. Nothing if it cannot be raised, or if the text is not UTF-8.
std::optional<std::string> TruncateString(std::string_view text, BoundSide side);

}  // namespace lakehold::delta
