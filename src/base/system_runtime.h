// SystemRuntime: the real clock, random numbers and threads. Thread-safe. The facade owns one a
// process.
#pragma once

#include <memory>

#include "base/runtime.h"

namespace lakehold {

class SystemRuntime {
 public:
  // Threads start at the first ParallelFor or RunInBackground. `threads` 0 means: the CPUs this
  // process may use.
  explicit SystemRuntime(int threads = 0);
  ~SystemRuntime();  // Drains the background lane for at most two seconds.
  SystemRuntime(const SystemRuntime&) = delete;
  SystemRuntime& operator=(const SystemRuntime&) = delete;

  Runtime runtime();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// CPUs allowed by affinity and control group, at least 1.
int UsableCpus();
// Bytes of memory the machine or the control group grants this process.
int64_t UsableMemoryBytes();

}  // namespace lakehold
