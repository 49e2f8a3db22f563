#include "engine/statistics_collector.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "base/limits.h"

// The loops over one vector are the only hot code here: let the compiler unroll and vectorise them.
#pragma GCC optimize("O3")

namespace lakehold::engine {

// What is known of one leaf. `rows` are flat values with `validity`; NULLs are counted by the
// caller.
class LeafBounds {
 public:
  virtual ~LeafBounds() = default;
  virtual void Add(duckdb::Vector& flat, const duckdb::ValidityMask& validity,
                   duckdb::idx_t count) = 0;
  virtual void Merge(const LeafBounds& other) = 0;
  virtual void Fill(delta::LeafStats& stats) const = 0;

  int64_t null_count = 0;
};

namespace {

using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::string_t;
using duckdb::ValidityMask;
using duckdb::Vector;

// A string longer than this is known by this prefix: add.stats keeps far less.
constexpr size_t kPrefixBytes = 8 * limits::kStatsStringChars;

class NoBounds : public LeafBounds {
 public:
  void Add(Vector&, const ValidityMask&, idx_t) override {}
  void Merge(const LeafBounds&) override {}
  void Fill(delta::LeafStats&) const override {}
};

class BooleanBounds : public LeafBounds {
 public:
  void Add(Vector& flat, const ValidityMask& validity, idx_t count) override {
    const bool* data = FlatVector::GetData<bool>(flat);
    for (idx_t i = 0; i < count; i++) {
      if (!validity.RowIsValid(i)) continue;
      (data[i] ? any_true_ : any_false_) = true;
    }
  }
  void Merge(const LeafBounds& other) override {
    const auto& that = static_cast<const BooleanBounds&>(other);
    any_true_ |= that.any_true_;
    any_false_ |= that.any_false_;
  }
  void Fill(delta::LeafStats& stats) const override {
    if (!any_true_ && !any_false_) return;
    stats.min = !any_false_;
    stats.max = any_true_;
  }

 private:
  bool any_true_ = false;
  bool any_false_ = false;
};

// Integers, dates, timestamps and decimals, by their physical type.
template <typename T>
class IntegerBounds : public LeafBounds {
 public:
  explicit IntegerBounds(bool decimal) : decimal_(decimal) {}

  void Add(Vector& flat, const ValidityMask& validity, idx_t count) override {
    const T* data = FlatVector::GetData<T>(flat);
    T min = min_;
    T max = max_;
    if (validity.AllValid()) {
      for (idx_t i = 0; i < count; i++) {
        min = data[i] < min ? data[i] : min;
        max = max < data[i] ? data[i] : max;
      }
      seen_ |= count > 0;
    } else {
      for (idx_t i = 0; i < count; i++) {
        if (!validity.RowIsValid(i)) continue;
        min = data[i] < min ? data[i] : min;
        max = max < data[i] ? data[i] : max;
        seen_ = true;
      }
    }
    min_ = min;
    max_ = max;
  }
  void Merge(const LeafBounds& other) override {
    const auto& that = static_cast<const IntegerBounds&>(other);
    seen_ |= that.seen_;
    min_ = that.min_ < min_ ? that.min_ : min_;
    max_ = max_ < that.max_ ? that.max_ : max_;
  }
  void Fill(delta::LeafStats& stats) const override {
    if (!seen_) return;
    stats.min = ScalarOf(min_);
    stats.max = ScalarOf(max_);
  }

 private:
  delta::Scalar ScalarOf(T value) const {
    if constexpr (std::is_same_v<T, duckdb::hugeint_t>) {
      return (static_cast<delta::Int128>(value.upper) << 64) |
             static_cast<delta::Int128>(value.lower);
    } else if (decimal_) {
      return static_cast<delta::Int128>(value);
    } else {
      return static_cast<int64_t>(value);
    }
  }

