#include "engine/implicit_casts.h"

#include <functional>
#include <string>
#include <utility>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/type_visitor.hpp"
#include "duckdb/main/client_config.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/operator/logical_create_table.hpp"
#include "duckdb/planner/operator/logical_expression_get.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"
#include <fmt/format.h>

#include "engine/duckdb_errors.h"
#include "engine/lake_catalog.h"
#include "engine/row_checks.h"

namespace lakehold::engine {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::idx_t;
using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::unique_ptr;

// The cast that the binder put around an expression, or null. A cast that was written stands
// somewhere in the text; one that was not takes the place of what it casts.
duckdb::BoundCastExpression* ImplicitCast(Expression& expression) {
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_CAST) return nullptr;
  auto& cast = expression.Cast<duckdb::BoundCastExpression>();
  return cast.GetQueryLocation() == cast.child->GetQueryLocation() ? &cast : nullptr;
}

LogicalOperator* Producer(LogicalOperator& plan, idx_t table_index) {
  for (const idx_t index : plan.GetTableIndex()) {
    if (index == table_index) return &plan;
  }
  for (auto& child : plan.children) {
    if (auto* found = Producer(*child, table_index)) return found;
  }
  return nullptr;
}

// Calls `visit` with every expression that makes column `column` of `plan`, one after the other, as
// long as it says true. False if one said false, or none was found.
using Visit = std::function<bool(unique_ptr<Expression>&)>;
bool EverySource(LogicalOperator& plan, idx_t column, const Visit& visit) {
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_PROJECTION: {
      auto& expression = plan.expressions.at(column);
      if (expression->GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF)
        return visit(expression);
      const auto binding = expression->Cast<duckdb::BoundColumnRefExpression>().binding;
      auto* producer = Producer(*plan.children[0], binding.table_index);
      return producer != nullptr && EverySource(*producer, binding.column_index, visit);
    }
    case LogicalOperatorType::LOGICAL_EXPRESSION_GET: {
      auto& rows = plan.Cast<duckdb::LogicalExpressionGet>().expressions;
      for (auto& row : rows) {
        if (!visit(row.at(column))) return false;
      }
      return !rows.empty();
    }
    case LogicalOperatorType::LOGICAL_UNION:
      for (auto& child : plan.children) {
        if (!EverySource(*child, column, visit)) return false;
      }
      return true;
    case LogicalOperatorType::LOGICAL_EXCEPT:
    case LogicalOperatorType::LOGICAL_INTERSECT:
    case LogicalOperatorType::LOGICAL_FILTER:
    case LogicalOperatorType::LOGICAL_ORDER_BY:
    case LogicalOperatorType::LOGICAL_LIMIT:
    case LogicalOperatorType::LOGICAL_DISTINCT:
      return EverySource(*plan.children[0], column, visit);
    case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
      return EverySource(*plan.children[1], column, visit);
    default:
      return false;
  }
}

struct ColumnName final : duckdb::FunctionData {
  explicit ColumnName(std::string name) : name(std::move(name)) {}
  unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<ColumnName>(name); }
  bool Equals(const FunctionData& other) const override {
    return name == other.Cast<ColumnName>().name;
  }
  std::string name;
};

void WholeMicroseconds(duckdb::DataChunk& rows, duckdb::ExpressionState& state,
                       duckdb::Vector& result) {
  const auto& call = state.expr.Cast<duckdb::BoundFunctionExpression>();
  CheckOrThrow(
      CheckWholeMicroseconds(rows.data[0], rows.size(), call.bind_info->Cast<ColumnName>().name));
  result.Reference(rows.data[0]);
}

