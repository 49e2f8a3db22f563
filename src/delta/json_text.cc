#include "delta/json_text.h"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

namespace lakehold::delta {
namespace {

// Four hexadecimal digits.
std::optional<uint32_t> TakeUnit(std::string_view raw, size_t at) {
  uint32_t unit = 0;
  if (at + 4 > raw.size()) return std::nullopt;
  const char* end = raw.data() + at + 4;
  const auto [rest, error] = std::from_chars(raw.data() + at, end, unit, 16);
  if (error != std::errc() || rest != end || raw[at] == '-') return std::nullopt;
  return unit;
}

void AppendUtf8(uint32_t point, std::string& out) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | point >> 18);
    out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

// The character of \uXXXX at `at` (behind the u), which moves on; half a pair is no character.
bool AppendPoint(std::string_view raw, size_t& at, std::string& out) {
  const auto unit = TakeUnit(raw, at);
  if (!unit || (*unit >= 0xDC00 && *unit < 0xE000)) return false;
  at += 4;
  uint32_t point = *unit;
  if (point >= 0xD800 && point < 0xDC00) {
    if (raw.substr(at, 2) != "\\u") return false;
    const auto low = TakeUnit(raw, at + 2);
    if (!low || *low < 0xDC00 || *low >= 0xE000) return false;
    at += 6;
    point = 0x10000 + ((point - 0xD800) << 10) + (*low - 0xDC00);
  }
  AppendUtf8(point, out);
  return true;
}

// What a backslash before this character means; 0 if nothing.
char PlainEscape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

bool AppendUnescaped(std::string_view raw, std::string& out) {
  const size_t before = out.size();
  size_t at = 0;
  while (at < raw.size()) {
    const void* found = std::memchr(raw.data() + at, '\\', raw.size() - at);
    const size_t stop =
        found ? static_cast<size_t>(static_cast<const char*>(found) - raw.data()) : raw.size();
    out.append(raw.substr(at, stop - at));
    if (stop == raw.size()) break;
    const char escaped = stop + 1 < raw.size() ? raw[stop + 1] : '\0';
    at = stop + 2;
    bool fine = true;
    if (const char plain = PlainEscape(escaped)) {
      out += plain;
    } else {
      fine = escaped == 'u' && AppendPoint(raw, at, out);
    }
    if (!fine) {
      out.resize(before);
      return false;
    }
  }
  return true;
}

}  // namespace lakehold::delta
