#include "engine/log_aggregates.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/optimizer/column_binding_replacer.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_column_data_get.hpp"
#include "duckdb/planner/operator/logical_distinct.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"

#include "engine/duckdb_errors.h"
#include "engine/log_answers.h"
#include "engine/planned_scan.h"
#include "engine/type_mapping.h"

namespace lakehold::engine {
namespace {

using duckdb::BoundColumnRefExpression;
using duckdb::ColumnBinding;
using duckdb::Expression;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using duckdb::LogicalType;
using duckdb::Value;
using Plan = duckdb::unique_ptr<LogicalOperator>;
using Expressions = duckdb::vector<duckdb::unique_ptr<Expression>>;

// What one file adds to one column of the answer.
enum class Part { kConstant, kColumn, kRows, kValues, kMin, kMax };
struct Asked {
  Part part = Part::kRows;
  size_t column = 0;
  Value constant;
  const Expression* compression = nullptr;  // What DuckDB makes of the column's value.
};

// DuckDB groups by fewer bits where it knows the bounds: a function of the value and constants.
const duckdb::BoundFunctionExpression* CompressionOf(const Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION) return nullptr;
  const auto& function = expression.Cast<duckdb::BoundFunctionExpression>();
  const bool compresses = function.function.name.starts_with("__internal_compress_") &&
                          !function.children.empty() &&
                          std::all_of(function.children.begin() + 1, function.children.end(),
                                      [](const auto& child) { return child->IsFoldable(); });
  return compresses ? &function : nullptr;
}

std::optional<Value> Compressed(duckdb::ClientContext& context, const Expression& compression,
                                Value value) {
  auto copy = compression.Copy();
  copy->Cast<duckdb::BoundFunctionExpression>().children[0] =
      duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(value));
  Value result;
  if (!duckdb::ExpressionExecutor::TryEvaluateScalar(context, *copy, result)) return std::nullopt;
  return result;
}

// The scan below projections that only pass columns on.
struct Source {
  PlannedScan scan;
  Plan* place;  // Where the scan hangs in the plan.
  std::vector<LogicalOperator*> projections;

  // The table's column that an expression above is, and no more than that, or what DuckDB
  // compresses it to if that is asked for.
  std::optional<size_t> ColumnOf(const Expression& expression,
                                 const Expression** compression = nullptr) const {
    const auto* at = &expression;
    for (size_t depth = 0;; ++depth) {
      if (const auto* function = CompressionOf(*at); function && compression && !*compression) {
        *compression = function;
        at = function->children[0].get();
      }
      if (at->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF)
        return std::nullopt;
      if (depth == projections.size()) break;
      const auto& binding = at->Cast<BoundColumnRefExpression>().binding;
      const auto& below = projections[depth]->expressions;
      if (binding.column_index >= below.size()) return std::nullopt;
      at = below[binding.column_index].get();
    }
    const auto column = scan.ColumnOf(at->Cast<BoundColumnRefExpression>().binding);
    if (!column) return std::nullopt;
    const auto type = DuckDbTypeOf(scan.snapshot().schema().fields[*column].type);
    if (!type.ok() || *type != at->return_type) return std::nullopt;
    return column;
  }
  bool IsPartition(size_t column) const {
    const auto& fields = scan.snapshot().partition_fields();
    return std::find(fields.begin(), fields.end(), column) != fields.end();
  }
};

std::optional<Source> SourceOf(Plan& below) {
  std::vector<LogicalOperator*> projections;
  Plan* at = &below;
  while ((*at)->type == LogicalOperatorType::LOGICAL_PROJECTION) {
    for (const auto& expression : (*at)->expressions) {
      // It says something else of every row: one row a file is not enough.
      if (expression->IsVolatile()) return std::nullopt;
    }
    projections.push_back(at->get());
    at = &(*at)->children[0];
  }
  auto scan = PlannedScan::Of(**at);
  if (!scan) return std::nullopt;
  return Source{*scan, at, std::move(projections)};
}

