// LoadEngine: finds and loads the engine library beside this one, privately. Called once, by the
// facade's registry.
#pragma once

#include <memory>

#include "base/result.h"
#include "engine/engine.h"

namespace lakehold::engine {

// Looks beside the library this code is in, then at $LAKEHOLD_ENGINE. Local scope and RTLD_DEEPBIND
// (not under ASan), so that a foreign DuckDB in the process cannot mix with ours. kUnsupported
// "engine.not_found", "engine.wrong_duckdb".
Result<std::shared_ptr<Engine>> LoadEngine(const Environment& environment);

}  // namespace lakehold::engine
