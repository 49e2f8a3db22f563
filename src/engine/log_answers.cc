#include "engine/log_answers.h"

#include <algorithm>
#include <utility>

#include "duckdb/storage/statistics/numeric_stats.hpp"

#include "delta/stats.h"
#include "engine/type_mapping.h"

namespace lakehold::engine {
namespace {

using delta::TypeKind;

// Above this many files one entry a file costs more than reading footers would.
constexpr size_t kMostFiles = 20'000;

// The same for what every plan asks of its columns.
constexpr size_t kMostFilesToMerge = 1'000;

bool HasBounds(TypeKind kind) {
  switch (kind) {
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong:
    case TypeKind::kDecimal:
    case TypeKind::kDate:
    case TypeKind::kBoolean:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return true;
    default:
      return false;
  }
}

// Timestamps are cut to milliseconds on writing: bounds, but no values.
bool HasExactBounds(TypeKind kind) {
  return HasBounds(kind) && kind != TypeKind::kTimestamp && kind != TypeKind::kTimestampNtz;
}

class FileAnswers final : public duckdb::PartitionRowGroup {
 public:
  FileAnswers(std::shared_ptr<const delta::Snapshot> snapshot, delta::FileOrdinal ordinal)
      : snapshot_(std::move(snapshot)), ordinal_(ordinal) {}

  duckdb::unique_ptr<duckdb::BaseStatistics> GetColumnStatistics(
      const duckdb::StorageIndex& index) override {
    const auto* field = FieldOf(index);
    if (field == nullptr || !HasBounds(field->type.kind)) return nullptr;
    auto type = DuckDbTypeOf(field->type);
    if (!type.ok()) return nullptr;
    const auto bounds = BoundsFromLog(*snapshot_, ordinal_, index.GetPrimaryIndex());
    auto stats = duckdb::BaseStatistics::CreateUnknown(*type);
    if (bounds.may_be_value) {
      auto min = ValueOf(bounds.min, field->type);
      auto max = ValueOf(bounds.max, field->type);
      if (delta::IsNull(bounds.min) || delta::IsNull(bounds.max) || !min.ok() || !max.ok())
        return nullptr;
      duckdb::NumericStats::SetMin(stats, *min);
      duckdb::NumericStats::SetMax(stats, *max);
    } else {
      stats.Set(duckdb::StatsInfo::CANNOT_HAVE_VALID_VALUES);
    }
    if (!bounds.may_be_null) stats.Set(duckdb::StatsInfo::CANNOT_HAVE_NULL_VALUES);
    return stats.ToUnique();
  }

  bool MinMaxIsExact(const duckdb::BaseStatistics&, const duckdb::StorageIndex& index) override {
    const auto* field = FieldOf(index);
    return field != nullptr && HasExactBounds(field->type.kind) &&
           BoundsFromLog(*snapshot_, ordinal_, index.GetPrimaryIndex()).exact;
  }

 private:
  const delta::Field* FieldOf(const duckdb::StorageIndex& index) const {
    if (index.HasChildren() || !index.HasPrimaryIndex()) return nullptr;
    const auto& fields = snapshot_->schema().fields;
    return index.GetPrimaryIndex() < fields.size() ? &fields[index.GetPrimaryIndex()] : nullptr;
  }

