#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lakehold {
namespace {

TEST(ThreadPoolTest, EveryTaskRunsOnce) {
  ThreadPool pool(4);
  for (const size_t count : {0, 1, 2, 3, 1000}) {
    std::vector<std::atomic<int>> runs(count);
    pool.ParallelFor(count, [&](size_t i) { ++runs[i]; });
    for (const auto& run : runs) EXPECT_EQ(run, 1);
  }
}

TEST(ThreadPoolTest, TasksRunAtTheSameTime) {
  ThreadPool pool(3);
  // Tasks must not wait for one another; this test does so to see that they overlap.
  std::atomic<int> arrived{0};
  pool.ParallelFor(3, [&](size_t) {
    ++arrived;
    while (arrived < 3) {
    }
  });
  EXPECT_EQ(arrived, 3);
}

TEST(ThreadPoolTest, NestedAndConcurrentCallsGetOn) {
  ThreadPool pool(2);
  std::atomic<int> runs{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      pool.ParallelFor(10, [&](size_t) { pool.ParallelFor(10, [&](size_t) { ++runs; }); });
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(runs, 400);
}

TEST(ThreadPoolTest, BackgroundJobsRunInOrder) {
  ThreadPool pool(2);
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    pool.RunInBackground([&order, i] { order.push_back(i); });
  }
  EXPECT_TRUE(pool.DrainBackground(10'000));
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(ThreadPoolTest, DrainingWaitsNoLongerThanAsked) {
  ThreadPool pool(2);
  std::promise<void> gate;
  pool.RunInBackground([&] { gate.get_future().wait(); });
  EXPECT_FALSE(pool.DrainBackground(10));
  gate.set_value();
  EXPECT_TRUE(pool.DrainBackground(10'000));
}

TEST(ThreadPoolTest, ShutdownDropsWhatHasNotBegunAndReportsWhatStillRuns) {
  auto pool = std::make_unique<ThreadPool>(2);
  std::promise<void> begun, gate, dropped;
  pool->RunInBackground([&] {
    begun.set_value();
    gate.get_future().wait();
  });
  std::atomic<bool> ran{false};
  pool->RunInBackground([&] { ran = true; });
  begun.get_future().wait();
  EXPECT_FALSE(pool->Shutdown(10));
  gate.set_value();
  EXPECT_TRUE(pool->Shutdown(10'000));
  EXPECT_FALSE(ran);
}

TEST(ThreadPoolTest, AForkedChildStartsItsOwnThreads) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer does not allow threads in a forked child";
#endif
  ThreadPool pool(4);
  pool.ParallelFor(8, [](size_t) {});
  pool.RunInBackground([] {});
  EXPECT_TRUE(pool.DrainBackground(10'000));
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> runs{0};
    pool.ParallelFor(100, [&](size_t) { ++runs; });
    pool.RunInBackground([&] { ++runs; });
    const bool drained = pool.DrainBackground(10'000);
    _exit(drained && runs == 101 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  std::atomic<int> runs{0};
  pool.ParallelFor(8, [&](size_t) { ++runs; });
  EXPECT_EQ(runs, 8);
}

}  // namespace
}  // namespace lakehold
