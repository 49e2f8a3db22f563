#include "engine/row_checks.h"

#include <algorithm>
#include <numeric>
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
  struct Step {
    delta::TypeKind kind;  // Of what is stepped into: a struct, list or map.
    size_t field;
  };
  std::string name;  // Dotted.
  size_t column;
  std::vector<Step> steps;       // Below the column.
  std::atomic<int64_t> rows{0};  // That broke it.
};

NotNullCheck::NotNullCheck(const delta::Schema& schema) {
  const auto add = [this](const auto& self, const std::vector<delta::Field>& fields,
                          const Rule& above, const delta::DataType* parent) -> void {
    for (size_t i = 0; i < fields.size(); i++) {
      // The protocol knows no map without keys.
      if (parent != nullptr && parent->kind == delta::TypeKind::kMap && i == 0) continue;
      auto rule = std::make_shared<Rule>();
      rule->name = above.name.empty() ? fields[i].name : above.name + "." + fields[i].name;
      rule->column = parent == nullptr ? i : above.column;
      rule->steps = above.steps;
      if (parent != nullptr) rule->steps.push_back({parent->kind, i});
      if (!fields[i].nullable) rules_.push_back(rule);
      self(self, fields[i].type.fields, *rule, &fields[i].type);
    }
  };
  add(add, schema.fields, Rule{}, nullptr);
}

// A nested value counts only where everything around it is there.
int64_t NotNullCheck::Broken(const Rule& rule, duckdb::DataChunk& rows) {
  Vector* vector = &rows.data[rule.column];
  idx_t size = rows.size();
  std::vector<idx_t> places(rule.steps.empty() ? 0 : size);
  std::iota(places.begin(), places.end(), idx_t{0});
  for (const auto& [kind, field] : rule.steps) {
    vector->Flatten(size);
    const auto& validity = duckdb::FlatVector::Validity(*vector);
    std::erase_if(places, [&](idx_t place) { return !validity.RowIsValid(place); });
    if (kind != delta::TypeKind::kStruct) {
      const auto* lists = duckdb::FlatVector::GetData<duckdb::list_entry_t>(*vector);
      std::vector<idx_t> below;
      for (const idx_t place : places) {
        for (idx_t i = 0; i < lists[place].length; i++) below.push_back(lists[place].offset + i);
      }
      places = std::move(below);
      size = duckdb::ListVector::GetListSize(*vector);
      vector = &duckdb::ListVector::GetEntry(*vector);
      if (kind == delta::TypeKind::kArray) continue;
      vector->Flatten(size);  // Of a map: pairs of key and value.
    }
    vector = duckdb::StructVector::GetEntries(*vector)[field].get();
  }
  UnifiedVectorFormat format;
  vector->ToUnifiedFormat(size, format);
  if (format.validity.AllValid()) return 0;
  const auto is_null = [&](idx_t place) {
    return !format.validity.RowIsValid(format.sel->get_index(place));
  };
  if (!rule.steps.empty()) return std::count_if(places.begin(), places.end(), is_null);
  int64_t broken = 0;
  for (idx_t i = 0; i < size; i++) broken += is_null(i);
  return broken;
}

bool NotNullCheck::Check(duckdb::DataChunk& rows) {
  for (const auto& rule : rules_) {
    const int64_t broken = Broken(*rule, rows);
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
