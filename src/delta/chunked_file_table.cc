#include "delta/chunked_file_table.h"

#include <algorithm>

#include "delta/partition_value.h"

namespace lakehold::delta {

Result<std::vector<Scalar>> TypeTuple(const PartitionValues& raw, const PartitionSchema& columns) {
  std::vector<Scalar> values;
  values.reserve(columns.size());
  for (const auto& [name, type] : columns) {
    auto found = std::find_if(raw.begin(), raw.end(),
                              [&](const auto& entry) { return entry.first == name; });
    std::optional<std::string_view> text;
    if (found != raw.end() && found->second) text = *found->second;
    LAKEHOLD_ASSIGN(Scalar value, ParsePartitionValue(text, type));
    values.push_back(std::move(value));
  }
  return values;
}

LazyColumns::LazyColumns(const LazyColumns& prior) {
  std::lock_guard lock(prior.mutex_);
  stats_ = prior.stats_;
  num_records_ = prior.num_records_;
}

const StatsColumn& LazyColumns::Stats(const ChunkedFileTable& table, const StatsPath& path,
                                      const DataType& type) {
  std::string key = FormatType(type);
  for (const std::string& part : path) key.append(1, '\0').append(part);
  std::lock_guard lock(mutex_);
  std::shared_ptr<const StatsColumn>& column = stats_[key];
  if (!column || column->files.size() < table.slots()) {
    auto complete = std::make_shared<StatsColumn>();
    complete->files.reserve(table.slots());
    if (column) complete->files = column->files;
    for (FileOrdinal i = static_cast<FileOrdinal>(complete->files.size()); i < table.slots(); ++i) {
      const std::string* tags = table.Tags(i);
      const StatsTrust trust = tags ? TrustOf(*tags) : StatsTrust::kForeign;
      complete->files.push_back(ParseColumnStats(table.Get(i).stats, path, type, trust));
    }
    column = std::move(complete);
  }
  return *column;
}

std::span<const int64_t> LazyColumns::NumRecords(const ChunkedFileTable& table) {
  std::lock_guard lock(mutex_);
  if (!num_records_ || num_records_->size() < table.slots()) {
    auto complete = std::make_shared<std::vector<int64_t>>();
    complete->reserve(table.slots());
    if (num_records_) *complete = *num_records_;
    for (FileOrdinal i = static_cast<FileOrdinal>(complete->size()); i < table.slots(); ++i) {
      complete->push_back(ParseFileStats(table.Get(i).stats).num_records.value_or(-1));
    }
    num_records_ = std::move(complete);
  }
  return *num_records_;
}

size_t LazyColumns::memory_bytes() const {
  std::lock_guard lock(mutex_);
  size_t total = num_records_ ? num_records_->capacity() * sizeof(int64_t) : 0;
  for (const auto& [key, column] : stats_) total += column->files.capacity() * sizeof(ColumnStats);
  return total;
}

const ChunkedFileTable::Part& ChunkedFileTable::PartOf(FileOrdinal ordinal) const {
  auto after =
      std::upper_bound(parts_.begin(), parts_.end(), ordinal,
                       [](FileOrdinal wanted, const Part& part) { return wanted < part.first; });
  return *std::prev(after);
}

bool ChunkedFileTable::IsLive(FileOrdinal ordinal) const {
  const Part& part = PartOf(ordinal);
  return !part.dead || !(*part.dead)[ordinal - part.first];
}

FileView ChunkedFileTable::Get(FileOrdinal ordinal) const {
  const Part& part = PartOf(ordinal);
  const uint32_t row = ordinal - part.first;
  const FileChunk& chunk = *part.chunk;
  return {
      ordinal,          chunk.path(row),           chunk.size_bytes(row), chunk.modified_ms(row),
      chunk.stats(row), chunk.deletion_vector(row)};
}

const Scalar& ChunkedFileTable::PartitionValue(FileOrdinal ordinal, size_t column) const {
  const Part& part = PartOf(ordinal);
  return part.chunk->partition(ordinal - part.first).values[column];
}

PartitionValues ChunkedFileTable::RawPartitionValues(FileOrdinal ordinal) const {
  const Part& part = PartOf(ordinal);
  return part.chunk->partition(ordinal - part.first).raw;
}

AddFile ChunkedFileTable::ToAction(FileOrdinal ordinal) const {
  const Part& part = PartOf(ordinal);
  return part.chunk->ToAction(ordinal - part.first);
}

const std::string* ChunkedFileTable::Tags(FileOrdinal ordinal) const {
  const Part& part = PartOf(ordinal);
  return part.chunk->tags(ordinal - part.first);
}

std::optional<FileOrdinal> ChunkedFileTable::Find(std::string_view path,
                                                  std::string_view dv_unique_id) const {
  std::string scratch;
  const std::string_view canonical = CanonicalPath(path, root_uri_, scratch);
  return FindCanonical(HashFileKey(canonical, dv_unique_id), canonical, dv_unique_id);
}

std::optional<FileOrdinal> ChunkedFileTable::FindCanonical(uint32_t hash, std::string_view path,
                                                           std::string_view dv_unique_id) const {
  std::string scratch;
  auto is_live_match = [&](FileOrdinal ordinal) {
    const Part& part = PartOf(ordinal);
    const uint32_t row = ordinal - part.first;
    if (part.dead && (*part.dead)[row]) return false;
    const DeletionVectorDescriptor* vector = part.chunk->deletion_vector(row);
    if ((vector == nullptr) != dv_unique_id.empty()) return false;
    if (CanonicalPath(part.chunk->path(row), root_uri_, scratch) != path) return false;
    return vector == nullptr || vector->UniqueId() == dv_unique_id;
  };
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    if (auto found = (*layer)->Find(hash, is_live_match)) return found;
  }
  return std::nullopt;
}

const StatsColumn& ChunkedFileTable::Stats(const StatsPath& path, const DataType& type) const {
  return lazy_->Stats(*this, path, type);
}

std::span<const int64_t> ChunkedFileTable::NumRecords() const { return lazy_->NumRecords(*this); }

size_t ChunkedFileTable::memory_bytes() const {
  size_t total = sizeof(*this) + parts_.capacity() * sizeof(Part) + lazy_->memory_bytes();
  for (const Part& part : parts_) {
    total += part.chunk->memory_bytes() + part.chunk->stats_bytes() +
             (part.dead ? part.dead->size() / 8 : 0);
  }
  for (const auto& layer : layers_) total += layer->memory_bytes();
  return total;
}

FileOrdinals ChunkedFileTable::LiveOrdinals() const {
  FileOrdinals ordinals;
  ordinals.reserve(static_cast<size_t>(live_files_));
  for (const Part& part : parts_) {
    for (uint32_t row = 0; row < part.chunk->rows(); ++row) {
      if (!part.dead || !(*part.dead)[row]) ordinals.push_back(part.first + row);
    }
  }
  return ordinals;
}

}  // namespace lakehold::delta
