#include "lakehold/version.h"

#include <string>

namespace lakehold {

const char* VersionText() { return LAKEHOLD_VERSION; }

std::string BuildText() {
  return std::string("lakehold ") + LAKEHOLD_VERSION + " (C++" +
         std::to_string(__cplusplus / 100 % 100) + ", gcc " + __VERSION__ + ", DuckDB 1.5.6)";
}

}  // namespace lakehold
