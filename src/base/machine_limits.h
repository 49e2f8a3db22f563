// MachineLimits: what control groups (version 1 and 2) grant this process. Immutable value.
// Used by UsableCpus and UsableMemoryBytes in system_runtime.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lakehold {

struct MachineLimits {
  std::optional<double>
      cpus;  // Quota divided by period; the smallest of the group and its ancestors.
  std::optional<int64_t> memory_bytes;  // The smallest of the group and its ancestors.
};

// Reads <root>/proc/self/cgroup and the files below <root>/sys/fs/cgroup. `root` is "" but for
// tests. What cannot be read is no limit.
MachineLimits ReadControlGroups(const std::string& root = "");

}  // namespace lakehold
