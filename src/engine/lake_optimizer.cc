#include "engine/lake_optimizer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/execution/operator/join/join_filter_pushdown.hpp"
#include "duckdb/optimizer/join_filter_pushdown_optimizer.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/dynamic_filter.hpp"
#include "duckdb/planner/filter/null_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_limit.hpp"
#include "duckdb/planner/operator/logical_top_n.hpp"

#include "engine/log_aggregates.h"
#include "engine/log_answers.h"
#include "engine/planned_scan.h"
#include "engine/session_state.h"

namespace lakehold::engine {
namespace {

using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using Plan = duckdb::unique_ptr<LogicalOperator>;

void PruneByLimit(duckdb::ClientContext& context, const duckdb::LogicalLimit& limit) {
  using duckdb::LimitNodeType;
  if (limit.limit_val.Type() != LimitNodeType::CONSTANT_VALUE ||
      (limit.offset_val.Type() != LimitNodeType::UNSET &&
       limit.offset_val.Type() != LimitNodeType::CONSTANT_VALUE)) {
    return;
  }
  auto* child = limit.children[0].get();
  while (child->type == LogicalOperatorType::LOGICAL_PROJECTION) child = child->children[0].get();
  auto scan = PlannedScan::Of(*child);
  if (!scan) return;
  duckdb::idx_t wanted = limit.limit_val.GetConstantValue();
  if (limit.offset_val.Type() == LimitNodeType::CONSTANT_VALUE) {
    const duckdb::idx_t offset = limit.offset_val.GetConstantValue();
    if (wanted + offset < wanted) return;
    wanted += offset;
  }
  const auto& files = scan->files();
  const auto wants = scan->Filters(context);
  delta::FileOrdinals kept;
  duckdb::idx_t sure = 0;
  for (const auto ordinal : files.ordinals()) {
    if (sure >= wanted && !kept.empty()) break;
    kept.push_back(ordinal);
    const auto rows = RowsFromLog(*files.scan().snapshot, ordinal);
    if (rows && wants.AllRowsOf(ordinal)) sure += static_cast<duckdb::idx_t>(*rows);
  }
  if (kept.size() < files.ordinals().size())
    scan->Keep(std::move(kept), &ScanReport::skipped_by_limit);
}

// DuckDB makes such filters for integers and text.
void PushBoundOfFloat(duckdb::LogicalTopN& top) {
  const auto& order = top.orders[0];
  const auto type = order.expression->return_type.id();
  if (top.dynamic_filter ||
      (type != duckdb::LogicalTypeId::FLOAT && type != duckdb::LogicalTypeId::DOUBLE) ||
      order.expression->GetExpressionType() != duckdb::ExpressionType::BOUND_COLUMN_REF) {
    return;
  }
  duckdb::JoinFilterPushdownColumn column;
  column.probe_column_index = order.expression->Cast<duckdb::BoundColumnRefExpression>().binding;
  duckdb::vector<duckdb::PushdownFilterTarget> targets;
  duckdb::JoinFilterPushdownOptimizer::GetPushdownFilterTargets(*top.children[0], {column},
                                                                targets);
  const bool ours = std::any_of(targets.begin(), targets.end(), [](const auto& target) {
    return PlannedScan::Of(target.get).has_value();
  });
  if (!ours) return;
  using duckdb::ExpressionType;
  const bool alone = top.orders.size() == 1;
  const auto comparison =
      order.type == duckdb::OrderType::ASCENDING
          ? (alone ? ExpressionType::COMPARE_LESSTHAN : ExpressionType::COMPARE_LESSTHANOREQUALTO)
          : (alone ? ExpressionType::COMPARE_GREATERTHAN
                   : ExpressionType::COMPARE_GREATERTHANOREQUALTO);
  auto bound = duckdb::make_shared_ptr<duckdb::DynamicFilterData>();
  bound->filter = duckdb::make_uniq<duckdb::ConstantFilter>(
      comparison, duckdb::Value::MinimumValue(order.expression->return_type));
  top.dynamic_filter = bound;
  for (auto& target : targets) {
    if (!PlannedScan::Of(target.get)) continue;
    duckdb::unique_ptr<duckdb::TableFilter> filter =
        duckdb::make_uniq<duckdb::DynamicFilter>(bound);
    if (order.null_order == duckdb::OrderByNullType::NULLS_FIRST) {
      auto either = duckdb::make_uniq<duckdb::ConjunctionOrFilter>();
      either->child_filters.push_back(duckdb::make_uniq<duckdb::IsNullFilter>());
      either->child_filters.push_back(std::move(filter));
      filter = std::move(either);
    }
    auto& get = target.get;
    const auto& id = get.GetColumnIds()[target.columns[0].probe_column_index.column_index];
    get.table_filters.PushFilter(id, duckdb::make_uniq<duckdb::OptionalFilter>(std::move(filter)));
  }
}

class Optimization {
 public:
  Optimization(duckdb::OptimizerExtensionInput& input, Plan& plan) : input_(input), plan_(plan) {}

  void Run() {
    Visit(plan_);
    std::vector<const ScanReport*> read;
    Collect(*plan_, &read);
    for (const auto& report : SessionState::Of(input_.context).scans) {
      if (std::find(read.begin(), read.end(), report.get()) != read.end()) continue;
      report->answered_by_log += report->files_read;
      report->files_read = report->bytes_read = report->files_with_vectors = 0;
    }
  }

 private:
  void Visit(Plan& op) {
    for (auto& child : op->children) Visit(child);
    switch (op->type) {
      case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
        AnswerAggregate(input_, plan_, op);
        break;
      case LogicalOperatorType::LOGICAL_DISTINCT:
        AnswerDistinct(input_, plan_, op);
        break;
      case LogicalOperatorType::LOGICAL_LIMIT:
        PruneByLimit(input_.context, op->Cast<duckdb::LogicalLimit>());
        break;
      case LogicalOperatorType::LOGICAL_TOP_N:
        PushBoundOfFloat(op->Cast<duckdb::LogicalTopN>());
        break;
      default:
        break;
    }
  }

  static void Collect(LogicalOperator& op, std::vector<const ScanReport*>* read) {
    if (op.type == LogicalOperatorType::LOGICAL_GET &&
        op.Cast<duckdb::LogicalGet>().function.name == kLakeScanFunction) {
      read->push_back(op.Cast<duckdb::LogicalGet>()
                          .bind_data->Cast<duckdb::MultiFileBindData>()
                          .file_list->Cast<LakeFileList>()
                          .scan()
                          .report.get());
    }
    for (auto& child : op.children) Collect(*child, read);
  }

  duckdb::OptimizerExtensionInput& input_;
  Plan& plan_;
};

void Optimize(duckdb::OptimizerExtensionInput& input, Plan& plan) {
  if (SessionState::Of(input.context).scans.empty()) return;
  Optimization(input, plan).Run();
}

}  // namespace

void RegisterLakeOptimizer(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension extension;
  extension.optimize_function = Optimize;
  duckdb::OptimizerExtension::Register(config, std::move(extension));
}

}  // namespace lakehold::engine
