#include "delta/chunked_file_table.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/ascii_case.h"
#include "delta/partition_value.h"

namespace lakehold::delta {

Result<std::vector<Scalar>> TypeTuple(const PartitionValues& raw, const PartitionSchema& columns) {
  std::vector<Scalar> values;
  values.reserve(columns.size());
  for (const auto& [name, type] : columns) {
    auto found = std::find_if(raw.begin(), raw.end(),
                              [&](const auto& entry) { return entry.first == name; });
    if (found == raw.end()) {
      found = std::find_if(raw.begin(), raw.end(),
                           [&](const auto& entry) { return SameIgnoringCase(entry.first, name); });
    }
    // Absent is NULL: files of before a replacement by other partitions have no such value.
    std::optional<std::string_view> text;
    if (found != raw.end() && found->second) text = *found->second;
    auto value = ParsePartitionValue(text, type);
    if (!value.ok()) {
      Error error = std::move(value).error();
      error.message = fmt::format("partition column \"{}\": {}", name, error.message);
      return error;
    }
    values.push_back(std::move(value).value());
  }
  return values;
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
  return {ordinal, chunk.path(row), chunk.size_bytes(row), chunk.modified_ms(row),
          chunk.deletion_vector(row)};
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

Result<std::string> ChunkedFileTable::StatsJson(FileOrdinal ordinal) const {
  const Part& part = PartOf(ordinal);
  return lazy_->StatsJson(part.chunk, ordinal - part.first);
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

FileRun ChunkedFileTable::RunOf(FileOrdinal ordinal) const {
  const Part& part = PartOf(ordinal);
  const FileChunk& chunk = *part.chunk;
  return {part.first, part.first + chunk.rows(), chunk.sizes(), chunk.partition_codes(),
          chunk.tuples()};
}

std::vector<std::shared_ptr<const StatsColumn>> ChunkedFileTable::Stats(
    std::span<const StatsLeaf> leaves, const StatsDemand& demand) const {
  return lazy_->Stats(*this, leaves, demand);
}

std::span<const int64_t> ChunkedFileTable::NumRecords() const { return lazy_->NumRecords(*this); }

size_t ChunkedFileTable::memory_bytes() const {
  size_t total = sizeof(*this) + parts_.capacity() * sizeof(Part) + lazy_->memory_bytes();
  for (const Part& part : parts_) {
    total += part.chunk->memory_bytes() + part.chunk->stats_bytes() +
             (part.dead ? part.dead->size() / 8 : 0);
  }
  std::set<const StatsSource*> sources;
  for (const Part& part : parts_) {
    const StatsSource* source = part.chunk->source().get();
    if (source != nullptr && sources.insert(source).second) total += source->memory_bytes();
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
