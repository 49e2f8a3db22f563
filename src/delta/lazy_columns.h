// LazyColumns: what of a file table is computed at first use: typed statistics, numRecords.
// Thread-safe.
//
// Nothing is read under the lock: two who ask for the same at once may both read it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "delta/file_chunk.h"
#include "delta/file_table.h"

namespace lakehold::delta {

class ChunkedFileTable;

class LazyColumns {
 public:
  LazyColumns() = default;
  // Begins with what `prior` has computed, for a table whose ordinals begin with the same files.
  explicit LazyColumns(const LazyColumns& prior);
  LazyColumns& operator=(const LazyColumns&) = delete;

  std::vector<std::shared_ptr<const StatsColumn>> Stats(const ChunkedFileTable& table,
                                                        std::span<const StatsLeaf> leaves,
                                                        const StatsDemand& demand);
  std::span<const int64_t> NumRecords(const ChunkedFileTable& table);
  // As FileTable. Keeps the text of one chunk for the next call, once two calls in a row were for
  // it.
  Result<std::string> StatsJson(const std::shared_ptr<const FileChunk>& chunk, uint32_t row);
  size_t memory_bytes() const;

 private:
  struct Kept {
    std::shared_ptr<const StatsColumn> column;
    uint64_t used = 0;  // When it was asked for last.
  };

  // Drops those used longest ago, but for those just used, until the rest is within the limit.
  void Evict();

  mutable std::mutex mutex_;
  // By type and path; those of this table, or an ancestor's until they are completed here.
  std::map<std::string, Kept> stats_;
  uint64_t uses_ = 0;
  std::shared_ptr<const std::vector<int64_t>> num_records_;
  const FileChunk* last_chunk_ = nullptr;  // Only to be compared.
  std::shared_ptr<const StatsText> last_text_;
};

}  // namespace lakehold::delta
