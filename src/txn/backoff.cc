#include "txn/backoff.h"

#include <algorithm>

#include "base/limits.h"

namespace lakehold::txn {

int64_t Backoff::NextMs(int64_t waited_ms) {
  if (!lost_before_) {
    lost_before_ = true;
    return 0;
  }
  // Age-aware: each second waited halves the longest pause, so that no writer starves behind
  // newcomers.
  const int64_t halvings = std::min<int64_t>(waited_ms / 1000, 7);
  const int64_t longest = std::max(limits::kBackoffFirstMs, limits::kBackoffLongestMs >> halvings);
  const int64_t ceiling = std::clamp(previous_ms_ * 3, limits::kBackoffFirstMs + 1, longest);
  const auto spread =
      static_cast<uint64_t>(std::max<int64_t>(1, ceiling - limits::kBackoffFirstMs + 1));
  previous_ms_ = limits::kBackoffFirstMs + static_cast<int64_t>(random_.Below(spread));
  return previous_ms_;
}

}  // namespace lakehold::txn
