#include "delta/chunked_file_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "delta/partition_value.h"
#include "delta/stats_parser.h"

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

namespace {

// Tells the statistics of the rows from `first` on that have some: visit(chunk, row, ordinal,
// text). What cannot be read again is left out: pruning may keep too much. Each source is read
// once, however many chunks it made.
template <typename Visit>
void ForEachStats(const ChunkedFileTable& table, FileOrdinal first, const Visit& visit) {
  const auto& parts = table.parts();
  for (size_t p = 0; p < parts.size();) {
    const FileChunk& chunk = *parts[p].chunk;
    const FileOrdinal begin = parts[p].first;
    if (!chunk.source()) {
      for (uint32_t row = first > begin ? first - begin : 0; row < chunk.rows(); ++row)
        visit(chunk, row, begin + row, chunk.InlineStats(row));
      ++p;
      continue;
    }
    std::vector<StatsPlace> places;
    const size_t from = p;
    for (; p < parts.size() && parts[p].chunk->source() == chunk.source(); ++p)
      parts[p].chunk->AppendPlaces(places);
    const size_t known = first > begin ? std::min<size_t>(first - begin, places.size()) : 0;
    if (known == places.size()) continue;
    size_t part = from;
    (void)chunk.source()->Read(
        std::span(places).subspan(known), [&](size_t index, std::string_view text) {
          const FileOrdinal ordinal = begin + static_cast<FileOrdinal>(known + index);
          while (ordinal >= parts[part].first + parts[part].chunk->rows()) ++part;
          visit(*parts[part].chunk, ordinal - parts[part].first, ordinal, text);
        });
  }
}

}  // namespace

const StatsColumn& LazyColumns::Stats(const ChunkedFileTable& table, const StatsPath& path,
                                      const DataType& type) {
  std::string key = FormatType(type);
  for (const std::string& part : path) key.append(1, '\0').append(part);
  std::lock_guard lock(mutex_);
  std::shared_ptr<const StatsColumn>& column = stats_[key];
  if (!column || column->files.size() < table.slots()) {
    auto complete = std::make_shared<StatsColumn>();
    if (column) complete->files = column->files;
    const auto known = static_cast<FileOrdinal>(complete->files.size());
    complete->files.resize(table.slots());
    StatsParser parser;
    // Tags are kept once a chunk: equal ones have one address.
    const std::string* last_tags = nullptr;
    StatsTrust trust = StatsTrust::kForeign;
    ForEachStats(
        table, known,
        [&](const FileChunk& chunk, uint32_t row, FileOrdinal ordinal, std::string_view text) {
          const std::string* tags = chunk.tags(row);
          if (tags != last_tags) trust = tags ? TrustOf(*tags) : StatsTrust::kForeign;
          last_tags = tags;
          complete->files[ordinal] = parser.ParseColumn(text, path, type, trust);
        });
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
    const auto known = static_cast<FileOrdinal>(complete->size());
    complete->resize(table.slots(), -1);
    // Most files' numRecords were read with the file itself.
    bool ask = false;
    for (const ChunkedFileTable::Part& part : table.parts()) {
      const FileChunk& chunk = *part.chunk;
      for (uint32_t row = known > part.first ? known - part.first : 0; row < chunk.rows(); ++row) {
        (*complete)[part.first + row] = chunk.num_records(row);
        ask |= chunk.num_records(row) < 0 && chunk.has_stats(row);
      }
    }
    if (ask) {
      StatsParser parser;
      ForEachStats(table, known,
                   [&](const FileChunk&, uint32_t, FileOrdinal ordinal, std::string_view text) {
                     int64_t& number = (*complete)[ordinal];
                     if (number < 0) number = LeadingNumRecords(text, false);
                     if (number < 0) number = parser.ParseFile(text).num_records.value_or(-1);
                   });
    }
    num_records_ = std::move(complete);
  }
  return *num_records_;
}

Result<std::string> LazyColumns::StatsJson(const std::shared_ptr<const FileChunk>& chunk,
                                           uint32_t row) {
  if (!chunk->source()) return chunk->StatsJson(row);
  std::shared_ptr<const StatsText> text;
  bool again = false;
  {
    std::lock_guard lock(mutex_);
    again = std::exchange(last_chunk_, chunk.get()) == chunk.get();
    if (again) text = last_text_;
    if (!again) last_text_ = nullptr;
  }
  if (!again) return chunk->StatsJson(row);
  if (!text) {
    LAKEHOLD_ASSIGN(StatsText told, chunk->LoadStats());
    text = std::make_shared<const StatsText>(std::move(told));
    std::lock_guard lock(mutex_);
    if (last_chunk_ == chunk.get()) last_text_ = text;
  }
  return std::string(text->of(row));
}

size_t LazyColumns::memory_bytes() const {
  std::lock_guard lock(mutex_);
  size_t total = num_records_ ? num_records_->capacity() * sizeof(int64_t) : 0;
  if (last_text_) total += last_text_->text.capacity() + last_text_->end.capacity() * 8;
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
