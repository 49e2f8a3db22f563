#include "delta/pruning.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>

#include "delta/leaf_truth.h"
#include "delta/truth_bits.h"

namespace lakehold::delta {
namespace {

const Scalar kUnknownBound;
constexpr TruthSet kAnything{true, true, true};
constexpr TruthSet kNothing{false, false, false};  // No rows, no outcome.
constexpr TruthSet kOnlyTrue{true, false, false};
constexpr TruthSet kOnlyFalse{false, true, false};
constexpr TruthSet kOnlyNull{false, false, true};

bool Empty(TruthSet a) { return a == kNothing; }

// The order of two values of which either may be unknown, or the two not comparable.
std::optional<std::weak_ordering> Order(const Scalar& a, const Scalar& b) {
  if (IsNull(a) || IsNull(b)) return std::nullopt;
  return Compare(a, b);
}

// A ColumnRange by reference: a million files must not copy their strings.
struct RangeView {
  const Scalar& min;
  const Scalar& max;
  bool may_be_null = true;
  bool may_be_value = true;
};

// Where the values of a range may lie, seen from `value`.
struct Sides {
  bool below = true;
  bool equal = true;
  bool above = true;
};

Sides SidesOf(RangeView range, const Scalar& value) {
  Sides sides;
  if (auto min = Order(range.min, value)) {
    sides.below = *min < 0;
    sides.equal = *min <= 0;
  }
  if (auto max = Order(range.max, value)) {
    sides.above = *max > 0;
    sides.equal = sides.equal && *max >= 0;
  }
  return sides;
}

TruthSet NullTest(RangeView range, bool true_if_null) {
  return true_if_null ? TruthSet{range.may_be_null, range.may_be_value, false}
                      : TruthSet{range.may_be_value, range.may_be_null, false};
}

TruthSet EvaluateCompare(CompareOp op, const Scalar& value, RangeView range) {
  bool distinct = op == CompareOp::kDistinctFrom || op == CompareOp::kNotDistinctFrom;
  if (IsNull(value)) {
    if (distinct) return NullTest(range, op == CompareOp::kNotDistinctFrom);
    return range.may_be_null || range.may_be_value ? kOnlyNull : kNothing;
  }
  TruthSet truth = kNothing;
  if (range.may_be_value) {
    Sides sides = SidesOf(range, value);
    switch (op) {
      case CompareOp::kEq:
      case CompareOp::kNotDistinctFrom:
        truth = {sides.equal, sides.below || sides.above, false};
        break;
      case CompareOp::kNe:
      case CompareOp::kDistinctFrom:
        truth = {sides.below || sides.above, sides.equal, false};
        break;
      case CompareOp::kLt:
        truth = {sides.below, sides.equal || sides.above, false};
        break;
      case CompareOp::kLe:
        truth = {sides.below || sides.equal, sides.above, false};
        break;
      case CompareOp::kGt:
        truth = {sides.above, sides.below || sides.equal, false};
        break;
      case CompareOp::kGe:
        truth = {sides.equal || sides.above, sides.below, false};
        break;
    }
  }
  if (range.may_be_null) {
    if (op == CompareOp::kDistinctFrom) {
      truth.can_be_true = true;
    } else if (op == CompareOp::kNotDistinctFrom) {
      truth.can_be_false = true;
    } else {
      truth.can_be_null = true;
    }
  }
  return truth;
}

// x IN (a, b, NULL) is x = a OR x = b OR NULL.
TruthSet EvaluateIn(const std::vector<Scalar>& values, RangeView range) {
  TruthSet truth = kOnlyFalse;
  for (const auto& value : values) {
    truth = truth || EvaluateCompare(CompareOp::kEq, value, range);
  }
  return truth;
}

TruthSet EvaluateStartsWith(const Scalar& value, RangeView range) {
  const auto* prefix = std::get_if<std::string>(&value);
  if (prefix == nullptr) return IsNull(value) ? kOnlyNull : kAnything;
  TruthSet truth{range.may_be_value, range.may_be_value, range.may_be_null};
  if (!range.may_be_value) return truth;
  const auto* min = std::get_if<std::string>(&range.min);
  const auto* max = std::get_if<std::string>(&range.max);
  // string_view compares bytes as unsigned. The strings with the prefix lie together, from the
  // prefix itself upwards.
  auto head = [&](const std::string& text) {
    return std::string_view(text).substr(0, prefix->size());
  };
  if (min != nullptr && head(*min) > std::string_view(*prefix)) truth.can_be_true = false;
  if (max != nullptr && std::string_view(*max) < std::string_view(*prefix))
    truth.can_be_true = false;
  if (min != nullptr && max != nullptr && head(*min) == *prefix && head(*max) == *prefix)
    truth.can_be_false = false;
  return truth;
}

RangeView PartitionRange(const Scalar& value) {
  bool null = IsNull(value);
  return {value, value, null, !null};
}

TruthSet EvaluateOver(const Predicate& leaf, RangeView range) {
  switch (leaf.kind) {
    case PredicateKind::kConstant:
      if (leaf.values.empty()) return kAnything;
      if (IsNull(leaf.values[0])) return kOnlyNull;
      if (const auto* value = std::get_if<bool>(&leaf.values[0]))
        return *value ? kOnlyTrue : kOnlyFalse;
      return kAnything;
    case PredicateKind::kCompare:
      return leaf.values.empty() ? kAnything : EvaluateCompare(leaf.op, leaf.values[0], range);
    case PredicateKind::kIn:
      return EvaluateIn(leaf.values, range);
    case PredicateKind::kIsNull:
      return NullTest(range, true);
    case PredicateKind::kIsNotNull:
      return NullTest(range, false);
    case PredicateKind::kStartsWith:
      return leaf.values.empty() ? kAnything : EvaluateStartsWith(leaf.values[0], range);
    default:
      return kAnything;
  }
}

// A predicate bound to the files of a table, evaluated for a batch of files at a time. Of every
// node the outcomes of the last batch are kept, so that it can be told which columns excluded a
// file.
class BoundPredicate {
 public:
  BoundPredicate(const Predicate& predicate, const FileTable& files)
      : predicate_(predicate), files_(files), list_(predicate.values, predicate.column.type) {
    for (const auto& child : predicate.children) children_.emplace_back(child, files);
  }

