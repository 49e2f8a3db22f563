// Terminal: what this process may assume of its three standard streams. Immutable value.
#pragma once

#include <cstddef>

namespace lakehold::cli {

struct Terminal {
  bool in = false;   // Somebody types.
  bool out = false;  // Somebody reads rows.
  bool err = false;  // Somebody reads messages.
  bool color = false;
  bool no_color = false;  // NO_COLOR is set.
  bool progress = false;  // Progress may be drawn: on a terminal, not in CI.
  size_t width = 0;       // Columns of the terminal that shows rows; 0 if there is none.
};

// Asks the system and the environment (NO_COLOR, TERM, CI).
Terminal LookAtTerminal();

}  // namespace lakehold::cli
