// FileTableBuilder: makes a FileTable from adds and removes told newest first; each file is decided
// once, by the first word about it. Externally synchronized.
//
// Sources (commits, then the checkpoint) come newest first; ordinals of the table run oldest source
// first, so that a table loaded whole and one refreshed commit by commit list their files in the
// same order.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "delta/chunked_file_table.h"
#include "delta/commit_rules.h"
#include "delta/file_rows.h"

namespace lakehold::delta {

class FileTableBuilder {
 public:
  explicit FileTableBuilder(std::string root_uri) : root_uri_(std::move(root_uri)) {}

  // What follows is older than all before. `bulk` sources (checkpoints, large commits) keep their
  // chunks as they are filled. With `stats`, the rows' statistics stay there.
  void BeginSource(bool bulk, std::shared_ptr<const StatsSource> stats = nullptr);
  // The same for a checkpoint, in which no file should be told twice: what Take is given is put
  // into the index only at the end, all at once; of a file told twice the first word counts.
  void BeginCheckpoint();
  // False if a newer add or remove of the same file came before: then this one does not count.
  bool Add(const AddFile& file);
  bool Remove(std::string_view path, std::string_view dv_unique_id);
  // The same for a batch that has been hashed.
  void Take(const FileRows& batch);
  // Whether batches of the present source may have told of one file twice: a commit must not.
  bool may_repeat() const { return may_repeat_; }
  // The path of a file that the present source, all of which was taken, told of twice; empty
  // without one.
  const std::string& FindRepeated() {
    SettleIndex();
    return told_twice_;
  }
  // The source's later files come with their statistics, by Add; or their statistics stay in
  // `stats`.
  void KeepStatsFromNowOn() {
    if (stats_) LeaveStatsIn(nullptr);
  }
  void LeaveStatsIn(std::shared_ptr<const StatsSource> stats) {
    stats_ = std::move(stats);
    fresh_chunk_ = true;
  }
  // Room for about so many more files, with so much text where they are not bulk.
  void Expect(size_t files, uint64_t path_bytes = 0, uint64_t stats_bytes = 0) {
    index_.Reserve(index_.size() + files);
    expected_ = {files, path_bytes, stats_bytes};
  }

  // Room in what is put off for so many more rows, if a file is to be believed.
  void ExpectRows(uint64_t rows) {
    constexpr uint64_t kBelieved = uint64_t{1} << 24;
    put_off_.reserve(put_off_.size() + std::min(rows, kBelieved));
  }

  // The table, on top of `base` (null: nothing). Work and new memory grow with what was added here,
  // not with the base. Ordinals of the base stay, unless `may_pack` and most of them are dead. Call
  // once. kCorrupt "delta.bad_partition_value" tells the file in its context "data_file".
  Result<std::shared_ptr<const FileTable>> Finish(const PartitionSchema& columns,
                                                  const ChunkedFileTable* base, bool may_pack);

 private:
  struct Expected {
    size_t files = 0;
    uint64_t path_bytes = 0;
    uint64_t stats_bytes = 0;
  };
  struct Source {
    uint32_t first = 0;  // Provisional ordinal.
    uint32_t first_tombstone = 0;
    bool bulk = false;
  };
  struct Tombstone {
    size_t begin = 0;
    uint32_t path_size = 0;
    uint32_t dv_size = 0;
  };

  // Whether two rows, by provisional ordinal, are the same file.
  bool IsSameFile(uint32_t one, uint32_t other) const;
  // Puts what was put off into the index; rows that are told twice go to repeated_.
  void SettleIndex();
  enum class Before : uint8_t { kNothing, kNewerSource, kSameSource };
  Before Seen(uint32_t hash, std::string_view canonical, std::string_view dv_unique_id) const;
  void OpenChunk();
  void Bury(uint32_t hash, std::string_view canonical, std::string_view dv_unique_id);
  std::shared_ptr<const PartitionTuple> Intern(const PartitionValues& values);
  const FileChunk& ChunkOf(uint32_t provisional, uint32_t& row) const;
  // A chunk with room for `rows` of `source`, like `from`, and those of newer sources, as far as
  // they share chunks.
  std::shared_ptr<FileChunk> OpenArranged(size_t source, uint32_t rows,
                                          const FileChunk& from) const;
  // The error with the first file of these partition values.
  Error AboutFileOf(const PartitionTuple& tuple, Error error) const;
  // Chunks in final order; renumbers index_ from provisional to final ordinals, beginning at
  // `first`.
  std::vector<std::shared_ptr<const FileChunk>> Arrange(uint32_t first);
  void AppendRow(const FileRows& batch, const FileRow& row,
                 const std::shared_ptr<const PartitionTuple>& tuple);
  // Of the table's own rows, one that does not count after all.
  static void Kill(FileOrdinal ordinal, ChunkedFileTable& table);
  // The live files of a table that is mostly dead, in the same order under new ordinals.
  static std::shared_ptr<const FileTable> Pack(const ChunkedFileTable& table);
  void AppendRows(ChunkedFileTable& table);
  void KillReplaced(const ChunkedFileTable& base, ChunkedFileTable& table) const;

  std::string root_uri_;
  std::vector<std::shared_ptr<FileChunk>> chunks_;
  std::vector<uint32_t> chunk_first_;
  uint32_t rows_ = 0;
  int64_t bytes_ = 0;
  std::vector<Source> sources_;
  Expected expected_;
  std::shared_ptr<const StatsSource> stats_;
  bool fresh_chunk_ = true;
  bool open_is_bulk_ = false;  // The last chunk is one of a bulk source.
  bool may_repeat_ = false;
  CommitRules dropped_;    // Files of the present source that do not count.
  bool puts_off_ = false;  // The index of the present source is settled later.
  std::vector<PathIndex::Entry> put_off_;
  std::vector<uint32_t> repeated_;  // Provisional ordinals, final ones after Arrange.
  std::string told_twice_;          // The first such path of the present source, if any.
  PathIndex index_;
  PathIndex removed_;
  std::vector<Tombstone> tombstones_;
  std::string tombstone_text_;
  std::unordered_map<std::string, std::shared_ptr<PartitionTuple>> tuples_;
  std::string last_tuple_key_;
  std::shared_ptr<const PartitionTuple> last_tuple_;
  mutable std::string scratch_;
};

}  // namespace lakehold::delta
