// Instants in nanoseconds in Arrow input, at the top or inside lists, structs, maps and
// dictionaries: DuckDB would cut them to microseconds without a word. Pure.
#pragma once

#include "base/result.h"
#include "lakehold/arrow_abi.h"

namespace lakehold::engine {

// kInvalid "engine.nanoseconds" with the first row whose nanoseconds microseconds cannot hold.
Status CheckInputInstants(const ArrowSchema& column, const ArrowArray& values);

}  // namespace lakehold::engine
