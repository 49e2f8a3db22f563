// z85 (ZeroMQ RFC 32): five characters for four bytes, big-endian.
#include <array>

#include <fmt/format.h>

#include "delta/deletion_vector.h"

namespace lakehold::delta {
namespace {

constexpr std::string_view kAlphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

constexpr std::array<int8_t, 256> MakeDigits() {
  std::array<int8_t, 256> digits{};
  for (auto& digit : digits) digit = -1;
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int8_t>(i);
  }
  return digits;
}
constexpr auto kDigits = MakeDigits();

}  // namespace

Result<std::string> DecodeZ85(std::string_view text) {
  if (text.size() % 5 != 0) {
    return Corrupt("delta.bad_z85",
                   fmt::format("{} characters of z85 are not a multiple of five", text.size()));
  }
  std::string bytes;
  bytes.reserve(text.size() / 5 * 4);
  for (size_t at = 0; at < text.size(); at += 5) {
    uint64_t word = 0;
    for (char c : text.substr(at, 5)) {
      int8_t digit = kDigits[static_cast<unsigned char>(c)];
      if (digit < 0) {
        return Corrupt("delta.bad_z85", fmt::format("byte 0x{:02x} is no z85 character",
                                                    static_cast<unsigned char>(c)));
      }
      word = word * 85 + static_cast<uint64_t>(digit);
    }
    if (word > 0xFFFFFFFF) {
      return Corrupt("delta.bad_z85",
                     fmt::format("the five z85 characters at {} exceed four bytes", at));
    }
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((word >> shift) & 0xFF);
  }
  return bytes;
}

std::string EncodeZ85(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() / 4 * 5);
  for (size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    uint32_t word = 0;
    for (char c : bytes.substr(at, 4)) word = word << 8 | static_cast<unsigned char>(c);
    char block[5];
    for (int i = 4; i >= 0; --i, word /= 85) block[i] = kAlphabet[word % 85];
    text.append(block, sizeof block);
  }
  return text;
}

}  // namespace lakehold::delta
