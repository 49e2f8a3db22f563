#include "engine/partition_router.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "base/limits.h"
#include "delta/partition_value.h"
#include "engine/duckdb_errors.h"
#include "engine/type_mapping.h"

namespace lakehold::engine {
namespace {

using duckdb::ColumnDataCollection;
using duckdb::DataChunk;
using duckdb::idx_t;
using duckdb::sel_t;
using duckdb::UnifiedVectorFormat;

// Rows that wait are split by this many bits of their key's hash: another six for every round.
constexpr size_t kWaitingBuckets = 64;
constexpr int kWaitingBits = 6;
// Memory of the small chunk every partition collects its rows in.
constexpr idx_t kStagingBytes = idx_t{64} << 20;

uint64_t HashWords(const uint64_t* words, size_t count) {
  uint64_t hash = 0x9E3779B97F4A7C15ULL;
  for (size_t i = 0; i < count; i++) hash = duckdb::CombineHash(hash, duckdb::Hash(words[i]));
  return hash;
}

template <typename T>
T Canonical(T value) {
  return value;
}
// Equal values are one partition: 0.0 and -0.0, and every NaN.
template <>
double Canonical(double value) {
  if (value != value) return std::numeric_limits<double>::quiet_NaN();
  return value == 0 ? 0.0 : value;
}
template <>
float Canonical(float value) {
  if (value != value) return std::numeric_limits<float>::quiet_NaN();
  return value == 0 ? 0.0F : value;
}

// Writes each value's bits, and a last word that is 1 for NULL.
template <typename T>
void FixedKeys(const UnifiedVectorFormat& format, idx_t count, size_t stride, size_t words,
               uint64_t* keys) {
  static_assert(sizeof(T) <= 2 * sizeof(uint64_t));
  const T* data = UnifiedVectorFormat::GetData<T>(format);
  for (idx_t i = 0; i < count; i++, keys += stride) {
    std::fill_n(keys, words + 1, 0);
    const idx_t at = format.sel->get_index(i);
    if (!format.validity.RowIsValid(at)) {
      keys[words] = 1;
      continue;
    }
    const T value = Canonical(data[at]);
    std::memcpy(keys, &value, sizeof(T));
  }
}

}  // namespace

// How the values of one partition column become words of a key.
struct PartitionRouter::KeyColumn {
  size_t column = 0;  // In the rows.
  duckdb::PhysicalType physical = duckdb::PhysicalType::INT64;
  size_t words = 1;                                   // Without the one for NULL.
  std::unordered_map<std::string, uint64_t> strings;  // Texts seen, numbered.

  void StringKeys(const UnifiedVectorFormat& format, idx_t count, size_t stride, uint64_t* keys) {
    const auto* data = UnifiedVectorFormat::GetData<duckdb::string_t>(format);
    for (idx_t i = 0; i < count; i++, keys += stride) {
      keys[0] = keys[1] = 0;
      const idx_t at = format.sel->get_index(i);
      if (!format.validity.RowIsValid(at))
        keys[1] = 1;
      else
        keys[0] = strings.try_emplace(data[at].GetString(), strings.size()).first->second;
    }
  }

  void Keys(const UnifiedVectorFormat& format, idx_t count, size_t stride, uint64_t* keys) {
    switch (physical) {
      case duckdb::PhysicalType::BOOL:
      case duckdb::PhysicalType::INT8:
        return FixedKeys<int8_t>(format, count, stride, words, keys);
      case duckdb::PhysicalType::INT16:
        return FixedKeys<int16_t>(format, count, stride, words, keys);
      case duckdb::PhysicalType::INT32:
        return FixedKeys<int32_t>(format, count, stride, words, keys);
      case duckdb::PhysicalType::INT64:
        return FixedKeys<int64_t>(format, count, stride, words, keys);
      case duckdb::PhysicalType::INT128:
        return FixedKeys<duckdb::hugeint_t>(format, count, stride, words, keys);
      case duckdb::PhysicalType::FLOAT:
        return FixedKeys<float>(format, count, stride, words, keys);
      case duckdb::PhysicalType::DOUBLE:
        return FixedKeys<double>(format, count, stride, words, keys);
      default:
        return StringKeys(format, count, stride, keys);
    }
  }
};

struct PartitionRouter::Partition {
  std::shared_ptr<DataFileSeries> series;
  DataChunk staging;  // Collects single rows until they fill a vector.
  duckdb::unique_ptr<ColumnDataCollection> rows;
  duckdb::ColumnDataAppendState append;
  std::vector<sel_t> selected;  // Rows of the chunk at hand.

