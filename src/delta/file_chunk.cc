#include "delta/file_chunk.h"

#include <algorithm>

#include "base/limits.h"

namespace lakehold::delta {
namespace {

// A chunk ends early rather than overflow its 32-bit text positions.
constexpr size_t kTextBytes = size_t{1} << 31;
// Likewise for the 16-bit codes of rare texts.
constexpr size_t kRareTexts = 65'000;

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
  return rows() == 0 ||
         (rows() < limits::kFileChunkRows && paths_.size() + file.path.size() < kTextBytes &&
          stats_.size() + stats < kTextBytes && rare_.size() < kRareTexts);
}

bool FileChunk::IsFull() const {
  return rows() >= limits::kFileChunkRows || paths_.size() >= kTextBytes / 2 ||
         stats_.size() >= kTextBytes / 2 || rare_.size() >= kRareTexts;
}

bool FileChunk::FitsAll(const FileChunk& other) const {
  return rows() + other.rows() <= limits::kFileChunkRows &&
         paths_.size() + other.paths_.size() < kTextBytes &&
         stats_.size() + other.stats_.size() < kTextBytes &&
         rare_.size() + other.rare_.size() < kRareTexts;
}

void FileChunk::AppendPlain(std::string_view path, int64_t size, int64_t modified,
                            std::string_view stats) {
  paths_.append(path);
  path_end_.push_back(static_cast<uint32_t>(paths_.size()));
  size_.push_back(size);
  modified_.push_back(modified);
  stats_.append(stats);
  stats_end_.push_back(static_cast<uint32_t>(stats_.size()));
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
  auto [entry, is_new] = code_of_tuple_.try_emplace(partition.get(), 0);
  if (!is_new) return entry->second;
  std::string key;
  AppendTupleKey(partition->raw, key);
  auto [same, is_new_key] =
      code_of_key_.try_emplace(std::move(key), static_cast<uint16_t>(tuples_.size()));
  // Callers keep their tuples while they fill a chunk, so a pointer stands for one tuple.
  if (is_new_key) tuples_.push_back(std::move(partition));
  entry->second = same->second;
  return entry->second;
}

void FileChunk::Append(const AddFile& file, std::shared_ptr<const PartitionTuple> partition) {
  AppendPlain(file.path, file.size_bytes, file.modified_ms,
              file.stats ? std::string_view(*file.stats) : "");
  partition_.push_back(CodeOf(std::move(partition)));
  AppendRowIds(file.base_row_id, file.default_row_commit_version);
  const uint32_t row = rows() - 1;
  if (file.deletion_vector) vectors_.push_back({row, *file.deletion_vector});
  AppendRare(file.tags, file.clustering_provider);
}

void FileChunk::AppendRow(const FileChunk& from, uint32_t row) {
  AppendPlain(from.path(row), from.size_[row], from.modified_[row], from.stats(row));
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

void FileChunk::Seal() {
  paths_.shrink_to_fit();
  path_end_.shrink_to_fit();
  size_.shrink_to_fit();
  modified_.shrink_to_fit();
  stats_.shrink_to_fit();
  stats_end_.shrink_to_fit();
  partition_.shrink_to_fit();
  tuples_.shrink_to_fit();
  vectors_.shrink_to_fit();
  rare_.shrink_to_fit();
  rare_of_.shrink_to_fit();
  base_row_id_.shrink_to_fit();
  default_commit_version_.shrink_to_fit();
  code_of_tuple_ = {};
  code_of_key_ = {};
  code_of_rare_ = {};
}

std::string_view FileChunk::path(uint32_t row) const {
  const uint32_t begin = row == 0 ? 0 : path_end_[row - 1];
  return {paths_.data() + begin, path_end_[row] - begin};
}

std::string_view FileChunk::stats(uint32_t row) const {
  const uint32_t begin = row == 0 ? 0 : stats_end_[row - 1];
  return {stats_.data() + begin, stats_end_[row] - begin};
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
  if (!stats(row).empty()) file.stats = std::string(stats(row));
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
                 size_.capacity() * 8 + modified_.capacity() * 8 + stats_end_.capacity() * 4 +
                 partition_.capacity() * 2 + tuples_.capacity() * sizeof(tuples_[0]) +
                 vectors_.capacity() * sizeof(RowVector) + rare_.capacity() * sizeof(Rare) +
                 rare_of_.capacity() * 2 +
                 (base_row_id_.capacity() + default_commit_version_.capacity()) * 8;
  for (const RowVector& entry : vectors_) total += entry.vector.path_or_inline.capacity();
  for (const Rare& entry : rare_) total += entry.tags ? entry.tags->capacity() : 0;
  return total;
}

}  // namespace lakehold::delta
