// SessionState: what a session learns from the engine room beside DuckDB's own results. Externally
// synchronized with its ClientContext, which owns it.
//
// The session clears it before a statement and reads it afterwards. Filled by lake_transaction.cc
// and file_list.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/main/client_context_state.hpp"

#include "base/cancel_token.h"
#include "base/result.h"
#include "engine/engine.h"

namespace lakehold::engine {

class SessionState final : public duckdb::ClientContextState {
 public:
  // The state of this context, made at the first call.
  static SessionState& Of(duckdb::ClientContext& context);

  void Clear();

  // Commits made, in order.
  std::vector<CommitReport> commits;
  // The error behind the exception or ErrorData that DuckDB reports: it travels beside, because
  // DuckDB rewraps commit errors as text.
  std::optional<Error> error;
  // One report a scan, in the order of binding; the last pruning of a scan counts.
  std::vector<std::shared_ptr<ScanReport>> scans;
  // Honoured by Commit until its first publishing attempt. May be null.
  std::shared_ptr<const CancelToken> cancel;
  // For commitInfo of the next write: operation parameters given by the caller. Consumed by the
  // commit.
  std::map<std::string, std::string> operation_parameters;
};

}  // namespace lakehold::engine
