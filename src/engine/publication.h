// Publication: what one transaction wrote into one table, and how it becomes a version and a
// report. Externally synchronized. Next: txn/commit.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "delta/table_root.h"
#include "engine/engine.h"
#include "engine/session_state.h"
#include "txn/draft.h"

namespace lakehold::engine {

struct LakeWorld;

struct WrittenTable {
  delta::TableRoot root;
  std::string name;  // For people.
  txn::Draft draft;
  txn::WrittenFiles files;
  int64_t rows_added = 0;
};

struct Publication {
  CommitReport report;
  // The table as of the report's version, if it is known without reading; the cache has it too.
  std::shared_ptr<const delta::Snapshot> snapshot;
};

// Commits the draft, with the operation parameters of `state` and for as long as it is not
// cancelled. kConflict for a lost race; otherwise errors as txn::Commit.
Result<Publication> Publish(WrittenTable written, const SessionState& state,
                            const LakeWorld& world);

}  // namespace lakehold::engine
