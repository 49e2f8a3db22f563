// The statistics of a Parquet checkpoint file, read when somebody asks for them. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "delta/checkpoint_batches.h"
#include "delta/stats_source.h"
#include "delta/table_root.h"

namespace lakehold::delta {

// Keeps the object open, so that it can be read even after it was cleaned up. Reads through
// `codec`.
Result<std::shared_ptr<const StatsSource>> OpenCheckpointStats(
    const TableRoot& root, std::string key, std::shared_ptr<BatchCheckpointCodec> codec);

}  // namespace lakehold::delta
