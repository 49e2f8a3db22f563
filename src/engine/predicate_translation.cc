#include "engine/predicate_translation.h"

#include <utility>

#include "duckdb/common/enums/expression_type.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/scalar/struct_utils.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/filter/expression_filter.hpp"
#include "duckdb/planner/filter/list.hpp"

#include "engine/type_mapping.h"

namespace lakehold::engine {
namespace {

using delta::ColumnRef;
using delta::CompareOp;
using delta::Predicate;
using delta::PredicateKind;
using delta::Scalar;
using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::TableFilter;
using duckdb::TableFilterType;
using duckdb::Value;

Predicate Null() {
  Predicate predicate;
  predicate.kind = PredicateKind::kConstant;
  predicate.values.emplace_back();
  return predicate;
}

// A column, a struct field below one, or either of them under a cast that loses nothing.
struct Term {
  ColumnRef column;
  LogicalType type;  // Of the column itself, before any cast.
};

int IntegerDigits(LogicalTypeId id) {
  switch (id) {
    case LogicalTypeId::TINYINT:
      return 3;
    case LogicalTypeId::SMALLINT:
      return 5;
    case LogicalTypeId::INTEGER:
      return 10;
    case LogicalTypeId::BIGINT:
      return 19;
    case LogicalTypeId::HUGEINT:
      return 39;
    default:
      return 0;
  }
}

// Whether a cast keeps order and tells different values apart: then comparing after it is comparing
// before it.
bool IsLossless(const LogicalType& from, const LogicalType& to) {
  if (from == to) return true;
  const int digits = IntegerDigits(from.id());
  if (digits > 0) {
    if (to.id() == LogicalTypeId::DECIMAL) {
      return duckdb::DecimalType::GetWidth(to) - duckdb::DecimalType::GetScale(to) >= digits;
    }
    if (to.id() == LogicalTypeId::DOUBLE) return digits <= 10;
    if (to.id() == LogicalTypeId::FLOAT) return digits <= 5;
    return IntegerDigits(to.id()) >= digits;
  }
  if (from.id() == LogicalTypeId::DECIMAL && to.id() == LogicalTypeId::DECIMAL) {
    const int from_scale = duckdb::DecimalType::GetScale(from);
    const int to_scale = duckdb::DecimalType::GetScale(to);
    return to_scale >= from_scale && duckdb::DecimalType::GetWidth(to) - to_scale >=
                                         duckdb::DecimalType::GetWidth(from) - from_scale;
  }
  return (from.id() == LogicalTypeId::FLOAT && to.id() == LogicalTypeId::DOUBLE) ||
         (from.id() == LogicalTypeId::DATE && to.id() == LogicalTypeId::TIMESTAMP);
}

std::optional<CompareOp> OpOf(ExpressionType type) {
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
      return CompareOp::kEq;
    case ExpressionType::COMPARE_NOTEQUAL:
      return CompareOp::kNe;
    case ExpressionType::COMPARE_LESSTHAN:
      return CompareOp::kLt;
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return CompareOp::kLe;
    case ExpressionType::COMPARE_GREATERTHAN:
      return CompareOp::kGt;
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return CompareOp::kGe;
    case ExpressionType::COMPARE_DISTINCT_FROM:
      return CompareOp::kDistinctFrom;
    case ExpressionType::COMPARE_NOT_DISTINCT_FROM:
      return CompareOp::kNotDistinctFrom;
    default:
      return std::nullopt;
  }
}

class Translator {
 public:
  Translator(duckdb::ClientContext& context, const delta::Snapshot& snapshot,
             const ColumnOf& column_of)
      : context_(context), snapshot_(snapshot), column_of_(column_of) {}

  Predicate Translate(const Expression& expression) {
    switch (expression.GetExpressionClass()) {
      case ExpressionClass::BOUND_COMPARISON: {
        const auto& comparison = expression.Cast<duckdb::BoundComparisonExpression>();
        return Comparison(comparison.GetExpressionType(), *comparison.left, *comparison.right);
      }
      case ExpressionClass::BOUND_CONJUNCTION:
        return Conjunction(expression);
      case ExpressionClass::BOUND_OPERATOR:
        return Operator(expression);
      case ExpressionClass::BOUND_BETWEEN:
        return Between(expression);
      case ExpressionClass::BOUND_FUNCTION:
        return Function(expression);
      case ExpressionClass::BOUND_CONSTANT:
        return Constant(expression);
      case ExpressionClass::BOUND_COLUMN_REF:
      case ExpressionClass::BOUND_REF:
        return BooleanColumn(expression);
      default:
        return Predicate::Unknown();
    }
  }

