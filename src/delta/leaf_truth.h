// Leaf truth: the outcomes of one comparison over many files at once, from typed statistics or from
// distinct partition values. Pure functions.
//
// Gives for every file what EvaluateLeaf of pruning.h gives for its ColumnRange.
#pragma once

#include <span>
#include <vector>

#include "delta/predicate.h"
#include "delta/stats_column.h"
#include "delta/truth_bits.h"

namespace lakehold::delta {

// Distinct literals of an IN list, in order: made once for all files.
class LiteralList {
 public:
  // `values` outlive this.
  LiteralList(const std::vector<Scalar>& values, const DataType& type);

  bool empty() const { return empty_; }
  bool has_null() const { return has_null_; }
  // Some literal is not of the column's representation: it may equal anything.
  bool has_foreign() const { return has_foreign_; }
  const std::vector<int64_t>& integers() const { return integers_; }
  const std::vector<double>& doubles() const { return doubles_; }
  const std::vector<Int128>& decimals() const { return decimals_; }
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  bool empty_ = true;
  bool has_null_ = false;
  bool has_foreign_ = false;
  std::vector<int64_t> integers_;
  std::vector<double> doubles_;
  std::vector<Int128> decimals_;
  std::vector<std::string_view> texts_;
};

// Of the rows from `first` (a multiple of 64) on, as many as `truth` has words for; rows behind the
// window's end get anything. `list` holds the leaf's values if it is an IN.
void EvaluateLeafOver(const Predicate& leaf, const LiteralList& list, const StatsWindow& window,
                      size_t first, TruthBits& truth);

}  // namespace lakehold::delta
