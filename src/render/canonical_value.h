// The canonical text of single values, as the content hash spells them. Pure functions.
//
// The grammar: content_hash.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lakehold::render {

__extension__ typedef __int128 WideInt;

// A JSON string in ASCII: \uXXXX for everything else; bytes that are no UTF-8 become \ufffd.
void AppendAsciiJson(std::string_view text, std::string& out);
// The shortest digits that read back as the same double: 1.0, 1e+16, 1e-05, NaN, -Infinity.
void AppendShortestDouble(double value, std::string& out);
// Without zeros at the end of the fraction: 12.5 for 1250 at scale 2. A negative scale has zeros.
void AppendDecimal(WideInt unscaled, int scale, std::string& out);
// T, microseconds since 1970, and a point and three digits if nanoseconds remain.
void AppendInstant(WideInt nanoseconds, std::string& out);
// x and lower-case hexadecimal digits.
void AppendHex(std::string_view bytes, std::string& out);

}  // namespace lakehold::render
