#include "python/interrupts.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include <nanobind/nanobind.h>
#include <unistd.h>

namespace lakehold::python {

namespace nb = nanobind;

namespace {

constexpr auto kPoll = std::chrono::milliseconds(50);

// Python handles signals on the thread that started the process, or that lived on in a forked
// child.
bool OnMainThread() { return gettid() == getpid(); }

// A piece of work on its own thread. It always ends before this object does.
class Worker {
 public:
  explicit Worker(const std::function<void()>& work) : thread_([this, &work] { Run(work); }) {}
  ~Worker() { thread_.join(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // True if the work has ended.
  bool WaitFor(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, patience, [&] { return done_; });
  }
  // After the end: throws what the work threw.
  void Rethrow() {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void Run(const std::function<void()>& work) {
    try {
      work();
    } catch (...) {
      failure_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    done_ = true;
    ended_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // Last: it uses the others.
};

void RunUnlocked(const std::function<void()>& work, const std::function<void()>& interrupt) {
  if (!OnMainThread()) return work();
  Worker worker(work);
  while (!worker.WaitFor(kPoll)) {
    std::optional<nb::python_error> raised;
    {
      const nb::gil_scoped_acquire gil;
      if (PyErr_CheckSignals() != 0) raised.emplace();
    }
    if (!raised) continue;
    // Again and again: an interrupt between two statements of the work would be forgotten.
    do {
      interrupt();
    } while (!worker.WaitFor(kPoll));
    throw nb::python_error(std::move(*raised));
  }
  worker.Rethrow();
}

}  // namespace

void RunInterruptibly(const std::function<void()>& work, const std::function<void()>& interrupt) {
  if (PyGILState_Check() == 0) return RunUnlocked(work, interrupt);
  const nb::gil_scoped_release nogil;
  RunUnlocked(work, interrupt);
}

}  // namespace lakehold::python