// Nothing if the log does not say, or the rows of the file are none.
std::optional<Value> PartOf(const delta::Snapshot& snapshot, delta::FileOrdinal ordinal,
                            const Asked& asked) {
  const auto rows = RowsFromLog(snapshot, ordinal);
  if (!rows || *rows == 0) return std::nullopt;
  if (asked.part == Part::kConstant) return asked.constant;
  if (asked.part == Part::kRows) return Value::BIGINT(*rows);
  const auto bounds = BoundsFromLog(snapshot, ordinal, asked.column);
  if (asked.part == Part::kValues)
    return bounds.not_null ? std::optional(Value::BIGINT(*bounds.not_null)) : std::nullopt;
  const auto& type = snapshot.schema().fields[asked.column].type;
  if (bounds.not_null == 0) {
    auto own = DuckDbTypeOf(type);
    return own.ok() ? std::optional(Value(*own)) : std::nullopt;
  }
  if (!bounds.exact) return std::nullopt;
  auto value = ValueOf(asked.part == Part::kMax ? bounds.max : bounds.min, type);
  return value.ok() ? std::optional(std::move(*value)) : std::nullopt;
}

// The rows of the answer, and the files that must be read.
struct LogRows {
  duckdb::unique_ptr<duckdb::ColumnDataCollection> rows;
  delta::FileOrdinals unread;
};

LogRows RowsOfLog(duckdb::ClientContext& context, const Source& source,
                  const std::vector<Asked>& asked, const duckdb::vector<LogicalType>& types) {
  const auto& snapshot = source.scan.snapshot();
  const auto filters = source.scan.Filters(context);
  LogRows answer;
  answer.rows = duckdb::make_uniq<duckdb::ColumnDataCollection>(context, types);
  duckdb::ColumnDataAppendState state;
  answer.rows->InitializeAppend(state);
  duckdb::DataChunk chunk;
  chunk.Initialize(context, types);
  for (const auto ordinal : source.scan.files().ordinals()) {
    std::vector<Value> row;
    if (filters.AllRowsOf(ordinal)) {
      for (const auto& one : asked) {
        auto part = PartOf(snapshot, ordinal, one);
        if (part && one.compression) part = Compressed(context, *one.compression, *part);
        if (!part) break;
        row.push_back(std::move(*part));
      }
    }
    if (row.size() < asked.size()) {
      // A file without rows adds nothing.
      if (RowsFromLog(snapshot, ordinal) != 0) answer.unread.push_back(ordinal);
      continue;
    }
    for (size_t i = 0; i < row.size(); ++i) chunk.SetValue(i, chunk.size(), row[i]);
    chunk.SetCardinality(chunk.size() + 1);
    if (chunk.size() == STANDARD_VECTOR_SIZE) {
      answer.rows->Append(state, chunk);
      chunk.Reset();
    }
  }
  if (chunk.size() > 0) answer.rows->Append(state, chunk);
  return answer;
}

// The rows of the log, and below them those of `rest` if something is left to read. Its columns are
// (`index`, 0 ...).
Plan Together(duckdb::Binder& binder, LogRows rows, const duckdb::vector<LogicalType>& types,
              Plan rest, duckdb::idx_t index) {
  const bool all = rows.unread.empty();
  Plan log = duckdb::make_uniq<duckdb::LogicalColumnDataGet>(
      all ? index : binder.GenerateTableIndex(), types, std::move(rows.rows));
  if (all) return log;
  return duckdb::make_uniq<duckdb::LogicalSetOperation>(index, types.size(), std::move(log),
                                                        std::move(rest),
                                                        LogicalOperatorType::LOGICAL_UNION, true);
}

void Replace(const duckdb::vector<ColumnBinding>& before, duckdb::idx_t index, Plan& plan,
             LogicalOperator& made) {
  duckdb::ColumnBindingReplacer replacer;
  for (duckdb::idx_t i = 0; i < before.size(); ++i)
    replacer.replacement_bindings.emplace_back(before[i], ColumnBinding(index, i));
  replacer.stop_operator = &made;
  replacer.VisitOperator(*plan);
}

