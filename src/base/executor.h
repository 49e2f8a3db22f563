// Executor: the only source of threads below the engine. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace lakehold {

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs task(0) ... task(count - 1), some of them at the same time, and returns when all have
  // returned. Tasks must not throw and must not wait for one another.
  virtual void ParallelFor(size_t count, const std::function<void(size_t)>& task) = 0;
  // Runs `job` later on the one background lane, in the order given.
  virtual void RunInBackground(std::function<void()> job) = 0;
  // Waits until the background lane is empty, at most `timeout_ms`. True if it is.
  virtual bool DrainBackground(int64_t timeout_ms) = 0;
};

}  // namespace lakehold
