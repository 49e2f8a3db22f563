// InterruptScope: while it lives, Ctrl+C (SIGINT) and SIGTERM call `stop` on a thread of its own
// instead of ending the process; the second signal ends it. One scope at a time. Externally
// synchronized.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include <signal.h>

namespace lakehold::cli {

class InterruptScope {
 public:
  // `stop` must be thread-safe, such as Lake::Interrupt. May be called again and again until the
  // scope ends, because an interrupt may come before the statement has begun.
  explicit InterruptScope(std::function<void()> stop);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

  bool interrupted() const { return interrupted_.load(); }

 private:
  void Watch();

  std::function<void()> stop_;
  std::atomic<bool> interrupted_{false};
  int ends_[2] = {-1, -1};
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
  std::thread watcher_;
};

}  // namespace lakehold::cli
