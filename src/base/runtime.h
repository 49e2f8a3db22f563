// Runtime: the outside world a room may use besides its store: time, chance and work.
// The references outlive whoever holds a Runtime.
#pragma once

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"

namespace lakehold {

struct Runtime {
  Clock& clock;
  Random& random;
  Executor& executor;
};

}  // namespace lakehold
