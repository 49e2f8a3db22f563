// Pruning never drops a row: rows, the statistics a writer makes of them as JSON, and a predicate,
// all made of the input's bytes.
#include <cmath>

#include "delta/pruning.h"
#include "delta/stats.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/typed_value.h"
#include "support/listed_files.h"
#include "support/row_outcome.h"

namespace lakehold::fuzz {
namespace {

using delta::CompareOp;
using delta::Predicate;
using delta::Scalar;

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
    const auto outcome = delta::EvaluateRow(
        predicate, [&](const delta::ColumnRef&) -> const Scalar& { return value; });
    wanted = wanted || outcome == delta::Outcome::kTrue;
    Require(Holds(set, outcome), "every outcome is foreseen: " + delta::FormatPredicate(predicate) +
                                     " over " + *files.ToAction(0).stats + " for " +
                                     delta::FormatScalar(value, column.type));
  }
  const auto report = delta::Prune(files, {0}, predicate);
  Require(!wanted || report.kept.size() == 1, "no row is lost");
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzPruning)
