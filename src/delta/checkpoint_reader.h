// Reading the rows of one checkpoint, wherever they lie: parts, a V2 manifest, its sidecars.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/checkpoint.h"
#include "delta/log_path.h"
#include "delta/table_root.h"

namespace lakehold::delta {

// Streams the rows of the checkpoint made of `parts`, in any order. JSON manifests are read here,
// Parquet by the context's codec (kUnsupported "delta.no_checkpoint_codec" without one). kCorrupt
// "delta.bad_checkpoint".
Status ReadCheckpoint(const TableRoot& root, const std::vector<LogFile>& parts,
                      const CheckpointColumns& columns, const LogContext& context,
                      const std::function<Status(Action&&)>& visit);

}  // namespace lakehold::delta
