#include "delta/file_chunk.h"

#include <algorithm>

#include "base/limits.h"

namespace lakehold::delta {
namespace {

// A chunk ends early rather than overflow its 32-bit text positions.
constexpr size_t kTextBytes = size_t{1} << 31;
// Likewise for the 16-bit codes of rare texts.
constexpr size_t kRareTexts = 65'000;

// Distances of places are 32 bits wide.
bool AreNear(uint64_t a, uint64_t b) {
  const auto distance = static_cast<int64_t>(a - b);
  return distance >= INT32_MIN && distance <= INT32_MAX;
}

template <typename Rows>
auto FindRow(const Rows& rows, uint32_t row) -> decltype(rows.data()) {
  auto found =
      std::lower_bound(rows.begin(), rows.end(), row,
                       [](const auto& entry, uint32_t wanted) { return entry.row < wanted; });
  return found != rows.end() && found->row == row ? &*found : nullptr;
}

void AppendSized(std::string_view text, std::string& out) {
  out.append(std::to_string(text.size())).append(1, ':').append(text);
}

}  // namespace

void AppendTupleKey(const PartitionValues& values, std::string& out) {
  for (const auto& [name, value] : values) {
    AppendSized(name, out);
    if (value) {
      AppendSized(*value, out);
    } else {
      out.append(1, '~');
    }
  }
}

bool FileChunk::Fits(const AddFile& file) const {
  const size_t stats = file.stats ? file.stats->size() : 0;
  return rows() == 0 || (source_ == nullptr && rows() < limits::kFileChunkRows &&
                         paths_.size() + file.path.size() < kTextBytes &&
                         stats_.size() + stats < kTextBytes && rare_.size() < kRareTexts);
}

bool FileChunk::IsFull() const {
  return rows() >= limits::kFileChunkRows || paths_.size() >= kTextBytes / 2 ||
         stats_.size() >= kTextBytes / 2 || rare_.size() >= kRareTexts;
}

bool FileChunk::Fits(const FileRows& batch, const FileRow& row) const {
  if (rows() == 0) return true;
  const bool has_room = rows() < limits::kFileChunkRows &&
                        paths_.size() + row.path_size < kTextBytes && rare_.size() < kRareTexts;
  if (!batch.stats_in_source) return has_room && stats_.size() + row.stats_size < kTextBytes;
  return has_room && IsNear({row.stats_at, row.stats_size});
}

bool FileChunk::IsNear(StatsPlace place) const {
  return place.size == 0 || place_base_ == kNoPlace || AreNear(place.at, place_base_);
}

uint32_t FileChunk::CountNear(const FileChunk& from, uint32_t first, uint32_t count) const {
  if (!source_) return count;
  uint64_t base = place_base_;
  for (uint32_t i = 0; i < count; ++i) {
    const StatsPlace place = from.PlaceOf(first + i);
    if (place.size == 0) continue;
    if (base == kNoPlace) base = place.at;
    if (!AreNear(place.at, base)) return i;
  }
  return count;
}

bool FileChunk::FitsAll(const FileChunk& other) const {
  return source_ == nullptr && other.source_ == nullptr &&
         rows() + other.rows() <= limits::kFileChunkRows &&
         paths_.size() + other.paths_.size() < kTextBytes &&
         stats_.size() + other.stats_.size() < kTextBytes &&
         rare_.size() + other.rare_.size() < kRareTexts;
}

void FileChunk::AppendPlain(std::string_view path, int64_t size, int64_t modified,
                            int64_t num_records) {
  paths_.append(path);
  path_end_.push_back(static_cast<uint32_t>(paths_.size()));
  size_.push_back(size);
  modified_.push_back(modified);
  const bool known = num_records >= 0 && num_records < int64_t{kAskStats};
  records_.push_back(known ? static_cast<uint32_t>(num_records) : kAskStats);
}

void FileChunk::AppendStats(std::string_view stats) {
  stats_.append(stats);
  stats_end_.push_back(static_cast<uint32_t>(stats_.size()));
}

void FileChunk::AppendPlace(StatsPlace place) {
  if (place.size != 0 && place_base_ == kNoPlace) place_base_ = place.at;
  place_at_.push_back(place.size == 0 ? 0 : static_cast<int32_t>(place.at - place_base_));
  place_size_.push_back(place.size);
}

void FileChunk::AppendRowIds(std::optional<int64_t> base_row_id,
                             std::optional<int64_t> commit_version) {
  const size_t before = rows() - 1;
  if (base_row_id || !base_row_id_.empty()) {
    base_row_id_.resize(before, kAbsent);
    base_row_id_.push_back(base_row_id.value_or(kAbsent));
  }
  if (commit_version || !default_commit_version_.empty()) {
    default_commit_version_.resize(before, kAbsent);
    default_commit_version_.push_back(commit_version.value_or(kAbsent));
  }
}

uint16_t FileChunk::CodeOf(std::shared_ptr<const PartitionTuple> partition) {
  if (partition.get() == last_tuple_) return last_code_;
  auto [entry, is_new] = code_of_tuple_.try_emplace(partition.get(), 0);
  last_tuple_ = partition.get();
  last_code_ = entry->second;
  if (!is_new) return entry->second;
  std::string key;
  AppendTupleKey(partition->raw, key);
  auto [same, is_new_key] =
      code_of_key_.try_emplace(std::move(key), static_cast<uint16_t>(tuples_.size()));
  // Callers keep their tuples while they fill a chunk, so a pointer stands for one tuple.
  if (is_new_key) tuples_.push_back(std::move(partition));
  entry->second = last_code_ = same->second;
  return entry->second;
}

void FileChunk::Append(const AddFile& file, std::shared_ptr<const PartitionTuple> partition) {
  const std::string_view stats = file.stats ? std::string_view(*file.stats) : "";
  AppendPlain(file.path, file.size_bytes, file.modified_ms, LeadingNumRecords(stats, false));
  AppendStats(stats);
  partition_.push_back(CodeOf(std::move(partition)));
  AppendRowIds(file.base_row_id, file.default_row_commit_version);
  const uint32_t row = rows() - 1;
  if (file.deletion_vector) vectors_.push_back({row, *file.deletion_vector});
  AppendRare(file.tags, file.clustering_provider);
}

void FileChunk::Append(const FileRows& batch, const FileRow& row,
                       const std::shared_ptr<const PartitionTuple>& partition) {
  AppendPlain(batch.PathOf(row), row.size_bytes, row.modified_ms, row.num_records);
  if (batch.stats_in_source) {
    AppendPlace({row.stats_at, row.stats_size});
  } else {
    AppendStats(batch.TextAt(row.stats_at, row.stats_size));
  }
  partition_.push_back(partition.get() == last_tuple_ ? last_code_ : CodeOf(partition));
  const auto present = [](int64_t id) { return id == kAbsent ? std::nullopt : std::optional(id); };
  AppendRowIds(present(row.base_row_id), present(row.default_commit_version));
  if (row.vector != FileRow::kNone) vectors_.push_back({rows() - 1, batch.vectors[row.vector]});
  static const Rare kNothing;
  const Rare& rare = row.rare == FileRow::kNone ? kNothing : batch.rares[row.rare];
  AppendRare(rare.tags, rare.clustering_provider);
}

void FileChunk::ReserveLike(const FileChunk& like) {
  Reserve(like.rows(), like.paths_.size() + like.paths_.size() / 32,
          like.stats_.size() + like.stats_.size() / 32);
}

void FileChunk::Reserve(size_t rows, size_t path_bytes, size_t stats_bytes) {
  paths_.reserve(path_bytes);
  path_end_.reserve(rows);
  size_.reserve(rows);
  modified_.reserve(rows);
  records_.reserve(rows);
  partition_.reserve(rows);
  if (source_) {
    place_at_.reserve(rows);
    place_size_.reserve(rows);
  } else {
    stats_.reserve(stats_bytes);
    stats_end_.reserve(rows);
  }
}

void FileChunk::AppendRow(const FileChunk& from, uint32_t row) {
  AppendPlain(from.path(row), from.size_[row], from.modified_[row], from.num_records(row));
  if (from.source_) {
    AppendPlace(from.PlaceOf(row));
  } else {
    AppendStats(from.InlineStats(row));
  }
  partition_.push_back(CodeOf(from.tuples_[from.partition_[row]]));
  auto present = [row](const std::vector<int64_t>& column) -> std::optional<int64_t> {
    if (row >= column.size() || column[row] == kAbsent) return std::nullopt;
    return column[row];
  };
  AppendRowIds(present(from.base_row_id_), present(from.default_commit_version_));
  const uint32_t mine = rows() - 1;
  if (const auto* vector = from.deletion_vector(row)) vectors_.push_back({mine, *vector});
  const Rare* rare = from.FindRare(row);
  AppendRare(rare ? rare->tags : std::nullopt, rare ? rare->clustering_provider : std::nullopt);
}

void FileChunk::AppendRows(const FileChunk& from, uint32_t first, uint32_t count) {
  if (!HasOnlyPlainRows() || !from.HasOnlyPlainRows()) {
    for (uint32_t row = first; row < first + count; ++row) AppendRow(from, row);
    return;
  }
  if (count == 0) return;
  const auto append_text = [&](const std::string& text, const std::vector<uint32_t>& end,
                               std::string& out, std::vector<uint32_t>& out_end) {
    const uint32_t begin = first == 0 ? 0 : end[first - 1];
    const auto shift = static_cast<uint32_t>(out.size()) - begin;
    out.append(text, begin, end[first + count - 1] - begin);
    for (uint32_t row = first; row < first + count; ++row) out_end.push_back(end[row] + shift);
  };
  append_text(from.paths_, from.path_end_, paths_, path_end_);
  if (source_) {
    for (uint32_t row = first; row < first + count; ++row) AppendPlace(from.PlaceOf(row));
  } else {
    append_text(from.stats_, from.stats_end_, stats_, stats_end_);
  }
  const auto append = [&](const auto& column, auto& out) {
    out.insert(out.end(), column.begin() + first, column.begin() + first + count);
  };
  append(from.size_, size_);
  append(from.modified_, modified_);
  append(from.records_, records_);
  for (uint32_t row = first; row < first + count; ++row)
    partition_.push_back(CodeOf(from.tuples_[from.partition_[row]]));
}

void FileChunk::Seal() {
  // Copying everything to save the last few percent is not worth it.
  const auto trim = [](auto&... columns) {
    ((columns.capacity() > columns.size() + columns.size() / 16 ? columns.shrink_to_fit() : void()),
     ...);
  };
  trim(paths_, path_end_, size_, modified_, records_, stats_, stats_end_, place_at_, place_size_,
       partition_, tuples_, vectors_, rare_, rare_of_, base_row_id_, default_commit_version_);
  code_of_tuple_ = {};
  code_of_key_ = {};
  code_of_rare_ = {};
}

std::string_view FileChunk::path(uint32_t row) const {
  const uint32_t begin = row == 0 ? 0 : path_end_[row - 1];
  return {paths_.data() + begin, path_end_[row] - begin};
}

std::string_view FileChunk::InlineStats(uint32_t row) const {
  const uint32_t begin = row == 0 ? 0 : stats_end_[row - 1];
  return {stats_.data() + begin, stats_end_[row] - begin};
}

StatsPlace FileChunk::PlaceOf(uint32_t row) const {
  if (place_size_[row] == 0) return {};
  return {place_base_ + static_cast<uint64_t>(int64_t{place_at_[row]}), place_size_[row]};
}

bool FileChunk::has_stats(uint32_t row) const {
  return source_ ? place_size_[row] != 0 : !InlineStats(row).empty();
}

Result<std::string> FileChunk::StatsJson(uint32_t row) const {
  if (!source_) return std::string(InlineStats(row));
  const StatsPlace place = PlaceOf(row);
  std::string json;
  LAKEHOLD_TRY(source_->Read({&place, 1}, [&](size_t, std::string_view text) { json = text; }));
  return json;
}

Result<StatsText> FileChunk::LoadStats() const {
  StatsText told;
  told.end.reserve(rows());
  std::vector<StatsPlace> places;
  AppendPlaces(places);
  LAKEHOLD_TRY(source_->Read(places, [&](size_t row, std::string_view text) {
    told.end.resize(row, told.text.size());
    told.text.append(text);
    told.end.push_back(told.text.size());
  }));
  told.end.resize(rows(), told.text.size());
  return told;
}

void FileChunk::AppendPlaces(std::vector<StatsPlace>& places) const {
  for (uint32_t row = 0; row < rows(); ++row) places.push_back(PlaceOf(row));
}

const DeletionVectorDescriptor* FileChunk::deletion_vector(uint32_t row) const {
  const RowVector* found = FindRow(vectors_, row);
  return found ? &found->vector : nullptr;
}

const FileChunk::Rare* FileChunk::FindRare(uint32_t row) const {
  return row < rare_of_.size() && rare_of_[row] != 0 ? &rare_[rare_of_[row] - 1] : nullptr;
}

const std::string* FileChunk::tags(uint32_t row) const {
  const Rare* rare = FindRare(row);
  return rare && rare->tags ? &*rare->tags : nullptr;
}

void FileChunk::AppendRare(const std::optional<std::string>& tags,
                           const std::optional<std::string>& clustering_provider) {
  if (!tags && !clustering_provider && rare_of_.empty()) return;
  rare_of_.resize(rows() - 1, 0);
  if (!tags && !clustering_provider) return rare_of_.push_back(0);
  Rare rare{tags, clustering_provider};
  if (!rare_of_.empty() && rare_of_.back() != 0 && rare_[rare_of_.back() - 1] == rare) {
    return rare_of_.push_back(rare_of_.back());
  }
  std::string key;
  AppendTupleKey({{"", tags}, {"", clustering_provider}}, key);
  auto [entry, is_new] =
      code_of_rare_.try_emplace(std::move(key), static_cast<uint16_t>(rare_.size() + 1));
  if (is_new) rare_.push_back(std::move(rare));
  rare_of_.push_back(entry->second);
}

AddFile FileChunk::ToAction(uint32_t row) const {
  AddFile file;
  file.path = path(row);
  file.partition_values = partition(row).raw;
  file.size_bytes = size_[row];
  file.modified_ms = modified_[row];
  if (const auto* vector = deletion_vector(row)) file.deletion_vector = *vector;
  if (row < base_row_id_.size() && base_row_id_[row] != kAbsent)
    file.base_row_id = base_row_id_[row];
  if (row < default_commit_version_.size() && default_commit_version_[row] != kAbsent) {
    file.default_row_commit_version = default_commit_version_[row];
  }
  if (const Rare* rare = FindRare(row)) {
    file.tags = rare->tags;
    file.clustering_provider = rare->clustering_provider;
  }
  return file;
}

std::shared_ptr<const FileChunk> FileChunk::WithTuples(
    std::vector<std::shared_ptr<const PartitionTuple>> tuples) const {
  auto copy = std::make_shared<FileChunk>(*this);
  copy->tuples_ = std::move(tuples);
  return copy;
}

size_t FileChunk::memory_bytes() const {
  size_t total = sizeof(*this) + paths_.capacity() + path_end_.capacity() * 4 +
                 size_.capacity() * 8 + modified_.capacity() * 8 + records_.capacity() * 4 +
                 stats_end_.capacity() * 4 + (place_at_.capacity() + place_size_.capacity()) * 4 +
                 partition_.capacity() * 2 + tuples_.capacity() * sizeof(tuples_[0]) +
                 vectors_.capacity() * sizeof(RowVector) + rare_.capacity() * sizeof(Rare) +
                 rare_of_.capacity() * 2 +
                 (base_row_id_.capacity() + default_commit_version_.capacity()) * 8;
  for (const RowVector& entry : vectors_) total += entry.vector.path_or_inline.capacity();
  for (const Rare& entry : rare_) total += entry.tags ? entry.tags->capacity() : 0;
  return total;
}

}  // namespace lakehold::delta
