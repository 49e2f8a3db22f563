#include "engine/column_mapping.h"

#include "duckdb/common/string_util.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"

namespace lakehold::engine {
namespace {

using delta::Field;
using delta::TypeKind;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::MultiFileColumnDefinition;
using duckdb::Value;

// A name no column of a file has.
constexpr const char* kAbsent = "\x01lakehold: absent";

MultiFileColumnDefinition Definition(const std::string& name, const LogicalType& type,
                                     std::string file_name) {
  MultiFileColumnDefinition definition(name, type);
  definition.identifier = Value(std::move(file_name));
  definition.default_expression = duckdb::make_uniq<duckdb::ConstantExpression>(Value(type));
  return definition;
}

MultiFileColumnDefinition MapTo(const Field& field, const std::string& name,
                                const LogicalType& type, const MultiFileColumnDefinition* file,
                                ColumnMappingMode mode);

// Children are given only where the file's shape fits the table's; else DuckDB casts the column as
// a whole, or says why not.
void MapChildren(const Field& field, const LogicalType& type, const MultiFileColumnDefinition& file,
                 ColumnMappingMode mode, MultiFileColumnDefinition& definition) {
  const auto& fields = field.type.fields;
  switch (field.type.kind) {
    case TypeKind::kStruct:
      if (file.type.id() != LogicalTypeId::STRUCT || type.id() != LogicalTypeId::STRUCT) return;
      for (size_t i = 0; i < fields.size(); ++i) {
        definition.children.push_back(MapTo(fields[i], fields[i].name,
                                            duckdb::StructType::GetChildType(type, i),
                                            FindFileColumn(fields[i], file.children, mode), mode));
      }
      return;
    case TypeKind::kArray:
      if (file.type.id() != LogicalTypeId::LIST || file.children.size() != 1 || fields.empty())
        return;
      definition.children.push_back(
          MapTo(fields[0], "list", duckdb::ListType::GetChildType(type), &file.children[0], mode));
      return;
    case TypeKind::kMap: {
      if (file.type.id() != LogicalTypeId::MAP || file.children.size() != 1 || fields.size() != 2)
        return;
      const auto& entry = file.children[0].children;
      if (entry.size() != 2) return;
      definition.children.push_back(
          MapTo(fields[0], "key", duckdb::MapType::KeyType(type), &entry[0], mode));
      definition.children.push_back(
          MapTo(fields[1], "value", duckdb::MapType::ValueType(type), &entry[1], mode));
      return;
    }
    default:
      return;
  }
}

MultiFileColumnDefinition MapTo(const Field& field, const std::string& name,
                                const LogicalType& type, const MultiFileColumnDefinition* file,
                                ColumnMappingMode mode) {
  auto definition = Definition(name, type, file != nullptr ? file->name : kAbsent);
  if (file != nullptr) MapChildren(field, type, *file, mode, definition);
  return definition;
}

}  // namespace

ColumnMappingMode MappingModeOf(const delta::Snapshot& snapshot) {
  const auto& configuration = snapshot.metadata().configuration;
  auto mode = configuration.find("delta.columnMapping.mode");
  return mode != configuration.end() && mode->second == "id" ? ColumnMappingMode::kById
                                                             : ColumnMappingMode::kByName;
}

const MultiFileColumnDefinition* FindFileColumn(
    const Field& field, const duckdb::vector<MultiFileColumnDefinition>& file_columns,
    ColumnMappingMode mode) {
  if (mode == ColumnMappingMode::kById) {
    const auto id = field.column_id();
    if (!id) return nullptr;
    for (const auto& column : file_columns) {
      const auto& identifier = column.identifier;
      if (!identifier.IsNull() && identifier.type().id() == LogicalTypeId::INTEGER &&
          identifier.GetValue<int32_t>() == *id) {
        return &column;
      }
    }
    return nullptr;
  }
  const std::string name(field.physical_name());
  const MultiFileColumnDefinition* ignoring_case = nullptr;
  for (const auto& column : file_columns) {
    if (column.name == name) return &column;
    if (duckdb::StringUtil::CIEquals(column.name, name)) ignoring_case = &column;
  }
  return ignoring_case;
}

MultiFileColumnDefinition MapColumn(const Field& field, const LogicalType& type,
                                    const duckdb::vector<MultiFileColumnDefinition>& file_columns,
                                    ColumnMappingMode mode) {
  return MapTo(field, field.name, type, FindFileColumn(field, file_columns, mode), mode);
}

MultiFileColumnDefinition UnmappedColumn(const Field& field, const LogicalType& type) {
  return Definition(field.name, type, std::string(field.physical_name()));
}

}  // namespace lakehold::engine
