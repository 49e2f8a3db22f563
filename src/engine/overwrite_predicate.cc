#include "engine/overwrite_predicate.h"

#include <optional>
#include <utility>
#include <vector>

#include <duckdb/main/client_context.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_parameter_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/operator/logical_get.hpp>
#include <duckdb/planner/planner.hpp>
#include <fmt/format.h>

#include "engine/duckdb_errors.h"
#include "engine/lake_table.h"
#include "engine/predicate_translation.h"
#include "engine/statement.h"

namespace lakehold::engine {
namespace {

using duckdb::LogicalOperatorType;

void CollectFilters(duckdb::LogicalOperator& plan, std::vector<duckdb::Expression*>* filters,
                    duckdb::LogicalGet** get) {
  if (plan.type == LogicalOperatorType::LOGICAL_FILTER) {
    for (auto& expression : plan.expressions) filters->push_back(expression.get());
  }
  if (plan.type == LogicalOperatorType::LOGICAL_GET) *get = &plan.Cast<duckdb::LogicalGet>();
  for (auto& child : plan.children) CollectFilters(*child, filters, get);
}

void FillParameters(duckdb::unique_ptr<duckdb::Expression>& expression) {
  if (expression->GetExpressionType() == duckdb::ExpressionType::VALUE_PARAMETER) {
    auto& parameter = expression->Cast<duckdb::BoundParameterExpression>();
    auto value = parameter.parameter_data->GetValue().DefaultCastAs(parameter.return_type);
    expression = duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(value));
    return;
  }
  duckdb::ExpressionIterator::EnumerateChildren(*expression, FillParameters);
}

Result<delta::Predicate> Translate(duckdb::ClientContext& context, duckdb::LogicalOperator& plan,
                                   const std::string& text) {
  std::vector<duckdb::Expression*> filters;
  duckdb::LogicalGet* get = nullptr;
  CollectFilters(plan, &filters, &get);
  auto table = get == nullptr ? nullptr : get->GetTable();
  if (!table || filters.empty()) {
    return Unsupported("write.inexact_condition",
                       fmt::format("\"{}\" says nothing about the table's rows", text));
  }
  auto& lake_table = table->Cast<LakeTable>();
  auto column_of = [&](const duckdb::Expression& reference) -> std::optional<size_t> {
    if (reference.GetExpressionType() != duckdb::ExpressionType::BOUND_COLUMN_REF)
      return std::nullopt;
    const auto& binding = reference.Cast<duckdb::BoundColumnRefExpression>().binding;
    if (binding.table_index != get->table_index) return std::nullopt;
    const auto& ids = get->GetColumnIds();
    if (binding.column_index >= ids.size() || ids[binding.column_index].IsVirtualColumn())
      return std::nullopt;
    return ids[binding.column_index].GetPrimaryIndex();
  };
  std::vector<delta::Predicate> parts;
  for (duckdb::Expression* filter : filters) {
    auto expression = filter->Copy();
    FillParameters(expression);
    parts.push_back(TranslateExpression(context, *expression, *lake_table.snapshot(), column_of));
  }
  return parts.size() == 1 ? std::move(parts[0]) : delta::Predicate::And(std::move(parts));
}

}  // namespace

Result<delta::Predicate> BindOverwritePredicate(duckdb::Connection& connection,
                                                const std::string& table, const std::string& text,
                                                const Parameters& parameters) {
  LAKEHOLD_TRY(CheckScalarExpression(connection, text));
  return CatchDuckDb([&]() -> Result<delta::Predicate> {
    const std::string sql = fmt::format("SELECT 1 FROM {} WHERE ({}\n)", table, text);
    LAKEHOLD_ASSIGN(auto named, ParametersNamedIn(sql, parameters));
    LAKEHOLD_ASSIGN(auto parsed, ParseSelect(connection, sql, named));
    std::optional<Result<delta::Predicate>> predicate;
    connection.context->RunFunctionInTransaction([&] {
      duckdb::Planner planner(*connection.context);
      for (const auto& [name, value] : parsed.values) planner.parameter_data.emplace(name, value);
      planner.CreatePlan(parsed.statement->Copy());
      predicate = Translate(*connection.context, *planner.plan, text);
    });
    return *std::move(predicate);
  });
}

}  // namespace lakehold::engine
