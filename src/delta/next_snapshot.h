// NextSnapshot and Redo: versions after a snapshot: the next one, from a log entry that is in
// memory because this process wrote it, and a later one from the commits between. Next: snapshot.h.
#pragma once

#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/log_listing.h"
#include "delta/snapshot.h"

namespace lakehold::delta {

// What Snapshot::Refresh(base) would make if `commit`, which holds `json`, were the only new one.
// kInternal "delta.not_the_next" for another version, or if `base` is no version of the log.
Result<std::shared_ptr<const Snapshot>> NextSnapshot(const Snapshot& base, const CommitFile& commit,
                                                     const Bytes& json);
// `from` with the commits that follow it, up to the last of them: work grows with these alone. They
// are not empty and have no gap.
Result<std::shared_ptr<const Snapshot>> Redo(const Snapshot& from,
                                             const std::vector<CommitFile>& commits,
                                             const LogContext& context);

}  // namespace lakehold::delta
