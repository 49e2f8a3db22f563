// Planners: what a verb decides, as a draft. Pure; SQL and the API reach the same decisions through
// them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/predicate.h"
#include "delta/schema.h"
#include "delta/snapshot.h"
#include "txn/draft.h"

namespace lakehold::txn {

struct TableDefinition {
  delta::Schema schema;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> properties;
  std::optional<std::string> comment;
};

// Version 0 of a new table. kInvalid names every wrong column; kUnsupported properties this build
// cannot write. `table_id` is a fresh UUID, `now_ms` the creation time.
Result<Draft> PlanCreate(const TableDefinition& definition, std::string table_id, int64_t now_ms);

// CREATE OR REPLACE: a new version of the same log with another definition; every file is removed.
Result<Draft> PlanReplace(std::shared_ptr<const delta::Snapshot> base,
                          const TableDefinition& definition, int64_t now_ms);

// A blind append to `base`; files are added by the writer. kUnsupported if the table may not be
// written.
Result<Draft> PlanAppend(std::shared_ptr<const delta::Snapshot> base);

// An overwrite: whole, or the files a predicate on partition columns covers. kInvalid
// "txn.overwrite_needs_partitions" if the predicate cannot be answered by partition values alone.
Result<Draft> PlanOverwrite(std::shared_ptr<const delta::Snapshot> base,
                            std::optional<delta::Predicate> where);

}  // namespace lakehold::txn
