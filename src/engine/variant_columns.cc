#include "engine/variant_columns.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/duckdb_errors.h"
#include "parquet_reader.hpp"

namespace lakehold::engine {
namespace {

using delta::Field;
using delta::TypeKind;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::MultiFileColumnDefinition;
using duckdb::ParquetColumnSchema;
using duckdb::ParquetColumnSchemaType;

// One walk over the columns of one file: DuckDB keeps what it read of the schema twice, as `Node`
// for its readers and as `MultiFileColumnDefinition` for the mapping; both have the same shape.
class Adoption {
 public:
  Adoption(const duckdb::ParquetReader& file, ColumnMappingMode mode) : file_(file), mode_(mode) {}

  // True if types below were changed.
  bool Adopt(const Field& field, const std::string& path, ParquetColumnSchema& node,
             MultiFileColumnDefinition& column) const {
    if (field.type.kind == TypeKind::kVariant) {
      MakeVariant(path, node);
      column.type = node.type;
      column.children.clear();
      return true;
    }
    if (node.schema_type == ParquetColumnSchemaType::VARIANT) {
      Refuse(path, fmt::format("is a variant in the file and {} in the table",
                               delta::FormatType(field.type)));
    }
    if (node.children.size() != column.children.size()) return false;
    if (!AdoptChildren(field, path, node, column)) return false;
    Retype(node);
    column.type = node.type;
    return true;
  }

 private:
  bool AdoptChildren(const Field& field, const std::string& path, ParquetColumnSchema& node,
                     MultiFileColumnDefinition& column) const {
    const auto& fields = field.type.fields;
    bool changed = false;
    switch (field.type.kind) {
      case TypeKind::kStruct:
        if (node.type.id() != LogicalTypeId::STRUCT) return false;
        for (const Field& child : fields) {
          const auto* found = FindFileColumn(child, column.children, mode_);
          if (found == nullptr) continue;
          const auto at = static_cast<size_t>(found - column.children.data());
          changed |= Adopt(child, path + "." + child.name, node.children[at], column.children[at]);
        }
        return changed;
      case TypeKind::kArray:
        if (node.type.id() != LogicalTypeId::LIST || node.children.size() != 1) return false;
        return Adopt(fields[0], path + ".element", node.children[0], column.children[0]);
      case TypeKind::kMap: {
        if (node.type.id() != LogicalTypeId::MAP || node.children.size() != 1) return false;
        auto& entry = node.children[0];
        auto& entry_column = column.children[0];
        if (entry.children.size() != 2 || entry_column.children.size() != 2) return false;
        changed = Adopt(fields[0], path + ".key", entry.children[0], entry_column.children[0]);
        changed |= Adopt(fields[1], path + ".value", entry.children[1], entry_column.children[1]);
        if (!changed) return false;
        Retype(entry);
        entry_column.type = entry.type;
        return true;
      }
      default:
        return false;
    }
  }

  // The type that follows from the children's.
  static void Retype(ParquetColumnSchema& node) {
    switch (node.type.id()) {
      case LogicalTypeId::STRUCT: {
        duckdb::child_list_t<LogicalType> types;
        for (const auto& child : node.children) types.emplace_back(child.name, child.type);
        node.type = LogicalType::STRUCT(std::move(types));
        return;
      }
      case LogicalTypeId::LIST:
        node.type = LogicalType::LIST(node.children[0].type);
        return;
      default:
        node.type =
            LogicalType::MAP(node.children[0].children[0].type, node.children[0].children[1].type);
    }
  }

  void MakeVariant(const std::string& path, ParquetColumnSchema& node) const {
    auto& parts = node.children;
    // The reader wants metadata and value before typed_value.
    std::stable_partition(parts.begin(), parts.end(), [](const ParquetColumnSchema& part) {
      return part.name != "typed_value";
    });
    const auto is_bytes = [&](std::string_view name) {
      return std::any_of(parts.begin(), parts.end(), [&](const ParquetColumnSchema& part) {
        return part.name == name && part.children.empty() &&
               part.parquet_type == duckdb_parquet::Type::BYTE_ARRAY;
      });
    };
    const bool group = node.type.id() == LogicalTypeId::STRUCT ||
                       node.schema_type == ParquetColumnSchemaType::VARIANT;
    if (!group || !is_bytes("metadata") || !is_bytes("value") || parts.size() > 3 ||
        (parts.size() == 3 && parts[2].name != "typed_value")) {
      Refuse(path, fmt::format("is a variant, but its group in the file is {}, not the bytes "
                               "metadata and value with at most a typed_value",
                               Describe(node)));
    }
    if (parts.size() == 3) CheckTyped(path, parts[2]);
    node.type = LogicalType::VARIANT();
    node.schema_type = ParquetColumnSchemaType::VARIANT;
  }

