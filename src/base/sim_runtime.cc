#include "base/sim_runtime.h"

#include <utility>

namespace lakehold {

void SimClock::Advance(int64_t ms) {
  if (ms <= 0) return;
  now_ms_.fetch_add(ms);
  monotonic_ms_.fetch_add(ms);
}

uint64_t SeededRandom::Next() {
  uint64_t z = state_.fetch_add(0x9e3779b97f4a7c15) + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void InlineExecutor::ParallelFor(size_t count, const std::function<void(size_t)>& task) {
  for (size_t i = 0; i < count; ++i) task(i);
}

void InlineExecutor::RunInBackground(std::function<void()> job) {
  std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
}

bool InlineExecutor::DrainBackground(int64_t /*timeout_ms*/) {
  while (true) {
    std::function<void()> job;
    {
      std::lock_guard lock(mutex_);
      if (jobs_.empty()) return true;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace lakehold
