#include "engine/file_types.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include <fmt/format.h>

#include "engine/duckdb_errors.h"
#include "engine/variant_input.h"
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
      CheckVariant(path, node);
      node.schema_type = ParquetColumnSchemaType::COLUMN;
      node.type = LogicalType::STRUCT({});
      Retype(node);
      column.type = LogicalType::VARIANT();
      column.children.clear();
      return true;
    }
    if (field.type.kind == TypeKind::kString || field.type.kind == TypeKind::kBinary) {
      return AdoptBytes(field.type.kind, node, column);
    }
    if (node.schema_type == ParquetColumnSchemaType::VARIANT) {
      Refuse(path, fmt::format("is a variant in the file and {} in the table",
                               delta::FormatType(field.type)));
    }
    if (node.children.size() != column.children.size()) return false;
    if (!AdoptChildren(field, path, node, column)) return false;
    Retype(node);
    Retype(column);
    return true;
  }

 private:
  // Bytes are read as bytes or, checked for UTF-8, as text; whatever the annotation.
  static bool AdoptBytes(TypeKind kind, ParquetColumnSchema& node,
                         MultiFileColumnDefinition& column) {
    const bool text = kind == TypeKind::kString;
    const bool stored = node.parquet_type == duckdb_parquet::Type::BYTE_ARRAY ||
                        node.parquet_type == duckdb_parquet::Type::FIXED_LEN_BYTE_ARRAY;
    const auto id = node.type.id();
    const bool other = text ? id == LogicalTypeId::BLOB
                            : id == LogicalTypeId::VARCHAR || id == LogicalTypeId::UUID;
    if (!other || !stored || !node.children.empty()) return false;
    node.type = text ? LogicalType::VARCHAR : LogicalType::BLOB;
    column.type = node.type;
    return true;
  }

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
        Retype(entry_column);
        return true;
      }
      default:
        return false;
    }
  }

  // The type that follows from the children's.
  template <typename Node>
  static void Retype(Node& node) {
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

  // A group of metadata and, around one value, value and typed_value.
  void CheckVariant(const std::string& path, const ParquetColumnSchema& node) const {
    const bool group = node.type.id() == LogicalTypeId::STRUCT ||
                       node.schema_type == ParquetColumnSchemaType::VARIANT;
    if (!group || !CheckShredded(path, node, "metadata")) {
      Refuse(path, fmt::format("is a variant, but in the file it is {}, not a group of the bytes "
                               "metadata and value, of typed_value, or both",
                               Describe(node)));
    }
  }

  // False if the group has other parts than these, lacks `needed` or has no value at all.
  bool CheckShredded(const std::string& path, const ParquetColumnSchema& group,
                     std::string_view needed) const {
    bool found = needed.empty(), any = false;
    for (const auto& part : group.children) {
      const bool bytes = part.children.empty() &&
                         part.parquet_type == duckdb_parquet::Type::BYTE_ARRAY &&
                         part.type.id() == LogicalTypeId::BLOB;
      if (part.name == "typed_value") {
        CheckTyped(path, part);
        any = true;
      } else if (part.name == "value" && bytes) {
        any = true;
      } else if (!needed.empty() && part.name == needed && bytes) {
        found = true;
      } else {
        return false;
      }
    }
    return found && any;
  }

  void CheckGroup(const std::string& path, const ParquetColumnSchema& group) const {
    if (group.type.id() == LogicalTypeId::STRUCT && CheckShredded(path, group, "")) return;
    Refuse(path, fmt::format("is a shredded variant, but in the file it is {}, not a group of the "
                             "bytes value, of typed_value, or both",
                             Describe(group)));
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
          CheckGroup(path + "." + name, field);
        }
        return;
      case LogicalTypeId::LIST:
        CheckGroup(path + ".element", typed.children[0]);
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

duckdb::vector<VariantColumn> AdoptTypes(const delta::Schema& schema,
                                         const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                                         ColumnMappingMode mode, duckdb::BaseFileReader& file) {
  auto& parquet = file.Cast<duckdb::ParquetReader>();
  const Adoption adoption(parquet, mode);
  duckdb::vector<VariantColumn> variants;
  for (const auto& id : column_ids) {
    if (id.IsVirtualColumn()) continue;
    const Field& field = schema.fields[id.GetPrimaryIndex()];
    const auto* found = FindFileColumn(field, file.columns, mode);
    if (found == nullptr) continue;
    const auto at = static_cast<size_t>(found - file.columns.data());
    auto& node = parquet.root_schema->children[at];
    if (!adoption.Adopt(field, field.name, node, file.columns[at])) continue;
    if (node.type != file.columns[at].type)
      variants.push_back({at, node.type, file.columns[at].type});
  }
  return variants;
}

void AttachVariants(const duckdb::vector<VariantColumn>& columns, duckdb::BaseFileReader& file) {
  for (const auto& column : columns) {
    const bool read =
        std::any_of(file.column_indexes.begin(), file.column_indexes.end(),
                    [&](const auto& index) { return index.GetPrimaryIndex() == column.position; });
    if (!read) continue;
    const auto variant = ReadVariants(
        duckdb::make_uniq<duckdb::BoundReferenceExpression>(column.stored, 0), column.type);
    auto& expression = file.expression_map[column.position];
    if (!expression) {
      expression = variant->Copy();
      continue;
    }
    // The mapping has put a cast there, to filter by what comes of it.
    duckdb::ExpressionIterator::VisitExpressionMutable<duckdb::BoundReferenceExpression>(
        expression,
        [&](duckdb::BoundReferenceExpression&, duckdb::unique_ptr<duckdb::Expression>& reference) {
          reference = variant->Copy();
        });
  }
}

}  // namespace lakehold::engine
