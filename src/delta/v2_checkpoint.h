// V2 checkpoints: a manifest with the state and the names of sidecars, which hold the files. A new
// one takes over the sidecars of the one before that lost no file, so that its cost grows with what
// changed, not with the table.
//
// Manifests are UUID-named and JSON. Tags of ours say what each sidecar holds; only such manifests
// are built upon. Every tenth checkpoint also gets a classic name, by which readers that do not
// know the others find a protocol they must refuse. Stateless functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/checkpoint.h"
#include "delta/snapshot.h"

namespace lakehold::delta {

// A sidecar and what our tags say of it.
struct TaggedSidecar {
  Sidecar file;
  int64_t adds = 0;
  int64_t add_bytes = 0;  // Of the data files.
  int64_t removes = 0;
};

struct V2Manifest {
  Version version = 0;
  int64_t since_classic = 0;  // Checkpoints since the last one with a classic name.
  // How the sidecars hold statistics: "json" or "none", and as which struct.
  std::string stats;
  std::vector<TaggedSidecar> sidecars;  // Oldest first.
};

// The manifest with the state of its version, one action a line.
std::string FormatManifest(const V2Manifest& manifest, const std::vector<Action>& state);
// Nothing for a manifest that lacks our tags.
std::optional<V2Manifest> ParseManifest(std::string_view json);

// Whether the table asks for V2 checkpoints: delta.checkpointPolicy, and the feature in its
// protocol.
bool WantsV2Checkpoint(const Snapshot& snapshot);

// As WriteCheckpoint. New sidecars are read back and compared with the snapshot before a manifest
// names them; those taken over were, when they were written, and are counted: their files and the
// new ones must be those of the snapshot. Sidecars no manifest names any more are left to clean-up.
Result<CheckpointReport> WriteV2Checkpoint(const TableRoot& root, const Snapshot& snapshot,
                                           const LogContext& context);

}  // namespace lakehold::delta
