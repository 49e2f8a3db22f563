#include "delta/file_bounds.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace lakehold::delta {
namespace {

// No rows at all.
FileBounds BoundsOfNothing() { return {{}, {}, true, false, false, 0}; }

FileBounds BoundsOfPartition(const Scalar& value, std::optional<int64_t> rows) {
  FileBounds bounds;
  bounds.min = bounds.max = value;
  bounds.may_be_null = IsNull(value);
  bounds.may_be_value = !bounds.may_be_null;
  // A file of unknown rows may have none: then its value is nobody's.
  bounds.exact = rows.has_value();
  if (!bounds.may_be_null) bounds.null_count = 0;
  if (bounds.may_be_null) bounds.null_count = rows;
  return bounds;
}

FileBounds BoundsOfData(const ColumnStats& stats, int64_t records, bool has_vector,
                        std::optional<int64_t> rows) {
  FileBounds bounds;
  bounds.min = stats.min;
  bounds.max = stats.max;
  if (stats.null_count) {
    bounds.may_be_null = *stats.null_count > 0;
    bounds.may_be_value = records < 0 || *stats.null_count < records;
    if (!bounds.may_be_null) bounds.null_count = 0;
    if (!bounds.may_be_value) bounds.null_count = rows;
    if (!has_vector) bounds.null_count = stats.null_count;
  }
  if (!bounds.may_be_value) bounds.min = bounds.max = {};
  // The row that held the least value may be gone.
  bounds.exact = !bounds.may_be_value || (stats.exact_bounds && !has_vector && rows.has_value());
  return bounds;
}

// Widens `all` by one more file.
void Merge(FileBounds& all, FileBounds one) {
  const auto widen = [&](Scalar& bound, Scalar& other, bool greater) {
    if (!one.may_be_value) return;
    if (!all.may_be_value) {
      bound = std::move(other);
      return;
    }
    if (IsNull(bound)) return;
    const auto order = Compare(bound, other);
    if (!order || IsNull(other)) {
      bound = {};
    } else if (greater ? *order < 0 : *order > 0) {
      bound = std::move(other);
    }
  };
  widen(all.min, one.min, false);
  widen(all.max, one.max, true);
  all.exact = all.exact && one.exact;
  all.may_be_null = all.may_be_null || one.may_be_null;
  all.may_be_value = all.may_be_value || one.may_be_value;
  if (all.null_count && one.null_count) {
    *all.null_count += *one.null_count;
  } else {
    all.null_count.reset();
  }
}

}  // namespace

std::optional<int64_t> CountRows(const FileTable& files, FileOrdinal ordinal) {
  const auto records = files.NumRecords();
  if (ordinal >= records.size() || records[ordinal] < 0) return std::nullopt;
  const auto* vector = files.Get(ordinal).deletion_vector;
  const int64_t rows = records[ordinal] - (vector != nullptr ? vector->cardinality : 0);
  // More rows deleted than there are: one of the two numbers is wrong.
  return rows < 0 ? std::nullopt : std::optional(rows);
}

std::optional<int64_t> CountRows(const FileTable& files, const FileOrdinals& ordinals) {
  int64_t all = 0;
  for (const FileOrdinal ordinal : ordinals) {
    const auto rows = CountRows(files, ordinal);
    if (!rows || __builtin_add_overflow(all, *rows, &all)) return std::nullopt;
  }
  return all;
}

std::vector<FileBounds> BoundsOfEach(const FileTable& files, const FileOrdinals& ordinals,
                                     const ColumnRef& column) {
  std::vector<FileBounds> bounds;
  bounds.reserve(ordinals.size());
  const auto records = files.NumRecords();
  const auto stats = column.partition < 0 ? files.Stats(column.path, column.type) : nullptr;
  for (const FileOrdinal ordinal : ordinals) {
    const auto rows = CountRows(files, ordinal);
    if (rows == 0) {
      bounds.push_back(BoundsOfNothing());
    } else if (stats == nullptr) {
      const auto index = static_cast<size_t>(column.partition);
      bounds.push_back(BoundsOfPartition(files.PartitionValue(ordinal, index), rows));
    } else {
      const bool has_vector = files.Get(ordinal).deletion_vector != nullptr;
      bounds.push_back(BoundsOfData(stats->Get(ordinal), records[ordinal], has_vector, rows));
    }
  }
  return bounds;
}

FileBounds BoundsOfAll(const FileTable& files, const FileOrdinals& ordinals,
                       const ColumnRef& column) {
  FileBounds all = BoundsOfNothing();
  for (FileBounds& one : BoundsOfEach(files, ordinals, column)) Merge(all, std::move(one));
  return all;
}

std::vector<FileOrdinal> InOrderOf(const FileTable& files, const FileOrdinals& ordinals,
                                   const ColumnRef& column, BoundOrder order) {
  const std::vector<FileBounds> bounds = BoundsOfEach(files, ordinals, column);
  const bool least = order == BoundOrder::kLeastFirst;
  const auto key = [&](size_t i) -> const Scalar& { return least ? bounds[i].min : bounds[i].max; };
  const auto rank = [&](size_t i) {
    if (!bounds[i].may_be_value) return 2;
    return IsNull(key(i)) ? 0 : 1;
  };
  std::vector<size_t> positions(ordinals.size());
  std::iota(positions.begin(), positions.end(), size_t{0});
  std::stable_sort(positions.begin(), positions.end(), [&](size_t a, size_t b) {
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    if (rank(a) != 1) return false;
    const auto compared = Compare(key(a), key(b));
    return compared && (least ? *compared < 0 : *compared > 0);
  });
  std::vector<FileOrdinal> sorted;
  sorted.reserve(positions.size());
  for (const size_t position : positions) sorted.push_back(ordinals[position]);
  return sorted;
}

}  // namespace lakehold::delta
