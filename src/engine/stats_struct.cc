#include "engine/stats_struct.h"

#include <algorithm>
#include <utility>

#include "delta/partition_value.h"
#include "delta/stats.h"
#include "engine/duckdb_errors.h"
#include "engine/parquet_layout.h"
#include "engine/type_mapping.h"

namespace lakehold::engine {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

// The value in the type of its column in the file; NULL if it does not fit.
Value Typed(const delta::Scalar& scalar, const delta::DataType& type) {
  const LogicalType wanted = FileType(type);
  auto value = ValueOf(scalar, type);
  if (!value.ok()) return Value(wanted);
  Value typed;
  std::string error;
  if (!value->DefaultTryCastAs(wanted, typed, &error)) return Value(wanted);
  return typed;
}

}  // namespace

StatsStruct::StatsStruct(const delta::Schema& schema, const delta::Metadata& metadata) {
  for (const delta::StatsPath& path :
       delta::IndexedLeaves(schema, metadata.partition_columns, metadata.configuration))
    AddLeaf(leaves_, schema.fields, path, 0);
  duckdb::child_list_t<LogicalType> fields = {{"numRecords", LogicalType::BIGINT}};
  if (!leaves_.empty()) {
    fields.emplace_back("minValues", TypeOf(leaves_, false));
    fields.emplace_back("maxValues", TypeOf(leaves_, false));
    fields.emplace_back("nullCount", TypeOf(leaves_, true));
  }
  fields.emplace_back("tightBounds", LogicalType::BOOLEAN);
  stats_type_ = LogicalType::STRUCT(std::move(fields));
  for (const std::string& column : metadata.partition_columns) {
    const auto field = schema.FindField(column);
    if (!field) continue;
    const delta::Field& found = schema.fields[*field];
    partitions_.push_back({std::string(found.physical_name()), found.type, {}, {}});
  }
  if (!partitions_.empty()) partitions_type_ = TypeOf(partitions_, false);
}

void StatsStruct::AddLeaf(std::vector<Node>& nodes, const std::vector<delta::Field>& fields,
                          const delta::StatsPath& path, size_t depth) {
  const auto field = std::ranges::find_if(
      fields, [&](const delta::Field& one) { return one.physical_name() == path[depth]; });
  if (field == fields.end()) return;
  auto node = std::ranges::find(nodes, path[depth], &Node::name);
  if (node == nodes.end()) {
    const auto end = path.begin() + static_cast<ptrdiff_t>(depth) + 1;
    nodes.push_back({path[depth], field->type, delta::StatsPath(path.begin(), end), {}});
    node = std::prev(nodes.end());
  }
  if (depth + 1 < path.size()) AddLeaf(node->children, field->type.fields, path, depth + 1);
}

LogicalType StatsStruct::TypeOf(const std::vector<Node>& nodes, bool counts) {
  duckdb::child_list_t<LogicalType> fields;
  for (const Node& node : nodes) {
    if (!node.children.empty()) {
      fields.emplace_back(node.name, TypeOf(node.children, counts));
    } else {
      fields.emplace_back(node.name,
                          counts ? LogicalType(LogicalType::BIGINT) : FileType(node.type));
    }
  }
  return LogicalType::STRUCT(std::move(fields));
}

Value StatsStruct::ValuesOf(const std::vector<Node>& nodes, Part part, std::string_view json,
                            delta::StatsTrust trust) {
  duckdb::child_list_t<Value> fields;
  for (const Node& node : nodes) {
    if (!node.children.empty()) {
      fields.emplace_back(node.name, ValuesOf(node.children, part, json, trust));
      continue;
    }
    const delta::ColumnStats stats = parser_.ParseColumn(json, node.path, node.type, trust);
    if (part == Part::kNullCount) {
      fields.emplace_back(node.name, stats.null_count ? Value::BIGINT(*stats.null_count)
                                                      : Value(LogicalType::BIGINT));
    } else {
      fields.emplace_back(node.name, Typed(part == Part::kMin ? stats.min : stats.max, node.type));
    }
  }
  return Value::STRUCT(std::move(fields));
}

Value StatsStruct::StatsOf(const delta::AddFile& add) {
  if (!add.stats) return Value(stats_type_);
  const std::string_view json = *add.stats;
  const auto trust =
      delta::TrustOf(add.tags ? std::optional<std::string_view>(*add.tags) : std::nullopt);
  const delta::FileStats file = parser_.ParseFile(json);
  duckdb::child_list_t<Value> fields;
  fields.emplace_back("numRecords", file.num_records ? Value::BIGINT(*file.num_records)
                                                     : Value(LogicalType::BIGINT));
  if (!leaves_.empty()) {
    fields.emplace_back("minValues", ValuesOf(leaves_, Part::kMin, json, trust));
    fields.emplace_back("maxValues", ValuesOf(leaves_, Part::kMax, json, trust));
    fields.emplace_back("nullCount", ValuesOf(leaves_, Part::kNullCount, json, trust));
  }
  fields.emplace_back("tightBounds", Value::BOOLEAN(file.tight_bounds));
  return Value::STRUCT(std::move(fields));
}

Value StatsStruct::PartitionsOf(const delta::AddFile& add) const {
  duckdb::child_list_t<Value> fields;
  for (const Node& column : partitions_) {
    Value value(FileType(column.type));
    for (const auto& [name, text] : add.partition_values) {
      if (name != column.name) continue;
      const auto scalar = delta::ParsePartitionValue(
          text ? std::optional<std::string_view>(*text) : std::nullopt, column.type);
      if (scalar.ok()) value = Typed(*scalar, column.type);
    }
    fields.emplace_back(column.name, std::move(value));
  }
  return Value::STRUCT(std::move(fields));
}

}  // namespace lakehold::engine
