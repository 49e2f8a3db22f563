#include "table/value_conversion.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/sql_quote.h"

namespace lakehold::table {
namespace {

// One conversion being decided.
struct Wish {
  std::string_view value;
  const SqlType& from;
  const SqlType& to;
  std::string_view column;
};

bool IsInteger(const SqlType& type) {
  return type.family == SqlFamily::kSigned || type.family == SqlFamily::kUnsigned;
}

std::string Cast(const Wish& wish) {
  return fmt::format("CAST({} AS {})", wish.value, wish.to.text);
}

ValueConversion Plain(const Wish& wish) { return {Cast(wish), {}, {}}; }

ValueConversion Refuse(std::string fix) { return {{}, {}, std::move(fix)}; }

ValueConversion CastFirst(const Wish& wish) {
  return Refuse(fmt::format("cast it to {} first", wish.to.text));
}

// A cast of the values that satisfy `same`; NULL always does.
ValueConversion Checked(const Wish& wish, const std::string& same, std::string_view why) {
  const std::string condition = fmt::format("({} IS NULL OR {})", wish.value, same);
  const std::string message = fmt::format(
      "{} || CAST({} AS VARCHAR) || {}",
      QuoteText(fmt::format("column {} is {}: value ", QuoteName(wish.column), wish.to.text)),
      wish.value, QuoteText(fmt::format(" ({}) {}", wish.from.text, why)));
  return {
      fmt::format("CASE WHEN {} THEN {} ELSE lakehold_refuse('write.inexact_value', {}, {}, "
                  "CAST({} AS VARCHAR)) END",
                  condition, Cast(wish), message, QuoteText(std::string(wish.column)), wish.value),
      condition,
      {}};
}

// What can be cast at all, and gives the same value when cast back.
ValueConversion CheckedBack(const Wish& wish, std::string_view why) {
  return Checked(wish,
                 fmt::format("CAST(TRY_CAST({0} AS {1}) AS {2}) IS NOT DISTINCT FROM {0}",
                             wish.value, wish.to.text, wish.from.text),
                 why);
}

ValueConversion ToInteger(const Wish& wish) {
  const auto& [value, from, to, column] = wish;
  if (IsInteger(from)) {
    const bool wider = from.family == to.family
                           ? from.bits <= to.bits
                           : to.family == SqlFamily::kSigned && from.bits < to.bits;
    return wider ? Plain(wish) : CheckedBack(wish, "is out of range");
  }
  if (from.family == SqlFamily::kFloat) {
    return Checked(wish,
                   fmt::format("(isfinite({0}) AND {0} = trunc({0}) AND TRY_CAST({0} AS {1}) IS "
                               "NOT NULL)",
                               value, to.text),
                   "is no integer of this type");
  }
  if (from.family == SqlFamily::kDecimal) return CheckedBack(wish, "is no integer of this type");
  return CastFirst(wish);
}

ValueConversion ToFloat(const Wish& wish) {
  const auto& [value, from, to, column] = wish;
  if (from.family == SqlFamily::kFloat && from.bits <= to.bits) return Plain(wish);
  if (IsInteger(from) && from.bits < (to.bits == 64 ? 53 : 24)) return Plain(wish);
  if (from.family == SqlFamily::kFloat || IsInteger(from))
    return CheckedBack(wish, "has no exact equal");
  return CastFirst(wish);
}

ValueConversion ToDecimal(const Wish& wish) {
  const auto& [value, from, to, column] = wish;
  const int whole_digits = to.precision - to.scale;
  if (IsInteger(from)) {
    const int digits = from.bits * 30103 / 100'000 + 1;  // log10(2)
    return digits <= whole_digits ? Plain(wish) : CheckedBack(wish, "has too many digits");
  }
  if (from.family != SqlFamily::kDecimal) return CastFirst(wish);
  if (from.scale <= to.scale && from.precision - from.scale <= whole_digits) return Plain(wish);
  return CheckedBack(wish, "would be rounded or has too many digits");
}

ValueConversion ToTimestamp(const Wish& wish, const ConversionRules& rules) {
  const auto& [value, from, to, column] = wish;
  const bool zoned = to.family == SqlFamily::kTimestampTz;
  if (from.family == SqlFamily::kTimestampTz) {
    if (zoned) return Plain(wish);
    return Refuse(
        "its values are instants and the column has no zone; cast them with AT TIME ZONE");
  }
  if (from.family == SqlFamily::kDate) {
    return zoned ? Refuse("cast it to a timestamp with a zone first") : Plain(wish);
  }
  if (from.family != SqlFamily::kTimestamp) return CastFirst(wish);
  if (zoned && !rules.naive_timestamps_are_utc) {
    return Refuse(
        "its values have no time zone: pass timestamps=\"utc\" if they are UTC, or localize them");
  }
  if (from.fraction_digits <= 6) return Plain(wish);
  return Checked(wish, fmt::format("CAST(CAST({0} AS TIMESTAMP) AS TIMESTAMP_NS) = {0}", value),
                 "has nanoseconds, the column keeps microseconds: floor it to us");
}

bool WidensOnly(const SqlType& from, const SqlType& to);

// Fields match by name; those that are missing are NULL.
bool StructWidensOnly(const SqlType& from, const SqlType& to) {
  for (size_t i = 0; i < from.children.size(); ++i) {
    const auto found = std::find(to.names.begin(), to.names.end(), from.names[i]);
    if (found == to.names.end()) return false;
    const auto at = static_cast<size_t>(found - to.names.begin());
    if (!WidensOnly(from.children[i], to.children[at])) return false;
  }
  return true;
}

// Whether a cast of nested values loses nothing: same shape, leaves that only widen.
bool WidensOnly(const SqlType& from, const SqlType& to) {
  if (from.text == to.text || from.family == SqlFamily::kNull) return true;
  if (from.family != to.family) {
    return from.family == SqlFamily::kUnsigned && to.family == SqlFamily::kSigned &&
           from.bits < to.bits;
  }
  if (from.family == SqlFamily::kStruct) return StructWidensOnly(from, to);
  if (from.children.size() != to.children.size()) return false;
  if (from.children.empty()) {
    if (IsInteger(from) || from.family == SqlFamily::kFloat) return from.bits <= to.bits;
    if (from.family == SqlFamily::kTimestamp) return from.fraction_digits <= 6;
    if (from.family == SqlFamily::kDecimal) {
      return from.scale <= to.scale && from.precision - from.scale <= to.precision - to.scale;
    }
    return from.family == SqlFamily::kText;
  }
  for (size_t i = 0; i < from.children.size(); ++i) {
    if (!WidensOnly(from.children[i], to.children[i])) return false;
  }
  return true;
}

ValueConversion ToText(const Wish& wish, const ConversionRules& rules) {
  const bool plain = wish.from.children.empty() && wish.from.family != SqlFamily::kBinary;
  if (wish.from.family == SqlFamily::kText || (rules.to_text && plain)) return Plain(wish);
  return Refuse("cast it to VARCHAR first");
}

}  // namespace

ValueConversion ConvertValue(std::string_view value, const SqlType& from, const SqlType& to,
                             std::string_view column, const ConversionRules& rules) {
  const Wish wish{value, from, to, column};
  if (from.text == to.text) return {std::string(value), {}, {}};
  if (from.family == SqlFamily::kNull) return {fmt::format("CAST(NULL AS {})", to.text), {}, {}};
  switch (to.family) {
    case SqlFamily::kSigned:
    case SqlFamily::kUnsigned:
      return ToInteger(wish);
    case SqlFamily::kFloat:
      return ToFloat(wish);
    case SqlFamily::kDecimal:
      return ToDecimal(wish);
    case SqlFamily::kTimestamp:
    case SqlFamily::kTimestampTz:
      return ToTimestamp(wish, rules);
    case SqlFamily::kText:
      return ToText(wish, rules);
    default:
      return !to.children.empty() && WidensOnly(from, to) ? Plain(wish) : CastFirst(wish);
  }
}

}  // namespace lakehold::table
