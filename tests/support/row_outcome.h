// RowOutcome: what a predicate gives for one row, by SQL's words and slowly: the oracle of what
// pruning promises. Written without looking at pruning.cc. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <variant>

#include "delta/predicate.h"
#include "delta/pruning.h"
#include "delta/scalar.h"

namespace lakehold::delta {

enum class Outcome { kFalse, kNull, kTrue };

inline Outcome Of(bool value) { return value ? Outcome::kTrue : Outcome::kFalse; }

// As DuckDB compares two values of one type.
inline Outcome CompareRow(CompareOp op, const Scalar& a, const Scalar& b) {
  if (op == CompareOp::kDistinctFrom || op == CompareOp::kNotDistinctFrom) {
    const bool same = IsNull(a) || IsNull(b) ? IsNull(a) && IsNull(b) : *Compare(a, b) == 0;
    return Of(same == (op == CompareOp::kNotDistinctFrom));
  }
  if (IsNull(a) || IsNull(b)) return Outcome::kNull;
  const auto order = *Compare(a, b);
  switch (op) {
    case CompareOp::kEq:
      return Of(order == 0);
    case CompareOp::kNe:
      return Of(order != 0);
    case CompareOp::kLt:
      return Of(order < 0);
    case CompareOp::kLe:
      return Of(order <= 0);
    case CompareOp::kGt:
      return Of(order > 0);
    default:
      return Of(order >= 0);
  }
}

// `value_of` gives the row's value of a ColumnRef.
template <typename ValueOf>
Outcome EvaluateRow(const Predicate& predicate, const ValueOf& value_of) {
  Outcome all = Outcome::kTrue, any = Outcome::kFalse;
  for (const auto& child : predicate.children) {
    const Outcome outcome = EvaluateRow(child, value_of);
    all = std::min(all, outcome);
    any = std::max(any, outcome);
  }
  const auto value = [&]() -> const Scalar& { return value_of(predicate.column); };
  switch (predicate.kind) {
    case PredicateKind::kConstant:
      return Of(std::get<bool>(predicate.values[0]));
    case PredicateKind::kCompare:
      return CompareRow(predicate.op, value(), predicate.values[0]);
    case PredicateKind::kIn: {
      Outcome in = Outcome::kFalse;
      for (const auto& item : predicate.values)
        in = std::max(in, CompareRow(CompareOp::kEq, value(), item));
      return in;
    }
    case PredicateKind::kIsNull:
      return Of(IsNull(value()));
    case PredicateKind::kIsNotNull:
      return Of(!IsNull(value()));
    case PredicateKind::kStartsWith:
      if (IsNull(value())) return Outcome::kNull;
      return Of(
          std::get<std::string>(value()).starts_with(std::get<std::string>(predicate.values[0])));
    case PredicateKind::kAnd:
      return all;
    case PredicateKind::kOr:
      return any;
    case PredicateKind::kNot:
      return static_cast<Outcome>(2 - static_cast<int>(any));
    default:
      return Outcome::kNull;
  }
}

inline bool Holds(TruthSet set, Outcome outcome) {
  return outcome == Outcome::kTrue    ? set.can_be_true
         : outcome == Outcome::kFalse ? set.can_be_false
                                      : set.can_be_null;
}

}  // namespace lakehold::delta
