#include "txn/file_truth.h"

#include <optional>
#include <string_view>

#include "delta/partition_value.h"
#include "delta/stats.h"

namespace lakehold::txn {
namespace {

using delta::ColumnRange;
using delta::Predicate;
using delta::PredicateKind;
using delta::TruthSet;

ColumnRange PartitionRange(const delta::ColumnRef& column, const delta::AddFile& file) {
  for (const auto& [name, text] : file.partition_values) {
    if (column.path.size() != 1 || name != column.path.front()) continue;
    auto value = delta::ParsePartitionValue(
        text ? std::optional<std::string_view>(*text) : std::nullopt, column.type);
    if (!value.ok()) return {};
    const bool null = delta::IsNull(*value);
    return {*value, *value, null, !null};
  }
  return {};
}

ColumnRange StatisticsRange(const delta::ColumnRef& column, const delta::AddFile& file) {
  if (!file.stats) return {};
  const auto whole = delta::ParseFileStats(*file.stats);
  const auto stats = delta::ParseColumnStats(*file.stats, column.path, column.type);
  ColumnRange range{stats.min, stats.max, true, true};
  if (stats.null_count && *stats.null_count == 0) range.may_be_null = false;
  if (stats.null_count && whole.num_records && *stats.null_count == *whole.num_records) {
    range.may_be_value = false;
  }
  return range;
}

}  // namespace

TruthSet EvaluateAdd(const Predicate& predicate, const delta::AddFile& file) {
  switch (predicate.kind) {
    case PredicateKind::kUnknown:
      return {};
    case PredicateKind::kAnd: {
      TruthSet all{true, false, false};
      for (const auto& child : predicate.children) all = all && EvaluateAdd(child, file);
      return all;
    }
    case PredicateKind::kOr: {
      TruthSet any{false, true, false};
      for (const auto& child : predicate.children) any = any || EvaluateAdd(child, file);
      return any;
    }
    case PredicateKind::kNot:
      return !EvaluateAdd(predicate.children.front(), file);
    default:
      break;
  }
  const bool partition = predicate.column.partition >= 0;
  return delta::EvaluateLeaf(predicate, partition ? PartitionRange(predicate.column, file)
                                                  : StatisticsRange(predicate.column, file));
}

}  // namespace lakehold::txn