  // `column` op `value`, both of the type at which DuckDB compares them.
  Predicate CompareColumn(const Term& term, ExpressionType type, const Value& value) {
    const auto op = OpOf(type);
    if (!op) return Predicate::Unknown();
    if (value.IsNull()) {
      if (*op == CompareOp::kDistinctFrom) return Predicate::IsNotNull(term.column);
      if (*op == CompareOp::kNotDistinctFrom) return Predicate::IsNull(term.column);
      return Null();
    }
    auto scalar = ScalarFor(term, value);
    return scalar ? Predicate::Compare(term.column, *op, std::move(*scalar)) : Predicate::Unknown();
  }

  Predicate InValues(const Term& term, const duckdb::vector<Value>& values) {
    std::vector<Scalar> scalars;
    for (const auto& value : values) {
      if (value.IsNull()) {
        scalars.emplace_back();
        continue;
      }
      auto scalar = ScalarFor(term, value);
      if (!scalar) return Predicate::Unknown();
      scalars.push_back(std::move(*scalar));
    }
    return Predicate::In(term.column, std::move(scalars));
  }

  std::optional<Term> TermAt(const std::vector<std::string>& path) {
    auto column =
        delta::FindColumn(snapshot_.schema(), snapshot_.metadata().partition_columns, path);
    if (!column) return std::nullopt;
    auto type = DuckDbTypeOf(column->type);
    if (!type.ok()) return std::nullopt;
    return Term{std::move(*column), std::move(*type)};
  }

 private:
  // The logical path of a column or of a struct field below one.
  std::optional<std::vector<std::string>> PathOf(const Expression& expression) {
    const auto kind = expression.GetExpressionClass();
    if (kind == ExpressionClass::BOUND_COLUMN_REF || kind == ExpressionClass::BOUND_REF) {
      const auto index = column_of_(expression);
      if (!index || *index >= snapshot_.schema().fields.size()) return std::nullopt;
      return std::vector<std::string>{snapshot_.schema().fields[*index].name};
    }
    if (kind != ExpressionClass::BOUND_FUNCTION) return std::nullopt;
    const auto& function = expression.Cast<duckdb::BoundFunctionExpression>();
    const auto& name = function.function.name;
    if (name != "struct_extract" && name != "struct_extract_at" && name != "array_extract")
      return std::nullopt;
    if (function.children.empty() || !function.bind_info) return std::nullopt;
    const auto& type = function.children[0]->return_type;
    if (type.id() != LogicalTypeId::STRUCT) return std::nullopt;
    auto path = PathOf(*function.children[0]);
    if (!path) return std::nullopt;
    const auto index = function.bind_info->Cast<duckdb::StructExtractBindData>().index;
    if (index >= duckdb::StructType::GetChildCount(type)) return std::nullopt;
    path->push_back(duckdb::StructType::GetChildName(type, index));
    return path;
  }

  std::optional<Term> TermOf(const Expression& expression) {
    if (expression.GetExpressionClass() == ExpressionClass::BOUND_CAST) {
      const auto& cast = expression.Cast<duckdb::BoundCastExpression>();
      auto term = TermOf(*cast.child);
      if (!term || !IsLossless(cast.child->return_type, cast.return_type)) return std::nullopt;
      return term;
    }
    auto path = PathOf(expression);
    if (!path) return std::nullopt;
    auto term = TermAt(*path);
    // A collation makes equal what bytes tell apart.
    if (!term || term->type != expression.return_type) return std::nullopt;
    return term;
  }

  std::optional<Value> ConstantOf(const Expression& expression) {
    if (expression.GetExpressionClass() == ExpressionClass::BOUND_CONSTANT) {
      return expression.Cast<duckdb::BoundConstantExpression>().value;
    }
    if (!expression.IsFoldable() || expression.HasParameter()) return std::nullopt;
    Value value;
    if (!duckdb::ExpressionExecutor::TryEvaluateScalar(context_, expression, value))
      return std::nullopt;
    return value;
  }

  // The value as one of the column's own type, if there is such a value.
  std::optional<Scalar> ScalarFor(const Term& term, const Value& value) {
    Value own = value;
    if (value.type() != term.type) {
      Value back;
      std::string reason;  // Without a place for its reason a failing cast throws.
      if (!value.DefaultTryCastAs(term.type, own, &reason, true)) return std::nullopt;
      if (!own.DefaultTryCastAs(value.type(), back, &reason, true) || back != value)
        return std::nullopt;
    }
    auto scalar = ScalarOf(own, term.column.type);
    if (!scalar.ok()) return std::nullopt;
    return std::move(*scalar);
  }

