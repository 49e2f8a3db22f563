// How much room text takes on a terminal. Pure functions; no locale. Used by text_grid.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lakehold::render {

// Columns of a terminal: 2 for wide East Asian characters and emoji, 0 for combining marks, 1 for
// the rest. Precondition: what MakeVisible returned.
size_t DisplayWidth(std::string_view text);
// The text with control characters as \n, \t, \x1b and bad bytes as U+FFFD: data must not steer a
// terminal.
std::string MakeVisible(std::string_view text);
// At most `width` columns of it, with an ellipsis at the end if something was cut. Precondition:
// width >= 1.
std::string CutToWidth(std::string_view text, size_t width);

}  // namespace lakehold::render
