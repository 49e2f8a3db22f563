// Append and overwrite: the rows of some Arrow input go into a table as one version.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "lakehold/report.h"
#include "lakehold/request.h"

namespace lakehold::table {

struct Target {
  std::string name;               // For messages.
  std::vector<std::string> path;  // Catalog, schema, table.
  std::string quoted;             // The same, for a FROM clause.
};

// Reports what was committed. Errors: see input_projection.h, and those of INSERT.
Result<CommitReport> Write(engine::Session& session, const Target& target,
                           const lakehold::WriteRequest& request);

}  // namespace lakehold::table
