#include "delta/stats_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "base/limits.h"
#include "delta/action_json.h"
#include "delta/utf8.h"

namespace lakehold::delta {
namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;
constexpr int64_t kMicrosPerMilli = 1'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// ---------------------------------------------------------------- dates and times

// Days since 1970 in the proleptic Gregorian calendar, and back (Howard Hinnant, "chrono-compatible low-level date
// algorithms").
int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

struct Civil {
  int64_t year;
  int month;
  int day;
};

Civil CivilFromDays(int64_t days) {
  days += 719'468;
  int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  int64_t doe = days - era * 146'097;
  int64_t yoe = (doe - doe / 1'460 + doe / 36'524 - doe / 146'096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153;
  int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {yoe + era * 400 + (month <= 2), month, static_cast<int>(doy - (153 * mp + 2) / 5 + 1)};
}

constexpr int64_t kFirstDay = -719'162;   // 0001-01-01
constexpr int64_t kLastDay = 2'932'896;   // 9999-12-31

// Reads exactly `digits` digits off the front.
bool TakeDigits(std::string_view& text, size_t digits, int& value) {
  if (text.size() < digits) return false;
  value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (!IsDigit(text[i])) return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool TakeChar(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// "2024-01-31", four-digit years only: anything else could be misread.
bool TakeDate(std::string_view& text, int64_t& days) {
  int year, month, day;
  if (!TakeDigits(text, 4, year) || !TakeChar(text, '-') || !TakeDigits(text, 2, month) || !TakeChar(text, '-') ||
      !TakeDigits(text, 2, day)) {
    return false;
  }
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  days = DaysFromCivil(year, month, day);
  Civil back = CivilFromDays(days);
  return back.month == month && back.day == day;
}

// "12:30:00", "12:30", "12:30:00.123456"; digits beyond microseconds are dropped (floor).
bool TakeTime(std::string_view& text, int64_t& micros, size_t& fraction_digits) {
  int hour, minute, second = 0;
  if (!TakeDigits(text, 2, hour) || !TakeChar(text, ':') || !TakeDigits(text, 2, minute)) return false;
  if (TakeChar(text, ':') && !TakeDigits(text, 2, second)) return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  int64_t fraction = 0;
  fraction_digits = 0;
  if (TakeChar(text, '.')) {
    int64_t unit = 100'000;
    for (; !text.empty() && IsDigit(text.front()); text.remove_prefix(1), ++fraction_digits) {
      fraction += (text.front() - '0') * unit;
      unit /= 10;
    }
    if (fraction_digits == 0) return false;
  }
  micros = (int64_t{hour} * 3600 + minute * 60 + second) * 1'000'000 + fraction;
  return true;
}

// "Z", "+01:00", "-0800", "+01", or nothing.
bool TakeOffset(std::string_view& text, int64_t& micros) {
  micros = 0;
  if (text.empty() || TakeChar(text, 'Z') || TakeChar(text, 'z')) return true;
  bool negative = text.front() == '-';
  if (!negative && text.front() != '+') return false;
  text.remove_prefix(1);
  int hour, minute = 0;
  if (!TakeDigits(text, 2, hour)) return false;
  if (!text.empty()) {
    TakeChar(text, ':');
    if (!TakeDigits(text, 2, minute)) return false;
  }
  if (hour > 18 || minute > 59) return false;
  micros = (int64_t{hour} * 3600 + minute * 60) * 1'000'000;
  if (negative) micros = -micros;
  return true;
}

int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) {
    return b > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
  }
  return sum;
}

// A zone-less text counts as UTC for `timestamp`; a zone other than UTC makes no sense for `timestamp_ntz`.
ParsedBound ParseTimestamp(std::string_view text, BoundSide side, TypeKind kind) {
  int64_t days, micros = 0, offset = 0;
  size_t fraction_digits = 0;
  if (!TakeDate(text, days)) return {};
  if (!text.empty()) {
    if (!TakeChar(text, 'T') && !TakeChar(text, ' ')) return {};
    if (!TakeTime(text, micros, fraction_digits) || !TakeOffset(text, offset) || !text.empty()) return {};
  }
  if (kind == TypeKind::kTimestampNtz && offset != 0) return {};
  int64_t value = days * kMicrosPerDay + micros - offset;
  if (side == BoundSide::kMax) {
    value = SaturatingAdd(value, kMicrosPerMilli);
  } else if (value <= 0) {
    // Writers that cut the number of microseconds towards zero raise instants before 1970 by up to a millisecond.
    value = SaturatingAdd(value, -kMicrosPerMilli);
  }
  return {value, false};
}

ParsedBound ParseDate(std::string_view text) {
  int64_t days;
  if (!TakeDate(text, days) || !text.empty()) return {};
  return {days, true};
}

// ---------------------------------------------------------------- numbers

ParsedBound ParseInteger(std::string_view text, TypeKind kind) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  int bits = kind == TypeKind::kByte ? 8 : kind == TypeKind::kShort ? 16 : kind == TypeKind::kInteger ? 32 : 64;
  if (bits < 64 && (value < -(int64_t{1} << (bits - 1)) || value >= (int64_t{1} << (bits - 1)))) return {};
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
  if (error != std::errc() || end != text.data() + text.size() || std::isnan(value)) return std::nullopt;
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
    return {side == BoundSide::kMin ? std::min(*as_double, *as_float) : std::max(*as_double, *as_float), false};
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

// The number `digits` x 10^exponent scaled to an integer; `cut` tells that digits were lost (towards zero).
// Nothing if it does not fit 38 digits.
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
    if (error != std::errc() || end != power.data() + power.size() || exponent > 400 || exponent < -400) {
      return std::nullopt;
    }
    out.exponent += exponent;
  }
  return out;
}

