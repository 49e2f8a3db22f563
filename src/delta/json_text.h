// JSON as text: what is between the quotes of a string, and whether a text is JSON at all. Pure
// functions.
#pragma once

#include <string>
#include <string_view>

namespace lakehold::delta {

// Appends what `raw` means; false, with `out` as it was, if an escape is broken.
bool AppendUnescaped(std::string_view raw, std::string& out);

// Whether the text is one JSON value, blanks around it aside. The on-demand parser steps over what
// nobody asks for by counting brackets: damage there may have swallowed what was asked for.
bool IsOneJsonValue(std::string_view text);

}  // namespace lakehold::delta
