#include "facade/location.h"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_quote.h"
#include "delta/lake_folder.h"
#include "delta/snapshot.h"
#include "facade/registry.h"
#include "storage/open_store.h"

namespace lakehold {

Result<std::shared_ptr<storage::ObjectStore>> OpenAt(std::string_view location,
                                                     const OpenOptions& options, bool create) {
  const auto durability = options.durability == Durability::kFull ? storage::Durability::kFull
                                                                  : storage::Durability::kNone;
  return storage::OpenStore(location, durability, create, Registry::Get().runtime());
}

Status CheckIsTable(const std::shared_ptr<storage::ObjectStore>& store, std::string_view location) {
  LAKEHOLD_ASSIGN(const bool table, delta::TableExists({store, ""}));
  if (table) return {};
  LAKEHOLD_ASSIGN(auto tables, delta::ListLake(*store));
  if (tables.empty()) {
    return NotFound("delta.not_a_table",
                    fmt::format("{} is not a Delta table: it has no _delta_log", location),
                    "check the path, or create the table")
        .With("path", std::string(location));
  }
  if (tables.size() > 3) tables.resize(3);
  return Invalid("facade.is_a_lake",
                 fmt::format("{} is a lake, not a table; it holds {}", location,
                             fmt::join(tables, ", ")),
                 "open one of its tables, or connect to the lake")
      .With("path", std::string(location));
}

Status CheckIsLake(const std::shared_ptr<storage::ObjectStore>& store, std::string_view location) {
  LAKEHOLD_ASSIGN(const bool table, delta::TableExists({store, ""}));
  if (!table) return {};
  return Invalid("facade.is_a_table", fmt::format("{} is a table, not a lake", location),
                 "open it as a table, or connect to the folder above it")
      .With("path", std::string(location));
}

std::string NameOf(std::string_view location) {
  while (location.size() > 1 && location.back() == '/') location.remove_suffix(1);
  const size_t slash = location.rfind('/');
  return std::string(slash == std::string_view::npos ? location : location.substr(slash + 1));
}

Result<TableName> ParseTableName(std::string_view name) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '"') {
      const bool doubled = quoted && i + 1 < name.size() && name[i + 1] == '"';
      if (doubled) parts.back() += name[++i];
      if (!doubled) quoted = !quoted;
    } else if (c == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  const bool main = parts.size() == 2 && parts.front() == "main";
  if (quoted || parts.size() > 2 || name.empty()) {
    return Invalid("facade.bad_table_name", fmt::format("\"{}\" is not the name of a table", name),
                   "write \"table\" or \"schema.table\"; put names with dots in double quotes");
  }
  LAKEHOLD_TRY(delta::CheckTableName(parts.back()));
  if (parts.size() == 1 || main) return TableName{"", parts.back()};
  LAKEHOLD_TRY(delta::CheckTableName(parts.front()));
  return TableName{parts.front(), parts.back()};
}

std::string QualifiedName(std::string_view catalog, const TableName& name) {
  return fmt::format("{}.{}.{}", QuoteName(catalog),
                     QuoteName(name.schema.empty() ? "main" : name.schema), QuoteName(name.table));
}

}  // namespace lakehold