  std::shared_ptr<const delta::Snapshot> snapshot_;
  delta::FileOrdinal ordinal_;
};

}  // namespace

std::optional<int64_t> RowsFromLog(const delta::Snapshot& snapshot, delta::FileOrdinal ordinal) {
  const int64_t records = snapshot.files().NumRecords()[ordinal];
  if (records < 0) return std::nullopt;
  const auto* vector = snapshot.files().Get(ordinal).deletion_vector;
  const int64_t rows = records - (vector != nullptr ? vector->cardinality : 0);
  return rows >= 0 ? std::optional(rows) : std::nullopt;
}

LogBounds BoundsFromLog(const delta::Snapshot& snapshot, delta::FileOrdinal ordinal,
                        size_t column) {
  const auto& files = snapshot.files();
  const auto& partitions = snapshot.partition_fields();
  const auto rows = RowsFromLog(snapshot, ordinal);
  LogBounds bounds;
  if (const auto found = std::find(partitions.begin(), partitions.end(), column);
      found != partitions.end()) {
    const auto& value =
        files.PartitionValue(ordinal, static_cast<size_t>(found - partitions.begin()));
    bounds.min = bounds.max = value;
    bounds.may_be_null = delta::IsNull(value);
    bounds.may_be_value = !bounds.may_be_null;
    bounds.exact = true;
    if (rows) bounds.not_null = bounds.may_be_null ? 0 : *rows;
    return bounds;
  }
  const auto& field = snapshot.schema().fields[column];
  const auto column_stats = files.Stats({std::string(field.physical_name())}, field.type);
  const auto stats = column_stats->Get(ordinal);
  bounds.min = stats.min;
  bounds.max = stats.max;
  const int64_t records = files.NumRecords()[ordinal];
  const bool has_vector = files.Get(ordinal).deletion_vector != nullptr;
  if (stats.null_count) {
    bounds.may_be_null = *stats.null_count > 0;
    bounds.may_be_value = has_vector || records < 0 || *stats.null_count < records;
    if (rows && *stats.null_count == 0) bounds.not_null = *rows;
    if (rows && *stats.null_count == records) bounds.not_null = 0;
    if (rows && !has_vector && *stats.null_count <= *rows)
      bounds.not_null = *rows - *stats.null_count;
  }
  bounds.exact = stats.exact_bounds && !has_vector;
  return bounds;
}

duckdb::vector<duckdb::PartitionStatistics> AnswersFromLog(const LakeFileList& files) {
  duckdb::vector<duckdb::PartitionStatistics> answers;
  const auto& snapshot = files.scan().snapshot;
  const auto rows = files.ExactRows();
  if (!rows) return answers;
  if (files.ordinals().size() > kMostFiles || files.ordinals().empty()) {
    duckdb::PartitionStatistics all;
    all.count = static_cast<duckdb::idx_t>(*rows);
    all.count_type = duckdb::CountType::COUNT_EXACT;
    answers.push_back(std::move(all));
    return answers;
  }
  const auto records = snapshot->files().NumRecords();
  for (const auto ordinal : files.ordinals()) {
    const auto* vector = snapshot->files().Get(ordinal).deletion_vector;
    const int64_t count = records[ordinal] - (vector != nullptr ? vector->cardinality : 0);
    if (count < 0) return {};
    // A file without rows must not lend its partition value to MIN and MAX.
    if (count == 0) continue;
    duckdb::PartitionStatistics answer;
    answer.count = static_cast<duckdb::idx_t>(count);
    answer.count_type = duckdb::CountType::COUNT_EXACT;
    answer.partition_row_group = duckdb::make_shared_ptr<FileAnswers>(snapshot, ordinal);
    answers.push_back(std::move(answer));
  }
  return answers;
}

duckdb::unique_ptr<duckdb::BaseStatistics> ColumnBoundsFromLog(const LakeFileList& files,
                                                               duckdb::column_t column) {
  const auto& ordinals = files.ordinals();
  const auto& snapshot = files.scan().snapshot;
  if (ordinals.empty() || ordinals.size() > kMostFilesToMerge) return nullptr;
  if (column >= snapshot->schema().fields.size()) return nullptr;  // A virtual column.
  duckdb::unique_ptr<duckdb::BaseStatistics> bounds;
  for (const auto ordinal : ordinals) {
    auto some = FileAnswers(snapshot, ordinal).GetColumnStatistics(duckdb::StorageIndex(column));
    if (some == nullptr) return nullptr;
    if (bounds == nullptr) {
      bounds = std::move(some);
    } else {
      bounds->Merge(*some);
    }
  }
  return bounds;
}

}  // namespace lakehold::engine
