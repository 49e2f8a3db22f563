// The data files of a snapshot, as people are told of them.
#pragma once

#include <vector>

#include "base/result.h"
#include "delta/snapshot.h"
#include "lakehold/report.h"

namespace lakehold {

Result<std::vector<DataFile>> FilesOf(const delta::Snapshot& snapshot);

}  // namespace lakehold
