#include "delta/file_rows.h"

#include <charconv>
#include <utility>

#include "delta/file_chunk.h"
#include "delta/path_index.h"

namespace lakehold::delta {

void FileRows::Clear() {
  rows.clear();
  text.clear();
  partitions.clear();
  rares.clear();
  vectors.clear();
  codes_.clear();
  last_code_ = FileRow::kNone;
  rows_to_come = 0;
  hashed_ = false;
}

std::optional<uint32_t> FileRows::Recall(std::string_view key) {
  if (last_code_ != FileRow::kNone && key == last_key_) return last_code_;
  const auto found = codes_.find(key);
  if (found == codes_.end()) return std::nullopt;
  last_key_ = found->first;
  last_code_ = found->second;
  return last_code_;
}

void FileRows::Remember(std::string_view key, uint32_t code) {
  codes_.emplace(key, code);
  last_key_ = key;
  last_code_ = code;
}

uint32_t FileRows::RareOf(const AddFile& add) {
  if (!add.tags && !add.clustering_provider) return FileRow::kNone;
  std::string key = "t";
  AppendTupleKey({{"", add.tags}, {"", add.clustering_provider}}, key);
  if (const auto code = Recall(key)) return *code;
  rares.push_back({add.tags, add.clustering_provider});
  Remember(key, static_cast<uint32_t>(rares.size() - 1));
  return static_cast<uint32_t>(rares.size() - 1);
}

void FileRows::Append(const AddFile& add) {
  FileRow& row = rows.emplace_back();
  row.path_at = Keep(add.path);
  row.path_size = static_cast<uint32_t>(add.path.size());
  std::string key = "p";
  AppendTupleKey(add.partition_values, key);
  if (const auto code = Recall(key)) {
    row.partition = *code;
  } else {
    partitions.push_back(add.partition_values);
    row.partition = static_cast<uint32_t>(partitions.size() - 1);
    Remember(key, row.partition);
  }
  row.rare = RareOf(add);
  if (add.deletion_vector) {
    row.vector = static_cast<uint32_t>(vectors.size());
    vectors.push_back(*add.deletion_vector);
  }
  if (add.stats) {
    row.stats_at = Keep(*add.stats);
    row.stats_size = static_cast<uint32_t>(add.stats->size());
    row.num_records = LeadingNumRecords(*add.stats, false);
  }
  row.size_bytes = add.size_bytes;
  row.modified_ms = add.modified_ms;
  row.base_row_id = add.base_row_id.value_or(FileRow::kAbsent);
  row.default_commit_version = add.default_row_commit_version.value_or(FileRow::kAbsent);
}

void FileRows::Append(const RemoveFile& remove) {
  FileRow& row = rows.emplace_back();
  row.is_remove = true;
  row.path_at = Keep(remove.path);
  row.path_size = static_cast<uint32_t>(remove.path.size());
  if (remove.deletion_vector) {
    row.vector = static_cast<uint32_t>(vectors.size());
    vectors.push_back(*remove.deletion_vector);
  }
}

void FileRows::Hash(std::string_view root_uri) {
  if (std::exchange(hashed_, true)) return;
  std::string scratch;
  for (FileRow& row : rows) {
    const std::string_view path = PathOf(row);
    const std::string_view canonical = CanonicalPath(path, root_uri, scratch);
    const std::string vector = row.vector == FileRow::kNone ? "" : vectors[row.vector].UniqueId();
    row.hash = HashFileKey(canonical, vector);
    if (canonical.data() == path.data()) continue;
    row.canonical_size = static_cast<uint32_t>(canonical.size());
    row.canonical_at = Keep(canonical);
  }
}

int64_t LeadingNumRecords(std::string_view stats, bool escaped) {
  const std::string_view head = escaped ? R"({\"numRecords\":)" : R"({"numRecords":)";
  if (!stats.starts_with(head) || !stats.ends_with('}')) return -1;
  const char* begin = stats.data() + head.size();
  const char* end = stats.data() + stats.size();
  int64_t records = -1;
  const auto [rest, error] = std::from_chars(begin, end, records);
  if (error != std::errc() || rest == end || (*rest != ',' && *rest != '}') || records < 0)
    return -1;
  // "007" is no number of JSON.
  return *begin == '0' && rest - begin > 1 ? -1 : records;
}

}  // namespace lakehold::delta
