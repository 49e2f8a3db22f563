#include "python/interrupts.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <nanobind/nanobind.h>
#include <unistd.h>

namespace lakehold::python {

namespace nb = nanobind;

namespace {

constexpr auto kPoll = std::chrono::milliseconds(50);

// Python handles signals on the thread that started the process, or that lived on in a forked
// child.
bool OnMainThread() { return gettid() == getpid(); }

// A piece of work, and how it ended.
class Work {
 public:
  explicit Work(const std::function<void()>& body) : body_(body) {}

  void Run() {
    try {
      body_();
    } catch (...) {
      failure_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    done_ = true;
    ended_.notify_all();
  }
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
  const std::function<void()>& body_;  // Alive until the work has ended.
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
  std::exception_ptr failure_;
};

// The thread that works for the main thread, one call after the other. It lives as long as the
// process: memory that a thread has warmed up is lost with it, and queries are many.
class Lane {
 public:
  // Of this process. A forked child inherits the memory, but not the thread: it starts its own.
  static Lane& Main() {
    static Lane* lane = nullptr;
    if (lane == nullptr || lane->owner_ != getpid()) lane = new Lane();
    return *lane;
  }

  // False if the lane is busy: a signal handler calls us while the call it interrupts still works.
  bool Take(std::shared_ptr<Work> work) {
    if (taken_) return false;
    if (!started_) {
      std::thread([this] { Serve(); }).detach();
      started_ = true;
    }
    taken_ = true;
    const std::lock_guard lock(mutex_);
    next_ = std::move(work);
    given_.notify_one();
    return true;
  }
  // After the end of the work that was taken.
  void Release() { taken_ = false; }

 private:
  void Serve() {
    while (true) {
      std::shared_ptr<Work> work;
      {
        std::unique_lock lock(mutex_);
        given_.wait(lock, [&] { return next_ != nullptr; });
        work = std::move(next_);
      }
      work->Run();
    }
  }

  const pid_t owner_ = getpid();
  bool started_ = false;  // This and the next: the main thread's own.
  bool taken_ = false;
  std::mutex mutex_;
  std::condition_variable given_;
  std::shared_ptr<Work> next_;
};

// Work under way on another thread. It always ends before this object does.
class Errand {
 public:
  explicit Errand(const std::function<void()>& body) : work_(std::make_shared<Work>(body)) {
    on_lane_ = Lane::Main().Take(work_);
    if (!on_lane_) thread_ = std::thread([work = work_] { work->Run(); });
  }
  ~Errand() {
    while (!work_->WaitFor(kPoll)) continue;
    if (on_lane_) Lane::Main().Release();
    if (thread_.joinable()) thread_.join();
  }
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

  Work& work() { return *work_; }

 private:
  std::shared_ptr<Work> work_;
  bool on_lane_ = false;
  std::thread thread_;
};

void RunUnlocked(const std::function<void()>& work, const std::function<void()>& interrupt) {
  if (!OnMainThread()) return work();
  Errand errand(work);
  while (!errand.work().WaitFor(kPoll)) {
    std::optional<nb::python_error> raised;
    {
      const nb::gil_scoped_acquire gil;
      if (PyErr_CheckSignals() != 0) raised.emplace();
    }
    if (!raised) continue;
    // Again and again: an interrupt between two statements of the work would be forgotten.
    do {
      interrupt();
    } while (!errand.work().WaitFor(kPoll));
    throw nb::python_error(std::move(*raised));
  }
  errand.work().Rethrow();
}

}  // namespace

void RunInterruptibly(const std::function<void()>& work, const std::function<void()>& interrupt) {
  if (PyGILState_Check() == 0) return RunUnlocked(work, interrupt);
  const nb::gil_scoped_release nogil;
  RunUnlocked(work, interrupt);
}

}  // namespace lakehold::python
