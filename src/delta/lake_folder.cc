#include "delta/lake_folder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii_case.h"
#include "delta/snapshot.h"
#include "delta/utf8.h"
#include "storage/atomic_file.h"

namespace lakehold::delta {
namespace {

// Names that belong to the lake or to other programs, not to tables.
bool Hidden(std::string_view name) {
  return name.empty() || name.front() == '_' || name.front() == '.';
}

Result<bool> IsTable(storage::ObjectStore& store, std::string_view folder, std::string_view name) {
  // The store is only borrowed for the probe.
  const std::shared_ptr<storage::ObjectStore> borrowed(std::shared_ptr<void>(), &store);
  return TableExists(TableRoot{borrowed, storage::JoinKey(folder, name)});
}

}  // namespace

Result<std::optional<std::string>> FindTable(storage::ObjectStore& store, std::string_view folder,
                                             std::string_view name) {
  if (!CheckTableName(name).ok()) return std::optional<std::string>();
  LAKEHOLD_ASSIGN(const bool exact, IsTable(store, folder, name));
  if (exact) return std::optional<std::string>(name);
  LAKEHOLD_ASSIGN(auto folders, store.ListFolders(folder));
  std::vector<std::string> matches;
  for (auto& candidate : folders) {
    if (!SameIgnoringCase(candidate, name)) continue;
    LAKEHOLD_ASSIGN(const bool table, IsTable(store, folder, candidate));
    if (table) matches.push_back(std::move(candidate));
  }
  if (matches.size() > 1) {
    return Invalid("delta.ambiguous_name",
                   fmt::format("table \"{}\" may be any of {}", name, fmt::join(matches, ", ")),
                   "write the name as the folder is spelled, in double quotes");
  }
  return matches.empty() ? std::optional<std::string>() : std::optional(std::move(matches.front()));
}

Result<std::vector<std::string>> ListTables(storage::ObjectStore& store, std::string_view folder) {
  LAKEHOLD_ASSIGN(auto folders, store.ListFolders(folder));
  std::vector<std::string> tables;
  for (auto& name : folders) {
    if (Hidden(name)) continue;
    LAKEHOLD_ASSIGN(const bool table, IsTable(store, folder, name));
    if (table) tables.push_back(std::move(name));
  }
  return tables;
}

Result<std::vector<std::string>> ListLake(storage::ObjectStore& store) {
  LAKEHOLD_ASSIGN(auto folders, store.ListFolders(""));
  std::vector<std::string> tables;
  for (const auto& name : folders) {
    if (Hidden(name)) continue;
    LAKEHOLD_ASSIGN(const bool table, IsTable(store, "", name));
    if (table) {
      tables.push_back(name);
      continue;
    }
    LAKEHOLD_ASSIGN(auto inner, ListTables(store, name));
    for (const auto& below : inner) tables.push_back(name + "." + below);
  }
  return tables;
}

Status CheckTableName(std::string_view name) {
  auto refuse = [&](std::string_view why) {
    std::string shown;  // A message is one line, whatever the name holds.
    for (const char c : name) {
      const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      shown +=
          control ? fmt::format("\\x{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
    }
    return Invalid("delta.bad_table_name",
                   fmt::format("\"{}\" cannot be the name of a table: {}", shown, why),
                   "use letters, digits, spaces, '-' and '_'; start with neither '_' nor '.'");
  };
  if (name.empty()) return refuse("it is empty");
  if (!IsUtf8(name)) return refuse("it is not UTF-8");
  if (name.size() > 255) return refuse("it is longer than 255 bytes");
  if (Hidden(name)) return refuse("names that start with '_' or '.' are reserved");
  for (const char c : name) {
    if (c == '/') return refuse("it contains '/'");
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return refuse("it contains a control character");
  }
  return {};
}

}  // namespace lakehold::delta