  bool needs_stats() const {
    if (HasColumn()) return predicate_.column.partition < 0;
    return std::any_of(children_.begin(), children_.end(),
                       [](const auto& child) { return child.needs_stats(); });
  }

  // Until then every leaf over a data column may be anything.
  void UseStats(const StatsDemand& demand) {
    std::vector<BoundPredicate*> wanting;
    AppendDataLeaves(wanting);
    std::vector<StatsLeaf> leaves;
    std::vector<size_t> leaf_of;
    for (const BoundPredicate* node : wanting) {
      const ColumnRef& column = node->predicate_.column;
      const auto same = std::find_if(leaves.begin(), leaves.end(), [&](const StatsLeaf& leaf) {
        return leaf.path == column.path && leaf.type == column.type;
      });
      leaf_of.push_back(static_cast<size_t>(same - leaves.begin()));
      if (same == leaves.end()) leaves.push_back({column.path, column.type});
    }
    const auto columns = files_.Stats(leaves, demand);
    for (size_t i = 0; i < wanting.size(); ++i) wanting[i]->column_ = columns[leaf_of[i]];
  }

  // The outcomes of the files from `first` on, a multiple of 64, as many as `count`; valid until
  // the next call.
  const TruthBits& Evaluate(FileOrdinal first, size_t count) {
    const size_t words = (count + 63) / 64;
    switch (predicate_.kind) {
      case PredicateKind::kUnknown:
        truth_.Assign(words, kAnything);
        break;
      case PredicateKind::kConstant:
        truth_.Assign(words, EvaluateOver(predicate_, {kUnknownBound, kUnknownBound}));
        break;
      case PredicateKind::kNot:
        truth_ = children_[0].Evaluate(first, count);
        truth_.Not();
        break;
      case PredicateKind::kAnd:
        truth_.Assign(words, kOnlyTrue);
        for (auto& child : children_) truth_.And(child.Evaluate(first, count));
        break;
      case PredicateKind::kOr:
        truth_.Assign(words, kOnlyFalse);
        for (auto& child : children_) truth_.Or(child.Evaluate(first, count));
        break;
      default:
        truth_.Assign(words, kAnything);
        if (predicate_.column.partition >= 0) {
          EvaluatePartition(first, count);
        } else if (column_) {
          EvaluateStats(first, count);
        }
        break;
    }
    return truth_;
  }