  bool decimal_;
  bool seen_ = false;
  T min_ = duckdb::NumericLimits<T>::Maximum();
  T max_ = duckdb::NumericLimits<T>::Minimum();
};

// NaN has no place between the others: it is flagged and left out of both bounds.
template <typename T>
class FloatBounds : public LeafBounds {
 public:
  void Add(Vector& flat, const ValidityMask& validity, idx_t count) override {
    const T* data = FlatVector::GetData<T>(flat);
    T min = min_;
    T max = max_;
    bool nan = false;
    if (validity.AllValid()) {
      for (idx_t i = 0; i < count; i++) {
        min = data[i] < min ? data[i] : min;
        max = max < data[i] ? data[i] : max;
        nan |= data[i] != data[i];
      }
    } else {
      for (idx_t i = 0; i < count; i++) {
        if (!validity.RowIsValid(i)) continue;
        min = data[i] < min ? data[i] : min;
        max = max < data[i] ? data[i] : max;
        nan |= data[i] != data[i];
      }
    }
    min_ = min;
    max_ = max;
    has_nan_ |= nan;
  }
  void Merge(const LeafBounds& other) override {
    const auto& that = static_cast<const FloatBounds&>(other);
    min_ = std::min(min_, that.min_);
    max_ = std::max(max_, that.max_);
    has_nan_ |= that.has_nan_;
  }
  void Fill(delta::LeafStats& stats) const override {
    stats.has_nan = has_nan_;
    if (min_ > max_) return;  // No value but NaN and NULL.
    // -0.0 and 0.0 are equal, so 0.0 stands for both; FormatStats spreads a zero bound over both.
    stats.min = static_cast<double>(min_ == 0 ? T{0} : min_);
    stats.max = static_cast<double>(max_ == 0 ? T{0} : max_);
  }

 private:
  T min_ = std::numeric_limits<T>::infinity();
  T max_ = -std::numeric_limits<T>::infinity();
  bool has_nan_ = false;
};

// The first eight bytes as a number in the order of the bytes, zero padded: most comparisons end
// here.
uint64_t HeadOf(const char* data, size_t size) {
  uint64_t head = 0;
  if (size >= sizeof(head))
    std::memcpy(&head, data, sizeof(head));
  else
    std::memcpy(&head, data, size);
  return std::endian::native == std::endian::little ? __builtin_bswap64(head) : head;
}

class StringBounds : public LeafBounds {
 public:
  void Add(Vector& flat, const ValidityMask& validity, idx_t count) override {
    const string_t* data = FlatVector::GetData<string_t>(flat);
    for (idx_t i = 0; i < count; i++) {
      if (!validity.RowIsValid(i)) continue;
      const char* text = data[i].GetData();
      const size_t size = data[i].GetSize();
      const uint64_t head = HeadOf(text, size);
      if (head > min_head_ && head < max_head_) continue;
      Consider({text, size}, head);
    }
  }
  void Merge(const LeafBounds& other) override {
    const auto& that = static_cast<const StringBounds&>(other);
    if (!that.seen_) return;
    Consider(that.min_, that.min_head_);
    Consider(that.max_, that.max_head_);
  }
  void Fill(delta::LeafStats& stats) const override {
    if (!seen_) return;
    stats.min = min_;
    stats.max = max_;
  }

 private:
  void Consider(std::string_view text, uint64_t head) {
    text = text.substr(0, kPrefixBytes);
    if (!seen_ || text < min_) {
      min_ = text;
      min_head_ = head;
    }
    if (!seen_ || text > max_) {
      max_ = text;
      max_head_ = head;
    }
    seen_ = true;
  }

