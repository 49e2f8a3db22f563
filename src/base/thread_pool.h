// ThreadPool: the real Executor: workers that start when first needed and one background lane.
// Thread-safe.
//
// Fork-aware: a child process finds none of its parent's threads, so it forgets what it inherited
// and starts its own at the next call. Jobs of the parent stay with the parent. Next:
// system_runtime.h.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/executor.h"

namespace lakehold {

class ThreadPool : public Executor {
 public:
  // At most `threads` tasks of one ParallelFor run at the same time; the caller's thread is one of
  // them. Precondition: >= 1.
  explicit ThreadPool(int threads) : threads_(threads) {}
  // Precondition: no call is running. Waits for the running background job; call Shutdown first to
  // bound that.
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void ParallelFor(size_t count, const std::function<void(size_t)>& task) override;
  void RunInBackground(std::function<void()> job) override;
  bool DrainBackground(int64_t timeout_ms) override;

  // Drains the background lane for at most `timeout_ms`, drops jobs that have not begun and stops
  // the threads. False if a job is still running: then the pool must never be destroyed, for the
  // job may still use it.
  bool Shutdown(int64_t timeout_ms);

 private:
  struct Crew;
  Crew& crew();

  const int threads_;
  std::atomic<Crew*> crew_{nullptr};
};

}  // namespace lakehold
