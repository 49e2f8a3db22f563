// Whether the rows of a snapshot can be read: its protocol, format, column mapping and type changes
// together. Metadata, history and file list are open whatever this says. Pure functions.
//
// Next: features.h (the protocol alone).
#pragma once

#include "base/result.h"
#include "delta/snapshot.h"

namespace lakehold::delta {

// kUnsupported "delta.unsupported_reader_feature", "delta.unsupported_format",
// "delta.unsupported_type_change"; kCorrupt "delta.bad_protocol", "delta.bad_column_mapping".
Status CheckReadable(const Snapshot& snapshot);
// The same; the error names the log file and line that says so. Reads the log on the way to an
// error.
Status CheckReadableInLog(const Snapshot& snapshot);

}  // namespace lakehold::delta
