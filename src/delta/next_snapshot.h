// NextSnapshot: the version after a snapshot, from a log entry that is in memory because this
// process wrote it. Pure but for the hint of a checkpoint that is due. Next: snapshot.h.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/log_listing.h"
#include "delta/snapshot.h"

namespace lakehold::delta {

// What Snapshot::Refresh(base) would make if `commit`, which holds `json`, were the only new one.
// kInternal "delta.not_the_next" for another version, or if `base` is no version of the log.
Result<std::shared_ptr<const Snapshot>> NextSnapshot(const Snapshot& base, const CommitFile& commit,
                                                     const Bytes& json);

}  // namespace lakehold::delta
