// TableHead: what a version says of the table as a whole, without its files: nothing that grows
// with the table is replayed. Plain value.
//
// Answered by the version's `.crc` where that is sound, else by the log without its file actions. A
// `.crc` is a hint: it must belong to the version's commit, and say what that, the checkpoint or
// the first commit says; a broken, stale or lying one is as good as none. A Snapshot never looks at
// it: once the files are replayed the log decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/action.h"
#include "delta/schema.h"
#include "delta/snapshot.h"
#include "delta/table_root.h"
#include "storage/object_store.h"

namespace lakehold::delta {

struct TableHead {
  Version version = 0;
  int64_t timestamp_ms = 0;  // As Snapshot::timestamp_ms.
  Protocol protocol;
  Metadata metadata;
  Schema schema;
  // The version's commit file, to notice a table made again; nothing where only a checkpoint is
  // left.
  std::optional<storage::ObjectMeta> commit;
  // Of the live files; only a `.crc` tells without replaying them.
  std::optional<int64_t> num_files;
  std::optional<int64_t> size_bytes;
};

// Kinds of error as Snapshot::Load.
Result<TableHead> LoadTableHead(const TableRoot& root, const VersionSpec& spec,
                                const LogContext& context);
TableHead HeadOf(const Snapshot& snapshot);

}  // namespace lakehold::delta
