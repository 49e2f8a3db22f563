// Registry: what a process has one of: the runtime, the snapshot cache and the SQL engine.
// Thread-safe.
//
// The only global of lakehold, reachable from the facade alone. A forked child gets a fresh one:
// threads and locks of the parent do not exist there.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/result.h"
#include "base/system_runtime.h"
#include "delta/snapshot_cache.h"
#include "delta/table_root.h"
#include "engine/engine.h"
#include "txn/background_failures.h"

namespace lakehold {

// Passes work on to another executor, and sees to it that the process does not end in the middle of
// a background job.
class ExitAwareExecutor final : public Executor {
 public:
  explicit ExitAwareExecutor(Executor& executor) : executor_(executor) {}
  void ParallelFor(size_t count, const std::function<void(size_t)>& task) override {
    executor_.ParallelFor(count, task);
  }
  void RunInBackground(std::function<void()> job) override;
  bool DrainBackground(int64_t timeout_ms) override {
    return executor_.DrainBackground(timeout_ms);
  }

 private:
  Executor& executor_;
};

class Registry {
 public:
  static Registry& Get();

  // Differs between a process and its forked children.
  uint64_t generation() const { return generation_; }
  Runtime runtime() { return {system_.clock, system_.random, executor_}; }
  delta::SnapshotCache& snapshots() { return snapshots_; }
  txn::BackgroundFailures& background_failures() { return background_failures_; }
  // 1, 2, 3, ...
  uint64_t NextNumber() { return ++numbers_; }
  // Loads the engine library at the first call.
  Result<std::shared_ptr<engine::Engine>> engine();
  // Waits for the background lane: limits::kExitDrainMs for what is queued, and then for the job
  // that is running, which must not meet a library that is being torn down.
  static void FinishBackgroundWork();
  // The log's world. Its checkpoint codec loads the engine when a Parquet checkpoint must be read
  // or written.
  delta::LogContext log_context();

 private:
  explicit Registry(uint64_t generation);

  const uint64_t generation_;
  std::atomic<uint64_t> numbers_{0};
  SystemRuntime runtime_;
  const Runtime system_ = runtime_.runtime();
  ExitAwareExecutor executor_{system_.executor};
  delta::SnapshotCache snapshots_;
  txn::BackgroundFailures background_failures_;
  std::shared_ptr<delta::CheckpointCodec> codec_;
  std::mutex mutex_;  // Guards engine_.
  std::shared_ptr<engine::Engine> engine_;
};

}  // namespace lakehold
