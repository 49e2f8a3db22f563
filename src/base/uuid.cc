#include "base/uuid.h"

#include <array>
#include <cstdint>

namespace lakehold {
namespace {

bool IsDash(size_t index) { return index == 8 || index == 13 || index == 18 || index == 23; }

}  // namespace

std::string NewUuid(Random& random) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::array<uint64_t, 2> words = {random.Next(), random.Next()};
  words[0] = (words[0] & ~uint64_t{0xf000}) | 0x4000;  // Version 4: RFC 9562, section 5.4.
  words[1] = (words[1] & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);  // Variant 10.
  std::string text(36, '-');
  size_t digit = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsDash(i)) continue;
    text[i] = kHex[(words[digit / 16] >> (60 - 4 * (digit % 16))) & 0xf];
    ++digit;
  }
  return text;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (IsDash(i) ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace lakehold
