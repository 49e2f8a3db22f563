// Pruning: which files can hold rows a predicate wants. Pure; may keep too much, never too little.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "delta/file_table.h"
#include "delta/predicate.h"

namespace lakehold::delta {

// The outcomes a predicate can have over some rows. AND, OR and NOT lift pointwise, so one
// evaluator answers both "can this file be skipped?" (!can_be_true) and "does every row match?"
// (!can_be_false && !can_be_null).
struct TruthSet {
  bool can_be_true = true;
  bool can_be_false = true;
  bool can_be_null = true;
  bool operator==(const TruthSet&) const = default;
};
TruthSet operator&&(TruthSet a, TruthSet b);
TruthSet operator||(TruthSet a, TruthSet b);
TruthSet operator!(TruthSet a);

// What is known of a column over the rows of one file (a partition value is min = max = value, no
// or all nulls).
struct ColumnRange {
  Scalar min;  // NULL: unknown.
  Scalar max;
  bool may_be_null = true;
  bool may_be_value = true;  // False if every row is NULL.
};

// The outcomes over the rows of one file.
TruthSet Evaluate(const Predicate& predicate, const FileTable& files, FileOrdinal ordinal);
// The outcomes of one leaf over a range; the building brick, also for tests.
TruthSet EvaluateLeaf(const Predicate& leaf, const ColumnRange& range);

// How many of the skipped files a column excluded. A file that several columns exclude counts for
// each.
struct PruneCause {
  std::string column;  // Logical name.
  bool by_partition = false;
  int64_t files = 0;
  bool operator==(const PruneCause&) const = default;
};

struct PruneReport {
  FileOrdinals kept;
  int64_t considered = 0;
  int64_t skipped_by_partition = 0;  // Would be skipped by partition values alone.
  int64_t skipped_by_statistics = 0;
  int64_t bytes_considered = 0;
  int64_t bytes_kept = 0;
  // The columns that decided: partition columns first, each group in the order of the predicate.
  std::vector<PruneCause> causes;
  std::vector<std::string> columns;  // Their names.
};
// Precondition: `candidates` ascending and live. `executor` reads statistics that are not known
// yet; null: the calling thread does.
PruneReport Prune(const FileTable& files, const FileOrdinals& candidates,
                  const Predicate& predicate, Executor* executor = nullptr);

}  // namespace lakehold::delta
