#include "delta/json_text.h"

#include <algorithm>
#include <bit>
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

// Copies up to the next backslash, or the end; both pointers move on.
void CopyUntilBackslash(const char*& from, const char* end, char*& to) {
  constexpr uint64_t kOnes = 0x0101010101010101, kBackslashes = kOnes * '\\';
  if constexpr (std::endian::native == std::endian::little) {
    while (end - from >= 8) {
      uint64_t word = 0;
      std::memcpy(&word, from, 8);
      std::memcpy(to, &word, 8);
      const uint64_t differs = word ^ kBackslashes;
      const uint64_t zero = (differs - kOnes) & ~differs & (kOnes << 7);
      const int until = zero == 0 ? 8 : std::countr_zero(zero) / 8;
      from += until;
      to += until;
      if (until < 8) return;
    }
  }
  while (from < end && *from != '\\') *to++ = *from++;
}

}  // namespace

bool AppendUnescaped(std::string_view raw, std::string& out) {
  const size_t before = out.size();
  // What is unescaped is never longer. Statistics escape every few characters, so the way to the
  // next backslash is copied by words rather than searched first.
  out.resize(before + raw.size());
  char* to = out.data() + before;
  const char* from = raw.data();
  const char* const end = from + raw.size();
  std::string point;
  while (true) {
    CopyUntilBackslash(from, end, to);
    if (from == end) break;
    const char escaped = from + 1 < end ? from[1] : '\0';
    if (const char plain = PlainEscape(escaped)) {
      *to++ = plain;
      from += 2;
      continue;
    }
    size_t at = static_cast<size_t>(from - raw.data()) + 2;
    point.clear();
    if (escaped != 'u' || !AppendPoint(raw, at, point)) {
      out.resize(before);
      return false;
    }
    to = std::copy(point.begin(), point.end(), to);
    from = raw.data() + at;
  }
  out.resize(static_cast<size_t>(to - out.data()));
  return true;
}

namespace {

class JsonGrammar {
 public:
  explicit JsonGrammar(std::string_view text) : text_(text) {}
  bool IsOneValue() {
    SkipBlanks();
    if (!Value(0)) return false;
    SkipBlanks();
    return at_ == text_.size();
  }

 private:
  static constexpr int kMostDepth = 1024;

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Take(char c) { return Peek() == c && at_ < text_.size() ? (++at_, true) : false; }
  bool Take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void SkipBlanks() {
    while (Peek() == ' ' || Peek() == '\n' || Peek() == '\r' || Peek() == '\t') ++at_;
  }

  bool Value(int depth) {
    if (depth > kMostDepth) return false;
    switch (Peek()) {
      case '{':
        return Members('}', depth, true);
      case '[':
        return Members(']', depth, false);
      case '"':
        return String();
      case 't':
        return Take("true");
      case 'f':
        return Take("false");
      case 'n':
        return Take("null");
      default:
        return Number();
    }
  }

  bool Members(char end, int depth, bool named) {
    ++at_;
    SkipBlanks();
    if (Take(end)) return true;
    for (;;) {
      if (named) {
        if (!String()) return false;
        SkipBlanks();
        if (!Take(':')) return false;
        SkipBlanks();
      }
      if (!Value(depth + 1)) return false;
      SkipBlanks();
      if (Take(end)) return true;
      if (!Take(',')) return false;
      SkipBlanks();
    }
  }

  bool String() {
    if (!Take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      const char escaped = Peek();
      ++at_;
      if (escaped != 'u') {
        if (escaped == '\0' ||
            std::string_view("\"\\/bfnrt").find(escaped) == std::string_view::npos)
          return false;
        continue;
      }
      for (int i = 0; i < 4; ++i, ++at_) {
        const char digit = Peek();
        const bool hex = (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f') ||
                         (digit >= 'A' && digit <= 'F');
        if (!hex) return false;
      }
    }
    return false;
  }

  bool Digits() {
    const size_t first = at_;
    while (Peek() >= '0' && Peek() <= '9') ++at_;
    return at_ > first;
  }
  bool Number() {
    Take('-');
    if (!Take('0') && !Digits()) return false;
    if (Take('.') && !Digits()) return false;
    if (Peek() != 'e' && Peek() != 'E') return true;
    ++at_;
    if (!Take('+')) Take('-');
    return Digits();
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool IsOneJsonValue(std::string_view text) { return JsonGrammar(text).IsOneValue(); }

}  // namespace lakehold::delta
