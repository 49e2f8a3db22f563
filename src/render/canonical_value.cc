#include "render/canonical_value.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace lakehold::render {
namespace {

constexpr uint32_t kReplacement = 0xFFFD;

// The code point at the front of `text`, which is shortened by it.
uint32_t TakeCodePoint(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint32_t point = size == 1 ? first : size == 0 ? kReplacement : first & (0x7F >> size);
  bool valid = size > 0 && size <= text.size() && first < 0xF5;
  for (size_t i = 1; valid && i < size; ++i) {
    valid = (byte(i) & 0xC0) == 0x80;
    point = point << 6 | (byte(i) & 0x3F);
  }
  valid = valid && !(size == 3 && (point < 0x800 || (point >= 0xD800 && point < 0xE000))) &&
          !(size == 4 && (point < 0x10000 || point > 0x10FFFF));
  text.remove_prefix(valid ? size : 1);
  return valid ? point : kReplacement;
}

void AppendEscape(uint32_t unit, std::string& out) { out += fmt::format("\\u{:04x}", unit); }

std::string Digits(WideInt value) {
  __extension__ using Unsigned = unsigned __int128;
  Unsigned rest = value < 0 ? -static_cast<Unsigned>(value) : static_cast<Unsigned>(value);
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  return digits;
}

}  // namespace

void AppendAsciiJson(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const uint32_t point = TakeCodePoint(text);
    constexpr std::string_view kShort = "\"\\\n\r\t\f\b", kLetter = "\"\\nrtfb";
    const size_t known = point < 0x80 ? kShort.find(static_cast<char>(point)) : kShort.npos;
    if (known != kShort.npos) {
      out += '\\';
      out += kLetter[known];
    } else if (point >= 0x20 && point < 0x7F) {
      out += static_cast<char>(point);
    } else if (point < 0x10000) {
      AppendEscape(point, out);
    } else {
      AppendEscape(0xD800 + ((point - 0x10000) >> 10), out);
      AppendEscape(0xDC00 + ((point - 0x10000) & 0x3FF), out);
    }
  }
  out += '"';
}

void AppendShortestDouble(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  char text[32];
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  const std::string_view whole(text, static_cast<size_t>(end - text));
  const size_t e = whole.find('e');
  std::string digits;
  for (const char c : whole.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  const int exponent = std::atoi(std::string(whole.substr(e + 1)).c_str());
  if (whole.front() == '-') out += '-';
  if (exponent < -4 || exponent >= 16) {
    out += digits.front();
    if (digits.size() > 1) out += "." + digits.substr(1);
    out += fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  } else if (exponent < 0) {
    out += "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  } else {
    const auto point = static_cast<size_t>(exponent) + 1;
    if (digits.size() < point) digits.append(point - digits.size(), '0');
    out += digits.substr(0, point) + "." + (digits.size() > point ? digits.substr(point) : "0");
  }
}

void AppendDecimal(WideInt unscaled, int scale, std::string& out) {
  std::string digits = Digits(unscaled);
  if (unscaled == 0) {
    out += '0';
    return;
  }
  if (unscaled < 0) out += '-';
  if (scale <= 0) {
    out += digits + std::string(static_cast<size_t>(-scale), '0');
    return;
  }
  const auto places = static_cast<size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, ".");
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  out += digits;
}

void AppendInstant(WideInt nanoseconds, std::string& out) {
  WideInt micros = nanoseconds / 1000;
  auto rest = static_cast<int>(nanoseconds % 1000);
  if (rest < 0) {
    rest += 1000;
    --micros;
  }
  out += micros < 0 ? "T-" : "T";
  out += Digits(micros);
  if (rest != 0) out += fmt::format(".{:03}", rest);
}

void AppendHex(std::string_view bytes, std::string& out) {
  out += 'x';
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(c));
}

}  // namespace lakehold::render
