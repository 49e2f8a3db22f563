// FileChunk: up to limits::kFileChunkRows data files by column. Externally synchronized while it is
// filled; immutable and shared between snapshots once sealed.
//
// Next: chunked_file_table.h, which strings chunks together.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "delta/action.h"
#include "delta/file_rows.h"
#include "delta/file_table.h"
#include "delta/scalar.h"
#include "delta/stats_source.h"

namespace lakehold::delta {

// Appends a text that is equal for equal raw values and different for different ones.
void AppendTupleKey(const PartitionValues& values, std::string& out);

class FileChunk {
 public:
  FileChunk() = default;
  uint32_t rows() const { return static_cast<uint32_t>(size_.size()); }
  // Whether one more file fits.
  bool Fits(const AddFile& file) const;
  bool IsFull() const;
  bool FitsAll(const FileChunk& other) const;
  void Append(const AddFile& file, std::shared_ptr<const PartitionTuple> partition);
  // The same for rows of a batch. Where their statistics stay in the source, all rows of the chunk
  // do.
  bool Fits(const FileRows& batch, const FileRow& row) const;
  void Append(const FileRows& batch, const FileRow& row,
              const std::shared_ptr<const PartitionTuple>& partition);
  // Before the first row: statistics stay there.
  void UseSource(std::shared_ptr<const StatsSource> source) { source_ = std::move(source); }
  const std::shared_ptr<const StatsSource>& source() const { return source_; }
  // Before the first row: room for as many rows, of about as much text, as `like` has.
  void ReserveLike(const FileChunk& like);
  // Before the first row: room for so many rows and so much text.
  void Reserve(size_t rows, size_t path_bytes, size_t stats_bytes);
  // Copies one row of another chunk with the same source.
  void AppendRow(const FileChunk& from, uint32_t row);
  // How many of these rows' statistics are near enough to those here, in the same source.
  uint32_t CountNear(const FileChunk& from, uint32_t first, uint32_t count) const;
  // Copies rows of another chunk with the same source, if any.
  void AppendRows(const FileChunk& from, uint32_t first, uint32_t count);
  // Call once, after the last row: gives back spare memory.
  void Seal();

  std::string_view path(uint32_t row) const;
  int64_t size_bytes(uint32_t row) const { return size_[row]; }
  int64_t modified_ms(uint32_t row) const { return modified_[row]; }
  // numRecords, or -1: ask the statistics.
  int64_t num_records(uint32_t row) const {
    return records_[row] == kAskStats ? -1 : static_cast<int64_t>(records_[row]);
  }
  bool has_stats(uint32_t row) const;
  // Their text, where it does not stay in a source.
  std::string_view InlineStats(uint32_t row) const;
  // The text of one row's statistics; reads the source, if there is one.
  Result<std::string> StatsJson(uint32_t row) const;
  // All rows', for a chunk with a source; and the places in it.
  Result<StatsText> LoadStats() const;
  void AppendPlaces(std::vector<StatsPlace>& places) const;
  const DeletionVectorDescriptor* deletion_vector(uint32_t row) const;
  std::span<const int64_t> sizes() const { return size_; }
  std::span<const uint16_t> partition_codes() const { return partition_; }
  const PartitionTuple& partition(uint32_t row) const { return *tuples_[partition_[row]]; }
  // Raw JSON, if any.
  const std::string* tags(uint32_t row) const;
  // All but the statistics.
  AddFile ToAction(uint32_t row) const;

  const std::vector<std::shared_ptr<const PartitionTuple>>& tuples() const { return tuples_; }
  // The same rows with other (re-typed) tuples; `tuples` has the order of tuples().
  std::shared_ptr<const FileChunk> WithTuples(
      std::vector<std::shared_ptr<const PartitionTuple>> tuples) const;
  // Of all paths, and of the statistics that are here.
  size_t path_text_bytes() const { return paths_.size(); }
  size_t stats_text_bytes() const { return stats_.size(); }
  // Bytes held, without and with the text of statistics; tuples are counted by whoever shares them.
  size_t memory_bytes() const;
  // Of the text of statistics.
  size_t stats_bytes() const { return stats_.capacity(); }

 private:
  static constexpr int64_t kAbsent = INT64_MIN;
  static constexpr uint32_t kAskStats = UINT32_MAX;
  using Rare = RareTexts;
  struct RowVector {
    uint32_t row = 0;
    DeletionVectorDescriptor vector;
  };

  bool HasOnlyPlainRows() const {
    return vectors_.empty() && rare_of_.empty() && base_row_id_.empty() &&
           default_commit_version_.empty();
  }
  const Rare* FindRare(uint32_t row) const;
  void AppendRare(const std::optional<std::string>& tags,
                  const std::optional<std::string>& clustering_provider);
  void AppendPlain(std::string_view path, int64_t size, int64_t modified, int64_t num_records);
  void AppendStats(std::string_view stats);
  void AppendPlace(StatsPlace place);
  StatsPlace PlaceOf(uint32_t row) const;
  bool IsNear(StatsPlace place) const;
  void AppendRowIds(std::optional<int64_t> base_row_id, std::optional<int64_t> commit_version);
  uint16_t CodeOf(std::shared_ptr<const PartitionTuple> partition);

  std::string paths_;
  std::vector<uint32_t> path_end_;
  std::vector<int64_t> size_;
  std::vector<int64_t> modified_;
  std::vector<uint32_t> records_;  // kAskStats: unknown yet.
  // Statistics: text and its ends here, or places in the source, counted from the first one in
  // either direction.
  std::string stats_;
  std::vector<uint32_t> stats_end_;
  std::shared_ptr<const StatsSource> source_;
  static constexpr uint64_t kNoPlace = UINT64_MAX;
  uint64_t place_base_ = kNoPlace;
  std::vector<int32_t> place_at_;
  std::vector<uint32_t> place_size_;
  std::vector<uint16_t> partition_;
  std::vector<std::shared_ptr<const PartitionTuple>> tuples_;
  std::vector<RowVector> vectors_;    // Ascending by row.
  std::vector<Rare> rare_;            // Distinct ones.
  std::vector<uint16_t> rare_of_;     // 1 + position in rare_, or 0; empty until a row has one.
  std::vector<int64_t> base_row_id_;  // Empty until a row has one.
  std::vector<int64_t> default_commit_version_;  // Empty until a row has one.
  // Only while filling: codes by identity, and by content for equal tuples made apart.
  std::unordered_map<const PartitionTuple*, uint16_t> code_of_tuple_;
  const PartitionTuple* last_tuple_ = nullptr;
  uint16_t last_code_ = 0;
  std::unordered_map<std::string, uint16_t> code_of_key_;
  std::unordered_map<std::string, uint16_t> code_of_rare_;
};

}  // namespace lakehold::delta
