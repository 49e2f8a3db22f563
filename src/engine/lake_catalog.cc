#include "engine/lake_catalog.h"

#include <algorithm>
#include <utility>

#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/catalog/entry_lookup_info.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/planner/operator/logical_delete.hpp"
#include "duckdb/planner/operator/logical_merge_into.hpp"
#include "duckdb/planner/operator/logical_update.hpp"
#include "duckdb/storage/database_size.hpp"
#include <fmt/format.h>

#include "base/uuid.h"
#include "delta/lake_folder.h"
#include "delta/snapshot.h"
#include "engine/duckdb_errors.h"
#include "engine/lake_schema.h"
#include "engine/lake_transaction.h"
#include "engine/modify_sink.h"
#include "engine/not_yet.h"
#include "engine/store_registry.h"
#include "storage/atomic_file.h"

namespace lakehold::engine {
namespace {

LakeWorld& WorldOf(duckdb::optional_ptr<duckdb::StorageExtensionInfo> world) {
  return static_cast<LakeWorld&>(*world);
}

duckdb::unique_ptr<duckdb::Catalog> Attach(duckdb::optional_ptr<duckdb::StorageExtensionInfo> info,
                                           duckdb::ClientContext&, duckdb::AttachedDatabase& db,
                                           const std::string&, duckdb::AttachInfo& attach,
                                           duckdb::AttachOptions&) {
  auto& world = WorldOf(info);
  std::shared_ptr<storage::ObjectStore> store;
  const std::string_view location = attach.path;
  if (location.substr(0, kAttachPrefix.size()) == kAttachPrefix) {
    store = ValueOrThrow(world.stores.Find(location.substr(kAttachPrefix.size())));
  } else {
    const auto& environment = world.environment;
    store = ValueOrThrow(
        storage::OpenStore(location, environment.durability, true, environment.runtime));
  }
  return duckdb::make_uniq<LakeCatalog>(db, world, std::move(store));
}

duckdb::unique_ptr<duckdb::TransactionManager> MakeTransactions(
    duckdb::optional_ptr<duckdb::StorageExtensionInfo>, duckdb::AttachedDatabase& db,
    duckdb::Catalog& catalog) {
  return duckdb::make_uniq<LakeTransactions>(db, static_cast<LakeCatalog&>(catalog));
}

constexpr std::string_view kSchemaMarker = "_lakehold_schema";

// Not a file, not even of a table that somebody is about to make.
Status CheckEmpty(storage::ObjectStore& store, const std::string& folder) {
  LAKEHOLD_ASSIGN(auto lister, store.List(folder + "/", ""));
  while (true) {
    LAKEHOLD_ASSIGN(const auto object, lister->Next());
    if (!object) return {};
    if (object->key == storage::JoinKey(folder, kSchemaMarker)) continue;
    return Invalid("catalog.schema_not_empty",
                   fmt::format("the schema's folder is not empty: it holds {}", object->key),
                   "Remove what is no table by hand, or wait for whoever is making one");
  }
}

}  // namespace

LakeWorld::LakeWorld(Environment environment, StoreRegistry& stores,
                     std::shared_ptr<delta::CheckpointCodec> codec)
    : environment(std::move(environment)), stores(stores), checkpoint_codec(std::move(codec)) {}

std::shared_ptr<duckdb::StorageExtension> MakeLakeStorage(std::shared_ptr<LakeWorld> world) {
  auto storage = std::make_shared<duckdb::StorageExtension>();
  storage->attach = Attach;
  storage->create_transaction_manager = MakeTransactions;
  storage->storage_info = duckdb::shared_ptr<duckdb::StorageExtensionInfo>(std::move(world));
  return storage;
}

LakeCatalog::LakeCatalog(duckdb::AttachedDatabase& db, const LakeWorld& world,
                         std::shared_ptr<storage::ObjectStore> store)
    : Catalog(db),
      world_(world),
      store_(std::move(store)),
      handle_(world_.stores.Register(store_)) {}

LakeCatalog::~LakeCatalog() { world_.stores.Unregister(handle_); }

LakeCatalog* LakeCatalog::From(duckdb::Catalog& catalog) {
  return catalog.GetCatalogType() == kLakeType ? &static_cast<LakeCatalog&>(catalog) : nullptr;
}

std::string LakeCatalog::PathOf(std::string_view key) const {
  return StoreRegistry::PathOf(handle_, key);
}

Result<bool> LakeCatalog::IsTable() {
  {
    std::lock_guard lock(mutex_);
    if (is_table_) return *is_table_;
  }
  LAKEHOLD_ASSIGN(const bool is_table, delta::TableExists(RootOf("")));
  std::lock_guard lock(mutex_);
  is_table_ = is_table;
  return is_table;
}

std::string LakeCatalog::TableName() const {
  std::string_view uri = store_->uri();
  while (!uri.empty() && uri.back() == '/') uri.remove_suffix(1);
  return std::string(uri.substr(uri.rfind('/') + 1));
}

void LakeCatalog::Initialize(bool) {}

LakeSchema& LakeCatalog::SchemaNamed(const std::string& name) {
  std::lock_guard lock(mutex_);
  auto& schema = schemas_[name];
  if (!schema) {
    duckdb::CreateSchemaInfo info;
    info.schema = name;
    schema = std::make_unique<LakeSchema>(*this, info);
  }
  return *schema;
}

// A schema is a folder. It takes effect at once, also in an open transaction: an empty folder means
// nothing to others.
duckdb::optional_ptr<duckdb::CatalogEntry> LakeCatalog::CreateSchema(
    duckdb::CatalogTransaction, duckdb::CreateSchemaInfo& info) {
  const std::string& name = info.schema;
  if (info.on_conflict == duckdb::OnCreateConflict::REPLACE_ON_CONFLICT) {
    ThrowError(NotYet("CREATE OR REPLACE SCHEMA", "schema", name));
  }
  CheckOrThrow(delta::CheckTableName(name));
  if (name == DEFAULT_SCHEMA || ValueOrThrow(IsSchemaFolder(name))) {
    if (info.on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT) return &SchemaNamed(name);
    ThrowError(AlreadyExists("catalog.schema_exists",
                             fmt::format("the lake {} has a schema {}", store_->uri(), name),
                             "Use it, or CREATE SCHEMA IF NOT EXISTS"));
  }
  if (ValueOrThrow(IsTable()) || ValueOrThrow(delta::TableExists(RootOf(name)))) {
    ThrowError(AlreadyExists("catalog.schema_is_table",
                             fmt::format("{} in the lake {} is a table", name, store_->uri()),
                             "Pick another name"));
  }
  // A folder needs a file to exist on stores without folders; its name is one that tables cannot
  // have.
  CheckOrThrow(store_->PutHint(storage::JoinKey(name, kSchemaMarker), {}));
  CheckOrThrow(store_->SettleNames(std::vector<std::string>{name, ""}));
  return &SchemaNamed(name);
}

// Takes effect at once, as CREATE SCHEMA does. The folder is looked at once more when it is out of
// reach: somebody may have begun a table in it meanwhile.
void LakeCatalog::DropSchema(duckdb::ClientContext&, duckdb::DropInfo& info) {
  const std::string& name = info.name;
  if (name == DEFAULT_SCHEMA) {
    ThrowError(Invalid("catalog.main_schema", "the schema main is the lake itself",
                       "DROP TABLE its tables"));
  }
  if (!ValueOrThrow(IsSchemaFolder(name))) {
    if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return;
    ThrowError(NotFound("catalog.no_schema",
                        fmt::format("the lake {} has no schema {}", store_->uri(), name),
                        "DROP SCHEMA IF EXISTS does not mind"));
  }
  const auto tables = ValueOrThrow(SchemaNamed(name).ListTables());
  if (!tables.empty()) {
    if (info.cascade) {
      ThrowError(NotYet("DROP SCHEMA with tables in it, CASCADE", "schema", name,
                        "DROP TABLE each, then DROP SCHEMA"));
    }
    ThrowError(Invalid("catalog.schema_not_empty",
                       fmt::format("the schema {} holds {} table{}, the first is \"{}\"", name,
                                   tables.size(), tables.size() == 1 ? "" : "s", tables.front()),
                       "DROP TABLE them first"));
  }
  const std::string grave =
      fmt::format("_lakehold/dropped/{}", NewUuid(world_.environment.runtime.random));
  CheckOrThrow(CheckEmpty(*store_, name));
  CheckOrThrow(store_->MoveFolder(name, grave));
  if (const Status empty = CheckEmpty(*store_, grave); !empty.ok()) {
    CheckOrThrow(store_->MoveFolder(grave, name));
    ThrowError(empty.error());
  }
  CheckOrThrow(store_->SettleNames(std::vector<std::string>{"", "_lakehold/dropped"}));
}

Result<bool> LakeCatalog::IsSchemaFolder(const std::string& name) {
  LAKEHOLD_ASSIGN(const bool is_table, IsTable());
  if (is_table || !delta::CheckTableName(name).ok()) return false;
  LAKEHOLD_ASSIGN(const auto folders, store_->ListFolders(""));
  if (std::find(folders.begin(), folders.end(), name) == folders.end()) return false;
  LAKEHOLD_ASSIGN(const bool table, delta::TableExists(RootOf(name)));
  return !table;
}

duckdb::optional_ptr<duckdb::SchemaCatalogEntry> LakeCatalog::LookupSchema(
    duckdb::CatalogTransaction, const duckdb::EntryLookupInfo& lookup,
    duckdb::OnEntryNotFound if_not_found) {
  const std::string& name = lookup.GetEntryName();
  if (name == DEFAULT_SCHEMA || name == INVALID_SCHEMA) return &SchemaNamed(DEFAULT_SCHEMA);
  if (ValueOrThrow(IsSchemaFolder(name))) return &SchemaNamed(name);
  if (if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return nullptr;
  ThrowError(NotFound("catalog.no_schema",
                      fmt::format("the lake {} has no schema {}", store_->uri(), name),
                      "A schema is a folder of the lake that holds tables"));
}

Result<std::vector<LakeSchema*>> LakeCatalog::Schemas() {
  std::vector<LakeSchema*> schemas{&SchemaNamed(DEFAULT_SCHEMA)};
  LAKEHOLD_ASSIGN(const bool is_table, IsTable());
  if (is_table) return schemas;
  LAKEHOLD_ASSIGN(const auto folders, store_->ListFolders(""));
  for (const auto& folder : folders) {
    if (!delta::CheckTableName(folder).ok()) continue;
    LAKEHOLD_ASSIGN(const bool table, delta::TableExists(RootOf(folder)));
    if (table) continue;
    auto& schema = SchemaNamed(folder);
    LAKEHOLD_ASSIGN(const auto tables, schema.ListTables());
    if (!tables.empty()) schemas.push_back(&schema);
  }
  return schemas;
}

bool LakeCatalog::IsSearchedBy(duckdb::ClientContext& context) {
  for (const auto& entry : duckdb::ClientData::Get(context).catalog_search_path->Get()) {
    if (duckdb::StringUtil::CIEquals(entry.catalog, GetName())) return true;
  }
  return false;
}

void LakeCatalog::ScanSchemas(duckdb::ClientContext& context,
                              std::function<void(duckdb::SchemaCatalogEntry&)> callback) {
  auto schemas = Schemas();
  if (!schemas.ok() && !IsSearchedBy(context)) return;
  for (auto* schema : ValueOrThrow(std::move(schemas))) callback(*schema);
}

duckdb::PhysicalOperator& LakeCatalog::PlanCreateTableAs(duckdb::ClientContext& context,
                                                         duckdb::PhysicalPlanGenerator& planner,
                                                         duckdb::LogicalCreateTable& op,
                                                         duckdb::PhysicalOperator& plan) {
  return PlanLakeCreateTableAs(context, planner, op, plan);
}

duckdb::PhysicalOperator& LakeCatalog::PlanInsert(
    duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
    duckdb::LogicalInsert& op, duckdb::optional_ptr<duckdb::PhysicalOperator> plan) {
  return PlanLakeInsert(context, planner, op, plan);
}

duckdb::PhysicalOperator& LakeCatalog::PlanDelete(duckdb::ClientContext&,
                                                  duckdb::PhysicalPlanGenerator&,
                                                  duckdb::LogicalDelete& op,
                                                  duckdb::PhysicalOperator&) {
  ThrowError(NotYet("DELETE", "table", static_cast<LakeTable&>(op.table).DisplayName()));
}

// Before its scan is planned: nothing is set in motion for a statement that will not run.
duckdb::PhysicalOperator& LakeCatalog::PlanDelete(duckdb::ClientContext&,
                                                  duckdb::PhysicalPlanGenerator&,
                                                  duckdb::LogicalDelete& op) {
  ThrowError(NotYet("DELETE", "table", static_cast<LakeTable&>(op.table).DisplayName()));
}

duckdb::PhysicalOperator& LakeCatalog::PlanUpdate(duckdb::ClientContext&,
                                                  duckdb::PhysicalPlanGenerator&,
                                                  duckdb::LogicalUpdate& op,
                                                  duckdb::PhysicalOperator&) {
  ThrowError(NotYet("UPDATE", "table", static_cast<LakeTable&>(op.table).DisplayName()));
}

duckdb::PhysicalOperator& LakeCatalog::PlanUpdate(duckdb::ClientContext&,
                                                  duckdb::PhysicalPlanGenerator&,
                                                  duckdb::LogicalUpdate& op) {
  ThrowError(NotYet("UPDATE", "table", static_cast<LakeTable&>(op.table).DisplayName()));
}

duckdb::PhysicalOperator& LakeCatalog::PlanMergeInto(duckdb::ClientContext&,
                                                     duckdb::PhysicalPlanGenerator&,
                                                     duckdb::LogicalMergeInto& op,
                                                     duckdb::PhysicalOperator&) {
  ThrowError(NotYet("MERGE INTO", "table", static_cast<LakeTable&>(op.table).DisplayName()));
}

duckdb::unique_ptr<duckdb::LogicalOperator> LakeCatalog::BindCreateIndex(
    duckdb::Binder&, duckdb::CreateStatement&, duckdb::TableCatalogEntry& table,
    duckdb::unique_ptr<duckdb::LogicalOperator>) {
  ThrowError(NotYet("CREATE INDEX", "table", static_cast<LakeTable&>(table).DisplayName()));
}

duckdb::ErrorData LakeCatalog::SupportsCreateTable(duckdb::BoundCreateTableInfo& info) {
  return CheckLakeTableDefinition(info);
}

duckdb::DatabaseSize LakeCatalog::GetDatabaseSize(duckdb::ClientContext& context) {
  duckdb::DatabaseSize size;
  ScanSchemas(context, [&](duckdb::SchemaCatalogEntry& schema) {
    auto& transaction = LakeTransaction::Get(context, *this);
    for (const auto* table :
         ValueOrThrow(transaction.AllTables(static_cast<LakeSchema&>(schema)))) {
      if (table->snapshot())
        size.bytes += static_cast<duckdb::idx_t>(table->snapshot()->files().live_bytes());
    }
  });
  return size;
}

std::string LakeCatalog::GetDBPath() { return std::string(store_->uri()); }

}  // namespace lakehold::engine
