// ListedFiles: a FileTable over a plain list of add actions, for tests of what only reads one.
// Immutable once filled.
//
// It parses statistics at every call of Stats and counts these calls.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "delta/file_table.h"
#include "delta/stats_parser.h"

namespace lakehold::delta {

class ListedFiles : public FileTable {
 public:
  // `partition_values` by partition column.
  FileOrdinal Add(AddFile file, std::vector<Scalar> partition_values = {}) {
    files_.push_back(std::move(file));
    partitions_.push_back(std::move(partition_values));
    StatsParser parser;
    const auto& stats = files_.back().stats;
    records_.push_back(
        parser.ParseFile(stats ? *stats : std::string_view()).num_records.value_or(-1));
    return static_cast<FileOrdinal>(files_.size() - 1);
  }
  int stats_calls() const { return stats_calls_; }

  FileOrdinal slots() const override { return static_cast<FileOrdinal>(files_.size()); }
  int64_t live_files() const override { return slots(); }
  int64_t live_bytes() const override {
    int64_t bytes = 0;
    for (const auto& file : files_) bytes += file.size_bytes;
    return bytes;
  }
  bool IsLive(FileOrdinal) const override { return true; }
  FileView Get(FileOrdinal ordinal) const override {
    const auto& file = files_[ordinal];
    return {ordinal, file.path, file.size_bytes, file.modified_ms,
            file.deletion_vector ? &*file.deletion_vector : nullptr};
  }
  const Scalar& PartitionValue(FileOrdinal ordinal, size_t column) const override {
    return partitions_[ordinal][column];
  }
  PartitionValues RawPartitionValues(FileOrdinal ordinal) const override {
    return files_[ordinal].partition_values;
  }
  AddFile ToAction(FileOrdinal ordinal) const override { return files_[ordinal]; }
  Result<std::string> StatsJson(FileOrdinal ordinal) const override {
    return files_[ordinal].stats.value_or("");
  }
  std::optional<FileOrdinal> Find(std::string_view path, std::string_view) const override {
    for (FileOrdinal i = 0; i < slots(); ++i) {
      if (files_[i].path == path) return i;
    }
    return std::nullopt;
  }
  FileRun RunOf(FileOrdinal) const override {
    codes_.clear();
    tuples_.clear();
    sizes_.clear();
    for (size_t i = 0; i < files_.size(); ++i) {
      codes_.push_back(static_cast<uint16_t>(i));
      tuples_.push_back(std::make_shared<PartitionTuple>(PartitionTuple{{}, partitions_[i]}));
      sizes_.push_back(files_[i].size_bytes);
    }
    return {0, slots(), sizes_, codes_, tuples_};
  }
  using FileTable::Stats;
  std::vector<std::shared_ptr<const StatsColumn>> Stats(std::span<const StatsLeaf> leaves,
                                                        const StatsDemand&) const override {
    ++stats_calls_;
    StatsParser parser;
    std::vector<std::shared_ptr<const StatsColumn>> columns;
    for (const StatsLeaf& leaf : leaves) {
      auto window = std::make_shared<StatsWindow>(leaf.type);
      for (size_t i = 0; i < files_.size(); ++i) {
        const auto& file = files_[i];
        window->Append(parser.ParseColumn(file.stats ? *file.stats : std::string_view(), leaf.path,
                                          leaf.type, TrustOf(file.tags)),
                       records_[i]);
      }
      auto column = std::make_shared<StatsColumn>();
      column->windows.push_back(std::move(window));
      columns.push_back(std::move(column));
    }
    return columns;
  }
  std::span<const int64_t> NumRecords() const override { return records_; }
  size_t memory_bytes() const override { return 0; }
  FileOrdinals LiveOrdinals() const override {
    FileOrdinals ordinals(files_.size());
    for (FileOrdinal i = 0; i < slots(); ++i) ordinals[i] = i;
    return ordinals;
  }

 private:
  std::vector<AddFile> files_;
  std::vector<std::vector<Scalar>> partitions_;
  std::vector<int64_t> records_;
  mutable std::vector<uint16_t> codes_;
  mutable std::vector<std::shared_ptr<const PartitionTuple>> tuples_;
  mutable std::vector<int64_t> sizes_;
  mutable int stats_calls_ = 0;
};

}  // namespace lakehold::delta
