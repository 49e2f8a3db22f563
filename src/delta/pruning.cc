#include "delta/pruning.h"

#include <algorithm>
#include <span>
#include <utility>

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
    if (truth == kAnything) break;
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

RangeView StatsRange(const ColumnStats& stats, int64_t num_records) {
  RangeView range{stats.min, stats.max, true, num_records != 0};
  if (num_records == 0) range.may_be_null = false;
  if (stats.null_count) {
    if (*stats.null_count == 0) range.may_be_null = false;
    // More NULLs than records would be a mistake: such a count is already unknown.
    if (num_records > 0 && *stats.null_count >= num_records) range.may_be_value = false;
  }
  return range;
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

// A predicate with the statistics of its columns looked up once, for many files.
class BoundPredicate {
 public:
  // Without `with_stats` every leaf over a data column may be anything.
  BoundPredicate(const Predicate& predicate, const FileTable& files, bool with_stats)
      : predicate_(predicate), files_(files) {
    for (const auto& child : predicate.children) children_.emplace_back(child, files, with_stats);
    if (!HasColumn() || predicate.column.partition >= 0 || !with_stats) return;
    column_ = &files.Stats(predicate.column.path, predicate.column.type);
    records_ = files.NumRecords();
  }

  bool needs_stats() const {
    if (HasColumn()) return predicate_.column.partition < 0;
    return std::any_of(children_.begin(), children_.end(),
                       [](const auto& child) { return child.needs_stats(); });
  }

  TruthSet Evaluate(FileOrdinal ordinal) const {
    switch (predicate_.kind) {
      case PredicateKind::kUnknown:
        return kAnything;
      case PredicateKind::kConstant:
        return EvaluateOver(predicate_, {kUnknownBound, kUnknownBound});
      case PredicateKind::kNot:
        return !children_[0].Evaluate(ordinal);
      case PredicateKind::kAnd: {
        TruthSet truth = kOnlyTrue;
        for (const auto& child : children_) truth = truth && child.Evaluate(ordinal);
        return truth;
      }
      case PredicateKind::kOr: {
        TruthSet truth = kOnlyFalse;
        for (const auto& child : children_) truth = truth || child.Evaluate(ordinal);
        return truth;
      }
      default:
        break;
    }
    if (predicate_.column.partition >= 0) {
      auto index = static_cast<size_t>(predicate_.column.partition);
      return EvaluateOver(predicate_, PartitionRange(files_.PartitionValue(ordinal, index)));
    }
    if (column_ == nullptr || ordinal >= column_->files.size()) return kAnything;
    int64_t num_records = ordinal < records_.size() ? records_[ordinal] : -1;
    return EvaluateOver(predicate_, StatsRange(column_->files[ordinal], num_records));
  }

  // Collects the columns because of which the outcome `excluded` (true, or below a NOT false) is
  // impossible. Precondition: it is, for this file.
  void Blame(FileOrdinal ordinal, std::vector<const ColumnRef*>& columns,
             bool excluded = true) const {
    if (HasColumn()) {
      auto same = [&](const ColumnRef* seen) { return seen->path == predicate_.column.path; };
      if (std::none_of(columns.begin(), columns.end(), same)) columns.push_back(&predicate_.column);
      return;
    }
    if (predicate_.kind == PredicateKind::kNot)
      return children_[0].Blame(ordinal, columns, !excluded);
    // An AND is not true because of one child, not false because of all of them; an OR the other
    // way round.
    for (const auto& child : children_) {
      TruthSet truth = child.Evaluate(ordinal);
      if (!(excluded ? truth.can_be_true : truth.can_be_false))
        child.Blame(ordinal, columns, excluded);
    }
  }

 private:
  bool HasColumn() const {
    return predicate_.kind >= PredicateKind::kCompare &&
           predicate_.kind <= PredicateKind::kStartsWith;
  }

  const Predicate& predicate_;
  const FileTable& files_;
  std::vector<BoundPredicate> children_;
  const StatsColumn* column_ = nullptr;
  std::span<const int64_t> records_;
};

// Counts skipped files by the columns that excluded them.
class Causes {
 public:
  void Count(const BoundPredicate& predicate, FileOrdinal ordinal) {
    columns_.clear();
    predicate.Blame(ordinal, columns_);
    for (const ColumnRef* column : columns_) {
      auto same = [&](const auto& seen) { return seen.first->path == column->path; };
      auto found = std::find_if(counts_.begin(), counts_.end(), same);
      if (found == counts_.end()) found = counts_.insert(counts_.end(), {column, 0});
      ++found->second;
    }
  }

  // Partition columns first, each group in the order it was found.
  void Tell(PruneReport& report) const {
    for (bool partition : {true, false}) {
      for (const auto& [column, files] : counts_) {
        if ((column->partition >= 0) != partition) continue;
        report.causes.push_back({column->name, partition, files});
        report.columns.push_back(column->name);
      }
    }
  }

 private:
  std::vector<std::pair<const ColumnRef*, int64_t>> counts_;
  std::vector<const ColumnRef*> columns_;
};

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
  return BoundPredicate(predicate, files, true).Evaluate(ordinal);
}

PruneReport Prune(const FileTable& files, const FileOrdinals& candidates,
                  const Predicate& predicate) {
  PruneReport report;
  Causes causes;
  FileOrdinals survivors;
  BoundPredicate by_partition(predicate, files, false);
  for (FileOrdinal ordinal : candidates) {
    report.bytes_considered += files.Get(ordinal).size_bytes;
    if (by_partition.Evaluate(ordinal).can_be_true) {
      survivors.push_back(ordinal);
    } else {
      causes.Count(by_partition, ordinal);
    }
  }
  report.considered = static_cast<int64_t>(candidates.size());
  report.skipped_by_partition = static_cast<int64_t>(candidates.size() - survivors.size());
  // Statistics are parsed only where something is left to decide.
  if (survivors.empty() || !by_partition.needs_stats()) {
    report.kept = std::move(survivors);
  } else {
    BoundPredicate by_stats(predicate, files, true);
    for (FileOrdinal ordinal : survivors) {
      if (by_stats.Evaluate(ordinal).can_be_true) {
        report.kept.push_back(ordinal);
      } else {
        causes.Count(by_stats, ordinal);
      }
    }
    report.skipped_by_statistics = static_cast<int64_t>(survivors.size() - report.kept.size());
  }
  for (FileOrdinal ordinal : report.kept) report.bytes_kept += files.Get(ordinal).size_bytes;
  causes.Tell(report);
  return report;
}

}  // namespace lakehold::delta
