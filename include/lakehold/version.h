// The version of lakehold and what it was built with.
#pragma once

#include <string>

#include "lakehold/export.h"

namespace lakehold {

// "0.1.0".
LAKEHOLD_EXPORT const char* VersionText();
// One line for people: version, commit, compiler, the engine's pinned version.
LAKEHOLD_EXPORT std::string BuildText();

}  // namespace lakehold
