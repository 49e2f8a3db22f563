#include "render/text_escape.h"

#include <cstdint>

namespace lakehold::render {
namespace {

constexpr char kHex[] = "0123456789abcdef";

// The second byte of a well-formed sequence has a range of its own (Unicode, table 3-7).
struct SecondByte {
  uint8_t low;
  uint8_t high;
};

SecondByte RangeAfter(uint8_t lead) {
  switch (lead) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {0x80, 0xBF};
  }
}

void AppendJsonEscape(uint8_t c, std::string* out) {
  switch (c) {
    case '"':
      *out += "\\\"";
      return;
    case '\\':
      *out += "\\\\";
      return;
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    case '\b':
      *out += "\\b";
      return;
    case '\f':
      *out += "\\f";
      return;
    default:
      *out += "\\u00";
      *out += kHex[c >> 4];
      *out += kHex[c & 15];
  }
}

}  // namespace

size_t Utf8Length(std::string_view text, size_t* bad_length) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  size_t good = 0;
  if (lead >= 0xC2 && lead <= 0xF4) {
    good = 1;
    const SecondByte range = RangeAfter(lead);
    while (good < wanted && good < text.size()) {
      const uint8_t low = good == 1 ? range.low : 0x80;
      const uint8_t high = good == 1 ? range.high : 0xBF;
      if (byte(good) < low || byte(good) > high) break;
      ++good;
    }
    if (good == wanted) return wanted;
  }
  if (bad_length) *bad_length = good == 0 ? 1 : good;
  return 0;
}

void AppendCsvText(std::string_view text, char delimiter, std::string_view null_text,
                   std::string* out) {
  bool quote = text.empty() || text == null_text;
  for (size_t i = 0; i < text.size() && !quote; ++i) {
    const char c = text[i];
    quote = c == delimiter || c == '"' || c == '\n' || c == '\r';
  }
  if (!quote) {
    *out += text;
    return;
  }
  *out += '"';
  size_t from = 0;
  for (size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"', from)) {
    *out += text.substr(from, at + 1 - from);
    *out += '"';
    from = at + 1;
  }
  *out += text.substr(from);
  *out += '"';
}

void AppendJsonText(std::string_view text, std::string* out) {
  *out += '"';
  size_t from = 0;
  size_t at = 0;
  const auto flush = [&] { *out += text.substr(from, at - from); };
  while (at < text.size()) {
    const auto c = static_cast<uint8_t>(text[at]);
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
      ++at;
      continue;
    }
    if (c < 0x80) {
      flush();
      AppendJsonEscape(c, out);
      from = ++at;
      continue;
    }
    size_t bad = 0;
    if (const size_t length = Utf8Length(text.substr(at), &bad)) {
      at += length;
      continue;
    }
    flush();
    *out += "\xEF\xBF\xBD";
    from = at += bad;
  }
  flush();
  *out += '"';
}

void AppendHex(std::string_view bytes, std::string* out) {
  for (const char c : bytes) {
    *out += kHex[static_cast<uint8_t>(c) >> 4];
    *out += kHex[static_cast<uint8_t>(c) & 15];
  }
}

}  // namespace lakehold::render
