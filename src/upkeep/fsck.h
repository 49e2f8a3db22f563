// Fsck: looks at everything a table's log names and tells what is damaged. Reads only.
#pragma once

#include "base/result.h"
#include "delta/table_root.h"
#include "lakehold/report.h"

namespace lakehold::upkeep {

// Checks: every commit parses and none is missing; each checkpoint names the files that the replay
// of the commits leaves at its version; `.crc` files agree with the replay; every live file exists
// with the size the log names; deletion vectors can be read. `deep` reads every byte of the data
// files as well, and the rows their footers count are those the log counts. A finding says what is
// damaged, what can be read all the same and what repairs it; the report's version is the newest
// that can be put together, -1 if none can. Files of writers that died are remarks. An error only
// where the table cannot be looked at.
Result<FsckReport> Fsck(const delta::TableRoot& root, bool deep, const delta::LogContext& context);

}  // namespace lakehold::upkeep
