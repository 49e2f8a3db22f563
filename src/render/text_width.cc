#include "render/text_width.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "render/text_escape.h"

namespace lakehold::render {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};
// Blocks, not single characters: good enough to align a table, small enough to read.
constexpr std::array kZero = {Range{0x0300, 0x036F}, Range{0x0483, 0x0489},  Range{0x0591, 0x05BD},
                              Range{0x0610, 0x061A}, Range{0x064B, 0x065F},  Range{0x0E34, 0x0E3A},
                              Range{0x0E47, 0x0E4E}, Range{0x1AB0, 0x1AFF},  Range{0x1DC0, 0x1DFF},
                              Range{0x200B, 0x200F}, Range{0x202A, 0x202E},  Range{0x2060, 0x2064},
                              Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F},  Range{0xFE20, 0xFE2F},
                              Range{0xFEFF, 0xFEFF}, Range{0xE0100, 0xE01EF}};
constexpr std::array kWide = {
    Range{0x1100, 0x115F},   Range{0x231A, 0x231B},   Range{0x23E9, 0x23EC},
    Range{0x25FD, 0x25FE},   Range{0x2614, 0x2615},   Range{0x2705, 0x2705},
    Range{0x274C, 0x274C},   Range{0x2753, 0x2755},   Range{0x2E80, 0x303E},
    Range{0x3041, 0xA4CF},   Range{0xA960, 0xA97F},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},
    Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF},
    Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};

template <size_t kCount>
bool IsIn(const std::array<Range, kCount>& ranges, uint32_t point) {
  return std::any_of(ranges.begin(), ranges.end(), [point](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

// Of a well-formed character.
uint32_t Decode(std::string_view character) {
  const auto lead = static_cast<uint8_t>(character[0]);
  if (character.size() == 1) return lead;
  uint32_t point = lead & (0x7Fu >> character.size());
  for (size_t i = 1; i < character.size(); ++i) {
    point = point << 6 | (static_cast<uint8_t>(character[i]) & 0x3Fu);
  }
  return point;
}

size_t WidthOf(uint32_t point) {
  if (point < 0x300) return 1;
  if (IsIn(kZero, point)) return 0;
  return IsIn(kWide, point) ? 2 : 1;
}

// The next character; a bad byte counts as one.
std::string_view NextCharacter(std::string_view text) {
  const size_t length = Utf8Length(text);
  return text.substr(0, length == 0 ? 1 : length);
}

void AppendControl(uint32_t point, std::string* out) {
  switch (point) {
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    default:
      *out += "\\x";
      const char byte = static_cast<char>(point);
      AppendHex({&byte, 1}, out);
  }
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const auto character = NextCharacter(text);
    width += WidthOf(Decode(character));
    text.remove_prefix(character.size());
  }
  return width;
}

std::string MakeVisible(std::string_view text) {
  std::string visible;
  visible.reserve(text.size());
  while (!text.empty()) {
    size_t bad = 0;
    const size_t length = Utf8Length(text, &bad);
    if (length == 0) {
      visible += "\xEF\xBF\xBD";
      text.remove_prefix(bad);
      continue;
    }
    const uint32_t point = Decode(text.substr(0, length));
    if (point < 0x20 || (point >= 0x7F && point < 0xA0)) {
      AppendControl(point, &visible);
    } else {
      visible += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return visible;
}

std::string CutToWidth(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  size_t used = 1;  // The ellipsis.
  size_t bytes = 0;
  while (bytes < text.size()) {
    const auto character = NextCharacter(text.substr(bytes));
    const size_t wide = WidthOf(Decode(character));
    if (used + wide > width) break;
    used += wide;
    bytes += character.size();
  }
  return std::string(text.substr(0, bytes)) + "\xE2\x80\xA6";
}

}  // namespace lakehold::render
