#include "engine/row_checks.h"

#include <utility>

#include <fmt/format.h>

#include "delta/pruning.h"

namespace lakehold::engine {
namespace {

using duckdb::idx_t;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

// The outcomes of a condition over rows that all have these partition values.
delta::TruthSet Evaluate(const delta::Predicate& predicate,
                         const std::vector<delta::Scalar>& values) {
  switch (predicate.kind) {
    case delta::PredicateKind::kUnknown:
      return {};
    case delta::PredicateKind::kAnd: {
      delta::TruthSet truth{true, false, false};
      for (const delta::Predicate& child : predicate.children)
        truth = truth && Evaluate(child, values);
      return truth;
    }
    case delta::PredicateKind::kOr: {
      delta::TruthSet truth{false, true, false};
      for (const delta::Predicate& child : predicate.children)
        truth = truth || Evaluate(child, values);
      return truth;
    }
    case delta::PredicateKind::kNot:
      return !Evaluate(predicate.children.at(0), values);
    default:
      break;
  }
  delta::ColumnRange range;
  if (predicate.column.partition >= 0) {
    const delta::Scalar& value = values.at(static_cast<size_t>(predicate.column.partition));
    range = {value, value, delta::IsNull(value), !delta::IsNull(value)};
  }
  return delta::EvaluateLeaf(predicate, range);
}

}  // namespace

struct NotNullCheck::Rule {
  std::string name;              // Dotted.
  std::vector<size_t> position;  // Column, then positions inside structs.
  std::atomic<int64_t> rows{0};  // That broke it.
};

NotNullCheck::NotNullCheck(const delta::Schema& schema) {
  const auto add = [this](const auto& self, const std::vector<delta::Field>& fields,
                          const std::string& prefix, const std::vector<size_t>& above) -> void {
    for (size_t i = 0; i < fields.size(); i++) {
      std::vector<size_t> position = above;
      position.push_back(i);
      const std::string name = prefix + fields[i].name;
      if (!fields[i].nullable) {
        auto rule = std::make_shared<Rule>();
        rule->name = name;
        rule->position = position;
        rules_.push_back(std::move(rule));
      }
      if (fields[i].type.kind == delta::TypeKind::kStruct)
        self(self, fields[i].type.fields, name + ".", position);
    }
  };
  add(add, schema.fields, "", {});
}

bool NotNullCheck::Check(duckdb::DataChunk& rows) {
  const idx_t count = rows.size();
  for (const auto& rule : rules_) {
    Vector* vector = &rows.data[rule->position[0]];
    if (rule->position.size() > 1) rows.Flatten();
    // A field of a struct counts only where all structs around it are there.
    duckdb::ValidityMask around(count);
    for (size_t depth = 1; depth < rule->position.size(); depth++) {
      const duckdb::ValidityMask& own = duckdb::FlatVector::Validity(*vector);
      if (!own.AllValid()) around.Combine(own, count);
      vector = duckdb::StructVector::GetEntries(*vector)[rule->position[depth]].get();
    }
    UnifiedVectorFormat format;
    vector->ToUnifiedFormat(count, format);
    if (format.validity.AllValid()) continue;
    int64_t broken = 0;
    for (idx_t i = 0; i < count; i++) {
      broken += around.RowIsValid(i) && !format.validity.RowIsValid(format.sel->get_index(i));
    }
    if (broken == 0) continue;
    rule->rows += broken;
    broken_ = true;
  }
  return !broken_;
}

Status NotNullCheck::Result(std::string_view table) const {
  for (const auto& rule : rules_) {
    const int64_t rows = rule->rows;
    if (rows == 0) continue;
    return Invalid("sql.not_null",
                   fmt::format("table \"{}\": column \"{}\" is NOT NULL, but {} {} NULL in it; "
                               "nothing was written",
                               table, rule->name, rows, rows == 1 ? "row has" : "rows have"),
                   "give every row a value")
        .With("column", rule->name)
        .With("rows", std::to_string(rows));
  }
  return {};
}

Status CheckWholeMicroseconds(Vector& nanoseconds, idx_t count, std::string_view column) {
  UnifiedVectorFormat format;
  nanoseconds.ToUnifiedFormat(count, format);
  const auto* data = UnifiedVectorFormat::GetData<duckdb::timestamp_ns_t>(format);
  for (idx_t i = 0; i < count; i++) {
    const idx_t at = format.sel->get_index(i);
    if (!format.validity.RowIsValid(at) || data[at].value % 1000 == 0) continue;
    if (!duckdb::Timestamp::IsFinite(data[at])) continue;
    return Invalid("types.inexact",
                   fmt::format("column \"{}\": {} has nanoseconds, and tables keep microseconds",
                               column, duckdb::Value::TIMESTAMPNS(data[at]).ToString()),
                   "cast it to TIMESTAMP to cut them off")
        .With("column", std::string(column));
  }
  return {};
}

Status CheckPartitionMatches(const delta::Predicate& where,
                             const std::vector<delta::Field>& partition_fields,
                             const std::vector<delta::Scalar>& values) {
  const delta::TruthSet truth = Evaluate(where, values);
  if (truth.can_be_true && !truth.can_be_false && !truth.can_be_null) return {};
  std::string text;
  for (size_t i = 0; i < values.size(); i++) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} = {}", partition_fields[i].name,
                        delta::FormatScalar(values[i], partition_fields[i].type));
  }
  return Invalid("txn.overwrite_mismatch",
                 fmt::format("rows with {} do not satisfy the overwrite's condition {}", text,
                             delta::FormatPredicate(where)),
                 "filter the rows by the same condition, or widen it");
}

}  // namespace lakehold::engine
