// LogPlace: where in the log something was said, so that an error can name file and line. It reads
// the log again, newest commit first: only on the way to an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/file_table.h"
#include "delta/snapshot.h"
#include "delta/table_root.h"

namespace lakehold::delta {

enum class Said : uint8_t {
  kProtocol,
  kMetadata,
  kFile,  // The add of `path`, spelled as in the log.
};

// The error with "<file>, line n: " in front of its message and both in its context; of what only a
// checkpoint tells, the checkpoint's file. Unchanged where the log does not tell it (any more).
Error WithPlace(Error error, const TableRoot& root, Version version, Said what,
                std::string_view path = {});

// The key of a live file of the snapshot; kCorrupt "delta.bad_path" or kUnsupported
// "delta.path_outside_table", with its place.
Result<std::string> DataKey(const Snapshot& snapshot, FileOrdinal file);

}  // namespace lakehold::delta
