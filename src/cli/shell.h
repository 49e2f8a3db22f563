// The shell: statements and dot commands, line by line, on a terminal. Externally synchronized.
#pragma once

#include "base/result.h"
#include "cli/door.h"
#include "lakehold/lake.h"

namespace lakehold::cli {

// Until .quit or end of input; the exit code.
Result<int> RunShell(Lake& lake, Door& door);

}  // namespace lakehold::cli