  // Calls blame(column, files) for the columns because of which the outcome `excluded` (true, or
  // below a NOT false) is impossible for some of the `files` of the last batch. Precondition: it is
  // for all of these.
  template <typename Visit>
  void Blame(const RowBits& files, const Visit& blame, bool excluded = true) const {
    if (std::all_of(files.begin(), files.end(), [](uint64_t word) { return word == 0; })) return;
    if (HasColumn()) return blame(predicate_.column, files);
    if (predicate_.kind == PredicateKind::kNot) return children_[0].Blame(files, blame, !excluded);
    // An AND is not true because of one child, not false because of all of them; an OR the other
    // way round.
    for (const auto& child : children_) {
      const RowBits& possible = excluded ? child.truth_.can_be_true : child.truth_.can_be_false;
      RowBits below(files.size());
      for (size_t i = 0; i < files.size(); ++i) below[i] = files[i] & ~possible[i];
      child.Blame(below, blame, excluded);
    }
  }

 private:
  bool HasColumn() const {
    return predicate_.kind >= PredicateKind::kCompare &&
           predicate_.kind <= PredicateKind::kStartsWith;
  }

  void AppendDataLeaves(std::vector<BoundPredicate*>& leaves) {
    if (HasColumn() && predicate_.column.partition < 0) leaves.push_back(this);
    for (auto& child : children_) child.AppendDataLeaves(leaves);
  }

  // Equal values are looked at once for all files stored together.
  void EvaluatePartition(FileOrdinal first, size_t count) {
    const auto index = static_cast<size_t>(predicate_.column.partition);
    const FileOrdinal end = first + static_cast<FileOrdinal>(count);
    for (FileOrdinal at = first; at < end;) {
      if (at < run_.begin || at >= run_.end) {
        run_ = files_.RunOf(at);
        of_tuple_.clear();
        for (const auto& tuple : run_.tuples)
          of_tuple_.push_back(EvaluateOver(predicate_, PartitionRange(tuple->values[index])));
      }
      for (const FileOrdinal stop = std::min(end, run_.end); at < stop; ++at)
        truth_.Set(at - first, of_tuple_[run_.partition[at - run_.begin]]);
    }
  }

  void EvaluateStats(FileOrdinal first, size_t count) {
    static_assert(StatsColumn::kWindowRows % kTruthBatch == 0 && kTruthBatch % 64 == 0);
    const size_t window = first / StatsColumn::kWindowRows;
    if (window >= column_->windows.size() || !column_->windows[window] || count == 0) return;
    EvaluateLeafOver(predicate_, list_, *column_->windows[window], first % StatsColumn::kWindowRows,
                     truth_);
  }

  const Predicate& predicate_;
  const FileTable& files_;
  LiteralList list_;
  std::vector<BoundPredicate> children_;
  std::shared_ptr<const StatsColumn> column_;
  TruthBits truth_;
  FileRun run_;
  std::vector<TruthSet> of_tuple_;  // Of the run.
};

// Counts skipped files by the columns that excluded them.
class Causes {
 public:
  void Count(const BoundPredicate& predicate, const RowBits& skipped) {
    for (Cause& cause : causes_) cause.skipped.assign(skipped.size(), 0);
    predicate.Blame(skipped, [&](const ColumnRef& column, const RowBits& files) {
      auto same = [&](const Cause& seen) { return seen.column->path == column.path; };
      auto found = std::find_if(causes_.begin(), causes_.end(), same);
      if (found == causes_.end())
        found = causes_.insert(causes_.end(), {&column, 0, RowBits(skipped.size())});
      for (size_t i = 0; i < files.size(); ++i) found->skipped[i] |= files[i];
    });
    for (Cause& cause : causes_) {
      for (const uint64_t word : cause.skipped) cause.files += std::popcount(word);
    }
  }

  // Partition columns first, each group in the order it was found.
  void Tell(PruneReport& report) const {
    for (bool partition : {true, false}) {
      for (const Cause& cause : causes_) {
        if ((cause.column->partition >= 0) != partition) continue;
        report.causes.push_back({cause.column->name, partition, cause.files});
        report.columns.push_back(cause.column->name);
      }
    }
  }

