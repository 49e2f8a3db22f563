// LakeCatalog: one lake (a folder of tables) as a DuckDB catalog. Thread-safe, as DuckDB asks of
// catalogs.
//
// Schemas are folders: `main` is the top level, `<lake>/<schema>/<table>` the second. A table
// folder attached as a lake is a lake of one table. Next: lake_schema.h (names), lake_table.h (one
// table), lake_transaction.h (pinning and commit).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/catalog/catalog.hpp"
#include "duckdb/storage/storage_extension.hpp"

#include "base/result.h"
#include "delta/table_root.h"
#include "engine/engine.h"
#include "storage/object_store.h"

namespace lakehold::engine {

class LakeSchema;
class StoreRegistry;

// What all lakes of one engine instance share. Immutable; its pointers outlive every catalog.
struct LakeWorld : duckdb::StorageExtensionInfo {
  LakeWorld(Environment environment, StoreRegistry& stores,
            std::shared_ptr<delta::CheckpointCodec> codec);
  Environment environment;
  StoreRegistry& stores;
  std::shared_ptr<delta::CheckpointCodec> checkpoint_codec;
  delta::LogContext log_context() const { return {environment.runtime, checkpoint_codec}; }
};

// ATTACH '<location>' AS name (TYPE lakehold). A location 'lakehold-store:<handle>' names a store
// of the registry (store_registry.h); anything else is a path or URI for storage::OpenStore.
inline constexpr const char* kLakeType = "lakehold";
std::shared_ptr<duckdb::StorageExtension> MakeLakeStorage(std::shared_ptr<LakeWorld> world);

class LakeCatalog final : public duckdb::Catalog {
 public:
  // `world` outlives the catalog: the instance's storage extension holds it.
  LakeCatalog(duckdb::AttachedDatabase& db, const LakeWorld& world,
              std::shared_ptr<storage::ObjectStore> store);
  ~LakeCatalog() override;

  // The lake behind a catalog or schema of DuckDB's, or null if it is not ours.
  static LakeCatalog* From(duckdb::Catalog& catalog);

  const LakeWorld& world() const { return world_; }
  const std::shared_ptr<storage::ObjectStore>& store() const { return store_; }
  const std::string& handle() const { return handle_; }  // Of the store, in the registry.
  // Where the file system finds a key of this lake's store: "lakehold://<handle>/<key>".
  std::string PathOf(std::string_view key) const;
  // The table folder when the lake is a table itself: it holds one table of this name, at the
  // store's root. Asked once.
  Result<bool> IsTable();
  std::string TableName() const;  // The last part of the store's URI.
  delta::TableRoot RootOf(std::string_view folder) const { return {store_, std::string(folder)}; }

  // main, and the other schemas that hold tables.
  Result<std::vector<LakeSchema*>> Schemas();
  // Whether the session finds this lake's tables without naming the lake. What is wrong with others
  // is no concern of a statement that does not name them: listings leave them out.
  bool IsSearchedBy(duckdb::ClientContext& context);

  void Initialize(bool load_builtin) override;
  std::string GetCatalogType() override { return kLakeType; }
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateSchema(duckdb::CatalogTransaction transaction,
                                                          duckdb::CreateSchemaInfo& info) override;
  duckdb::optional_ptr<duckdb::SchemaCatalogEntry> LookupSchema(
      duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup,
      duckdb::OnEntryNotFound if_not_found) override;
  void ScanSchemas(duckdb::ClientContext& context,
                   std::function<void(duckdb::SchemaCatalogEntry&)> callback) override;
  duckdb::PhysicalOperator& PlanCreateTableAs(duckdb::ClientContext& context,
                                              duckdb::PhysicalPlanGenerator& planner,
                                              duckdb::LogicalCreateTable& op,
                                              duckdb::PhysicalOperator& plan) override;
  duckdb::PhysicalOperator& PlanInsert(
      duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
      duckdb::LogicalInsert& op, duckdb::optional_ptr<duckdb::PhysicalOperator> plan) override;
  duckdb::PhysicalOperator& PlanDelete(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalDelete& op,
                                       duckdb::PhysicalOperator& plan) override;
  duckdb::PhysicalOperator& PlanDelete(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalDelete& op) override;
  duckdb::PhysicalOperator& PlanUpdate(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalUpdate& op,
                                       duckdb::PhysicalOperator& plan) override;
  duckdb::PhysicalOperator& PlanUpdate(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalUpdate& op) override;
  duckdb::PhysicalOperator& PlanMergeInto(duckdb::ClientContext& context,
                                          duckdb::PhysicalPlanGenerator& planner,
                                          duckdb::LogicalMergeInto& op,
                                          duckdb::PhysicalOperator& plan) override;
  duckdb::unique_ptr<duckdb::LogicalOperator> BindCreateIndex(
      duckdb::Binder& binder, duckdb::CreateStatement& stmt, duckdb::TableCatalogEntry& table,
      duckdb::unique_ptr<duckdb::LogicalOperator> plan) override;
  duckdb::ErrorData SupportsCreateTable(duckdb::BoundCreateTableInfo& info) override;
  duckdb::DatabaseSize GetDatabaseSize(duckdb::ClientContext& context) override;
  bool InMemory() override { return false; }
  std::string GetDBPath() override;
  bool SupportsTimeTravel() const override { return true; }

 private:
  void DropSchema(duckdb::ClientContext& context, duckdb::DropInfo& info) override;
  LakeSchema& SchemaNamed(const std::string& name);
  Result<bool> IsSchemaFolder(const std::string& name);

  const LakeWorld& world_;
  std::shared_ptr<storage::ObjectStore> store_;
  std::string handle_;
  std::mutex mutex_;  // Guards what follows.
  std::map<std::string, std::unique_ptr<LakeSchema>> schemas_;
  std::optional<bool> is_table_;
};

}  // namespace lakehold::engine
