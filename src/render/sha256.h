// SHA-256 (FIPS 180-4) of a text. Pure function.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lakehold::render {

std::array<uint8_t, 32> Sha256(std::string_view text);

}  // namespace lakehold::render