 private:
  struct Cause {
    const ColumnRef* column = nullptr;
    int64_t files = 0;
    RowBits skipped;  // Of the present batch: a column may be in several places of a predicate.
  };
  std::vector<Cause> causes_;
};

// The candidates that may hold a row for which the predicate is true.
FileOrdinals Survivors(const FileOrdinals& candidates, BoundPredicate& predicate, Causes& causes) {
  constexpr auto kBatch = static_cast<FileOrdinal>(kTruthBatch);
  FileOrdinals kept;
  RowBits skipped;
  for (size_t at = 0; at < candidates.size();) {
    const FileOrdinal first = candidates[at] - candidates[at] % kBatch;
    size_t end = at;
    while (end < candidates.size() && candidates[end] - first < kBatch) ++end;
    const size_t count = candidates[end - 1] - first + 1;
    const TruthBits& truth = predicate.Evaluate(first, count);
    skipped.assign(truth.words(), 0);
    for (; at < end; ++at) {
      const size_t file = candidates[at] - first;
      if ((truth.can_be_true[file / 64] >> file % 64 & 1) != 0) {
        kept.push_back(candidates[at]);
      } else {
        skipped[file / 64] |= uint64_t{1} << file % 64;
      }
    }
    causes.Count(predicate, skipped);
  }
  return kept;
}

int64_t BytesOf(const FileTable& files, const FileOrdinals& ordinals) {
  int64_t bytes = 0;
  FileRun run;
  for (const FileOrdinal ordinal : ordinals) {
    if (ordinal < run.begin || ordinal >= run.end) run = files.RunOf(ordinal);
    bytes += run.size_bytes[ordinal - run.begin];
  }
  return bytes;
}

// The windows of statistics in which some of the files lie.
std::vector<bool> WindowsOf(const FileTable& files, const FileOrdinals& ordinals) {
  std::vector<bool> windows(files.slots() / StatsColumn::kWindowRows + 1);
  for (const FileOrdinal ordinal : ordinals) windows[ordinal / StatsColumn::kWindowRows] = true;
  return windows;
}

}  // namespace

TruthSet operator&&(TruthSet a, TruthSet b) {
  return {a.can_be_true && b.can_be_true,
          (a.can_be_false && !Empty(b)) || (b.can_be_false && !Empty(a)),
          (a.can_be_null && (b.can_be_null || b.can_be_true)) || (b.can_be_null && a.can_be_true)};
}

TruthSet operator||(TruthSet a, TruthSet b) { return !(!a && !b); }

TruthSet operator!(TruthSet a) { return {a.can_be_false, a.can_be_true, a.can_be_null}; }

TruthSet EvaluateLeaf(const Predicate& leaf, const ColumnRange& range) {
  return EvaluateOver(leaf, {range.min, range.max, range.may_be_null, range.may_be_value});
}

TruthSet Evaluate(const Predicate& predicate, const FileTable& files, FileOrdinal ordinal) {
  BoundPredicate bound(predicate, files);
  const std::vector<bool> windows = WindowsOf(files, {ordinal});
  if (bound.needs_stats()) bound.UseStats({.windows = &windows, .executor = nullptr});
  const FileOrdinal first = ordinal / 64 * 64;
  return bound.Evaluate(first, ordinal - first + 1).Get(ordinal - first);
}

PruneReport Prune(const FileTable& files, const FileOrdinals& candidates,
                  const Predicate& predicate, Executor* executor) {
  PruneReport report;
  Causes causes;
  BoundPredicate bound(predicate, files);
  report.considered = static_cast<int64_t>(candidates.size());
  report.bytes_considered = BytesOf(files, candidates);
  report.kept = Survivors(candidates, bound, causes);
  report.skipped_by_partition = report.considered - static_cast<int64_t>(report.kept.size());
  // Statistics are read only where something is left to decide.
  if (!report.kept.empty() && bound.needs_stats()) {
    const std::vector<bool> windows = WindowsOf(files, report.kept);
    bound.UseStats({.windows = &windows, .executor = executor});
    FileOrdinals kept = Survivors(report.kept, bound, causes);
    report.skipped_by_statistics = static_cast<int64_t>(report.kept.size() - kept.size());
    report.kept = std::move(kept);
  }
  report.bytes_kept = BytesOf(files, report.kept);
  causes.Tell(report);
  return report;
}

}  // namespace lakehold::delta
