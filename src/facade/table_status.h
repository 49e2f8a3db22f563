// What a snapshot says of a table as a whole. Pure but for parsing statistics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "delta/snapshot.h"
#include "delta/table_head.h"
#include "engine/engine.h"
#include "lakehold/report.h"

namespace lakehold {

TableOutline OutlineOf(const delta::TableHead& head);
TableStatus StatusOf(const delta::Snapshot& snapshot, const std::string& location);
// The newest checkpoint at or before the snapshot's version: what the snapshot was loaded from, or
// a later one that the hint names. One Get.
std::optional<Version> NewestCheckpoint(const delta::Snapshot& snapshot);
// Live rows where every file tells its number; nothing otherwise.
std::optional<int64_t> ExactRows(const delta::Snapshot& snapshot);
// The one integer of a one-row result.
Result<int64_t> ReadOneInteger(engine::Query& query);

}  // namespace lakehold
