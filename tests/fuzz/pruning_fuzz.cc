// Pruning never drops a row: rows, the statistics a writer makes of them as JSON, and a predicate,
// all made of the input's bytes.
#include <algorithm>
#include <cmath>

#include "delta/pruning.h"
#include "delta/stats.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/typed_value.h"
#include "support/listed_files.h"

namespace lakehold::fuzz {
namespace {

using delta::CompareOp;
using delta::Predicate;
using delta::PredicateKind;
using delta::Scalar;

enum class Outcome { kFalse, kNull, kTrue };

Outcome Of(bool value) { return value ? Outcome::kTrue : Outcome::kFalse; }

// SQL's comparison, written without looking at pruning.cc.
Outcome CompareRow(CompareOp op, const Scalar& a, const Scalar& b) {
  if (op == CompareOp::kDistinctFrom || op == CompareOp::kNotDistinctFrom)
    return Of(Same(a, b) == (op == CompareOp::kNotDistinctFrom));
  if (IsNull(a) || IsNull(b)) return Outcome::kNull;
  const auto order = *delta::Compare(a, b);
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

Outcome EvaluateRow(const Predicate& predicate, const Scalar& value) {
  Outcome all = Outcome::kTrue, any = Outcome::kFalse;
  for (const auto& child : predicate.children) {
    const Outcome outcome = EvaluateRow(child, value);
    all = std::min(all, outcome);
    any = std::max(any, outcome);
  }
  switch (predicate.kind) {
    case PredicateKind::kCompare:
      return CompareRow(predicate.op, value, predicate.values[0]);
    case PredicateKind::kIn: {
      Outcome in = Outcome::kFalse;
      for (const auto& item : predicate.values)
        in = std::max(in, CompareRow(CompareOp::kEq, value, item));
      return in;
    }
    case PredicateKind::kIsNull:
      return Of(IsNull(value));
    case PredicateKind::kIsNotNull:
      return Of(!IsNull(value));
    case PredicateKind::kStartsWith:
      if (IsNull(value)) return Outcome::kNull;
      return Of(
          std::get<std::string>(value).starts_with(std::get<std::string>(predicate.values[0])));
    case PredicateKind::kAnd:
      return all;
    case PredicateKind::kOr:
      return any;
    default:
      return static_cast<Outcome>(2 - static_cast<int>(any));
  }
}

Predicate TakePredicate(std::string_view& input, const delta::ColumnRef& column, int depth) {
  const int choice = TakeByte(input) % (depth > 0 ? 8 : 5);
  switch (choice) {
    case 0:
      return Predicate::IsNull(column);
    case 1:
      return Predicate::IsNotNull(column);
    case 2: {
      std::vector<Scalar> values;
      for (int k = TakeByte(input) % 4; k > 0; --k)
        values.push_back(TakeScalar(input, column.type));
      return Predicate::In(column, std::move(values));
    }
    case 3: {
      const Scalar value = TakeScalar(input, column.type);
      if (const auto* text = std::get_if<std::string>(&value))
        return Predicate::StartsWith(column, *text);
      return Predicate::Compare(column, CompareOp::kEq, value);
    }
    case 4:
      return Predicate::Compare(column, static_cast<CompareOp>(TakeByte(input) % 8),
                                TakeScalar(input, column.type));
    case 5:
      return Predicate::Not(TakePredicate(input, column, depth - 1));
    default:
      break;
  }
  std::vector<Predicate> children;
  for (int k = TakeByte(input) % 3; k >= 0; --k)
    children.push_back(TakePredicate(input, column, depth - 1));
  return choice == 6 ? Predicate::And(std::move(children)) : Predicate::Or(std::move(children));
}

// What a writer collects.
delta::LeafStats Collect(const delta::ColumnRef& column, const std::vector<Scalar>& rows) {
  delta::LeafStats leaf{column.path, column.type, {}, {}, 0, false};
  for (const Scalar& value : rows) {
    if (IsNull(value)) {
      ++*leaf.null_count;
      continue;
    }
    const auto* number = std::get_if<double>(&value);
    if (number != nullptr && std::isnan(*number)) {
      leaf.has_nan = true;
      continue;
    }
    if (IsNull(leaf.min) || *delta::Compare(value, leaf.min) < 0) leaf.min = value;
    if (IsNull(leaf.max) || *delta::Compare(value, leaf.max) > 0) leaf.max = value;
  }
  return leaf;
}

bool Holds(delta::TruthSet set, Outcome outcome) {
  return outcome == Outcome::kTrue    ? set.can_be_true
         : outcome == Outcome::kFalse ? set.can_be_false
                                      : set.can_be_null;
}

}  // namespace

void FuzzPruning(std::string_view input) {
  delta::ColumnRef column;
  column.name = "c";
  column.path = {"c"};
  column.type = TakeType(input);
  const int choices = TakeByte(input);
  std::vector<Scalar> rows;
  for (int count = TakeByte(input) % 6; count > 0; --count)
    rows.push_back(TakeScalar(input, column.type));
  const delta::LeafStats leaf = Collect(column, rows);
  delta::ListedFiles files;
  delta::AddFile file;
  file.path = "f";
  file.size_bytes = 1;
  file.stats = delta::FormatStats(static_cast<int64_t>(rows.size()), {leaf});
  if (choices % 2 == 0) file.tags = R"({"lakehold.noNaN":"true"})";
  // Rows that a deletion vector takes away leave loose bounds behind.
  if (choices % 4 >= 2 && !rows.empty()) {
    file.stats->replace(file.stats->find("\"tightBounds\":true"), 18, "\"tightBounds\":false");
    rows.pop_back();
  }
  files.Add(std::move(file));
  const Predicate predicate = TakePredicate(input, column, 3);
  const delta::TruthSet set = delta::Evaluate(predicate, files, 0);
  bool wanted = false;
  for (const Scalar& value : rows) {
    const Outcome outcome = EvaluateRow(predicate, value);
    wanted = wanted || outcome == Outcome::kTrue;
    Require(Holds(set, outcome), "every outcome is foreseen: " + delta::FormatPredicate(predicate) +
                                     " over " + *files.ToAction(0).stats + " for " +
                                     delta::FormatScalar(value, column.type));
  }
  const auto report = delta::Prune(files, {0}, predicate);
  Require(!wanted || report.kept.size() == 1, "no row is lost");
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzPruning)
