// The text between the quotes of a JSON string. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace lakehold::delta {

// Appends what `raw` means; false, with `out` as it was, if an escape is broken.
bool AppendUnescaped(std::string_view raw, std::string& out);

}  // namespace lakehold::delta
