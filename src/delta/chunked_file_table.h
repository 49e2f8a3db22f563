// ChunkedFileTable: the FileTable of every snapshot: shared chunks, dead bits and a layered path
// index. Immutable.
//
// A descendant shares all chunks and index layers and adds small ones, which merge as a binary
// counter does: the work of a refresh grows with what is new. Made by file_table_builder.h.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "delta/file_chunk.h"
#include "delta/file_table.h"
#include "delta/lazy_columns.h"
#include "delta/path_index.h"

namespace lakehold::delta {

// What PartitionTuple::values holds: the partition columns by physical name, in the table's order.
using PartitionSchema = std::vector<std::pair<std::string, DataType>>;
// kCorrupt "delta.bad_partition_value" if a text is no value of its column's type, or a column has
// none.
Result<std::vector<Scalar>> TypeTuple(const PartitionValues& raw, const PartitionSchema& columns);

class ChunkedFileTable final : public FileTable {
 public:
  using DeadBits = std::vector<bool>;
  struct Part {
    std::shared_ptr<const FileChunk> chunk;
    std::shared_ptr<const DeadBits> dead;  // Null: none.
    FileOrdinal first = 0;                 // Ordinal of the chunk's row 0.
  };

  FileOrdinal slots() const override { return slots_; }
  int64_t live_files() const override { return live_files_; }
  int64_t live_bytes() const override { return live_bytes_; }
  bool IsLive(FileOrdinal ordinal) const override;
  FileView Get(FileOrdinal ordinal) const override;
  const Scalar& PartitionValue(FileOrdinal ordinal, size_t column) const override;
  PartitionValues RawPartitionValues(FileOrdinal ordinal) const override;
  AddFile ToAction(FileOrdinal ordinal) const override;
  Result<std::string> StatsJson(FileOrdinal ordinal) const override;
  std::optional<FileOrdinal> Find(std::string_view path,
                                  std::string_view dv_unique_id) const override;
  FileRun RunOf(FileOrdinal ordinal) const override;
  using FileTable::Stats;
  std::vector<std::shared_ptr<const StatsColumn>> Stats(std::span<const StatsLeaf> leaves,
                                                        const StatsDemand& demand) const override;
  std::span<const int64_t> NumRecords() const override;
  size_t memory_bytes() const override;
  FileOrdinals LiveOrdinals() const override;

  // The same as Find, for a path that is canonical already.
  std::optional<FileOrdinal> FindCanonical(uint32_t hash, std::string_view path,
                                           std::string_view dv_unique_id) const;
  const std::string& root_uri() const { return root_uri_; }
  const std::vector<Part>& parts() const { return parts_; }

 private:
  friend class FileTableBuilder;
  ChunkedFileTable() = default;
  const Part& PartOf(FileOrdinal ordinal) const;

  std::string root_uri_;
  std::vector<Part> parts_;
  std::vector<std::shared_ptr<const PathIndex>> layers_;  // Oldest, largest first.
  PartitionSchema partition_schema_;
  FileOrdinal slots_ = 0;
  int64_t live_files_ = 0;
  int64_t live_bytes_ = 0;
  mutable std::unique_ptr<LazyColumns> lazy_;
};

}  // namespace lakehold::delta
