#include "engine/session_state.h"

namespace lakehold::engine {

SessionState& SessionState::Of(duckdb::ClientContext& context) {
  return *context.registered_state->GetOrCreate<SessionState>("lakehold");
}

void SessionState::Clear() {
  commits.clear();
  error.reset();
  scans.clear();
  operation_parameters.clear();
}

}  // namespace lakehold::engine
