// TableRoot and LogContext: where a table lives, and the world its log is read and written in.
// Plain values.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/runtime.h"
#include "delta/action.h"
#include "lakehold/report.h"
#include "storage/object_store.h"

namespace lakehold::delta {

class CheckpointCodec;

struct TableRoot {
  std::shared_ptr<storage::ObjectStore> store;
  std::string folder;  // Key prefix of the table in the store, without a trailing slash; "" if the
                       // store is the table.

  // The key of a name in the table's folder, or in its log.
  std::string KeyOf(std::string_view name) const;
  std::string LogKeyOf(std::string_view name) const;
  // Absolute location for messages and for resolving absolute data paths.
  std::string uri() const;
};

struct LogContext {
  Runtime runtime;
  // Reads and writes checkpoints; null where there is none (then Parquet checkpoints are
  // kUnsupported).
  std::shared_ptr<CheckpointCodec> checkpoint_codec;
};

using lakehold::AtTime;
using lakehold::AtVersion;
using lakehold::Latest;
using lakehold::VersionSpec;

}  // namespace lakehold::delta
