#include "delta/stats_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "base/limits.h"
#include "delta/action_json.h"
#include "delta/calendar.h"
#include "delta/utf8.h"

namespace lakehold::delta {
namespace {

constexpr int64_t kMicrosPerMilli = 1'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// ---------------------------------------------------------------- dates and times

constexpr int64_t kFirstDay = -719'162;  // 0001-01-01
constexpr int64_t kLastDay = 2'932'896;  // 9999-12-31
constexpr int64_t kMicrosPerDay = 86'400'000'000;

int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) {
    return b > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
  }
  return sum;
}

// A zone-less text counts as UTC for `timestamp`; a zone other than UTC makes no sense for
// `timestamp_ntz`.
ParsedBound ParseTimestampBound(std::string_view text, BoundSide side, TypeKind kind) {
  auto micros = ParseTimestamp(
      text, kind == TypeKind::kTimestamp ? ZoneText::kAllowed : ZoneText::kForbidden);
  if (!micros) return {};
  if (side == BoundSide::kMax) return {SaturatingAdd(*micros, kMicrosPerMilli), false};
  // Writers that cut the number of microseconds towards zero raise instants before 1970 by up to a
  // millisecond.
  return {*micros > 0 ? *micros : SaturatingAdd(*micros, -kMicrosPerMilli), false};
}

ParsedBound ParseDateBound(std::string_view text) {
  auto days = ParseDate(text);
  return days ? ParsedBound{*days, true} : ParsedBound{};
}

// ---------------------------------------------------------------- numbers

ParsedBound ParseInteger(std::string_view text, TypeKind kind) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  int bits = kind == TypeKind::kByte      ? 8
             : kind == TypeKind::kShort   ? 16
             : kind == TypeKind::kInteger ? 32
                                          : 64;
  if (bits < 64 && (value < -(int64_t{1} << (bits - 1)) || value >= (int64_t{1} << (bits - 1))))
    return {};
  return {value, true};
}

size_t SignificantDigits(std::string_view text) {
  size_t digits = 0;
  for (char c : text) {
    if (c == 'e' || c == 'E') break;
    if (IsDigit(c) && (digits > 0 || c != '0')) ++digits;
  }
  return digits;
}

template <typename Float>
std::optional<double> ParseFloatAs(std::string_view text) {
  Float value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || std::isnan(value))
    return std::nullopt;
  return static_cast<double>(value);
}

ParsedBound ParseFloating(std::string_view text, BoundSide side, TypeKind kind, StatsTrust trust) {
  if (side == BoundSide::kMax && trust == StatsTrust::kForeign) return {};
  if (text == "Infinity" || text == "+Infinity") text = "inf";
  if (text == "-Infinity") text = "-inf";
  // A float's shortest text is not its value as a double: 0.7 stands for 0.699999988.
  auto as_float = ParseFloatAs<float>(text);
  if (kind == TypeKind::kFloat) return as_float ? ParsedBound{*as_float, false} : ParsedBound{};
  auto as_double = ParseFloatAs<double>(text);
  if (!as_double) return {};
  // Nine digits or fewer may be the text of a float from before a type widening: hold both.
  if (as_float && SignificantDigits(text) <= 9) {
    return {
        side == BoundSide::kMin ? std::min(*as_double, *as_float) : std::max(*as_double, *as_float),
        false};
  }
  return {*as_double, false};
}

__extension__ typedef unsigned __int128 UInt128;

constexpr UInt128 PowerOfTen(int exponent) {
  UInt128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}
constexpr UInt128 kTenTo37 = PowerOfTen(37);
constexpr Int128 kTenTo38 = static_cast<Int128>(PowerOfTen(38));

// The number `digits` x 10^exponent scaled to an integer; `cut` tells that digits were lost
// (towards zero). Nothing if it does not fit 38 digits.
std::optional<UInt128> ScaleDigits(const std::string& digits, int64_t exponent, bool& cut) {
  UInt128 magnitude = 0;
  int64_t kept = static_cast<int64_t>(digits.size()) + std::min<int64_t>(exponent, 0);
  for (size_t i = 0; i < digits.size(); ++i) {
    if (static_cast<int64_t>(i) >= kept) {
      cut = cut || digits[i] != '0';
      continue;
    }
    if (magnitude >= kTenTo37) return std::nullopt;
    magnitude = magnitude * 10 + static_cast<UInt128>(digits[i] - '0');
  }
  for (; exponent > 0 && magnitude != 0; --exponent) {
    if (magnitude >= kTenTo37) return std::nullopt;
    magnitude *= 10;
  }
  return magnitude;
}

struct DecimalText {
  bool negative = false;
  std::string digits;    // Without leading zeros.
  int64_t exponent = 0;  // Of the last digit.
};

std::optional<DecimalText> ParseDecimalText(std::string_view text) {
  DecimalText out;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    out.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  bool any = false;
  bool point = false;
  size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.' && !point) {
      point = true;
    } else if (IsDigit(text[i])) {
      any = true;
      if (!out.digits.empty() || text[i] != '0') out.digits += text[i];
      out.exponent -= point;
    } else {
      return std::nullopt;
    }
  }
  if (!any || out.digits.size() > 400) return std::nullopt;
  if (i < text.size()) {
    std::string_view power = text.substr(i + 1);
    if (!power.empty() && power.front() == '+') power.remove_prefix(1);
    int exponent = 0;
    auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (error != std::errc() || end != power.data() + power.size() || exponent > 400 ||
        exponent < -400) {
      return std::nullopt;
    }
    out.exponent += exponent;
  }
  return out;
}

