#include "base/system_runtime.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/machine_limits.h"
#include "base/thread_pool.h"

namespace lakehold {
namespace {

// Tasks below the engine mostly wait for the disk, so even one CPU keeps a few syncs in flight.
constexpr int kFewestThreads = 4;

int64_t ReadClockNs(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class SystemClock : public Clock {
 public:
  int64_t NowMs() override { return ReadClockNs(CLOCK_REALTIME) / 1'000'000; }
  int64_t MonotonicNs() override { return ReadClockNs(CLOCK_MONOTONIC); }
  void SleepMs(int64_t ms) override {
    if (ms <= 0) return;
    timespec left{ms / 1000, (ms % 1000) * 1'000'000};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
  }
};

// Asks the kernel every time. No state means no lock, and no sequence that a forked child would
// repeat.
class SystemRandom : public Random {
 public:
  uint64_t Next() override {
    uint64_t word = 0;
    ssize_t got = 0;
    do {
      got = getrandom(&word, sizeof word, 0);
    } while (got < 0 && errno == EINTR);
    if (got == static_cast<ssize_t>(sizeof word)) return word;
    const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);  // A sandbox may forbid the call.
    got = fd < 0 ? -1 : read(fd, &word, sizeof word);
    if (fd >= 0) close(fd);
    // Names must be unique: without chance there is no safe way on.
    if (got != static_cast<ssize_t>(sizeof word)) std::abort();
    return word;
  }
};

}  // namespace

struct SystemRuntime::State {
  explicit State(int threads) : pool(threads) {}
  SystemClock clock;
  SystemRandom random;
  ThreadPool pool;
};

SystemRuntime::SystemRuntime(int threads)
    : state_(std::make_unique<State>(threads > 0 ? threads
                                                 : std::max(kFewestThreads, UsableCpus()))) {}

SystemRuntime::~SystemRuntime() {
  // A job that outlives the wait keeps using clock and pool: better a leak at exit than a crash.
  if (!state_->pool.Shutdown(limits::kExitDrainMs)) static_cast<void>(state_.release());
}

Runtime SystemRuntime::runtime() { return {state_->clock, state_->random, state_->pool}; }

int UsableCpus() {
  int cpus = 0;
  // The mask must be as large as the kernel's, which it does not tell; EINVAL means larger.
  for (int capacity = 1024; cpus == 0 && capacity <= (1 << 20); capacity *= 2) {
    cpu_set_t* set = CPU_ALLOC(static_cast<size_t>(capacity));
    if (set == nullptr) break;
    const size_t size = CPU_ALLOC_SIZE(static_cast<size_t>(capacity));
    const bool read = sched_getaffinity(0, size, set) == 0;
    const int error = errno;
    if (read) cpus = CPU_COUNT_S(size, set);
    CPU_FREE(set);
    if (!read && error != EINVAL) break;
  }
  if (cpus <= 0) cpus = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  if (const auto quota = ReadControlGroups().cpus)
    cpus = std::min(cpus, static_cast<int>(std::ceil(*quota)));
  return std::max(1, cpus);
}

int64_t UsableMemoryBytes() {
  struct sysinfo machine {};
  int64_t bytes = int64_t{1} << 30;
  if (sysinfo(&machine) == 0) {
    bytes = static_cast<int64_t>(machine.totalram) * static_cast<int64_t>(machine.mem_unit);
  }
  if (const auto limit = ReadControlGroups().memory_bytes) bytes = std::min(bytes, *limit);
  return bytes;
}

}  // namespace lakehold