  // A group of value and typed_value around one field or element.
  void CheckShredded(const std::string& path, const ParquetColumnSchema& group) const {
    bool value = false;
    const ParquetColumnSchema* typed = nullptr;
    bool other = group.type.id() != LogicalTypeId::STRUCT;
    for (const auto& part : group.children) {
      if (part.name == "value" && part.parquet_type == duckdb_parquet::Type::BYTE_ARRAY &&
          part.children.empty()) {
        value = true;
      } else if (part.name == "typed_value") {
        typed = &part;
      } else {
        other = true;
      }
    }
    if (other || !value) {
      Refuse(path, fmt::format("is a shredded variant, but its group in the file is {}, not the "
                               "bytes value with at most a typed_value",
                               Describe(group)));
    }
    if (typed != nullptr) CheckTyped(path, *typed);
  }

  void CheckTyped(const std::string& path, const ParquetColumnSchema& typed) const {
    switch (typed.type.id()) {
      case LogicalTypeId::STRUCT:
        for (const auto& field : typed.children) {
          const std::string& name =
              file_.GetFileMetadata()->schema[field.schema_index.GetIndex()].name;
          // DuckDB renames fields whose names differ only in case.
          if (name != field.name) {
            Refuse(path, fmt::format("is shredded into fields whose names differ only in case "
                                     "(\"{}\")",
                                     name));
          }
          CheckShredded(path + "." + name, field);
        }
        return;
      case LogicalTypeId::LIST:
        CheckShredded(path + ".element", typed.children[0]);
        return;
      case LogicalTypeId::BOOLEAN:
      case LogicalTypeId::TINYINT:
      case LogicalTypeId::SMALLINT:
      case LogicalTypeId::INTEGER:
      case LogicalTypeId::BIGINT:
      case LogicalTypeId::FLOAT:
      case LogicalTypeId::DOUBLE:
      case LogicalTypeId::DECIMAL:
      case LogicalTypeId::DATE:
      case LogicalTypeId::TIMESTAMP:
      case LogicalTypeId::TIMESTAMP_NS:
      case LogicalTypeId::BLOB:
      case LogicalTypeId::VARCHAR:
      case LogicalTypeId::UUID:
        return;
      case LogicalTypeId::TIME:
      case LogicalTypeId::TIMESTAMP_TZ:
        // DuckDB has no such type in nanoseconds and would cut them off.
        if (typed.type_info != duckdb::ParquetExtraTypeInfo::UNIT_NS) return;
        Refuse(path, fmt::format("is shredded into {} in nanoseconds", typed.type.ToString()));
      default:
        Refuse(path, fmt::format("is shredded into {}", Describe(typed)));
    }
  }

  static std::string Describe(const ParquetColumnSchema& node) {
    if (node.children.empty()) return node.type.ToString();
    std::string names;
    for (const auto& part : node.children) names += (names.empty() ? "" : ", ") + part.name;
    return fmt::format(
        "{} ({})",
        node.type.IsNested() ? duckdb::EnumUtil::ToString(node.type.id()) : node.type.ToString(),
        names);
  }

  [[noreturn]] void Refuse(const std::string& path, std::string what) const {
    ThrowError(Unsupported("engine.variant_layout",
                           fmt::format("column \"{}\" {}, which this build cannot read ({})", path,
                                       what, file_.GetFileName()),
                           "leave the column out, or write the rows again unshredded with the tool "
                           "that made them"));
  }

  const duckdb::ParquetReader& file_;
  const ColumnMappingMode mode_;
};

}  // namespace

void AdoptVariants(const delta::Schema& schema,
                   const duckdb::vector<duckdb::ColumnIndex>& column_ids, ColumnMappingMode mode,
                   duckdb::BaseFileReader& file) {
  auto& parquet = file.Cast<duckdb::ParquetReader>();
  const Adoption adoption(parquet, mode);
  for (const auto& id : column_ids) {
    if (id.IsVirtualColumn()) continue;
    const Field& field = schema.fields[id.GetPrimaryIndex()];
    const auto* found = FindFileColumn(field, file.columns, mode);
    if (found == nullptr) continue;
    const auto at = static_cast<size_t>(found - file.columns.data());
    adoption.Adopt(field, field.name, parquet.root_schema->children[at], file.columns[at]);
  }
}

}  // namespace lakehold::engine
