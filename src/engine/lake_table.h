// LakeTable: one table at one pinned snapshot, as a DuckDB table entry. Immutable; kept alive by
// its transaction.
//
// Next: file_list.h (which files a scan reads), file_reader.h (how a file's columns become the
// table's).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "duckdb.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"

#include "base/result.h"
#include "delta/snapshot.h"

namespace lakehold::engine {

class LakeSchema;

class LakeTable final : public duckdb::TableCatalogEntry {
 public:
  // The entry for `snapshot` under `name`.
  static duckdb::unique_ptr<LakeTable> Make(LakeSchema& schema, const std::string& name,
                                            std::shared_ptr<const delta::Snapshot> snapshot,
                                            bool time_travel);
  // A table that cannot be opened, so that SHOW TABLES still names it: no columns; using it raises
  // `error`.
  static duckdb::unique_ptr<LakeTable> MakeBroken(LakeSchema& schema, const std::string& name,
                                                  Error error);
  LakeTable(LakeSchema& schema, duckdb::CreateTableInfo& info,
            std::shared_ptr<const delta::Snapshot> snapshot, bool time_travel);

  // With the transaction's own writes, if it has any. Null for a broken table.
  const std::shared_ptr<const delta::Snapshot>& snapshot() const { return snapshot_; }
  // Named with AT: read-only.
  bool time_travel() const { return time_travel_; }
  LakeSchema& lake_schema() const;
  // "trips", or "schema.trips".
  std::string DisplayName() const;

  duckdb::TableFunction GetScanFunction(
      duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override;
  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext& context,
                                                           duckdb::column_t column_id) override;
  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext& context) override;
  duckdb::virtual_column_map_t GetVirtualColumns() const override;
  duckdb::vector<duckdb::column_t> GetRowIdColumns() const override;
  void BindUpdateConstraints(duckdb::Binder& binder, duckdb::LogicalGet& get,
                             duckdb::LogicalProjection& projection, duckdb::LogicalUpdate& update,
                             duckdb::ClientContext& context) override;

 private:
  std::shared_ptr<const delta::Snapshot> snapshot_;
  bool time_travel_;
  std::optional<Error> error_;
};

}  // namespace lakehold::engine
