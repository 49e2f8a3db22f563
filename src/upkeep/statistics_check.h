// StatisticsCheck: what the log says of every file's values, compared with the values. Reads all
// rows of a snapshot; writes nothing.
#pragma once

#include <string>

#include "base/result.h"
#include "delta/snapshot.h"
#include "engine/engine.h"
#include "lakehold/report.h"

namespace lakehold::upkeep {

// Adds a finding for each file and column whose rows are not as many, whose NULLs are not as many,
// or which has a value below its min or above its max, as readers would take them: strings and
// timestamps that were cut, widened types, mapped names and NaN are no damage. `from` is the table
// as SQL names it, at the snapshot's version.
Status CheckStatistics(engine::Session& session, const std::string& from,
                       const delta::Snapshot& snapshot, FsckReport& report);

}  // namespace lakehold::upkeep
