#include "engine/delta_folder.h"

#include <memory>
#include <utility>

#include <duckdb/catalog/catalog.hpp>
#include <duckdb/main/attached_database.hpp>
#include <duckdb/main/client_context.hpp>
#include <duckdb/main/database_manager.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/parsed_data/attach_info.hpp>
#include <duckdb/parser/tableref/at_clause.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <fmt/format.h>

#include "delta/snapshot.h"
#include "engine/duckdb_errors.h"
#include "engine/duckdb_instance.h"
#include "engine/lake_catalog.h"
#include "engine/store_registry.h"
#include "storage/open_store.h"

namespace lakehold::engine {
namespace {

// Attached folders are kept for the life of the instance under this name and their URI.
constexpr const char* kPrefix = "lakehold folder ";

Result<std::shared_ptr<storage::ObjectStore>> OpenFolder(duckdb::ClientContext& context,
                                                         const std::string& path) {
  const Environment& environment = WorldOf(context).environment;
  LAKEHOLD_ASSIGN(auto store,
                  storage::OpenStore(path, environment.durability, false, environment.runtime));
  LAKEHOLD_ASSIGN(const bool exists, delta::TableExists(delta::TableRoot{store, ""}));
  if (!exists) {
    return NotFound("delta.not_a_table",
                    fmt::format("\"{}\" holds no Delta table: there is no _delta_log", path));
  }
  return store;
}

bool IsDeltaFolder(duckdb::ClientContext& context, const std::string& path) {
  if (path.empty() || path.find('*') != std::string::npos) return false;
  auto& files = duckdb::FileSystem::GetFileSystem(context);
  return files.DirectoryExists(files.JoinPath(path, "_delta_log"));
}

duckdb::unique_ptr<duckdb::AtClause> AtOf(const duckdb::named_parameter_map_t& parameters) {
  duckdb::unique_ptr<duckdb::AtClause> at;
  for (const auto& [name, value] : parameters) {
    if (value.IsNull()) continue;
    if (at) ThrowError(Invalid("sql.parameter", "give version or timestamp, not both"));
    at = duckdb::make_uniq<duckdb::AtClause>(name,
                                             duckdb::make_uniq<duckdb::ConstantExpression>(value));
  }
  return at;
}

duckdb::unique_ptr<duckdb::TableRef> ReplaceScan(duckdb::ClientContext& context,
                                                 duckdb::TableFunctionBindInput& input) {
  if (input.inputs[0].IsNull()) ThrowError(Invalid("sql.parameter", "the path is NULL"));
  const FolderTable folder = AttachFolder(context, duckdb::StringValue::Get(input.inputs[0]));
  auto table = duckdb::make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = folder.catalog;
  table->schema_name = DEFAULT_SCHEMA;
  table->table_name = folder.table;
  table->at_clause = AtOf(input.named_parameters);
  return table;
}

}  // namespace

FolderTable AttachFolder(duckdb::ClientContext& context, const std::string& path) {
  auto store = ValueOrThrow(OpenFolder(context, path));
  const std::string name = kPrefix + std::string(store->uri());
  auto& databases = duckdb::DatabaseManager::Get(context);
  auto attached = databases.GetDatabase(context, name);
  if (!attached) {
    duckdb::AttachInfo info;
    info.name = name;
    info.path = std::string(kAttachPrefix) + WorldOf(context).stores.Register(std::move(store));
    // Another session may attach the same folder in the same moment.
    info.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
    duckdb::unordered_map<std::string, duckdb::Value> settings{
        {"type", duckdb::Value(kLakeType)}, {"hidden", duckdb::Value::BOOLEAN(true)}};
    duckdb::AttachOptions options(settings, duckdb::AccessMode::READ_WRITE);
    databases.AttachDatabase(context, info, options);
    attached = databases.GetDatabase(context, name);
  }
  auto* lake = LakeCatalog::From(attached->GetCatalog());
  return {name, lake->TableName()};
}

duckdb::TableFunction ScanFunction(const std::string& name) {
  duckdb::TableFunction function(name, {duckdb::LogicalType::VARCHAR}, nullptr, nullptr);
  function.bind_replace = ReplaceScan;
  function.named_parameters["version"] = duckdb::LogicalType::BIGINT;
  function.named_parameters["timestamp"] = duckdb::LogicalType::TIMESTAMP_TZ;
  return function;
}

duckdb::CatalogEntry& FolderAt(duckdb::ClientContext& context,
                               const duckdb::EntryLookupInfo& lookup) {
  const std::string& path = lookup.GetEntryName();
  if (!IsDeltaFolder(context, path)) {
    ThrowError(
        NotFound("sql.unknown_table",
                 fmt::format("there is no table \"{}\", and only tables have versions", path),
                 "SHOW TABLES lists the tables; leave AT (...) out to read a file"));
  }
  const FolderTable folder = AttachFolder(context, path);
  const duckdb::EntryLookupInfo table(duckdb::CatalogType::TABLE_ENTRY, folder.table,
                                      lookup.GetAtClause(), lookup.GetErrorContext());
  return *duckdb::Catalog::GetEntry(context, folder.catalog, DEFAULT_SCHEMA, table,
                                    duckdb::OnEntryNotFound::THROW_EXCEPTION);
}

duckdb::unique_ptr<duckdb::TableRef> ReplaceDeltaFolder(
    duckdb::ClientContext& context, duckdb::ReplacementScanInput& input,
    duckdb::optional_ptr<duckdb::ReplacementScanData>) {
  const std::string path = duckdb::ReplacementScan::GetFullPath(input);
  if (!IsDeltaFolder(context, path)) return nullptr;
  auto table = duckdb::make_uniq<duckdb::TableFunctionRef>();
  duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>> arguments;
  arguments.push_back(duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(path)));
  table->function =
      duckdb::make_uniq<duckdb::FunctionExpression>("lakehold_scan", std::move(arguments));
  return table;
}

}  // namespace lakehold::engine
