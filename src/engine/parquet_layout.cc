#include "engine/parquet_layout.h"

#include <algorithm>
#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/copy_function_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/copy_info.hpp"
#include <fmt/format.h>

#include "base/limits.h"
#include "engine/duckdb_errors.h"

namespace lakehold::engine {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

constexpr const char* kFieldId = "__duckdb_field_id";

const duckdb::CopyFunction& ParquetHooks(duckdb::ClientContext& context) {
  auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
  auto& entry =
      catalog.GetEntry<duckdb::CopyFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "parquet");
  return entry.function;
}

// The word of delta.parquet.compression.codec as DuckDB says it.
std::string CodecOf(const std::map<std::string, std::string>& configuration) {
  const auto found = configuration.find("delta.parquet.compression.codec");
  if (found == configuration.end()) return "zstd";
  std::string codec = duckdb::StringUtil::Lower(found->second);
  if (codec == "none") codec = "uncompressed";
  for (const char* known : {"zstd", "snappy", "gzip", "brotli", "lz4", "lz4_raw", "uncompressed"}) {
    if (codec == known) return codec;
  }
  ThrowError(Unsupported(
      "engine.unknown_codec",
      fmt::format(
          "'{}' is no compression that this build can write (delta.parquet.compression.codec)",
          found->second),
      "use zstd, snappy, gzip, brotli, lz4_raw or uncompressed"));
}

// The ids of a field and of those below it, in the shape COPY's FIELD_IDS wants; NULL if there are
// none.
Value FieldIds(const delta::Field& field) {
  duckdb::child_list_t<Value> ids;
  if (const auto id = field.column_id()) ids.emplace_back(kFieldId, Value::INTEGER(*id));
  const delta::DataType& type = field.type;
  for (const delta::Field& child : type.fields) {
    Value below = FieldIds(child);
    if (!below.IsNull()) ids.emplace_back(std::string(child.physical_name()), std::move(below));
  }
  return ids.empty() ? Value() : Value::STRUCT(std::move(ids));
}

}  // namespace

LogicalType FileType(const delta::DataType& type) {
  switch (type.kind) {
    case delta::TypeKind::kBoolean:
      return LogicalType::BOOLEAN;
    case delta::TypeKind::kByte:
      return LogicalType::TINYINT;
    case delta::TypeKind::kShort:
      return LogicalType::SMALLINT;
    case delta::TypeKind::kInteger:
      return LogicalType::INTEGER;
    case delta::TypeKind::kLong:
      return LogicalType::BIGINT;
    case delta::TypeKind::kFloat:
      return LogicalType::FLOAT;
    case delta::TypeKind::kDouble:
      return LogicalType::DOUBLE;
    case delta::TypeKind::kDecimal:
      return LogicalType::DECIMAL(type.precision, type.scale);
    case delta::TypeKind::kString:
      return LogicalType::VARCHAR;
    case delta::TypeKind::kBinary:
      return LogicalType::BLOB;
    case delta::TypeKind::kDate:
      return LogicalType::DATE;
    case delta::TypeKind::kTimestamp:
      return LogicalType::TIMESTAMP_TZ;
    case delta::TypeKind::kTimestampNtz:
      return LogicalType::TIMESTAMP;
    case delta::TypeKind::kArray:
      return LogicalType::LIST(FileType(type.fields.at(0).type));
    case delta::TypeKind::kMap:
      return LogicalType::MAP(FileType(type.fields.at(0).type), FileType(type.fields.at(1).type));
    case delta::TypeKind::kStruct: {
      duckdb::child_list_t<LogicalType> children;
      for (const delta::Field& field : type.fields) {
        children.emplace_back(std::string(field.physical_name()), FileType(field.type));
      }
      return LogicalType::STRUCT(std::move(children));
    }
    case delta::TypeKind::kVariant:
    case delta::TypeKind::kVoid:
    case delta::TypeKind::kUnknown:
      break;
  }
  ThrowError(
      Unsupported("engine.unwritable_type",
                  fmt::format("columns of type {} cannot be written", delta::FormatType(type))));
}

ParquetLayout::ParquetLayout(duckdb::ClientContext& context, const delta::Schema& schema,
                             const std::vector<std::string>& partition_columns,
                             const std::map<std::string, std::string>& configuration)
    : hooks_(ParquetHooks(context)) {
  duckdb::child_list_t<Value> ids;
  for (size_t i = 0; i < schema.fields.size(); i++) {
    const delta::Field& field = schema.fields[i];
    if (std::ranges::count(partition_columns, field.name) > 0) continue;
    columns_.push_back(i);
    names_.emplace_back(field.physical_name());
    types_.push_back(FileType(field.type));
    Value id = FieldIds(field);
    if (!id.IsNull()) ids.emplace_back(names_.back(), std::move(id));
  }
  const Value field_ids = ids.empty() ? Value() : Value::STRUCT(std::move(ids));
  Bind(context, CodecOf(configuration), field_ids.IsNull() ? nullptr : &field_ids);
}

ParquetLayout::ParquetLayout(duckdb::ClientContext& context, duckdb::vector<std::string> names,
                             duckdb::vector<LogicalType> types, const std::string& codec)
    : hooks_(ParquetHooks(context)), names_(std::move(names)), types_(std::move(types)) {
  for (size_t i = 0; i < types_.size(); i++) columns_.push_back(i);
  Bind(context, codec, nullptr);
}

void ParquetLayout::Bind(duckdb::ClientContext& context, const std::string& codec,
                         const Value* field_ids) {
  duckdb::CopyInfo info;
  info.format = "parquet";
  info.is_from = false;
  info.options["compression"] = {Value(codec)};
  info.options["row_group_size"] = {Value::UBIGINT(limits::kRowGroupRows)};
  info.options["parquet_version"] = {Value("V1")};
  if (field_ids != nullptr) info.options["field_ids"] = {*field_ids};
  duckdb::CopyFunctionBindInput input(info, hooks_.function_info);
  bind_data_ = hooks_.copy_to_bind(context, input, names_, types_);
}

}  // namespace lakehold::engine
