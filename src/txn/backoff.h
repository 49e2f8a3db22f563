// Backoff: how long a writer that lost a race waits. Decorrelated jitter, shorter for those who
// have waited long. Externally synchronized.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace lakehold::txn {

class Backoff {
 public:
  explicit Backoff(Random& random) : random_(random) {}
  // The pause before the next attempt; 0 after the first loss. `waited_ms` is the writer's age.
  int64_t NextMs(int64_t waited_ms);

 private:
  Random& random_;
  int64_t previous_ms_ = 0;
  bool lost_before_ = false;
};

}  // namespace lakehold::txn
