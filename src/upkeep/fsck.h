// Fsck: looks at everything a table's log names and tells what is damaged. Reads only.
#pragma once

#include "base/result.h"
#include "delta/table_root.h"
#include "lakehold/report.h"

namespace lakehold::upkeep {

// Checks: every commit parses and none is missing; each checkpoint equals the replay of the log at
// its version; `.crc` files agree with the replay; every live file exists with the size the log
// names; deletion vectors can be read. `deep` reads every byte of the data files as well. An error
// only where the table cannot be looked at, damage is a finding.
Result<FsckReport> Fsck(const delta::TableRoot& root, bool deep, const delta::LogContext& context);

}  // namespace lakehold::upkeep