  Predicate Comparison(ExpressionType type, const Expression& left, const Expression& right) {
    if (auto term = TermOf(left)) {
      auto value = ConstantOf(right);
      return value ? CompareColumn(*term, type, *value) : Predicate::Unknown();
    }
    if (auto term = TermOf(right)) {
      auto value = ConstantOf(left);
      return value ? CompareColumn(*term, duckdb::FlipComparisonExpression(type), *value)
                   : Predicate::Unknown();
    }
    return Predicate::Unknown();
  }

  Predicate Conjunction(const Expression& expression) {
    std::vector<Predicate> children;
    for (const auto& child : expression.Cast<duckdb::BoundConjunctionExpression>().children) {
      children.push_back(Translate(*child));
    }
    return expression.GetExpressionType() == ExpressionType::CONJUNCTION_AND
               ? Predicate::And(std::move(children))
               : Predicate::Or(std::move(children));
  }

  Predicate Operator(const Expression& expression) {
    const auto& children = expression.Cast<duckdb::BoundOperatorExpression>().children;
    switch (expression.GetExpressionType()) {
      case ExpressionType::OPERATOR_NOT:
        return Predicate::Not(Translate(*children[0]));
      case ExpressionType::OPERATOR_IS_NULL:
      case ExpressionType::OPERATOR_IS_NOT_NULL: {
        auto term = TermOf(*children[0]);
        if (!term) return Predicate::Unknown();
        return expression.GetExpressionType() == ExpressionType::OPERATOR_IS_NULL
                   ? Predicate::IsNull(term->column)
                   : Predicate::IsNotNull(term->column);
      }
      case ExpressionType::COMPARE_IN:
      case ExpressionType::COMPARE_NOT_IN: {
        auto term = TermOf(*children[0]);
        if (!term) return Predicate::Unknown();
        duckdb::vector<Value> values;
        for (size_t i = 1; i < children.size(); ++i) {
          auto value = ConstantOf(*children[i]);
          if (!value) return Predicate::Unknown();
          values.push_back(std::move(*value));
        }
        auto in = InValues(*term, values);
        return expression.GetExpressionType() == ExpressionType::COMPARE_IN
                   ? std::move(in)
                   : Predicate::Not(std::move(in));
      }
      default:
        return Predicate::Unknown();
    }
  }

  Predicate Between(const Expression& expression) {
    const auto& between = expression.Cast<duckdb::BoundBetweenExpression>();
    std::vector<Predicate> bounds;
    bounds.push_back(Comparison(between.LowerComparisonType(), *between.input, *between.lower));
    bounds.push_back(Comparison(between.UpperComparisonType(), *between.input, *between.upper));
    return Predicate::And(std::move(bounds));
  }

  Predicate Function(const Expression& expression) {
    const auto& function = expression.Cast<duckdb::BoundFunctionExpression>();
    const auto& name = function.function.name;
    if (function.children.size() == 2) {
      const bool like = name == "~~" || name == "!~~";
      if (like || name == "prefix" || name == "starts_with" || name == "^@") {
        auto term = TermOf(*function.children[0]);
        auto value = ConstantOf(*function.children[1]);
        if (!term || !value || term->type.id() != LogicalTypeId::VARCHAR)
          return Predicate::Unknown();
        if (value->IsNull()) return Null();
        if (value->type().id() != LogicalTypeId::VARCHAR) return Predicate::Unknown();
        const std::string& text = duckdb::StringValue::Get(*value);
        if (!like) return Predicate::StartsWith(term->column, text);
        auto predicate = Like(*term, text);
        return name == "~~" ? std::move(predicate) : Predicate::Not(std::move(predicate));
      }
    }
    if (expression.return_type.id() == LogicalTypeId::BOOLEAN) return BooleanColumn(expression);
    return Predicate::Unknown();
  }

  // LIKE has no escape character unless the statement names one, and then it is another function.
  static Predicate Like(const Term& term, const std::string& pattern) {
    const size_t wildcard = pattern.find_first_of("%_");
    if (wildcard == std::string::npos)
      return Predicate::Compare(term.column, CompareOp::kEq, pattern);
    auto prefix = Predicate::StartsWith(term.column, pattern.substr(0, wildcard));
    if (wildcard + 1 == pattern.size() && pattern[wildcard] == '%') return prefix;
    std::vector<Predicate> both;
    both.push_back(std::move(prefix));
    both.push_back(Predicate::Unknown());
    return Predicate::And(std::move(both));
  }

  static Predicate Constant(const Expression& expression) {
    const auto& value = expression.Cast<duckdb::BoundConstantExpression>().value;
    if (value.IsNull()) return Null();
    if (value.type().id() != LogicalTypeId::BOOLEAN) return Predicate::Unknown();
    return Predicate::Constant(duckdb::BooleanValue::Get(value));
  }

