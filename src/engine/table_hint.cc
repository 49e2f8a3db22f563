#include "engine/table_hint.h"

#include <string>
#include <utility>

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/catalog/duck_catalog.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/main/database_manager.hpp"
#include <fmt/format.h>

#include "engine/lake_catalog.h"
#include "engine/lake_schema.h"

namespace lakehold::engine {
namespace {

// Names less alike than this are no help.
constexpr double kAlike = 0.7;

struct Nearest {
  std::string name;
  double likeness = kAlike;
};

// What the session itself made or was given.
void ConsiderTemporary(duckdb::ClientContext& context, const std::string& wanted,
                       Nearest& nearest) {
  auto& temporary = duckdb::ClientData::Get(context).temporary_objects->GetCatalog();
  temporary.Cast<duckdb::DuckCatalog>().ScanSchemas([&](duckdb::SchemaCatalogEntry& schema) {
    schema.Scan(duckdb::CatalogType::TABLE_ENTRY, [&](duckdb::CatalogEntry& entry) {
      const double likeness = duckdb::StringUtil::SimilarityRating(entry.name, wanted);
      if (entry.internal || likeness < nearest.likeness) return;
      nearest = {entry.name, likeness};
    });
  });
}

void Consider(LakeCatalog& lake, const std::string& wanted, Nearest& nearest) {
  const auto schemas = lake.Schemas();
  if (!schemas.ok()) return;
  for (auto* schema : *schemas) {
    const auto tables = schema->ListTables();
    if (!tables.ok()) continue;
    for (const auto& table : *tables) {
      const double likeness = duckdb::StringUtil::SimilarityRating(table, wanted);
      if (likeness < nearest.likeness) continue;
      nearest = {schema->DisplayName(table), likeness};
    }
  }
}

}  // namespace

Error WithTableHint(duckdb::ClientContext& context, const duckdb::ErrorData& raw, Error error) {
  if (error.reason != "sql.unknown_table") return error;
  const auto wanted = raw.ExtraInfo().find("name");
  if (wanted == raw.ExtraInfo().end()) return error;
  error.hint = "SHOW TABLES lists the tables";
  Nearest nearest;
  ConsiderTemporary(context, wanted->second, nearest);
  auto& databases = duckdb::DatabaseManager::Get(context);
  for (const auto& path : duckdb::ClientData::Get(context).catalog_search_path->GetSetPaths()) {
    const auto database = databases.GetDatabase(path.catalog);
    if (!database) continue;
    auto* lake = LakeCatalog::From(database->GetCatalog());
    if (lake != nullptr) Consider(*lake, wanted->second, nearest);
  }
  if (!nearest.name.empty()) error.hint = fmt::format("Did you mean \"{}\"?", nearest.name);
  return error;
}

}  // namespace lakehold::engine
