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

// Tells the statistics of the rows from `first` on, chunk by chunk: visit(chunk, row, text). What
// cannot be read again is told as absent: pruning may keep too much.
template <typename Visit>
void ForEachStats(const ChunkedFileTable& table, FileOrdinal first, const Visit& visit) {
  for (const ChunkedFileTable::Part& part : table.parts()) {
    const FileChunk& chunk = *part.chunk;
    if (part.first + chunk.rows() <= first) continue;
    const uint32_t begin = first > part.first ? first - part.first : 0;
    const auto told = chunk.source() ? chunk.LoadStats() : Result<StatsText>(StatsText{});
    for (uint32_t row = begin; row < chunk.rows(); ++row) {
      visit(chunk, row,
            !chunk.source() ? chunk.InlineStats(row)
            : told.ok()     ? told->of(row)
                            : std::string_view());
    }
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
    complete->files.reserve(table.slots());
    if (column) complete->files = column->files;
    StatsParser parser;
    // Tags are kept once a chunk: equal ones have one address.
    const std::string* last_tags = nullptr;
    StatsTrust trust = StatsTrust::kForeign;
    ForEachStats(table, static_cast<FileOrdinal>(complete->files.size()),
                 [&](const FileChunk& chunk, uint32_t row, std::string_view text) {
                   const std::string* tags = chunk.tags(row);
                   if (tags != last_tags) trust = tags ? TrustOf(*tags) : StatsTrust::kForeign;
                   last_tags = tags;
                   complete->files.push_back(parser.ParseColumn(text, path, type, trust));
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
    for (const ChunkedFileTable::Part& part : table.parts())
      AppendNumRecords(*part.chunk, part.first, *complete);
    num_records_ = std::move(complete);
  }
  return *num_records_;
}

// Most files' numRecords were read with the file itself; the text is parsed only where it is
// unusual.
void LazyColumns::AppendNumRecords(const FileChunk& chunk, FileOrdinal first,
                                   std::vector<int64_t>& records) {
  if (first + chunk.rows() <= records.size()) return;
  std::optional<StatsParser> parser;
  std::optional<Result<StatsText>> told;
  for (uint32_t row = static_cast<uint32_t>(records.size() - first); row < chunk.rows(); ++row) {
    int64_t number = chunk.num_records(row);
    if (number < 0 && chunk.has_stats(row)) {
      if (!parser) parser.emplace();
      if (chunk.source() && !told) told = chunk.LoadStats();
      const std::string_view text = !told        ? chunk.InlineStats(row)
                                    : told->ok() ? (*told)->of(row)
                                                 : std::string_view();
      number = parser->ParseFile(text).num_records.value_or(-1);
    }
    records.push_back(number);
  }
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
