// Checkpoints: the state of one version in one file. What is read, what is written, and who encodes
// it.
//
// Parquet lives upstairs: CheckpointCodec is implemented by the engine on DuckDB, and by a
// plain-text one in tests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/table_root.h"

namespace lakehold::delta {

class Snapshot;

struct CheckpointColumns {
  bool files = true;  // add and, if `tombstones`, remove
  bool tombstones = false;
  bool state = true;  // metaData, protocol, txn, domainMetadata; sidecars are always told
  bool stats = true;  // add.stats, else stats_parsed turned into the same JSON
};

// Pulled by the codec: the next action, or nothing at the end.
using ActionSource = std::function<Result<std::optional<Action>>()>;

struct WrittenCheckpoint {
  uint64_t size_bytes = 0;
  int64_t actions = 0;
};

// A file of a V2 checkpoint that holds only add and remove rows.
struct Sidecar {
  std::string path;  // Relative to `_delta_log/_sidecars`, or absolute.
  uint64_t size_bytes = 0;
  int64_t modified_ms = 0;
};

// Hears of the rows of a checkpoint file. An error stops the read and is returned.
struct CheckpointVisitor {
  std::function<Status(Action&&)> action;
  std::function<Status(Sidecar&&)>
      sidecar;  // Every sidecar row must come here: its file actions are elsewhere.
};

// What a checkpoint file is, besides the actions it is given.
struct CheckpointShape {
  bool stats_as_json = true;  // add.stats is written.
  bool is_sidecar = false;    // Only add and remove.
  // Not null: stats_parsed and partitionValues_parsed are written, as of this version.
  const Snapshot* stats_as_struct = nullptr;
  // Of V2 content: the version, and the sidecars that hold the files.
  std::optional<Version> v2_version = {};
  std::vector<Sidecar> sidecars = {};
};

class CheckpointCodec {
 public:
  virtual ~CheckpointCodec() = default;
  // Streams the rows of one Parquet checkpoint file or sidecar, in any order; columns the file
  // lacks are absent fields. kCorrupt "delta.bad_checkpoint" if it cannot be decoded.
  virtual Status Read(const TableRoot& root, std::string_view key, const CheckpointColumns& columns,
                      const CheckpointVisitor& visit) = 0;
  // Writes a checkpoint file or sidecar under `key`, put-if-absent and durable. Partition values,
  // statistics and lists as the protocol's schema says.
  virtual Result<WrittenCheckpoint> Write(const TableRoot& root, std::string_view key,
                                          const ActionSource& next,
                                          const CheckpointShape& shape) = 0;
};

// The hint beside the log. A broken or stale one is as good as none.
struct LastCheckpoint {
  Version version = 0;
  int64_t size = 0;  // Actions.
  std::optional<uint32_t> parts;
  std::optional<uint64_t> size_bytes;
  std::optional<int64_t> num_of_add_files;
};
// Nothing if the text is not a hint this build can trust (bad JSON, bad checksum, no version).
std::optional<LastCheckpoint> ParseLastCheckpoint(std::string_view json);
std::string FormatLastCheckpoint(const LastCheckpoint& hint);

struct CheckpointReport {
  Version version = 0;
  int64_t actions = 0;
  int64_t live_files = 0;
  uint64_t size_bytes = 0;
  bool written = false;  // False if a checkpoint of this version was there already.
};

// Writes the checkpoint of `snapshot`, proves it complete (reads it back and compares counts and
// bytes with the snapshot's), and only then moves `_last_checkpoint`. Tombstones older than
// delta.deletedFileRetentionDuration stay out.
// Tables that ask for V2 checkpoints get those (v2_checkpoint.h).
Result<CheckpointReport> WriteCheckpoint(const TableRoot& root, const Snapshot& snapshot,
                                         const LogContext& context);

// Names the checkpoint in the hint. It never moves backwards; two writers at once may still cross,
// which a reader survives.
Status MoveHint(const TableRoot& root, const CheckpointReport& report);
// How the table wants the statistics of files: delta.checkpoint.writeStatsAsJson, on unless it says
// otherwise, and delta.checkpoint.writeStatsAsStruct, off unless it says so.
CheckpointShape ShapeOf(const Snapshot& snapshot);

// Whether a checkpoint of `version` is due (decision 9), given how much JSON has come since the
// last.
bool CheckpointIsDue(const Metadata& metadata, Version version,
                     std::optional<Version> last_checkpoint, uint64_t json_bytes_since,
                     uint64_t last_checkpoint_bytes);

}  // namespace lakehold::delta
