#include "engine/lake_schema.h"

#include <utility>

#include "duckdb/catalog/entry_lookup_info.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/parser/parsed_data/alter_info.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/create_sequence_info.hpp"
#include "duckdb/parser/parsed_data/create_type_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include <fmt/format.h>

#include "delta/lake_folder.h"
#include "engine/delta_folder.h"
#include "engine/duckdb_errors.h"
#include "engine/lake_catalog.h"
#include "engine/lake_transaction.h"
#include "engine/modify_sink.h"
#include "engine/not_yet.h"
#include "storage/atomic_file.h"

namespace lakehold::engine {

using duckdb::CatalogEntry;
using duckdb::CatalogTransaction;
using duckdb::CatalogType;
using duckdb::optional_ptr;

LakeSchema::LakeSchema(LakeCatalog& catalog, duckdb::CreateSchemaInfo& info)
    : SchemaCatalogEntry(catalog, info),
      folder_(info.schema == DEFAULT_SCHEMA ? "" : info.schema) {}

LakeCatalog& LakeSchema::lake() { return static_cast<LakeCatalog&>(catalog); }

std::string LakeSchema::DisplayName(std::string_view table) const {
  return folder_.empty() ? std::string(table) : fmt::format("{}.{}", folder_, table);
}

delta::TableRoot LakeSchema::RootOf(std::string_view table) {
  const auto is_table = lake().IsTable();
  if (folder_.empty() && is_table.ok() && *is_table && table == lake().TableName())
    return lake().RootOf("");
  return lake().RootOf(storage::JoinKey(folder_, table));
}

Result<std::optional<std::string>> LakeSchema::FindTable(std::string_view name) {
  LAKEHOLD_ASSIGN(const bool is_table, lake().IsTable());
  if (is_table) {
    const std::string only = lake().TableName();
    const bool same = folder_.empty() && duckdb::StringUtil::CIEquals(only, std::string(name));
    return same ? std::optional<std::string>(only) : std::nullopt;
  }
  return delta::FindTable(*lake().store(), folder_, name);
}

Result<std::vector<std::string>> LakeSchema::ListTables() {
  LAKEHOLD_ASSIGN(const bool is_table, lake().IsTable());
  if (is_table)
    return folder_.empty() ? std::vector<std::string>{lake().TableName()}
                           : std::vector<std::string>{};
  return delta::ListTables(*lake().store(), folder_);
}

void LakeSchema::Scan(duckdb::ClientContext& context, CatalogType type,
                      const std::function<void(CatalogEntry&)>& callback) {
  if (type != CatalogType::TABLE_ENTRY) return;
  auto tables = LakeTransaction::Get(context, catalog).AllTables(*this);
  if (!tables.ok() && !lake().IsSearchedBy(context)) return;
  for (auto* table : ValueOrThrow(std::move(tables))) callback(*table);
}

// DuckDB asks this way only of its own catalogs.
void LakeSchema::Scan(CatalogType, const std::function<void(CatalogEntry&)>&) {}

optional_ptr<CatalogEntry> LakeSchema::LookupEntry(CatalogTransaction transaction,
                                                   const duckdb::EntryLookupInfo& lookup) {
  if (lookup.GetCatalogType() != CatalogType::TABLE_ENTRY || !transaction.HasContext())
    return nullptr;
  auto& context = transaction.GetContext();
  auto* table = ValueOrThrow(LakeTransaction::Get(context, catalog)
                                 .Lookup(*this, lookup.GetEntryName(), lookup.GetAtClause()));
  if (table == nullptr && lookup.GetAtClause()) return &FolderAt(context, lookup);
  return table;
}

duckdb::SimilarCatalogEntry LakeSchema::GetSimilarEntry(CatalogTransaction,
                                                        const duckdb::EntryLookupInfo& lookup) {
  duckdb::SimilarCatalogEntry best;
  if (lookup.GetCatalogType() != CatalogType::TABLE_ENTRY) return best;
  const auto tables = ListTables();
  if (!tables.ok()) return best;  // Only a suggestion in an error that is about to be raised.
  for (const auto& table : *tables) {
    const double score = duckdb::StringUtil::SimilarityRating(table, lookup.GetEntryName());
    if (score <= best.score) continue;
    best.score = score;
    best.name = table;
  }
  return best;
}

optional_ptr<CatalogEntry> LakeSchema::CreateTable(CatalogTransaction transaction,
                                                   duckdb::BoundCreateTableInfo& info) {
  return CreateLakeTable(transaction.GetContext(), *this, info);
}

void LakeSchema::DropEntry(duckdb::ClientContext& context, duckdb::DropInfo& info) {
  if (info.type != CatalogType::TABLE_ENTRY) {
    ThrowError(NotYet("DROP " + duckdb::CatalogTypeToString(info.type), "name", info.name));
  }
  DropLakeTable(context, *this, info);
}

optional_ptr<CatalogEntry> LakeSchema::CreateIndex(CatalogTransaction, duckdb::CreateIndexInfo&,
                                                   duckdb::TableCatalogEntry& table) {
  ThrowError(NotYet("CREATE INDEX", "table", DisplayName(table.name)));
}

optional_ptr<CatalogEntry> LakeSchema::CreateFunction(CatalogTransaction,
                                                      duckdb::CreateFunctionInfo&) {
  ThrowError(NotYet("CREATE FUNCTION", "schema", name, "Use CREATE TEMP MACRO"));
}

optional_ptr<CatalogEntry> LakeSchema::CreateView(CatalogTransaction,
                                                  duckdb::CreateViewInfo& info) {
  ThrowError(NotYet("CREATE VIEW", "view", DisplayName(info.view_name),
                    "CREATE TEMP VIEW lasts as long as the session"));
}

optional_ptr<CatalogEntry> LakeSchema::CreateSequence(CatalogTransaction,
                                                      duckdb::CreateSequenceInfo& info) {
  ThrowError(NotYet("CREATE SEQUENCE", "sequence", DisplayName(info.name)));
}

optional_ptr<CatalogEntry> LakeSchema::CreateTableFunction(CatalogTransaction,
                                                           duckdb::CreateTableFunctionInfo&) {
  ThrowError(NotYet("CREATE MACRO", "schema", name, "Use CREATE TEMP MACRO"));
}

optional_ptr<CatalogEntry> LakeSchema::CreateCopyFunction(CatalogTransaction,
                                                          duckdb::CreateCopyFunctionInfo&) {
  ThrowError(NotYet("CREATE COPY FUNCTION", "schema", name));
}

optional_ptr<CatalogEntry> LakeSchema::CreatePragmaFunction(CatalogTransaction,
                                                            duckdb::CreatePragmaFunctionInfo&) {
  ThrowError(NotYet("CREATE PRAGMA FUNCTION", "schema", name));
}

optional_ptr<CatalogEntry> LakeSchema::CreateCollation(CatalogTransaction,
                                                       duckdb::CreateCollationInfo&) {
  ThrowError(NotYet("CREATE COLLATION", "schema", name));
}

optional_ptr<CatalogEntry> LakeSchema::CreateType(CatalogTransaction,
                                                  duckdb::CreateTypeInfo& info) {
  ThrowError(NotYet("CREATE TYPE", "type", DisplayName(info.name)));
}

void LakeSchema::Alter(CatalogTransaction, duckdb::AlterInfo& info) {
  ThrowError(NotYet("ALTER TABLE", "table", DisplayName(info.name)));
}

}  // namespace lakehold::engine
