// BatchCheckpointCodec: a codec that tells the adds of a checkpoint by batches and reads their
// statistics only when asked. Thread-safe, as every codec.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "delta/checkpoint.h"
#include "delta/file_rows.h"
#include "delta/stats_source.h"

namespace lakehold::delta {

// Hears of adds in the order of the file. What it leaves of the rows, their memory, is used again.
// With stats_in_source a row's place is its number in the file, for ReadStats.
using BatchVisitor = std::function<Status(FileRows&&)>;

class BatchCheckpointCodec : public CheckpointCodec {
 public:
  // As Read without tombstones, but adds go to `files`.
  virtual Status ReadBatches(const TableRoot& root, std::string_view key,
                             const CheckpointColumns& columns, const CheckpointVisitor& visit,
                             const BatchVisitor& files) = 0;
  // The statistics of adds that ReadBatches told; rows ascend, those of size 0 aside.
  virtual Status ReadStats(const TableRoot& root, std::string_view key,
                           std::span<const StatsPlace> rows, const StatsVisitor& visit) = 0;
};

}  // namespace lakehold::delta
