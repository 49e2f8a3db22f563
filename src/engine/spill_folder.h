// Where DuckDB spills: one folder a process, made by DuckDB at the first spill and removed when it
// closes.
#pragma once

#include <string>

#include "engine/engine.h"

namespace lakehold::engine {

// The environment's folder; else $LAKEHOLD_TEMP_DIR; else $TMPDIR (or
// /tmp)/lakehold-<pid>-<random>. Makes nothing, but sweeps folders of that pattern left by
// processes that are gone for more than a day.
std::string ChooseSpillFolder(const Environment& environment);

}  // namespace lakehold::engine
