#include "delta/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "delta/calendar.h"

namespace lakehold::delta {

namespace {

std::weak_ordering CompareDoubles(double a, double b) {
  const bool a_nan = std::isnan(a);
  const bool b_nan = std::isnan(b);
  if (a_nan || b_nan) return a_nan <=> b_nan;
  if (a < b) return std::weak_ordering::less;
  return a > b ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

// std::string compares as unsigned bytes already: char_traits<char> is required to.
std::weak_ordering CompareStrings(const std::string& a, const std::string& b) {
  return a.compare(b) <=> 0;
}

std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string Hex(const std::string& bytes) {
  std::string out = "X'";
  for (const char c : bytes) out += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return out + "'";
}

}  // namespace

std::optional<std::weak_ordering> Compare(const Scalar& a, const Scalar& b) {
  if (a.index() != b.index() || IsNull(a)) return std::nullopt;
  switch (a.index()) {
    case 1:
      return std::get<bool>(a) <=> std::get<bool>(b);
    case 2:
      return std::get<int64_t>(a) <=> std::get<int64_t>(b);
    case 3:
      return CompareDoubles(std::get<double>(a), std::get<double>(b));
    case 4: {
      const Int128 x = std::get<Int128>(a);
      const Int128 y = std::get<Int128>(b);
      return x < y   ? std::weak_ordering::less
             : x > y ? std::weak_ordering::greater
                     : std::weak_ordering::equivalent;
    }
    default:
      return CompareStrings(std::get<std::string>(a), std::get<std::string>(b));
  }
}

std::string FormatUnscaled(Int128 unscaled, int scale) {
  // Unsigned, because the least value has no positive counterpart.
  __extension__ typedef unsigned __int128 Unsigned;
  Unsigned magnitude = unscaled < 0 ? Unsigned{0} - static_cast<Unsigned>(unscaled)
                                    : static_cast<Unsigned>(unscaled);
  std::string digits;
  for (int place = 0; magnitude > 0 || place <= scale; ++place) {
    if (place == scale && scale > 0) digits += '.';
    digits += static_cast<char>('0' + static_cast<int>(magnitude % 10));
    magnitude /= 10;
  }
  if (unscaled < 0) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string FormatDouble(double value, bool single) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::array<char, 64> buffer;
  char* const end = buffer.data() + buffer.size();
  const auto result = single ? std::to_chars(buffer.data(), end, static_cast<float>(value))
                             : std::to_chars(buffer.data(), end, value);
  std::string text(buffer.data(), result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string FormatScalar(const Scalar& value, const DataType& type) {
  switch (value.index()) {
    case 0:
      return "NULL";
    case 1:
      return std::get<bool>(value) ? "true" : "false";
    case 2:
      switch (type.kind) {
        case TypeKind::kDate:
          return FormatDate(std::get<int64_t>(value));
        case TypeKind::kTimestamp:
          return FormatTimestamp(std::get<int64_t>(value));
        case TypeKind::kTimestampNtz:
          return FormatTimestampNtz(std::get<int64_t>(value));
        default:
          return std::to_string(std::get<int64_t>(value));
      }
    case 3:
      return FormatDouble(std::get<double>(value), type.kind == TypeKind::kFloat);
    case 4:
      return FormatUnscaled(std::get<Int128>(value), type.scale);
    default:
      return type.kind == TypeKind::kBinary ? Hex(std::get<std::string>(value))
                                            : Quoted(std::get<std::string>(value));
  }
}

}  // namespace lakehold::delta
