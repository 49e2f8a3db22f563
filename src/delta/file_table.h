// FileTable: the live data files of a snapshot, by column. Immutable; shared freely.
//
// Files have ordinals: stable within one snapshot and its descendants by Refresh until compaction
// of dead slots. Chunks of limits::kFileChunkRows are shared between snapshots; a refresh copies
// only the dead bits and the last chunk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "delta/action.h"
#include "delta/scalar.h"
#include "delta/stats.h"
#include "delta/stats_column.h"

namespace lakehold::delta {

using FileOrdinal = uint32_t;
using FileOrdinals = std::vector<FileOrdinal>;  // Ascending.

// One file, by reference into the table: valid as long as the table lives.
struct FileView {
  FileOrdinal ordinal = 0;
  std::string_view path;  // As in the log.
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  const DeletionVectorDescriptor* deletion_vector = nullptr;  // Null if absent.
};

// One combination of partition values: as in the log, and typed in the order of the table's
// partition columns.
struct PartitionTuple {
  PartitionValues raw;
  std::vector<Scalar> values;
};

// Files that are stored together, by column; valid as long as the table lives.
struct FileRun {
  FileOrdinal begin = 0;
  FileOrdinal end = 0;
  std::span<const int64_t> size_bytes;
  std::span<const uint16_t> partition;  // Of `tuples`.
  std::span<const std::shared_ptr<const PartitionTuple>> tuples;
};

// Which statistics are wanted, and who reads them.
struct StatsDemand {
  const std::vector<bool>* windows = nullptr;  // Of a StatsColumn; null: all.
  Executor* executor = nullptr;                // Null: the calling thread.
};

class FileTable {
 public:
  virtual ~FileTable() = default;

  // Ordinals run from 0 to slots() - 1; some slots are dead.
  virtual FileOrdinal slots() const = 0;
  virtual int64_t live_files() const = 0;
  virtual int64_t live_bytes() const = 0;
  virtual bool IsLive(FileOrdinal ordinal) const = 0;
  virtual FileView Get(FileOrdinal ordinal) const = 0;
  // The typed value of the `column`-th partition column; parsed once when the file was added.
  virtual const Scalar& PartitionValue(FileOrdinal ordinal, size_t column) const = 0;
  // The raw partition values, as an add action holds them.
  virtual PartitionValues RawPartitionValues(FileOrdinal ordinal) const = 0;
  // Everything the log says of the file but its statistics, for checkpoints and removes.
  virtual AddFile ToAction(FileOrdinal ordinal) const = 0;
  // The JSON text of the file's statistics; empty if absent. Not every table holds it: then the log
  // is read again, cheapest in the order of ordinals. Thread-safe. "delta.lost_statistics" or the
  // store's own error if it cannot be.
  virtual Result<std::string> StatsJson(FileOrdinal ordinal) const = 0;
  // The live file with this identity, if any. `dv_unique_id` is "" without a vector.
  virtual std::optional<FileOrdinal> Find(std::string_view path,
                                          std::string_view dv_unique_id) const = 0;
  // The files stored together with this one.
  virtual FileRun RunOf(FileOrdinal ordinal) const = 0;
  // Typed statistics by leaf, parsed at first use and then kept, within limits::kStatsCacheBytes;
  // thread-safe. What cannot be read is unknown.
  virtual std::vector<std::shared_ptr<const StatsColumn>> Stats(
      std::span<const StatsLeaf> leaves, const StatsDemand& demand) const = 0;
  std::shared_ptr<const StatsColumn> Stats(const StatsPath& path, const DataType& type) const {
    const StatsLeaf leaf{path, type};
    return Stats({&leaf, 1}, {}).front();
  }
  // numRecords by ordinal, -1 where unknown; parsed at first use and then kept; thread-safe.
  virtual std::span<const int64_t> NumRecords() const = 0;
  // Bytes of memory held, shared parts included.
  virtual size_t memory_bytes() const = 0;

  virtual FileOrdinals LiveOrdinals() const = 0;
};

}  // namespace lakehold::delta