// A text of 17 digits or fewer can be a decimal that somebody carried through a double (delta-rs
// does): then it is off by up to three roundings of 2^-53 each, so the bound moves outwards by
// 2^-51 of itself. Texts with lost digits move by one.
ParsedBound ParseDecimal(std::string_view text, BoundSide side, const DataType& type,
                         StatsTrust trust) {
  auto parts = ParseDecimalText(text);
  if (!parts) return {};
  bool cut = false;
  auto magnitude = ScaleDigits(parts->digits, parts->exponent + type.scale, cut);
  if (!magnitude) return {};
  auto value = static_cast<Int128>(*magnitude);
  Int128 slack = cut ? 1 : 0;
  size_t significant = parts->digits.find_last_not_of('0') + 1;  // npos + 1 is 0.
  if (trust == StatsTrust::kForeign && significant <= 17) slack += value >> 51;
  if (parts->negative) value = -value;
  value += side == BoundSide::kMin ? -slack : slack;
  if (value >= kTenTo38 || value <= -kTenTo38) return {};
  return {value, slack == 0};
}

ParsedBound ParseBoolean(StatsToken token) {
  if (token.text == "true") return {true, true};
  if (token.text == "false") return {false, true};
  return {};
}

// ---------------------------------------------------------------- writing

std::optional<std::string> FormatDay(int64_t days) {
  if (days < kFirstDay || days > kLastDay) return std::nullopt;
  return fmt::format("\"{}\"", FormatDate(days));
}

// Cut to milliseconds: "2026-11-01T12:30:59.123", with Z if the type has a zone.
std::optional<std::string> FormatInstant(int64_t micros, bool zone) {
  if (micros < kFirstDay * kMicrosPerDay || micros >= (kLastDay + 1) * kMicrosPerDay)
    return std::nullopt;
  return fmt::format("\"{}{}\"", FormatTimestamp(micros).substr(0, 23), zone ? "Z" : "");
}

template <typename Float>
std::optional<std::string> FormatFloating(Float value, BoundSide side) {
  if (!std::isfinite(value)) return std::nullopt;
  // Others order -0.0 below 0.0: a bound of zero is written so that it bounds both.
  if (value == 0) return side == BoundSide::kMin ? "-0.0" : "0.0";
  char buffer[64];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  if (error != std::errc()) return std::nullopt;
  return std::string(buffer, end);
}

std::string FormatDecimal(Int128 value, int scale) {
  UInt128 magnitude = value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(magnitude % 10));
    magnitude /= 10;
    if (static_cast<int>(digits.size()) == scale) digits += '.';
  } while (magnitude != 0 || static_cast<int>(digits.size()) < scale);
  if (digits.back() == '.') digits += '0';
  if (value < 0) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

ParsedBound ParseBound(StatsToken token, BoundSide side, const DataType& type, StatsTrust trust) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return ParseBoolean(token);
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong:
      return ParseInteger(token.text, type.kind);
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return ParseFloating(token.text, side, type.kind, trust);
    case TypeKind::kDecimal:
      return ParseDecimal(token.text, side, type, trust);
    case TypeKind::kString:
      if (!token.is_string) return {};
      return {std::string(token.text), false};
    case TypeKind::kDate:
      if (!token.is_string) return {};
      return ParseDateBound(token.text);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      if (!token.is_string) return {};
      return ParseTimestampBound(token.text, side, type.kind);
    default:
      return {};
  }
}

std::optional<std::string> FormatBound(const Scalar& value, BoundSide side, const DataType& type) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    if (type.kind != TypeKind::kBoolean) return std::nullopt;
    return *flag ? "true" : "false";
  }
  if (const auto* number = std::get_if<int64_t>(&value)) {
    switch (type.kind) {
      case TypeKind::kByte:
      case TypeKind::kShort:
      case TypeKind::kInteger:
      case TypeKind::kLong:
        return fmt::format("{}", *number);
      case TypeKind::kDate:
        return FormatDay(*number);
      case TypeKind::kTimestamp:
        return FormatInstant(*number, true);
      case TypeKind::kTimestampNtz:
        return FormatInstant(*number, false);
      default:
        return std::nullopt;
    }
  }
  if (const auto* number = std::get_if<double>(&value)) {
    if (type.kind == TypeKind::kFloat) return FormatFloating(static_cast<float>(*number), side);
    if (type.kind == TypeKind::kDouble) return FormatFloating(*number, side);
    return std::nullopt;
  }
  if (const auto* number = std::get_if<Int128>(&value)) {
    if (type.kind != TypeKind::kDecimal) return std::nullopt;
    return FormatDecimal(*number, type.scale);
  }
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr || type.kind != TypeKind::kString) return std::nullopt;
  auto cut = TruncateString(*text, side);
  if (!cut) return std::nullopt;
  std::string json;
  AppendJsonString(*cut, json);
  return json;
}

std::optional<std::string> TruncateString(std::string_view text, BoundSide side) {
  std::vector<char32_t> points;
  size_t at = 0;
  while (at < text.size() && points.size() < limits::kStatsStringChars) {
    auto point = NextCodePoint(text, at);
    if (!point) return std::nullopt;
    points.push_back(*point);
  }
  if (!IsUtf8(text.substr(at))) return std::nullopt;
  std::string prefix(text.substr(0, at));
  if (at == text.size() || side == BoundSide::kMin) return prefix;
  // Raise the last code point that can be raised, and drop what follows it. UTF-8 bytes order as
  // code points do.
  while (!points.empty() && points.back() == 0x10FFFF) points.pop_back();
  if (points.empty()) return std::nullopt;
  points.back() = points.back() == 0xD7FF ? 0xE000 : points.back() + 1;
  std::string raised;
  for (char32_t point : points) AppendCodePoint(point, raised);
  return raised;
}

}  // namespace lakehold::delta
