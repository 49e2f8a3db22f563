#include "engine/lake_table.h"

#include <utility>

#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"
#include "duckdb/storage/table_storage_info.hpp"

#include "engine/duckdb_errors.h"
#include "engine/lake_catalog.h"
#include "engine/lake_scan.h"
#include "engine/lake_schema.h"
#include "engine/lake_transaction.h"
#include "engine/not_yet.h"
#include "engine/session_state.h"

namespace lakehold::engine {
namespace {

// The text of a raw JSON string without \u escapes, for comments; nothing for anything else.
std::optional<std::string> PlainJsonText(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return std::nullopt;
  raw = raw.substr(1, raw.size() - 2);
  std::string text;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      text += raw[i];
      continue;
    }
    if (++i == raw.size()) return std::nullopt;
    switch (raw[i]) {
      case '"':
      case '\\':
      case '/':
        text += raw[i];
        break;
      case 'n':
        text += '\n';
        break;
      case 't':
        text += '\t';
        break;
      default:
        return std::nullopt;
    }
  }
  return text;
}

duckdb::unique_ptr<duckdb::CreateTableInfo> Definition(LakeSchema& schema,
                                                       const std::string& name) {
  auto info = duckdb::make_uniq<duckdb::CreateTableInfo>(
      static_cast<duckdb::SchemaCatalogEntry&>(schema), name);
  info->temporary = false;
  return info;
}

}  // namespace

duckdb::unique_ptr<LakeTable> LakeTable::Make(LakeSchema& schema, const std::string& name,
                                              std::shared_ptr<const delta::Snapshot> snapshot,
                                              bool time_travel) {
  auto info = Definition(schema, name);
  const auto& fields = snapshot->schema().fields;
  const auto types = SqlTypesOf(snapshot->schema());
  for (size_t i = 0; i < fields.size(); ++i) {
    duckdb::ColumnDefinition column(fields[i].name, types[i]);
    if (const auto raw = fields[i].FindMetadata("comment")) {
      if (auto comment = PlainJsonText(*raw)) column.SetComment(duckdb::Value(*comment));
    }
    info->columns.AddColumn(std::move(column));
    if (!fields[i].nullable) {
      info->constraints.push_back(
          duckdb::make_uniq<duckdb::NotNullConstraint>(duckdb::LogicalIndex(i)));
    }
  }
  if (const auto& comment = snapshot->metadata().description)
    info->comment = duckdb::Value(*comment);
  return duckdb::make_uniq<LakeTable>(schema, *info, std::move(snapshot), time_travel);
}

duckdb::unique_ptr<LakeTable> LakeTable::MakeBroken(LakeSchema& schema, const std::string& name,
                                                    Error error) {
  auto info = Definition(schema, name);
  info->comment = duckdb::Value(error.ToString());
  auto table = duckdb::make_uniq<LakeTable>(schema, *info, nullptr, true);
  table->error_ = std::move(error);
  return table;
}

LakeTable::LakeTable(LakeSchema& schema, duckdb::CreateTableInfo& info,
                     std::shared_ptr<const delta::Snapshot> snapshot, bool time_travel)
    : TableCatalogEntry(schema.lake(), schema, info),
      snapshot_(std::move(snapshot)),
      time_travel_(time_travel) {}

LakeSchema& LakeTable::lake_schema() const { return static_cast<LakeSchema&>(schema); }

std::string LakeTable::DisplayName() const { return lake_schema().DisplayName(name); }

duckdb::TableFunction LakeTable::GetScanFunction(
    duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  if (error_) ThrowError(*error_);
  auto scan = NewLakeScan(snapshot_, lake_schema().lake().handle(), DisplayName(), this);
  auto function = BindLakeScan(context, scan, bind_data);
  SessionState::Of(context).scans.push_back(scan->report);
  LakeTransaction::Get(context, catalog).RecordRead(*this, scan->read);
  return function;
}

duckdb::unique_ptr<duckdb::BaseStatistics> LakeTable::GetStatistics(duckdb::ClientContext&,
                                                                    duckdb::column_t) {
  return nullptr;
}

duckdb::TableStorageInfo LakeTable::GetStorageInfo(duckdb::ClientContext&) {
  duckdb::TableStorageInfo info;
  if (!snapshot_) return info;
  const auto& files = snapshot_->files();
  const auto records = files.NumRecords();
  duckdb::idx_t rows = 0;
  for (const auto ordinal : files.LiveOrdinals()) {
    if (records[ordinal] < 0) return info;
    const auto* vector = files.Get(ordinal).deletion_vector;
    rows += static_cast<duckdb::idx_t>(records[ordinal] -
                                       (vector != nullptr ? vector->cardinality : 0));
  }
  info.cardinality = rows;
  return info;
}

duckdb::virtual_column_map_t LakeTable::GetVirtualColumns() const {
  using duckdb::MultiFileReader;
  using duckdb::TableColumn;
  duckdb::virtual_column_map_t columns;
  columns.insert({MultiFileReader::COLUMN_IDENTIFIER_FILENAME,
                  TableColumn("filename", duckdb::LogicalType::VARCHAR)});
  columns.insert({MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER,
                  TableColumn("file_row_number", duckdb::LogicalType::BIGINT)});
  columns.insert({MultiFileReader::COLUMN_IDENTIFIER_FILE_INDEX,
                  TableColumn("file_index", duckdb::LogicalType::UBIGINT)});
  columns.insert({duckdb::COLUMN_IDENTIFIER_EMPTY, TableColumn("", duckdb::LogicalType::BOOLEAN)});
  return columns;
}

duckdb::vector<duckdb::column_t> LakeTable::GetRowIdColumns() const {
  return {duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_INDEX,
          duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER};
}

void LakeTable::BindUpdateConstraints(duckdb::Binder&, duckdb::LogicalGet&,
                                      duckdb::LogicalProjection&, duckdb::LogicalUpdate&,
                                      duckdb::ClientContext&) {
  ThrowError(NotYet("UPDATE", "table", DisplayName()));
}

}  // namespace lakehold::engine