// A text of 17 digits or fewer can be a decimal that somebody carried through a double (delta-rs does): then it is off by
// up to three roundings of 2^-53 each, so the bound moves outwards by 2^-51 of itself. Texts with lost digits move by one.
ParsedBound ParseDecimal(std::string_view text, BoundSide side, const DataType& type, StatsTrust trust) {
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
  Civil civil = CivilFromDays(days);
  return fmt::format("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
}

std::optional<std::string> FormatInstant(int64_t micros, bool zone) {
  int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0);
  auto day = FormatDay(days);
  if (!day) return std::nullopt;
  int64_t millis = (micros - days * kMicrosPerDay) / kMicrosPerMilli;
  return fmt::format("\"{}T{:02}:{:02}:{:02}.{:03}{}\"", *day, millis / 3'600'000, millis / 60'000 % 60,
                     millis / 1'000 % 60, millis % 1'000, zone ? "Z" : "");
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
    case TypeKind::kBoolean: return ParseBoolean(token);
    case TypeKind::kByte: case TypeKind::kShort: case TypeKind::kInteger: case TypeKind::kLong:
      return ParseInteger(token.text, type.kind);
    case TypeKind::kFloat: case TypeKind::kDouble: return ParseFloating(token.text, side, type.kind, trust);
    case TypeKind::kDecimal: return ParseDecimal(token.text, side, type, trust);
    case TypeKind::kString:
      if (!token.is_string) return {};
      return {std::string(token.text), false};
    case TypeKind::kDate:
      if (!token.is_string) return {};
      return ParseDate(token.text);
    case TypeKind::kTimestamp: case TypeKind::kTimestampNtz:
      if (!token.is_string) return {};
      return ParseTimestamp(token.text, side, type.kind);
    default: return {};
  }
}

std::optional<std::string> FormatBound(const Scalar& value, BoundSide side, const DataType& type) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    if (type.kind != TypeKind::kBoolean) return std::nullopt;
    return *flag ? "true" : "false";
  }
  if (const auto* number = std::get_if<int64_t>(&value)) {
    switch (type.kind) {
      case TypeKind::kByte: case TypeKind::kShort: case TypeKind::kInteger: case TypeKind::kLong:
        return fmt::format("{}", *number);
      case TypeKind::kDate:
        if (auto day = FormatDay(*number)) return fmt::format("\"{}\"", *day);
        return std::nullopt;
      case TypeKind::kTimestamp: return FormatInstant(*number, true);
      case TypeKind::kTimestampNtz: return FormatInstant(*number, false);
      default: return std::nullopt;
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
  // Raise the last code point that can be raised, and drop what follows it. UTF-8 bytes order as code points do.
  while (!points.empty() && points.back() == 0x10FFFF) points.pop_back();
  if (points.empty()) return std::nullopt;
  points.back() = points.back() == 0xD7FF ? 0xE000 : points.back() + 1;
  std::string raised;
  for (char32_t point : points) AppendCodePoint(point, raised);
  return raised;
}

}  // namespace lakehold::delta
