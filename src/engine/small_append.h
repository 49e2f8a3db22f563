// SmallAppends: a few rows of a table's own columns, written without a plan: the same checks, file
// and draft as the INSERT would make. Externally synchronized with the connection.
//
// Next: data_file_writer.h (the file), publication.h (the commit).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "duckdb.hpp"

#include "base/result.h"
#include "delta/snapshot.h"
#include "engine/engine.h"
#include "engine/peeked_stream.h"

namespace lakehold::engine {

struct LakeWorld;

class SmallAppends {
 public:
  // Appends what `rows` holds to `table` (catalog, schema, name) in a transaction of its own.
  // Nothing, and nothing done, if the rows are too many, or none, or their columns are not those of
  // the table by name, in its types or ones that only widen: such rows need a plan. kConflict if
  // the table changed meanwhile.
  Result<std::optional<CommitReport>> Try(duckdb::Connection& connection,
                                          const std::vector<std::string>& table,
                                          PeekedStream& rows);

 private:
  Result<std::shared_ptr<const delta::Snapshot>> Newest(const delta::TableRoot& root,
                                                        const LakeWorld& world);

  std::shared_ptr<const delta::Snapshot> own_;  // The version made last here, if it is known.
  int64_t own_since_ns_ = 0;
};

}  // namespace lakehold::engine