  idx_t buffered() const { return staging.size() + (rows ? rows->Count() : 0); }
};

PartitionRouter::PartitionRouter(duckdb::ClientContext& context, const DataFileTarget& target,
                                 const ParquetLayout& layout,
                                 duckdb::vector<duckdb::LogicalType> row_types,
                                 AcceptPartition accept, MakeSeries make_series, EmitRowGroup emit)
    : context_(context),
      target_(target),
      layout_(layout),
      row_types_(std::move(row_types)),
      accept_(std::move(accept)),
      make_series_(std::move(make_series)),
      emit_(std::move(emit)),
      waiting_rows_(kWaitingBuckets),
      waiting_(kWaitingBuckets) {
  for (const std::string& name : target.partition_columns) {
    KeyColumn key;
    key.column = target.schema.FindField(name).value_or(0);
    key.physical = row_types_[key.column].InternalType();
    key.words = key.physical == duckdb::PhysicalType::INT128 ? 2 : 1;
    key_words_ += key.words + 1;
    key_columns_.push_back(std::move(key));
  }
  row_bytes_ = 1;
  for (const duckdb::LogicalType& type : layout.types())
    row_bytes_ += duckdb::GetTypeIdSize(type.InternalType());
  const idx_t fitting = kStagingBytes / (row_bytes_ * STANDARD_VECTOR_SIZE);
  limit_ = std::clamp<size_t>(fitting, 8, limits::kOpenPartitions);
  file_rows_.InitializeEmpty(layout.types());
}

PartitionRouter::~PartitionRouter() = default;

void PartitionRouter::ComputeKeys(DataChunk& rows) {
  keys_.resize(rows.size() * key_words_);
  uint64_t* keys = keys_.data();
  for (KeyColumn& column : key_columns_) {
    UnifiedVectorFormat format;
    rows.data[column.column].ToUnifiedFormat(rows.size(), format);
    column.Keys(format, rows.size(), key_words_, keys);
    keys += column.words + 1;
  }
}

void PartitionRouter::Route(DataChunk& rows) {
  ComputeKeys(rows);
  for (size_t i = 0; i < layout_.columns().size(); i++)
    file_rows_.data[i].Reference(rows.data[layout_.columns()[i]]);
  file_rows_.SetCardinality(rows.size());
  touched_.clear();
  bool any_waiting = false;
  uint32_t last = kWaiting;
  for (idx_t row = 0; row < rows.size(); row++) {
    const uint64_t* key = &keys_[row * key_words_];
    const bool again =
        last != kWaiting && row > 0 && std::equal(key, key + key_words_, key - key_words_);
    if (!again) last = FindOrAdd(rows, row);
    if (last == kWaiting) {
      const uint64_t hash = HashWords(key, key_words_);
      waiting_rows_[(hash >> (round_ * kWaitingBits % 60)) % kWaitingBuckets].push_back(
          static_cast<sel_t>(row));
      any_waiting = true;
      continue;
    }
    std::vector<sel_t>& selected = partitions_[last]->selected;
    if (selected.empty()) touched_.push_back(last);
    selected.push_back(static_cast<sel_t>(row));
  }
  for (const uint32_t index : touched_) AppendTo(*partitions_[index], rows.size());
  if (any_waiting) KeepWaiting(rows);
  while (static_cast<int64_t>(buffered_rows_ * row_bytes_) > limits::kPartitionBufferBytes)
    EmitLargest();
}

uint32_t PartitionRouter::FindOrAdd(DataChunk& rows, idx_t row) {
  const uint64_t* key = &keys_[row * key_words_];
  const uint64_t hash = HashWords(key, key_words_);
  const auto [first, end] = by_hash_.equal_range(hash);
  for (auto it = first; it != end; ++it) {
    if (std::equal(key, key + key_words_, &partition_keys_[it->second * key_words_]))
      return it->second;
  }
  if (partitions_.size() >= limit_) return kWaiting;
  AddPartition(rows, row);
  const auto index = static_cast<uint32_t>(partitions_.size() - 1);
  by_hash_.emplace(hash, index);
  partition_keys_.insert(partition_keys_.end(), key, key + key_words_);
  return index;
}

void PartitionRouter::AddPartition(DataChunk& rows, idx_t row) {
  std::vector<delta::Scalar> scalars;
  delta::PartitionValues values;
  for (const KeyColumn& column : key_columns_) {
    const delta::Field& field = target_.schema.fields[column.column];
    delta::Scalar scalar = ValueOrThrow(ScalarOf(rows.GetValue(column.column, row), field.type));
    auto text = delta::FormatPartitionValue(scalar, field.type);
    if (!text.ok()) {
      Error error = std::move(text).error();
      error.message = "partition column \"" + field.name + "\": " + error.message;
      ThrowError(error);
    }
    values.emplace_back(std::string(field.physical_name()), std::move(text).value());
    scalars.push_back(std::move(scalar));
  }
  if (accept_) CheckOrThrow(accept_(scalars));
  auto partition = std::make_unique<Partition>();
  partition->series = make_series_(std::move(values));
  partition->staging.Initialize(context_, layout_.types());
  partitions_.push_back(std::move(partition));
}

void PartitionRouter::AppendTo(Partition& partition, idx_t count) {
  std::vector<sel_t>& selected = partition.selected;
  const idx_t taken = selected.size();
  if (partition.rows == nullptr) {
    partition.rows = duckdb::make_uniq<ColumnDataCollection>(context_, layout_.types());
    partition.rows->InitializeAppend(partition.append);
  }
  if (partition.staging.size() + taken > STANDARD_VECTOR_SIZE ||
      (taken == count && partition.staging.size() > 0)) {
    partition.rows->Append(partition.append, partition.staging);
    partition.staging.Reset();
  }
  if (taken == count) {
    partition.rows->Append(partition.append, file_rows_);
  } else {
    duckdb::SelectionVector selection(selected.data());
    partition.staging.Append(file_rows_, false, &selection, taken);
  }
  selected.clear();
  buffered_rows_ += taken;
  if (partition.buffered() >= static_cast<idx_t>(limits::kRowGroupRows)) Emit(partition);
}

void PartitionRouter::KeepWaiting(DataChunk& rows) {
  for (size_t bucket = 0; bucket < kWaitingBuckets; bucket++) {
    std::vector<sel_t>& selected = waiting_rows_[bucket];
    if (selected.empty()) continue;
    DataChunk slice;
    slice.InitializeEmpty(row_types_);
    duckdb::SelectionVector selection(selected.data());
    slice.Slice(rows, selection, selected.size());
    if (waiting_[bucket] == nullptr)
      waiting_[bucket] = duckdb::make_uniq<ColumnDataCollection>(context_, row_types_);
    waiting_[bucket]->Append(slice);
    selected.clear();
  }
}

void PartitionRouter::Emit(Partition& partition) {
  buffered_rows_ -= partition.buffered();
  if (partition.staging.size() > 0) {
    partition.rows->Append(partition.append, partition.staging);
    partition.staging.Reset();
  }
  if (partition.rows == nullptr || partition.rows->Count() == 0) return;
  partition.append.current_chunk_state.handles.clear();
  emit_({partition.series, partition.series->NextSequence(), std::move(partition.rows)});
}

void PartitionRouter::EmitLargest() {
  const auto largest = std::ranges::max_element(
      partitions_, [](const auto& a, const auto& b) { return a->buffered() < b->buffered(); });
  Emit(**largest);
}

void PartitionRouter::EmitBuffered() {
  for (const auto& partition : partitions_) Emit(*partition);
}

void PartitionRouter::CloseRound() {
  for (const auto& partition : partitions_) partition->series->Close();
  partitions_.clear();
  partition_keys_.clear();
  by_hash_.clear();
}

duckdb::unique_ptr<ColumnDataCollection> PartitionRouter::TakeWaiting() {
  // What a round itself left waiting comes after the rounds that are due: its buckets share the
  // bits used so far.
  for (auto& bucket : waiting_) {
    if (bucket != nullptr) later_.push_back(std::move(bucket));
  }
  if (later_.empty()) return nullptr;
  auto rows = std::move(later_.back());
  later_.pop_back();
  round_++;
  return rows;
}

}  // namespace lakehold::engine
