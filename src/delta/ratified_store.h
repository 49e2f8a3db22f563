// RatifiedStore: the folder of a catalog-managed table as its catalog sees it. Read-only;
// thread-safe.
//
// Commits the catalog ratified but nobody published yet appear under the names they will have; of a
// version that is also published the catalog's commit counts; commits, checkpoints and compaction
// files beyond the ratified version are not there. All else is the folder's own. Next: snapshot.h,
// which reads through it as through any store.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "delta/table_root.h"
#include "lakehold/request.h"
#include "storage/object_store.h"

namespace lakehold::delta {

// `number` tells this view of the folder from others of the process. kInvalid "delta.bad_ratified"
// for commits that cannot be what a catalog says; kCorrupt "delta.gap" if the ratified version is
// neither published nor handed in, or what was handed in is not there.
Result<std::shared_ptr<storage::ObjectStore>> OpenRatified(
    std::shared_ptr<storage::ObjectStore> table, RatifiedCommits commits, uint64_t number);

// The number of the view, or 0: the store is no such view.
uint64_t RatifiedNumber(const storage::ObjectStore& store);

}  // namespace lakehold::delta
