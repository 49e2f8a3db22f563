// SimRuntime: a Runtime in which nothing happens by itself: time moves when told, chance has a
// seed, work runs in order on the caller's thread. For tests and simulations of every room.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "base/runtime.h"

namespace lakehold {

// Stands still until Advance, SetNowMs or SleepMs (which returns at once, later).
class SimClock : public Clock {
 public:
  explicit SimClock(int64_t now_ms = 1'700'000'000'000) : now_ms_(now_ms) {}
  int64_t NowMs() override { return now_ms_.load(); }
  int64_t MonotonicNs() override { return monotonic_ms_.load() * 1'000'000; }
  void SleepMs(int64_t ms) override { Advance(ms); }

  void Advance(int64_t ms);
  // Moves the wall clock only, in either direction.
  void SetNowMs(int64_t now_ms) { now_ms_.store(now_ms); }

 private:
  std::atomic<int64_t> now_ms_;
  std::atomic<int64_t> monotonic_ms_{0};
};

// The same seed gives the same numbers (SplitMix64).
class SeededRandom : public Random {
 public:
  explicit SeededRandom(uint64_t seed = 1) : state_(seed) {}
  uint64_t Next() override;

 private:
  std::atomic<uint64_t> state_;
};

// ParallelFor runs 0, 1, 2 ... in order; background jobs wait for DrainBackground, and are dropped
// if it never comes.
class InlineExecutor : public Executor {
 public:
  void ParallelFor(size_t count, const std::function<void(size_t)>& task) override;
  void RunInBackground(std::function<void()> job) override;
  // Runs all jobs, also those that they add. Always true.
  bool DrainBackground(int64_t timeout_ms) override;

 private:
  std::mutex mutex_;
  std::deque<std::function<void()>> jobs_;
};

struct SimRuntime {
  explicit SimRuntime(uint64_t seed = 1) : random(seed) {}
  Runtime runtime() { return {clock, random, executor}; }

  SimClock clock;
  SeededRandom random;
  InlineExecutor executor;
};

}  // namespace lakehold
