#include "delta/predicate.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace lakehold::delta {
namespace {

Predicate Leaf(PredicateKind kind, ColumnRef column) {
  Predicate leaf;
  leaf.kind = kind;
  leaf.column = std::move(column);
  return leaf;
}

Predicate Node(PredicateKind kind, std::vector<Predicate> children) {
  Predicate node;
  node.kind = kind;
  node.children = std::move(children);
  return node;
}

std::string_view OpText(CompareOp op) {
  switch (op) {
    case CompareOp::kEq:
      return "=";
    case CompareOp::kNe:
      return "<>";
    case CompareOp::kLt:
      return "<";
    case CompareOp::kLe:
      return "<=";
    case CompareOp::kGt:
      return ">";
    case CompareOp::kGe:
      return ">=";
    case CompareOp::kDistinctFrom:
      return "IS DISTINCT FROM";
    case CompareOp::kNotDistinctFrom:
      return "IS NOT DISTINCT FROM";
  }
  return "?";
}

std::string FormatJoined(const Predicate& predicate, std::string_view separator,
                         std::string_view empty) {
  if (predicate.children.empty()) return std::string(empty);
  std::string out;
  for (const auto& child : predicate.children) {
    if (!out.empty()) out += separator;
    bool group = child.kind == PredicateKind::kAnd || child.kind == PredicateKind::kOr;
    out += group && predicate.children.size() > 1 ? fmt::format("({})", FormatPredicate(child))
                                                  : FormatPredicate(child);
  }
  return out;
}

std::string FormatIn(const Predicate& predicate) {
  constexpr size_t kShown = 20;
  std::string out = predicate.column.name + " IN (";
  for (size_t i = 0; i < predicate.values.size() && i < kShown; ++i) {
    if (i > 0) out += ", ";
    out += FormatScalar(predicate.values[i], predicate.column.type);
  }
  if (predicate.values.size() > kShown)
    out += fmt::format(", ... {} more", predicate.values.size() - kShown);
  return out + ")";
}

std::string FormatStartsWith(const Predicate& predicate) {
  const auto* prefix = std::get_if<std::string>(&predicate.values[0]);
  std::string pattern =
      prefix == nullptr ? "NULL" : FormatScalar(*prefix + "%", predicate.column.type);
  return fmt::format("{} LIKE {}", predicate.column.name, pattern);
}

}  // namespace

Predicate Predicate::Constant(bool value) {
  Predicate leaf;
  leaf.kind = PredicateKind::kConstant;
  leaf.values.emplace_back(value);
  return leaf;
}

Predicate Predicate::Compare(ColumnRef column, CompareOp op, Scalar value) {
  Predicate leaf = Leaf(PredicateKind::kCompare, std::move(column));
  leaf.op = op;
  leaf.values.push_back(std::move(value));
  return leaf;
}

Predicate Predicate::In(ColumnRef column, std::vector<Scalar> values) {
  Predicate leaf = Leaf(PredicateKind::kIn, std::move(column));
  leaf.values = std::move(values);
  return leaf;
}

Predicate Predicate::IsNull(ColumnRef column) {
  return Leaf(PredicateKind::kIsNull, std::move(column));
}
Predicate Predicate::IsNotNull(ColumnRef column) {
  return Leaf(PredicateKind::kIsNotNull, std::move(column));
}

Predicate Predicate::StartsWith(ColumnRef column, std::string prefix) {
  Predicate leaf = Leaf(PredicateKind::kStartsWith, std::move(column));
  leaf.values.emplace_back(std::move(prefix));
  return leaf;
}

Predicate Predicate::And(std::vector<Predicate> children) {
  return Node(PredicateKind::kAnd, std::move(children));
}
Predicate Predicate::Or(std::vector<Predicate> children) {
  return Node(PredicateKind::kOr, std::move(children));
}

Predicate Predicate::Not(Predicate child) {
  Predicate node;
  node.kind = PredicateKind::kNot;
  node.children.push_back(std::move(child));
  return node;
}

std::optional<ColumnRef> FindColumn(const Schema& schema,
                                    const std::vector<std::string>& partition_columns,
                                    const std::vector<std::string>& logical_path) {
  ColumnRef column;
  Schema below;  // A struct's fields, looked up by the same rules as the columns.
  const Schema* level = &schema;
  for (size_t depth = 0; depth < logical_path.size(); ++depth) {
    auto index = level->FindField(logical_path[depth]);
    if (!index) return std::nullopt;
    Field field = level->fields[*index];
    if (depth > 0) column.name += '.';
    column.name += field.name;
    column.path.emplace_back(field.physical_name());
    if (depth == 0) {
      auto partition = std::find(partition_columns.begin(), partition_columns.end(), field.name);
      if (partition != partition_columns.end()) {
        column.partition = static_cast<int>(partition - partition_columns.begin());
      }
    }
    if (depth + 1 == logical_path.size()) {
      if (field.type.kind >= TypeKind::kStruct) return std::nullopt;
      column.type = std::move(field.type);
      return column;
    }
    if (field.type.kind != TypeKind::kStruct) return std::nullopt;
    below.fields = std::move(field.type.fields);
    level = &below;
  }
  return std::nullopt;
}

std::string FormatPredicate(const Predicate& predicate) {
  switch (predicate.kind) {
    case PredicateKind::kUnknown:
      return "?";
    case PredicateKind::kConstant:
      if (predicate.values.empty() || delta::IsNull(predicate.values[0])) return "NULL";
      return predicate.values[0] == Scalar(true) ? "TRUE" : "FALSE";
    case PredicateKind::kCompare:
      return fmt::format("{} {} {}", predicate.column.name, OpText(predicate.op),
                         FormatScalar(predicate.values[0], predicate.column.type));
    case PredicateKind::kIn:
      return FormatIn(predicate);
    case PredicateKind::kIsNull:
      return predicate.column.name + " IS NULL";
    case PredicateKind::kIsNotNull:
      return predicate.column.name + " IS NOT NULL";
    case PredicateKind::kStartsWith:
      return FormatStartsWith(predicate);
    case PredicateKind::kAnd:
      return FormatJoined(predicate, " AND ", "TRUE");
    case PredicateKind::kOr:
      return FormatJoined(predicate, " OR ", "FALSE");
    case PredicateKind::kNot:
      return fmt::format("NOT ({})", FormatPredicate(predicate.children[0]));
  }
  return "?";
}

}  // namespace lakehold::delta
