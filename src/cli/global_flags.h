// The flags that every verb takes, and what stands for those that are not given (settings.h).
// Externally synchronized.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/door.h"

namespace CLI {
class App;
}

namespace lakehold::cli {

struct GlobalFlags {
  bool version = false;
  bool no_progress = false;
  std::optional<std::string> color;
  std::optional<std::string> durability;
  std::vector<std::string> places;  // Arguments before any verb: the lake of the shell.
};

// `flags` and `door` outlive the parsing.
void AddGlobalFlags(CLI::App& app, GlobalFlags& flags, Door& door);
// Flags over environment over files, into `door`. kInvalid "cli.bad_setting".
Status Configure(const GlobalFlags& flags, Door& door);

}  // namespace lakehold::cli
