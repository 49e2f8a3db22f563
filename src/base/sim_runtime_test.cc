#include "base/sim_runtime.h"

#include <vector>

#include <gtest/gtest.h>

namespace lakehold {
namespace {

TEST(SimRuntimeTest, TimeMovesOnlyWhenTold) {
  SimRuntime sim;
  const Runtime runtime = sim.runtime();
  const int64_t now = runtime.clock.NowMs(), monotonic = runtime.clock.MonotonicNs();
  EXPECT_EQ(runtime.clock.NowMs(), now);
  runtime.clock.SleepMs(5);
  EXPECT_EQ(runtime.clock.NowMs(), now + 5);
  EXPECT_EQ(runtime.clock.MonotonicNs(), monotonic + 5'000'000);
  sim.clock.SetNowMs(1);
  EXPECT_EQ(runtime.clock.NowMs(), 1);
  EXPECT_EQ(runtime.clock.MonotonicNs(), monotonic + 5'000'000);
}

TEST(SimRuntimeTest, ChanceRepeatsWithItsSeed) {
  SeededRandom one(3), same(3), other(4);
  const uint64_t first = one.Next();
  EXPECT_EQ(first, same.Next());
  EXPECT_NE(first, other.Next());
  EXPECT_NE(first, one.Next());
}

TEST(SimRuntimeTest, BackgroundJobsWaitForTheDrainAndMayAddMore) {
  SimRuntime sim;
  std::vector<int> order;
  sim.executor.RunInBackground([&] {
    order.push_back(1);
    sim.executor.RunInBackground([&] { order.push_back(3); });
  });
  sim.executor.RunInBackground([&] { order.push_back(2); });
  EXPECT_TRUE(order.empty());
  EXPECT_TRUE(sim.executor.DrainBackground(0));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

}  // namespace
}  // namespace lakehold
