// StatsColumn: the statistics of one leaf over many files, typed and by column: what pruning reads
// instead of JSON. Immutable once built; shared between snapshots.
//
// Windows of limits::kFileChunkRows ordinals are read and kept apart. Next: leaf_truth.h (a
// predicate over a window), chunked_file_table.h (who reads and keeps them).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "delta/stats.h"

namespace lakehold::delta {

// A leaf whose statistics somebody wants.
struct StatsLeaf {
  StatsPath path;
  DataType type;
};

// Bounds by row, as far as they are known.
template <typename T>
struct BoundLane {
  std::vector<T> min;
  std::vector<T> max;
};
// Strings: min and max of row i end at end[2 * i] and end[2 * i + 1].
struct TextLane {
  std::string text;
  std::vector<uint32_t> end;

  std::string_view min(size_t row) const { return Piece(2 * row); }
  std::string_view max(size_t row) const { return Piece(2 * row + 1); }

 private:
  std::string_view Piece(size_t at) const {
    const uint32_t begin = at == 0 ? 0 : end[at - 1];
    return {text.data() + begin, end[at] - begin};
  }
};
// The type's representation decides (scalar.h): booleans are 0 and 1, types without bounds have no
// lane.
using StatsLane = std::variant<std::monostate, BoundLane<int64_t>, BoundLane<double>,
                               BoundLane<Int128>, TextLane>;

// One bit a row.
using RowBits = std::vector<uint64_t>;

// One window. Rows are appended while it is made, then it never changes.
class StatsWindow {
 public:
  explicit StatsWindow(const DataType& type);

  void Reserve(size_t rows);
  // `records` is the file's numRecords, -1 if unknown.
  void Append(const ColumnStats& stats, int64_t records);
  // Rows without statistics, until there are so many.
  void Fill(uint32_t rows);

  uint32_t rows() const { return rows_; }
  bool is_boolean() const { return is_boolean_; }
  ColumnStats Get(uint32_t row) const;
  const StatsLane& lane() const { return lane_; }
  const RowBits& has_min() const { return has_min_; }
  const RowBits& has_max() const { return has_max_; }
  // What pruning asks of NULLs, by records and null counts. Rows of unknown statistics may be both,
  // a file without rows neither.
  const RowBits& may_be_null() const { return may_be_null_; }
  const RowBits& may_be_value() const { return may_be_value_; }
  size_t memory_bytes() const;

 private:
  uint32_t rows_ = 0;
  bool is_boolean_ = false;
  StatsLane lane_;
  RowBits has_min_, has_max_, exact_, may_be_null_, may_be_value_;
  std::vector<uint32_t> null_count_;  // kUnknownCount: unknown, or too many to tell.
};

// A window that is null, or shorter than its ordinals, has not been read: unknown.
struct StatsColumn {
  static constexpr size_t kWindowRows = limits::kFileChunkRows;

  std::vector<std::shared_ptr<const StatsWindow>> windows;

  ColumnStats Get(size_t ordinal) const;
  size_t memory_bytes() const;
};

}  // namespace lakehold::delta