  Predicate BooleanColumn(const Expression& expression) {
    auto term = TermOf(expression);
    if (!term || term->type.id() != LogicalTypeId::BOOLEAN) return Predicate::Unknown();
    return Predicate::Compare(term->column, CompareOp::kEq, true);
  }

  duckdb::ClientContext& context_;
  const delta::Snapshot& snapshot_;
  const ColumnOf& column_of_;
};

Predicate FilterAt(duckdb::ClientContext& context, const TableFilter& filter,
                   const delta::Snapshot& snapshot, size_t column,
                   const std::vector<std::string>& path) {
  const ColumnOf column_of = [column](const Expression&) { return std::optional<size_t>(column); };
  Translator translator(context, snapshot, column_of);
  auto all = [&](const auto& filters) {
    std::vector<Predicate> children;
    for (const auto& child : filters)
      children.push_back(FilterAt(context, *child, snapshot, column, path));
    return children;
  };
  switch (filter.filter_type) {
    case TableFilterType::CONJUNCTION_AND:
      return Predicate::And(all(filter.Cast<duckdb::ConjunctionAndFilter>().child_filters));
    case TableFilterType::CONJUNCTION_OR:
      return Predicate::Or(all(filter.Cast<duckdb::ConjunctionOrFilter>().child_filters));
    case TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
      return child ? FilterAt(context, *child, snapshot, column, path) : Predicate::Unknown();
    }
    case TableFilterType::STRUCT_EXTRACT: {
      const auto& extract = filter.Cast<duckdb::StructFilter>();
      auto below = path;
      below.push_back(extract.child_name);
      return FilterAt(context, *extract.child_filter, snapshot, column, below);
    }
    case TableFilterType::DYNAMIC_FILTER: {
      const auto& data = filter.Cast<duckdb::DynamicFilter>().filter_data;
      if (!data || !data->initialized) return Predicate::Unknown();
      duckdb::unique_ptr<TableFilter> now;
      {
        std::lock_guard<duckdb::mutex> lock(data->lock);
        if (!data->filter) return Predicate::Unknown();
        now = data->filter->Copy();
      }
      return FilterAt(context, *now, snapshot, column, path);
    }
    case TableFilterType::EXPRESSION_FILTER:
      // The one reference in it is this column; below a struct filter it would be a field, which
      // never happens.
      return path.size() == 1 ? translator.Translate(*filter.Cast<duckdb::ExpressionFilter>().expr)
                              : Predicate::Unknown();
    default:
      break;
  }
  auto term = translator.TermAt(path);
  if (!term) return Predicate::Unknown();
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON: {
      const auto& comparison = filter.Cast<duckdb::ConstantFilter>();
      return translator.CompareColumn(*term, comparison.comparison_type, comparison.constant);
    }
    case TableFilterType::IN_FILTER:
      return translator.InValues(*term, filter.Cast<duckdb::InFilter>().values);
    case TableFilterType::IS_NULL:
      return Predicate::IsNull(term->column);
    case TableFilterType::IS_NOT_NULL:
      return Predicate::IsNotNull(term->column);
    default:
      return Predicate::Unknown();
  }
}

}  // namespace

delta::Predicate TranslateExpression(duckdb::ClientContext& context,
                                     const duckdb::Expression& expression,
                                     const delta::Snapshot& snapshot, const ColumnOf& column_of) {
  return Translator(context, snapshot, column_of).Translate(expression);
}

delta::Predicate TranslateFilter(duckdb::ClientContext& context, const duckdb::TableFilter& filter,
                                 const delta::Snapshot& snapshot, size_t column) {
  if (column >= snapshot.schema().fields.size()) return Predicate::Unknown();
  return FilterAt(context, filter, snapshot, column, {snapshot.schema().fields[column].name});
}

delta::Predicate TranslateFilters(duckdb::ClientContext& context,
                                  const duckdb::TableFilterSet& filters,
                                  const delta::Snapshot& snapshot,
                                  const std::vector<std::optional<size_t>>& columns) {
  std::vector<Predicate> children;
  for (const auto& [position, filter] : filters.filters) {
    if (position >= columns.size() || !columns[position]) continue;
    auto child = TranslateFilter(context, *filter, snapshot, *columns[position]);
    if (child.kind != PredicateKind::kUnknown) children.push_back(std::move(child));
  }
  if (children.empty()) return Predicate::Unknown();
  if (children.size() == 1) return std::move(children.front());
  return Predicate::And(std::move(children));
}

}  // namespace lakehold::engine
