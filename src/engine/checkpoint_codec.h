// The checkpoint codec: Parquet checkpoints read and written with DuckDB. Thread-safe: every call
// has a connection of its own, never the caller's, because a checkpoint may be wanted while DuckDB
// holds the caller's locks.
//
// Next: checkpoint_decoder.h (rows to actions), checkpoint_encoder.h (actions to rows).
#pragma once

#include <functional>
#include <memory>

#include "duckdb.hpp"

#include "base/executor.h"
#include "delta/checkpoint_batches.h"
#include "engine/store_registry.h"

namespace lakehold::engine {

// A fresh connection with the room's settings; null once the instance is gone.
using OpenConnection = std::function<duckdb::unique_ptr<duckdb::Connection>()>;

// `stores` and `executor`, which reads row groups in parallel, outlive the codec, or `connect`
// gives null.
std::shared_ptr<delta::BatchCheckpointCodec> MakeCheckpointCodec(OpenConnection connect,
                                                                 StoreRegistry& stores,
                                                                 Executor& executor);

}  // namespace lakehold::engine
