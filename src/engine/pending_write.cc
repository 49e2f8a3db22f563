#include "engine/pending_write.h"

#include "duckdb/main/client_context.hpp"

namespace lakehold::engine {

PendingWrite& PendingWrite::Of(duckdb::ClientContext& context) {
  return *context.registered_state->GetOrCreate<PendingWrite>("lakehold_pending_write");
}

}  // namespace lakehold::engine
