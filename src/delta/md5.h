// MD5, for the one checksum the protocol defines with it. Not for security. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace lakehold::delta {

// 32 lower-case hex digits (RFC 1321).
std::string Md5Hex(std::string_view text);

}  // namespace lakehold::delta
