#include "cli/settings.h"

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "cli/format.h"
#include "cli/output_file.h"
#include "cli/row_count.h"

namespace lakehold::cli {
namespace {

namespace fs = std::filesystem;

struct Known {
  std::string_view name;
  std::string_view values;  // Separated by '|'; "": any text.
};
constexpr Known kKnown[] = {
    {"color", "auto|always|never"},
    {"durability", "full|none"},
    {"format", ""},
    {"history", ""},
    {"lake", ""},
    {"memory-limit", ""},
    {"null", ""},
    {"progress", "true|false"},
    {"quiet", "true|false"},
    {"rows", ""},
};

std::string VariableOf(std::string_view name) {
  std::string variable = "LAKEHOLD_";
  for (const char c : name) {
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return variable;
}

std::string KnownNames() {
  std::string names;
  for (const auto& known : kKnown) names += (names.empty() ? "" : ", ") + std::string(known.name);
  return names;
}

bool IsOneOf(std::string_view values, std::string_view value) {
  while (!values.empty()) {
    const size_t bar = values.find('|');
    if (values.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    values.remove_prefix(bar + 1);
  }
  return false;
}

std::string Replaced(std::string text, char from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, 1, to);
  }
  return text;
}

Error Bad(const std::string& origin, const std::string& what, std::string hint) {
  return Invalid("cli.bad_setting", fmt::format("{}: {}", origin, what), std::move(hint));
}

void SkipBlanks(std::string_view* text) {
  const size_t first = text->find_first_not_of(" \t\r");
  text->remove_prefix(first == std::string_view::npos ? text->size() : first);
}

// Letters, digits, '-', '_' and '.': a name, or a value without quotes.
std::string TakeWord(std::string_view* text) {
  size_t length = 0;
  while (length < text->size()) {
    const auto c = static_cast<unsigned char>((*text)[length]);
    if (std::isalnum(c) == 0 && c != '-' && c != '_' && c != '.' && c != '+') break;
    ++length;
  }
  std::string word(text->substr(0, length));
  text->remove_prefix(length);
  return word;
}

// What follows the opening quote, up to the closing one; nothing if there is none.
std::optional<std::string> TakeQuoted(std::string_view* text, char quote) {
  constexpr std::string_view kEscapes = "btnfr\"\\";
  constexpr std::string_view kMeanings = "\b\t\n\f\r\"\\";
  std::string value;
  while (!text->empty()) {
    const char c = text->front();
    text->remove_prefix(1);
    if (c == quote) return value;
    if (c != '\\' || quote == '\'') {
      value += c;
      continue;
    }
    const size_t escape = text->empty() ? kEscapes.npos : kEscapes.find(text->front());
    if (escape == kEscapes.npos) return std::nullopt;
    value += kMeanings[escape];
    text->remove_prefix(1);
  }
  return std::nullopt;
}

// The name and value of a line; an empty name if it is blank or a comment.
Result<std::pair<std::string, std::string>> ParseLine(std::string_view line,
                                                      const std::string& origin) {
  const auto bad = [&] {
    return Bad(origin, "this is no setting",
               "write name = \"value\", for example format = \"json\"; there are no sections");
  };
  SkipBlanks(&line);
  if (line.empty() || line.front() == '#') return std::pair<std::string, std::string>();
  std::string name = TakeWord(&line);
  SkipBlanks(&line);
  if (name.empty() || line.empty() || line.front() != '=') return bad();
  line.remove_prefix(1);
  SkipBlanks(&line);
  std::string value;
  if (!line.empty() && (line.front() == '"' || line.front() == '\'')) {
    const char quote = line.front();
    line.remove_prefix(1);
    auto quoted = TakeQuoted(&line, quote);
    if (!quoted) return bad();
    value = std::move(*quoted);
  } else {
    value = TakeWord(&line);
    const bool number = value.find_first_not_of("0123456789") == std::string::npos;
    if (value.empty() || (!number && value != "true" && value != "false")) return bad();
  }
  SkipBlanks(&line);
  if (!line.empty() && line.front() != '#') return bad();
  return std::pair(std::move(name), std::move(value));
}

// Folders in a file are meant from where the file is.
std::string FromFolder(const std::string& value, const fs::path& file) {
  const bool url = value.find("://") != std::string::npos;
  return value.empty() || url ? value : (file.parent_path() / value).lexically_normal().string();
}

std::optional<std::string> ProjectFile(const std::string& folder) {
  for (fs::path at = folder; !at.empty(); at = at.parent_path()) {
    std::error_code error;
    const fs::path file = at / "lakehold.toml";
    if (fs::is_regular_file(file, error)) return file.string();
    if (at == at.root_path()) break;
  }
  return std::nullopt;
}

std::optional<std::string> UserFile(const Surroundings& surroundings) {
  std::string folder = surroundings.variable("XDG_CONFIG_HOME");
  // A relative one is to be ignored, by the base directory specification.
  if (folder.empty() || folder.front() != '/') {
    const std::string home = surroundings.variable("HOME");
    if (home.empty()) return std::nullopt;
    folder = home + "/.config";
  }
  std::error_code error;
  const std::string file = folder + "/lakehold/config.toml";
  return fs::is_regular_file(file, error) ? std::optional(file) : std::nullopt;
}

}  // namespace

Surroundings Surroundings::OfProcess() {
  std::error_code error;
  return {fs::current_path(error).string(), [](const std::string& name) {
            const char* value = std::getenv(name.c_str());
            return std::string(value ? value : "");
          }};
}

Status CheckSetting(std::string_view name, const Setting& setting) {
  for (const auto& known : kKnown) {
    if (known.name != name) continue;
    if (!known.values.empty() && !IsOneOf(known.values, setting.value)) {
      return Bad(setting.origin, fmt::format("{} cannot be \"{}\"", name, setting.value),
                 "use " + Replaced(std::string(known.values), '|', " or "));
    }
    if (name == "format" && !ParseFormat(setting.value).ok()) {
      const auto error = ParseFormat(setting.value).error();
      return Bad(setting.origin, error.message, error.hint);
    }
    if (name == "rows" && !ParseRowCount(setting.value).ok()) {
      return Bad(setting.origin, fmt::format("rows cannot be \"{}\"", setting.value),
                 "write a number, or all");
    }
    return {};
  }
  return Bad(setting.origin, fmt::format("there is no setting \"{}\"", name),
             "the settings are " + KnownNames());
}

Status Settings::ReadFile(const std::string& path, bool of_user) {
  std::ifstream file(path);
  if (!file) return SystemError(path, errno);
  std::map<std::string, std::string> seen;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    Setting setting{"", fmt::format("{}:{}", path, number), true};
    LAKEHOLD_ASSIGN(auto pair, ParseLine(line, setting.origin));
    auto& [name, value] = pair;
    if (name.empty()) continue;
    setting.value = name == "lake" || name == "history" ? FromFolder(value, path) : value;
    LAKEHOLD_TRY(CheckSetting(name, setting));
    const auto [first, is_new] = seen.emplace(name, setting.origin);
    if (!is_new) {
      return Bad(setting.origin, fmt::format("{} is set twice, first at {}", name, first->second),
                 "leave one of them");
    }
    // Who sends us a folder with a project must not choose a file of ours to write.
    if (name == "history" && !of_user) {
      return Bad(setting.origin, "history belongs to the user's file, not to a project's",
                 "move it to $XDG_CONFIG_HOME/lakehold/config.toml");
    }
    settings_.emplace(std::move(name), std::move(setting));
  }
  if (file.bad()) return SystemError(path, errno);
  return {};
}

Result<Settings> Settings::Load(const Surroundings& surroundings) {
  Settings settings;
  for (const auto& known : kKnown) {
    const std::string variable = VariableOf(known.name);
    Setting setting{surroundings.variable(variable), variable, false};
    if (setting.value.empty()) continue;
    LAKEHOLD_TRY(CheckSetting(known.name, setting));
    settings.settings_.emplace(known.name, std::move(setting));
  }
  if (const auto file = ProjectFile(surroundings.folder)) {
    LAKEHOLD_TRY(settings.ReadFile(*file, false));
  }
  if (const auto file = UserFile(surroundings)) LAKEHOLD_TRY(settings.ReadFile(*file, true));
  return settings;
}

std::optional<Setting> Settings::Find(std::string_view name) const {
  const auto found = settings_.find(name);
  return found == settings_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace lakehold::cli
