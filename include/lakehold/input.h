// StreamSource: Arrow input for a statement or a write. Plain values.
#pragma once

#include <cstdint>
#include <functional>

#include "lakehold/arrow_abi.h"
#include "lakehold/result.h"

namespace lakehold {

// `open` gives a fresh stream; it is called once if `one_shot`, and as often as needed otherwise.
struct StreamSource {
  std::function<Status(ArrowArrayStream* out)> open;
  bool one_shot = true;
};

enum class WriteMode : uint8_t { kAppend, kOverwrite };

}  // namespace lakehold
