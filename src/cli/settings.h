// Settings: what the environment and configuration files say where no flag does: LAKEHOLD_* over
// the project's file (the nearest lakehold.toml from the current folder upward) over the user's
// ($XDG_CONFIG_HOME/lakehold/config.toml). Immutable value. Next: global_flags.h applies them.
//
//   file = *([name "=" value] ["#" comment] LF)
//   value = '"' text with TOML's escapes '"' | "'" text "'" | true | false | digits
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lakehold::cli {

struct Setting {
  std::string value;
  std::string origin;  // "LAKEHOLD_ROWS", or "/data/lakehold.toml:3".
  bool from_file = false;
};

// What a process is told: its folder and its environment ("" where a variable is not set).
struct Surroundings {
  std::string folder;
  std::function<std::string(const std::string& name)> variable;
  static Surroundings OfProcess();
};

class Settings {
 public:
  // kInvalid "cli.bad_setting" names file and line, or the variable.
  static Result<Settings> Load(const Surroundings& surroundings);

  std::optional<Setting> Find(std::string_view name) const;

 private:
  Status ReadFile(const std::string& path, bool of_user);

  // A setting told by what is read first stays.
  std::map<std::string, Setting, std::less<>> settings_;
};

// An unknown name, or a value that the setting cannot have, is kInvalid "cli.bad_setting".
Status CheckSetting(std::string_view name, const Setting& setting);

}  // namespace lakehold::cli
