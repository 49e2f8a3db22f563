// SystemError: what an errno means to a caller: kind, reason, a message naming the path, and the
// next step. Pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace lakehold::storage {

// `doing` is a phrase such as "cannot open"; `path` is the whole path.
Error SystemError(int error_number, std::string_view doing, std::string_view path);

}  // namespace lakehold::storage
