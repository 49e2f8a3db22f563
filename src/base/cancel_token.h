// CancelToken: one flag by which a caller on another thread, or a signal handler, asks work to
// stop. Thread-safe.
#pragma once

#include <atomic>

namespace lakehold {

class CancelToken {
 public:
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> cancelled_{false};
};

}  // namespace lakehold
