// LakeSchema: the tables of one folder of a lake, found by name (decision 4). Thread-safe: holds no
// table itself.
//
// A lookup probes `<folder>/<name>/_delta_log`; folders are listed only when that fails, or for
// SHOW TABLES.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"

#include "base/result.h"
#include "delta/table_root.h"

namespace lakehold::engine {

class LakeCatalog;

class LakeSchema final : public duckdb::SchemaCatalogEntry {
 public:
  LakeSchema(LakeCatalog& catalog, duckdb::CreateSchemaInfo& info);

  LakeCatalog& lake();
  // "" for main, else the schema's name: the folder its tables are in.
  std::string_view folder() const { return folder_; }
  // "trips" in main, else "schema.trips": how reports and messages call a table.
  std::string DisplayName(std::string_view table) const;
  // Where a table of this exact name is or would be.
  delta::TableRoot RootOf(std::string_view table);
  // The spelling of the table this name means: exact, else the only match ignoring case. Nothing if
  // there is none; kInvalid "delta.ambiguous_name" lists the candidates.
  Result<std::optional<std::string>> FindTable(std::string_view name);
  // All tables, in byte order.
  Result<std::vector<std::string>> ListTables();

  void Scan(duckdb::ClientContext& context, duckdb::CatalogType type,
            const std::function<void(duckdb::CatalogEntry&)>& callback) override;
  void Scan(duckdb::CatalogType type,
            const std::function<void(duckdb::CatalogEntry&)>& callback) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> LookupEntry(
      duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup) override;
  duckdb::SimilarCatalogEntry GetSimilarEntry(duckdb::CatalogTransaction transaction,
                                              const duckdb::EntryLookupInfo& lookup) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateTable(
      duckdb::CatalogTransaction transaction, duckdb::BoundCreateTableInfo& info) override;
  void DropEntry(duckdb::ClientContext& context, duckdb::DropInfo& info) override;

  // Not yet: each names the statement and what it is about.
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateIndex(duckdb::CatalogTransaction,
                                                         duckdb::CreateIndexInfo& info,
                                                         duckdb::TableCatalogEntry& table) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateFunction(
      duckdb::CatalogTransaction, duckdb::CreateFunctionInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateView(duckdb::CatalogTransaction,
                                                        duckdb::CreateViewInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateSequence(
      duckdb::CatalogTransaction, duckdb::CreateSequenceInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateTableFunction(
      duckdb::CatalogTransaction, duckdb::CreateTableFunctionInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateCopyFunction(
      duckdb::CatalogTransaction, duckdb::CreateCopyFunctionInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreatePragmaFunction(
      duckdb::CatalogTransaction, duckdb::CreatePragmaFunctionInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateCollation(
      duckdb::CatalogTransaction, duckdb::CreateCollationInfo& info) override;
  duckdb::optional_ptr<duckdb::CatalogEntry> CreateType(duckdb::CatalogTransaction,
                                                        duckdb::CreateTypeInfo& info) override;
  void Alter(duckdb::CatalogTransaction transaction, duckdb::AlterInfo& info) override;

 private:
  std::string folder_;
};

}  // namespace lakehold::engine