// Takes the scan's place with one row a file, for operators that do not mind how often a row comes.
// Every column of the scan is a partition column.
void AnswerScan(duckdb::OptimizerExtensionInput& input, Plan& plan, const Source& source) {
  auto& get = source.scan.get();
  const auto bindings = get.GetColumnBindings();
  std::vector<Asked> asked;
  for (const auto& binding : bindings) {
    const auto column = source.scan.ColumnOf(binding);
    if (!column || !source.IsPartition(*column)) return;
    asked.push_back({Part::kColumn, *column, Value()});
  }
  if (asked.empty()) return;
  get.ResolveOperatorTypes();
  const auto types = get.types;
  auto rows = RowsOfLog(input.context, source, asked, types);
  if (rows.rows->Count() == 0) return;
  source.scan.Keep(rows.unread, &ScanReport::answered_by_log);
  auto& binder = input.optimizer.binder;
  const auto index = binder.GenerateTableIndex();
  auto& place = *source.place;
  place = Together(binder, std::move(rows), types, std::move(place), index);
  Replace(bindings, index, plan, *place);
}

bool IsPlain(const duckdb::LogicalAggregate& aggregate) {
  if (!aggregate.grouping_functions.empty() || aggregate.grouping_sets.size() > 1) return false;
  return aggregate.grouping_sets.empty() ||
         aggregate.grouping_sets[0].size() == aggregate.groups.size();
}

// Whether an aggregate minds how often a row comes: MIN, MAX and DISTINCT ones do not.
bool MindsRepetition(const duckdb::BoundAggregateExpression& aggregate) {
  const auto& name = aggregate.function.name;
  return !aggregate.IsDistinct() && name != "min" && name != "max";
}

// How the log answers an aggregate; nothing if it cannot.
std::optional<Asked> AskedBy(const duckdb::BoundAggregateExpression& aggregate,
                             const Source& source) {
  if (aggregate.filter || aggregate.order_bys || aggregate.IsDistinct()) return std::nullopt;
  const auto& name = aggregate.function.name;
  if (name == "count_star") return Asked{Part::kRows, 0, Value()};
  if (aggregate.children.size() != 1) return std::nullopt;
  const auto column = source.ColumnOf(*aggregate.children[0]);
  if (!column) return std::nullopt;
  if (name == "count") return Asked{Part::kValues, *column, Value()};
  if (aggregate.return_type != aggregate.children[0]->return_type) return std::nullopt;
  if (name == "min") return Asked{Part::kMin, *column, Value()};
  if (name == "max") return Asked{Part::kMax, *column, Value()};
  return std::nullopt;
}

duckdb::unique_ptr<Expression> Column(const LogicalType& type, ColumnBinding binding) {
  return duckdb::make_uniq<BoundColumnRefExpression>(type, binding);
}

duckdb::unique_ptr<Expression> SumOf(duckdb::ClientContext& context, ColumnBinding binding) {
  auto& entry =
      duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::AggregateFunctionCatalogEntry>(
          context, DEFAULT_SCHEMA, "sum");
  Expressions children;
  children.push_back(Column(LogicalType::BIGINT, binding));
  return duckdb::FunctionBinder(context).BindAggregateFunction(
      entry.functions.GetFunctionByArguments(context, {LogicalType::BIGINT}), std::move(children));
}

// Adds up what the parts say: sums counts, and the least of least values. Its columns are
// (`index`, 0 ...), of the types of the aggregate it stands for.
Plan AddUp(duckdb::OptimizerExtensionInput& input, const duckdb::LogicalAggregate& original,
           Plan parts, duckdb::idx_t parts_index, duckdb::idx_t index) {
  auto& binder = input.optimizer.binder;
  const size_t groups = original.groups.size();
  Expressions sums, columns;
  const auto group_index = binder.GenerateTableIndex();
  const auto sum_index = binder.GenerateTableIndex();
  for (size_t i = 0; i < original.expressions.size(); ++i) {
    const auto& one = original.expressions[i]->Cast<duckdb::BoundAggregateExpression>();
    const ColumnBinding part(parts_index, groups + i);
    if (one.function.name == "min" || one.function.name == "max") {
      auto same = one.Copy();
      same->Cast<duckdb::BoundAggregateExpression>().children[0] = Column(one.return_type, part);
      sums.push_back(std::move(same));
    } else {
      sums.push_back(SumOf(input.context, part));
    }
  }
  auto sum = duckdb::make_uniq<duckdb::LogicalAggregate>(group_index, sum_index, std::move(sums));
  for (size_t i = 0; i < groups; ++i) {
    const auto& type = original.groups[i]->return_type;
    sum->groups.push_back(Column(type, ColumnBinding(parts_index, i)));
    columns.push_back(Column(type, ColumnBinding(group_index, i)));
  }
  sum->grouping_sets = original.grouping_sets;
  sum->group_stats.resize(groups);
  for (size_t i = 0; i < sum->expressions.size(); ++i) {
    columns.push_back(duckdb::BoundCastExpression::AddCastToType(
        input.context, Column(sum->expressions[i]->return_type, ColumnBinding(sum_index, i)),
        original.expressions[i]->return_type));
    columns.back()->SetAlias(original.expressions[i]->GetAlias());
  }
  sum->children.push_back(std::move(parts));
  auto projection = duckdb::make_uniq<duckdb::LogicalProjection>(index, std::move(columns));
  projection->children.push_back(std::move(sum));
  return projection;
}

}  // namespace

