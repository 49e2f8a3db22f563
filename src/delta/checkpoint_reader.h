// Reading the rows of one checkpoint, wherever they lie: parts, a V2 manifest, its sidecars.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/checkpoint.h"
#include "delta/checkpoint_batches.h"
#include "delta/log_path.h"
#include "delta/table_root.h"

namespace lakehold::delta {

// Where the rows of a checkpoint go. `files`, if given, may hear of adds by batches instead; every
// batch is of the file `key`, and those of one file come together.
struct CheckpointSink {
  std::function<Status(Action&&)> action;
  std::function<Status(const std::string& key, FileRows&&)> files = nullptr;
  // If given, hears of each sidecar before it is read.
  std::function<Status(const std::string& key, const Sidecar&)> sidecar = nullptr;
};

// Streams the rows of the checkpoint made of `parts`, in any order. JSON manifests are read here,
// Parquet by the context's codec (kUnsupported "delta.no_checkpoint_codec" without one). kCorrupt
// "delta.bad_checkpoint". Sidecars and parts are read in parallel where `files` is given, by the
// context's executor; the sink hears of one after the other.
Status ReadCheckpoint(const TableRoot& root, const std::vector<LogFile>& parts,
                      const CheckpointColumns& columns, const LogContext& context,
                      const CheckpointSink& sink);

// The same, every row told as an action.
inline Status ReadCheckpoint(const TableRoot& root, const std::vector<LogFile>& parts,
                             const CheckpointColumns& columns, const LogContext& context,
                             const std::function<Status(Action&&)>& visit) {
  return ReadCheckpoint(root, parts, columns, context, CheckpointSink{visit});
}

// kCorrupt "delta.bad_checkpoint" if a checkpoint's checkpointMetadata names another version than
// its file.
Status CheckCheckpointVersion(std::string_view key, Version version);

}  // namespace lakehold::delta