// Nanoseconds on their way into a TIMESTAMP by a cast that nobody wrote.
void GuardNanoseconds(unique_ptr<Expression>& expression, const std::string& column) {
  auto* cast = ImplicitCast(*expression);
  if (cast == nullptr) return;
  const LogicalType& from = cast->child->return_type;
  const LogicalType& to = cast->return_type;
  if (!duckdb::TypeVisitor::Contains(from, LogicalTypeId::TIMESTAMP_NS)) return;
  if (!duckdb::TypeVisitor::Contains(to, LogicalTypeId::TIMESTAMP) &&
      !duckdb::TypeVisitor::Contains(to, LogicalTypeId::TIMESTAMP_TZ)) {
    return;
  }
  if (from.id() != LogicalTypeId::TIMESTAMP_NS) {
    ThrowError(Invalid(
        "types.refused",
        fmt::format("column \"{}\": values of type {} hold nanoseconds", column, from.ToString()),
        fmt::format("cast them to {} to cut them off", to.ToString())));
  }
  duckdb::ScalarFunction function("lakehold_whole_microseconds", {from}, from, WholeMicroseconds);
  function.SetFallible();
  duckdb::vector<unique_ptr<Expression>> arguments;
  arguments.push_back(std::move(cast->child));
  cast->child = duckdb::make_uniq<duckdb::BoundFunctionExpression>(
      from, std::move(function), std::move(arguments), duckdb::make_uniq<ColumnName>(column));
}

void GuardInsert(duckdb::LogicalInsert& insert) {
  if (LakeCatalog::From(insert.table.catalog) == nullptr || insert.children.empty()) return;
  for (const auto& column : insert.table.GetColumns().Physical()) {
    const idx_t position = insert.column_index_map.empty()
                               ? column.StorageOid()
                               : insert.column_index_map[column.Physical()];
    if (position == duckdb::DConstants::INVALID_INDEX) continue;
    EverySource(*insert.children[0], position, [&](unique_ptr<Expression>& expression) {
      GuardNanoseconds(expression, column.Name());
      return true;
    });
  }
}

void RefuseUntyped(duckdb::LogicalCreateTable& create) {
  if (LakeCatalog::From(create.schema.ParentCatalog()) == nullptr || create.children.empty())
    return;
  idx_t position = 0;
  for (const auto& column : create.info->Base().columns.Logical()) {
    const bool untyped =
        EverySource(*create.children[0], position++, [](unique_ptr<Expression>& expression) {
          auto* cast = ImplicitCast(*expression);
          return cast != nullptr &&
                 duckdb::TypeVisitor::Contains(cast->child->return_type, LogicalTypeId::SQLNULL);
        });
    if (!untyped) continue;
    const bool nested = column.Type().IsNested();
    ThrowError(
        Invalid("types.untyped",
                fmt::format("column \"{}\" {} NULL and has no type; nothing was created",
                            column.Name(), nested ? "holds nothing but" : "is always"),
                nested ? "cast it to the type it shall have, as in NULL::VARCHAR or []::VARCHAR[]"
                       : "cast it to the type it shall have, as in NULL::VARCHAR"));
  }
}

void ApplyRules(LogicalOperator& plan) {
  if (plan.type == LogicalOperatorType::LOGICAL_INSERT)
    GuardInsert(plan.Cast<duckdb::LogicalInsert>());
  if (plan.type == LogicalOperatorType::LOGICAL_CREATE_TABLE)
    RefuseUntyped(plan.Cast<duckdb::LogicalCreateTable>());
  for (auto& child : plan.children) ApplyRules(*child);
}

}  // namespace

void AddImplicitCastRules(duckdb::DBConfig* config) {
  duckdb::OptimizerExtension extension;
  extension.pre_optimize_function = [](duckdb::OptimizerExtensionInput&,
                                       unique_ptr<LogicalOperator>& plan) { ApplyRules(*plan); };
  duckdb::OptimizerExtension::Register(*config, std::move(extension));
}

void RequireImplicitCastRules(duckdb::ClientContext& context) {
  const auto& disabled = duckdb::DBConfig::GetConfig(context).options.disabled_optimizers;
  if (duckdb::ClientConfig::GetConfig(context).enable_optimizer &&
      disabled.find(duckdb::OptimizerType::EXTENSION) == disabled.end()) {
    return;
  }
  ThrowError(Invalid("sql.setting",
                     "with the optimizer off, rows are not checked before they are written",
                     "PRAGMA enable_optimizer; RESET disabled_optimizers"));
}

}  // namespace lakehold::engine
