#include "delta/stats_column.h"

#include <type_traits>

namespace lakehold::delta {
namespace {

constexpr uint32_t kUnknownCount = UINT32_MAX;
// Positions of text are 32 bits wide: what would not fit any more is unknown.
constexpr size_t kTextBytes = size_t{1} << 31;

void PushBit(RowBits& bits, uint32_t row, bool value) {
  if (row % 64 == 0) bits.push_back(0);
  bits.back() |= uint64_t{value} << row % 64;
}
bool BitAt(const RowBits& bits, uint32_t row) { return (bits[row / 64] >> row % 64 & 1) != 0; }

StatsLane LaneOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean:
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return BoundLane<int64_t>();
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return BoundLane<double>();
    case TypeKind::kDecimal:
      return BoundLane<Int128>();
    case TypeKind::kString:
      return TextLane();
    default:
      return std::monostate();
  }
}

// False if the value is unknown; then `out` is anything.
template <typename T>
bool Unwrap(const Scalar& value, T& out) {
  const auto* same = std::get_if<T>(&value);
  if (same != nullptr) out = *same;
  if constexpr (std::is_same_v<T, int64_t>) {
    if (const auto* flag = std::get_if<bool>(&value)) {
      out = *flag ? 1 : 0;
      return true;
    }
  }
  return same != nullptr;
}

bool AppendText(TextLane& lane, const Scalar& value) {
  const auto* text = std::get_if<std::string>(&value);
  const bool known = text != nullptr && lane.text.size() + text->size() < kTextBytes;
  if (known) lane.text.append(*text);
  lane.end.push_back(static_cast<uint32_t>(lane.text.size()));
  return known;
}

}  // namespace

StatsWindow::StatsWindow(const DataType& type)
    : is_boolean_(type.kind == TypeKind::kBoolean), lane_(LaneOf(type.kind)) {}

void StatsWindow::Reserve(size_t rows) {
  for (RowBits* bits : {&has_min_, &has_max_, &exact_, &may_be_null_, &may_be_value_})
    bits->reserve((rows + 63) / 64);
  null_count_.reserve(rows);
  std::visit(
      [&](auto& lane) {
        using Lane = std::decay_t<decltype(lane)>;
        if constexpr (std::is_same_v<Lane, TextLane>) {
          lane.end.reserve(2 * rows);
        } else if constexpr (!std::is_same_v<Lane, std::monostate>) {
          lane.min.reserve(rows);
          lane.max.reserve(rows);
        }
      },
      lane_);
}

void StatsWindow::Append(const ColumnStats& stats, int64_t records) {
  bool has_min = false, has_max = false;
  std::visit(
      [&](auto& lane) {
        using Lane = std::decay_t<decltype(lane)>;
        if constexpr (std::is_same_v<Lane, TextLane>) {
          has_min = AppendText(lane, stats.min);
          has_max = AppendText(lane, stats.max);
        } else if constexpr (!std::is_same_v<Lane, std::monostate>) {
          has_min = Unwrap(stats.min, lane.min.emplace_back());
          has_max = Unwrap(stats.max, lane.max.emplace_back());
        }
      },
      lane_);
  const bool none = records == 0;
  // More NULLs than records would be a mistake: such a count is already unknown.
  const bool all_null = records > 0 && stats.null_count && *stats.null_count >= records;
  PushBit(has_min_, rows_, has_min);
  PushBit(has_max_, rows_, has_max);
  PushBit(exact_, rows_, stats.exact_bounds);
  PushBit(may_be_null_, rows_, !none && stats.null_count != 0);
  PushBit(may_be_value_, rows_, !none && !all_null);
  const int64_t nulls = stats.null_count.value_or(kUnknownCount);
  null_count_.push_back(nulls < kUnknownCount ? static_cast<uint32_t>(nulls) : kUnknownCount);
  ++rows_;
}

void StatsWindow::Fill(uint32_t rows) {
  while (rows_ < rows) Append({}, -1);
}

ColumnStats StatsWindow::Get(uint32_t row) const {
  ColumnStats stats;
  const bool has_min = BitAt(has_min_, row), has_max = BitAt(has_max_, row);
  std::visit(
      [&](const auto& lane) {
        using Lane = std::decay_t<decltype(lane)>;
        if constexpr (std::is_same_v<Lane, TextLane>) {
          if (has_min) stats.min = std::string(lane.min(row));
          if (has_max) stats.max = std::string(lane.max(row));
        } else if constexpr (std::is_same_v<Lane, BoundLane<int64_t>>) {
          const auto wrap = [&](int64_t value) { return is_boolean_ ? Scalar(value != 0) : value; };
          if (has_min) stats.min = wrap(lane.min[row]);
          if (has_max) stats.max = wrap(lane.max[row]);
        } else if constexpr (!std::is_same_v<Lane, std::monostate>) {
          if (has_min) stats.min = lane.min[row];
          if (has_max) stats.max = lane.max[row];
        }
      },
      lane_);
  stats.exact_bounds = BitAt(exact_, row);
  if (null_count_[row] != kUnknownCount) stats.null_count = null_count_[row];
  return stats;
}

size_t StatsWindow::memory_bytes() const {
  size_t total = sizeof(*this) + null_count_.capacity() * sizeof(uint32_t);
  for (const RowBits* bits : {&has_min_, &has_max_, &exact_, &may_be_null_, &may_be_value_})
    total += bits->capacity() * sizeof(uint64_t);
  std::visit(
      [&](const auto& lane) {
        using Lane = std::decay_t<decltype(lane)>;
        if constexpr (std::is_same_v<Lane, TextLane>) {
          total += lane.text.capacity() + lane.end.capacity() * sizeof(uint32_t);
        } else if constexpr (!std::is_same_v<Lane, std::monostate>) {
          total += (lane.min.capacity() + lane.max.capacity()) * sizeof(lane.min[0]);
        }
      },
      lane_);
  return total;
}

ColumnStats StatsColumn::Get(size_t ordinal) const {
  const size_t window = ordinal / kWindowRows;
  if (window >= windows.size() || !windows[window]) return {};
  const auto row = static_cast<uint32_t>(ordinal % kWindowRows);
  return row < windows[window]->rows() ? windows[window]->Get(row) : ColumnStats();
}

size_t StatsColumn::memory_bytes() const {
  size_t total = sizeof(*this) + windows.capacity() * sizeof(windows[0]);
  for (const auto& window : windows) total += window ? window->memory_bytes() : 0;
  return total;
}

}  // namespace lakehold::delta
