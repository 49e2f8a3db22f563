#include "base/machine_limits.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>

namespace lakehold {
namespace {

// A limit above this is the kernel's way of saying "none" (version 1 prints the largest
// page-aligned number).
constexpr int64_t kNoLimitBytes = int64_t{1} << 60;

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

template <typename T>
void Lower(std::optional<T>* limit, T value) {
  limit->emplace(limit->has_value() ? std::min(**limit, value) : value);
}

void ReadVersion2(const std::string& folder, MachineLimits* limits) {
  const std::string cpu = ReadText(folder + "/cpu.max");  // "200000 100000" or "max 100000".
  if (const size_t space = cpu.find(' '); space != std::string::npos) {
    const auto quota = ParseNumber(cpu);
    const auto period = ParseNumber(std::string_view(cpu).substr(space + 1));
    if (quota && period && *quota > 0 && *period > 0) {
      Lower(&limits->cpus, static_cast<double>(*quota) / static_cast<double>(*period));
    }
  }
  const auto memory = ParseNumber(ReadText(folder + "/memory.max"));
  if (memory && *memory > 0 && *memory < kNoLimitBytes) Lower(&limits->memory_bytes, *memory);
}

void ReadVersion1Cpu(const std::string& folder, MachineLimits* limits) {
  const auto quota = ParseNumber(ReadText(folder + "/cpu.cfs_quota_us"));  // -1: no limit.
  const auto period = ParseNumber(ReadText(folder + "/cpu.cfs_period_us"));
  if (quota && period && *quota > 0 && *period > 0) {
    Lower(&limits->cpus, static_cast<double>(*quota) / static_cast<double>(*period));
  }
}

void ReadVersion1Memory(const std::string& folder, MachineLimits* limits) {
  const auto memory = ParseNumber(ReadText(folder + "/memory.limit_in_bytes"));
  if (memory && *memory > 0 && *memory < kNoLimitBytes) Lower(&limits->memory_bytes, *memory);
}

// Calls `read` for the group's folder and every ancestor: a limit anywhere above binds too. Inside
// a container the path in /proc may name folders outside of it; those read as empty, and the
// mount's top is the container's own group.
template <typename F>
void ForEachAncestor(const std::string& mount, std::string group, const F& read) {
  while (!group.empty() && group != "/") {
    read(mount + group);
    group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
  read(mount);
}

bool Contains(std::string_view controllers, std::string_view name) {
  while (!controllers.empty()) {
    const size_t comma = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, comma) == name) return true;
    controllers.remove_prefix(std::min(comma + 1, controllers.size()));
  }
  return false;
}

}  // namespace

MachineLimits ReadControlGroups(const std::string& root) {
  MachineLimits limits;
  const std::string mount = root + "/sys/fs/cgroup";
  std::ifstream groups(
      root + "/proc/self/cgroup");  // Lines "id:controllers:path"; version 2 is "0::path".
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      ForEachAncestor(mount, path,
                      [&](const std::string& folder) { ReadVersion2(folder, &limits); });
      continue;
    }
    if (Contains(controllers, "cpu")) {
      for (const char* folder : {"/cpu", "/cpu,cpuacct"}) {
        ForEachAncestor(mount + folder, path,
                        [&](const std::string& at) { ReadVersion1Cpu(at, &limits); });
      }
    }
    if (Contains(controllers, "memory")) {
      ForEachAncestor(mount + "/memory", path,
                      [&](const std::string& at) { ReadVersion1Memory(at, &limits); });
    }
  }
  return limits;
}

}  // namespace lakehold
