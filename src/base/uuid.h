// Random (version 4) UUIDs as text: "0b0f2c2e-3a52-4a49-9f0e-0f5d2f0a7c11".
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace lakehold {

std::string NewUuid(Random& random);
bool IsUuid(std::string_view text);

}  // namespace lakehold