  bool seen_ = false;
  std::string min_;
  std::string max_;
  uint64_t min_head_ = std::numeric_limits<uint64_t>::max();
  uint64_t max_head_ = 0;
};

std::unique_ptr<LeafBounds> NewDecimalBounds(int precision) {
  if (precision <= 4) return std::make_unique<IntegerBounds<int16_t>>(true);
  if (precision <= 9) return std::make_unique<IntegerBounds<int32_t>>(true);
  if (precision <= 18) return std::make_unique<IntegerBounds<int64_t>>(true);
  return std::make_unique<IntegerBounds<duckdb::hugeint_t>>(true);
}

std::unique_ptr<LeafBounds> NewBounds(const delta::DataType& type) {
  switch (type.kind) {
    case delta::TypeKind::kBoolean:
      return std::make_unique<BooleanBounds>();
    case delta::TypeKind::kByte:
      return std::make_unique<IntegerBounds<int8_t>>(false);
    case delta::TypeKind::kShort:
      return std::make_unique<IntegerBounds<int16_t>>(false);
    case delta::TypeKind::kInteger:
      return std::make_unique<IntegerBounds<int32_t>>(false);
    case delta::TypeKind::kLong:
      return std::make_unique<IntegerBounds<int64_t>>(false);
    case delta::TypeKind::kDate:
      return std::make_unique<IntegerBounds<int32_t>>(false);
    case delta::TypeKind::kTimestamp:
    case delta::TypeKind::kTimestampNtz:
      return std::make_unique<IntegerBounds<int64_t>>(false);
    case delta::TypeKind::kFloat:
      return std::make_unique<FloatBounds<float>>();
    case delta::TypeKind::kDouble:
      return std::make_unique<FloatBounds<double>>();
    case delta::TypeKind::kDecimal:
      return NewDecimalBounds(type.precision);
    case delta::TypeKind::kString:
      return std::make_unique<StringBounds>();
    default:
      return std::make_unique<NoBounds>();
  }
}

// The positions of `path` among `fields`, by physical name.
bool Locate(const std::vector<delta::Field>& fields, const delta::StatsPath& path, size_t depth,
            const std::vector<size_t>& columns, IndexedLeaf& leaf) {
  size_t position = 0;
  for (size_t i = 0; i < fields.size(); i++) {
    if (depth == 0 && columns[i] == SIZE_MAX) continue;  // A partition column.
    position = depth == 0 ? columns[i] : i;
    if (fields[i].physical_name() != path[depth]) continue;
    leaf.position.push_back(position);
    leaf.type = fields[i].type;
    return depth + 1 == path.size() ||
           Locate(fields[i].type.fields, path, depth + 1, columns, leaf);
  }
  return false;
}

}  // namespace

IndexedLeafList FindIndexedLeaves(const delta::Schema& schema,
                                  const std::vector<std::string>& partition_columns,
                                  const std::map<std::string, std::string>& configuration) {
  std::vector<size_t> columns;
  size_t next = 0;
  for (const delta::Field& field : schema.fields) {
    const bool partition = std::ranges::count(partition_columns, field.name) > 0;
    columns.push_back(partition ? SIZE_MAX : next++);
  }
  std::vector<IndexedLeaf> leaves;
  for (delta::StatsPath& path : delta::IndexedLeaves(schema, partition_columns, configuration)) {
    IndexedLeaf leaf;
    if (!Locate(schema.fields, path, 0, columns, leaf)) continue;
    leaf.path = std::move(path);
    leaves.push_back(std::move(leaf));
  }
  return std::make_shared<const std::vector<IndexedLeaf>>(std::move(leaves));
}

StatisticsCollector::StatisticsCollector(IndexedLeafList leaves) : leaves_(std::move(leaves)) {
  for (const IndexedLeaf& leaf : *leaves_) bounds_.push_back(NewBounds(leaf.type));
}
StatisticsCollector::~StatisticsCollector() = default;
StatisticsCollector::StatisticsCollector(StatisticsCollector&&) noexcept = default;
StatisticsCollector& StatisticsCollector::operator=(StatisticsCollector&&) noexcept = default;

void StatisticsCollector::Add(duckdb::DataChunk& chunk) {
  const idx_t count = chunk.size();
  num_records_ += static_cast<int64_t>(count);
  chunk.Flatten();
  for (size_t i = 0; i < leaves_->size(); i++) {
    const IndexedLeaf& leaf = (*leaves_)[i];
    Vector* vector = &chunk.data[leaf.position[0]];
    const ValidityMask* validity = &FlatVector::Validity(*vector);
    ValidityMask combined;
    for (size_t depth = 1; depth < leaf.position.size(); depth++) {
      vector = duckdb::StructVector::GetEntries(*vector)[leaf.position[depth]].get();
      const ValidityMask* own = &FlatVector::Validity(*vector);
      if (own->AllValid()) continue;
      // A leaf is NULL where any struct around it is.
      ValidityMask both(*validity, count);
      both.Combine(*own, count);
      combined = std::move(both);
      validity = &combined;
    }
    LeafBounds& bounds = *bounds_[i];
    bounds.null_count += static_cast<int64_t>(count - validity->CountValid(count));
    bounds.Add(*vector, *validity, count);
  }
}

void StatisticsCollector::Merge(const StatisticsCollector& other) {
  num_records_ += other.num_records_;
  for (size_t i = 0; i < bounds_.size(); i++) {
    bounds_[i]->null_count += other.bounds_[i]->null_count;
    bounds_[i]->Merge(*other.bounds_[i]);
  }
}

std::vector<delta::LeafStats> StatisticsCollector::Leaves() const {
  std::vector<delta::LeafStats> result;
  for (size_t i = 0; i < bounds_.size(); i++) {
    delta::LeafStats stats;
    stats.path = (*leaves_)[i].path;
    stats.type = (*leaves_)[i].type;
    stats.null_count = bounds_[i]->null_count;
    bounds_[i]->Fill(stats);
    result.push_back(std::move(stats));
  }
  return result;
}

}  // namespace lakehold::engine
