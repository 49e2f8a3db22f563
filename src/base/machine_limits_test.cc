#include "base/machine_limits.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/system_runtime.h"
#include "support/temp_folder.h"

namespace lakehold {
namespace {

class MachineLimitsTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = folder_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  MachineLimits Read() { return ReadControlGroups(folder_.path()); }

  testing::TempFolder folder_;
};

TEST_F(MachineLimitsTest, NoFilesMeanNoLimits) {
  EXPECT_FALSE(Read().cpus.has_value());
  EXPECT_FALSE(Read().memory_bytes.has_value());
}

TEST_F(MachineLimitsTest, Version2TakesTheLowestOfAllAncestors) {
  Write("proc/self/cgroup", "0::/user/session\n");
  Write("sys/fs/cgroup/user/cpu.max", "150000 100000\n");
  Write("sys/fs/cgroup/user/session/cpu.max", "max 100000\n");
  Write("sys/fs/cgroup/user/memory.max", "1000000\n");
  Write("sys/fs/cgroup/user/session/memory.max", "2000000\n");
  EXPECT_EQ(Read().cpus, 1.5);
  EXPECT_EQ(Read().memory_bytes, 1'000'000);
}

TEST_F(MachineLimitsTest, InsideAContainerTheMountIsTheGroup) {
  Write("proc/self/cgroup", "0::/not/visible/here\n");
  Write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  Write("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_EQ(Read().cpus, 2.0);
  EXPECT_FALSE(Read().memory_bytes.has_value());
}

TEST_F(MachineLimitsTest, Version1IsReadPerController) {
  Write("proc/self/cgroup", "4:cpu,cpuacct:/job\n7:memory:/job\n2:cpuset:/\n");
  Write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "50000\n");
  Write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
  Write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  Write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  Write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "3000000\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(Read().cpus, 0.5);
  EXPECT_EQ(Read().memory_bytes, 3'000'000);
}

TEST_F(MachineLimitsTest, NonsenseIsNoLimit) {
  Write("proc/self/cgroup", "nonsense\n0::/\n");
  Write("sys/fs/cgroup/cpu.max", "many few\n");
  Write("sys/fs/cgroup/memory.max", "\n");
  EXPECT_FALSE(Read().cpus.has_value());
  EXPECT_FALSE(Read().memory_bytes.has_value());
}

TEST(SystemRuntimeTest, ThisMachineHasACpuAndSomeMemory) {
  EXPECT_GE(UsableCpus(), 1);
  EXPECT_GT(UsableMemoryBytes(), int64_t{1} << 20);
}

TEST(SystemRuntimeTest, ClocksAdvanceAndNumbersDiffer) {
  SystemRuntime system;
  const Runtime runtime = system.runtime();
  const int64_t before = runtime.clock.MonotonicNs();
  runtime.clock.SleepMs(5);
  EXPECT_GE(runtime.clock.MonotonicNs() - before, 5'000'000);
  EXPECT_GT(runtime.clock.NowMs(), 1'600'000'000'000);
  EXPECT_NE(runtime.random.Next(), runtime.random.Next());
}

}  // namespace
}  // namespace lakehold
