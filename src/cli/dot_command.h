// Dot commands of the shell: .tables, .schema, .log, .at, .mode, .timer, .help, .quit. Externally
// synchronized.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/door.h"
#include "lakehold/lake.h"

namespace lakehold::cli {

struct ShellState {
  Lake& lake;
  Door& door;
  bool timer = false;
  bool quit = false;
};

// Runs a line that begins with a dot.
Status RunDotCommand(const std::string& line, ShellState& state);
// ".at", ".help", ...
std::vector<std::string> DotCommands();

}  // namespace lakehold::cli
