// Committer: the one call in which a version is born. Thread-safe.
#pragma once

#include <variant>

#include "base/result.h"
#include "delta/action.h"
#include "delta/table_root.h"
#include "storage/object_store.h"

namespace lakehold::txn {

struct Won {
  storage::ObjectMeta meta;  // Of the log entry.
};
struct Lost {};  // The version was taken first.
using Attempt = std::variant<Won, Lost>;

class Committer {
 public:
  virtual ~Committer() = default;
  // Offers the staged entry as `version`. kOutcomeUnknown if the answer was lost.
  virtual Result<Attempt> TryCommit(const delta::TableRoot& root, delta::Version version,
                                    storage::Staged& entry) = 0;
};

// Publishes into the table's own log folder.
Committer& LogFolderCommitter();

}  // namespace lakehold::txn
