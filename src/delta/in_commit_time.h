// In-commit timestamps: since when a table's commits carry their own time. Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "delta/action.h"

namespace lakehold::delta {

// delta.enableInCommitTimestamps is true.
bool HasInCommitTime(const Metadata& metadata);

// The first version that carries its time, and that time. From the beginning where the table was
// made with it.
struct InCommitTimeStart {
  Version version = 0;
  int64_t time_ms = INT64_MIN;
};
// Precondition: HasInCommitTime(metadata).
InCommitTimeStart InCommitTimeSince(const Metadata& metadata);

// kCorrupt "delta.no_in_commit_time": the commit in `file` should tell its time and does not.
Error NoInCommitTime(const std::string& file);

}  // namespace lakehold::delta
