// FileRows: adds and removes of one stretch of the log, by row, with their text in one arena: what
// a parser hands to FileTableBuilder without making an action a file. Externally synchronized.
//
// Equal partition values, and equal rare texts, are told once a batch. Statistics are either text
// of the arena or a place in the file the batch was read from (stats_source.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "delta/action.h"

namespace lakehold::delta {

// Texts that most files lack or share.
struct RareTexts {
  std::optional<std::string> tags = {};
  std::optional<std::string> clustering_provider = {};
  bool operator==(const RareTexts&) const = default;
};

struct FileRow {
  static constexpr int64_t kAbsent = INT64_MIN;
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  uint64_t hash = 0;     // Of canonical path and vector; filled in by FileRows::Hash.
  uint32_t path_at = 0;  // In `text`, as in the log.
  uint32_t path_size = 0;
  uint32_t canonical_at = 0;    // In `text`, where it is not the path itself.
  uint32_t canonical_size = 0;  // 0: the path is canonical.
  uint32_t partition = kNone;   // Of `partitions`; none for removes.
  uint32_t rare = kNone;        // Of `rares`.
  uint32_t vector = kNone;      // Of `vectors`.
  uint32_t stats_size = 0;
  uint64_t stats_at = 0;     // In `text`, or in the source.
  int64_t num_records = -1;  // -1: ask the statistics.
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  int64_t base_row_id = kAbsent;
  int64_t default_commit_version = kAbsent;
  bool is_remove = false;
};

class FileRows {
 public:
  std::vector<FileRow> rows;
  std::string text;
  std::vector<PartitionValues> partitions;
  std::vector<RareTexts> rares;
  std::vector<DeletionVectorDescriptor> vectors;
  // Whether stats_at is a place in the source: then of the text between the quotes of a JSON
  // string.
  bool stats_in_source = false;
  // Rows of the source, as far as it tells: those of this batch and of all to come.
  uint64_t rows_to_come = 0;

  bool empty() const { return rows.empty(); }
  // Empty again, with the memory it has.
  void Clear();
  // Appends to `text`; positions are 32 bits wide, so a batch ends before it holds 2 GiB.
  uint32_t Keep(std::string_view kept) {
    text.append(kept);
    return static_cast<uint32_t>(text.size() - kept.size());
  }
  std::string_view TextAt(uint64_t at, uint32_t size) const { return {text.data() + at, size}; }
  std::string_view PathOf(const FileRow& row) const { return TextAt(row.path_at, row.path_size); }
  std::string_view CanonicalOf(const FileRow& row) const {
    return row.canonical_size == 0 ? PathOf(row) : TextAt(row.canonical_at, row.canonical_size);
  }
  // The code of partition values or rare texts that are equal to those of the same `key` before;
  // nothing if the key is new: then append and Remember.
  std::optional<uint32_t> Recall(std::string_view key);
  void Remember(std::string_view key, uint32_t code);

  void Append(const AddFile& add);
  void Append(const RemoveFile& remove);
  // Canonical paths and hashes of all rows; call after the last. Does nothing the second time.
  void Hash(std::string_view root_uri);

 private:
  uint32_t RareOf(const AddFile& add);

  struct KeyHash {
    using is_transparent = void;  // Looking up copies no key.
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };
  std::unordered_map<std::string, uint32_t, KeyHash, std::equal_to<>> codes_;
  std::string last_key_;
  uint32_t last_code_ = FileRow::kNone;
  bool hashed_ = false;
};

// numRecords of statistics that begin with it, as practically all do; -1 if they do not. `escaped`:
// the text is still that of a JSON string.
int64_t LeadingNumRecords(std::string_view stats, bool escaped);

}  // namespace lakehold::delta