void AnswerAggregate(duckdb::OptimizerExtensionInput& input, Plan& plan, Plan& op) {
  auto& aggregate = op->Cast<duckdb::LogicalAggregate>();
  if (!IsPlain(aggregate)) return;
  const auto source = SourceOf(aggregate.children[0]);
  if (!source) return;
  for (const auto& group : aggregate.groups) {
    if (group->IsVolatile()) return;
  }
  bool repetition = false;
  for (const auto& expression : aggregate.expressions) {
    if (expression->IsVolatile()) return;
    if (expression->GetExpressionClass() != duckdb::ExpressionClass::BOUND_AGGREGATE) return;
    if (MindsRepetition(expression->Cast<duckdb::BoundAggregateExpression>())) repetition = true;
  }
  if (!repetition) {
    AnswerScan(input, plan, *source);
    if (!PlannedScan::Of(**source->place)) return;
  }
  std::vector<Asked> asked;
  duckdb::vector<LogicalType> types;
  for (const auto& group : aggregate.groups) {
    types.push_back(group->return_type);
    // What DuckDB makes of a column that has one value only.
    if (group->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT) {
      asked.push_back({Part::kConstant, 0, group->Cast<duckdb::BoundConstantExpression>().value});
      continue;
    }
    const Expression* compression = nullptr;
    const auto column = source->ColumnOf(*group, &compression);
    if (!column || !source->IsPartition(*column)) return;
    asked.push_back({Part::kColumn, *column, Value(), compression});
  }
  for (const auto& expression : aggregate.expressions) {
    const auto one = AskedBy(expression->Cast<duckdb::BoundAggregateExpression>(), *source);
    if (!one) return;
    asked.push_back(*one);
    types.push_back(expression->return_type);
  }
  if (asked.empty()) return;
  auto rows = RowsOfLog(input.context, *source, asked, types);
  // An ungrouped aggregate of no rows at all is a row of its own.
  if (rows.rows->Count() == 0) return;
  source->scan.Keep(rows.unread, &ScanReport::answered_by_log);
  auto& binder = input.optimizer.binder;
  const auto before = aggregate.GetColumnBindings();
  const auto parts_index = binder.GenerateTableIndex();
  const auto index = binder.GenerateTableIndex();
  // The aggregate of the files that are read is the one of before, under other names.
  aggregate.group_index = binder.GenerateTableIndex();
  aggregate.aggregate_index = binder.GenerateTableIndex();
  Plan rest = std::move(op);
  const auto& original = rest->Cast<duckdb::LogicalAggregate>();
  Plan original_copy;  // Keeps the expressions alive where nothing is left to read.
  Plan parts;
  if (rows.unread.empty()) {
    original_copy = std::move(rest);
    parts = Together(binder, std::move(rows), types, nullptr, parts_index);
  } else {
    parts = Together(binder, std::move(rows), types, std::move(rest), parts_index);
  }
  op = AddUp(input, original, std::move(parts), parts_index, index);
  Replace(before, index, plan, *op);
}

void AnswerDistinct(duckdb::OptimizerExtensionInput& input, Plan& plan, Plan& op) {
  const auto& distinct = op->Cast<duckdb::LogicalDistinct>();
  if (distinct.distinct_type != duckdb::DistinctType::DISTINCT || distinct.order_by) return;
  if (const auto source = SourceOf(op->children[0])) AnswerScan(input, plan, *source);
}

}  // namespace lakehold::engine
