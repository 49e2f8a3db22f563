#include "engine/reader_filters.h"

#include <cmath>
#include <utility>

#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/in_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"

namespace lakehold::engine {
namespace {

using duckdb::Expression;
using duckdb::ExpressionType;
using duckdb::TableFilter;
using duckdb::TableFilterType;

duckdb::unique_ptr<Expression> Compare(ExpressionType type, const Expression& left,
                                       const Expression& right) {
  return duckdb::make_uniq<duckdb::BoundComparisonExpression>(type, left.Copy(), right.Copy());
}

duckdb::unique_ptr<Expression> IsNull(const Expression& of) {
  auto test = duckdb::make_uniq<duckdb::BoundOperatorExpression>(ExpressionType::OPERATOR_IS_NULL,
                                                                 duckdb::LogicalType::BOOLEAN);
  test->children.push_back(of.Copy());
  return test;
}

// A child of an OR. Where one side is NULL for certain, DuckDB makes a test for NULL of it, which
// is right.
void SpellOutChild(duckdb::unique_ptr<Expression>& child) {
  const ExpressionType type = child->GetExpressionType();
  if (type != ExpressionType::COMPARE_DISTINCT_FROM &&
      type != ExpressionType::COMPARE_NOT_DISTINCT_FROM) {
    return;
  }
  const auto& comparison = child->Cast<duckdb::BoundComparisonExpression>();
  const auto* column = comparison.left.get();
  const auto* constant = comparison.right.get();
  if (column->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT)
    std::swap(column, constant);
  if (column->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF ||
      constant->GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT ||
      constant->Cast<duckdb::BoundConstantExpression>().value.IsNull()) {
    return;
  }
  if (type == ExpressionType::COMPARE_NOT_DISTINCT_FROM) {
    child = Compare(ExpressionType::COMPARE_EQUAL, *column, *constant);
    return;
  }
  child = duckdb::make_uniq<duckdb::BoundConjunctionExpression>(
      ExpressionType::CONJUNCTION_OR, Compare(ExpressionType::COMPARE_NOTEQUAL, *column, *constant),
      IsNull(*column));
}

bool IsAmbiguous(const duckdb::Value& value) {
  switch (value.type().id()) {
    case duckdb::LogicalTypeId::FLOAT:
    case duckdb::LogicalTypeId::DOUBLE: {
      const double number = value.GetValue<double>();
      return number == 0 || std::isnan(number);
    }
    case duckdb::LogicalTypeId::BLOB:
      return true;
    default:
      return false;
  }
}

// Null if it is no list of one value. A longer one must stay a list: DuckDB gives the rows of an OR
// of equalities out of order, and its reader then reads other columns at wrong places.
duckdb::unique_ptr<TableFilter> SpellOutIn(const TableFilter& filter) {
  if (filter.filter_type != TableFilterType::IN_FILTER) return nullptr;
  const auto& values = filter.Cast<duckdb::InFilter>().values;
  if (values.size() != 1 || values[0].IsNull() || values[0].type().IsNested() ||
      IsAmbiguous(values[0])) {
    return nullptr;
  }
  return duckdb::make_uniq<duckdb::ConstantFilter>(ExpressionType::COMPARE_EQUAL, values[0]);
}

template <typename Conjunction>
duckdb::unique_ptr<TableFilter> CopyChildren(const TableFilter& filter) {
  auto copy = duckdb::make_uniq<Conjunction>();
  for (const auto& child : filter.Cast<Conjunction>().child_filters) {
    copy->child_filters.push_back(CopyForReader(*child));
  }
  return copy;
}

}  // namespace

void SpellOutDistinct(duckdb::unique_ptr<Expression>& filter) {
  if (filter->GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONJUNCTION) return;
  auto& children = filter->Cast<duckdb::BoundConjunctionExpression>().children;
  const bool is_or = filter->GetExpressionType() == ExpressionType::CONJUNCTION_OR;
  for (auto& child : children) {
    if (is_or) SpellOutChild(child);
    SpellOutDistinct(child);
  }
}

duckdb::unique_ptr<TableFilter> CopyForReader(const TableFilter& filter) {
  switch (filter.filter_type) {
    case TableFilterType::CONJUNCTION_AND:
      return CopyChildren<duckdb::ConjunctionAndFilter>(filter);
    case TableFilterType::CONJUNCTION_OR:
      return CopyChildren<duckdb::ConjunctionOrFilter>(filter);
    case TableFilterType::CONSTANT_COMPARISON: {
      const auto& comparison = filter.Cast<duckdb::ConstantFilter>();
      if (comparison.comparison_type != ExpressionType::COMPARE_EQUAL ||
          !IsAmbiguous(comparison.constant)) {
        return filter.Copy();
      }
      auto range = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
      for (const auto bound : {ExpressionType::COMPARE_GREATERTHANOREQUALTO,
                               ExpressionType::COMPARE_LESSTHANOREQUALTO}) {
        range->child_filters.push_back(
            duckdb::make_uniq<duckdb::ConstantFilter>(bound, comparison.constant));
      }
      return range;
    }
    case TableFilterType::IN_FILTER: {
      auto spelled = SpellOutIn(filter);
      return spelled ? std::move(spelled) : filter.Copy();
    }
    case TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
      auto spelled = child ? SpellOutIn(*child) : nullptr;
      return spelled ? std::move(spelled) : filter.Copy();
    }
    default:
      return filter.Copy();  // The reader asks no Bloom filter about the others.
  }
}

}  // namespace lakehold::engine
