// UTF-8: strict decoding and encoding of code points. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lakehold::delta {

// The code point at byte `at`, which moves behind it; nothing (and `at` unmoved) for overlong
// forms, surrogates, values above U+10FFFF and cut sequences. Precondition: at < text.size().
std::optional<char32_t> NextCodePoint(std::string_view text, size_t& at);
bool IsUtf8(std::string_view text);
// Precondition: a code point that is no surrogate.
void AppendCodePoint(char32_t point, std::string& out);

}  // namespace lakehold::delta
