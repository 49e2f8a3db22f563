#include "cli/door.h"

#include <cstdio>

namespace lakehold::cli {

void Door::Say(const std::string& line) const {
  if (quiet) return;
  std::fputs((line + "\n").c_str(), stderr);
}

}  // namespace lakehold::cli
