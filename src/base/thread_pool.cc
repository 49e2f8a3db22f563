#include "base/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace lakehold {
namespace {

// One ParallelFor. Workers may pick it up after it is over, hence shared ownership; they touch
// `task` only for an index they have drawn, and the caller waits for all of those.
struct Batch {
  size_t count = 0;
  const std::function<void(size_t)>* task = nullptr;
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::condition_variable finished;
  size_t done = 0;

  void Work() {
    size_t mine = 0;
    for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      (*task)(i);
      ++mine;
    }
    if (mine == 0) return;
    std::lock_guard lock(mutex);
    done += mine;
    if (done == count) finished.notify_all();
  }
};

// Starts a thread that takes no signals: Ctrl+C belongs to the program's own threads.
template <typename F>
bool StartThread(std::thread* thread, F body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = true;
  try {
    *thread = std::thread(std::move(body));
  } catch (const std::system_error&) {  // No thread to be had (limits): callers then do the work
                                        // themselves.
    started = false;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

}  // namespace

// The threads of one process and what they wait on.
struct ThreadPool::Crew {
  const pid_t pid = getpid();
  std::mutex mutex;
  bool stopping = false;

  std::condition_variable work_arrived;
  std::deque<std::shared_ptr<Batch>> batches;
  std::vector<std::thread> workers;
  size_t idle = 0;

  std::condition_variable job_arrived;
  std::condition_variable lane_empty;
  std::deque<std::function<void()>> jobs;
  bool job_running = false;
  std::thread lane;

  void WorkerLoop() {
    std::unique_lock lock(mutex);
    while (true) {
      ++idle;
      work_arrived.wait(lock, [this] { return stopping || !batches.empty(); });
      --idle;
      if (stopping) return;
      std::shared_ptr<Batch> batch = std::move(batches.front());
      batches.pop_front();
      lock.unlock();
      batch->Work();
      batch.reset();
      lock.lock();
    }
  }

  void LaneLoop() {
    std::unique_lock lock(mutex);
    while (true) {
      job_arrived.wait(lock, [this] { return stopping || !jobs.empty(); });
      if (jobs.empty()) return;
      std::function<void()> job = std::move(jobs.front());
      jobs.pop_front();
      job_running = true;
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
      job_running = false;
      if (jobs.empty()) lane_empty.notify_all();
    }
  }

  void Stop() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
      jobs.clear();
    }
    work_arrived.notify_all();
    job_arrived.notify_all();
    for (std::thread& worker : workers) worker.join();
    if (lane.joinable()) lane.join();
  }
};

ThreadPool::Crew& ThreadPool::crew() {
  Crew* current = crew_.load(std::memory_order_acquire);
  if (current != nullptr && current->pid == getpid()) return *current;
  // None yet, or one inherited by fork: its threads are gone and its mutex may be locked for ever,
  // so it is left alone.
  auto* fresh = new Crew;
  while (current == nullptr || current->pid != fresh->pid) {
    if (crew_.compare_exchange_weak(current, fresh, std::memory_order_acq_rel)) return *fresh;
  }
  delete fresh;
  return *current;
}

ThreadPool::~ThreadPool() {
  Crew* current = crew_.load(std::memory_order_acquire);
  if (current == nullptr || current->pid != getpid()) return;
  if (!current->stopping) current->Stop();
  delete current;
}

void ThreadPool::ParallelFor(size_t count, const std::function<void(size_t)>& task) {
  const size_t wanted = std::min(count, static_cast<size_t>(threads_));
  if (wanted <= 1) {
    for (size_t i = 0; i < count; ++i) task(i);
    return;
  }
  auto batch = std::make_shared<Batch>();
  batch->count = count;
  batch->task = &task;
  Crew& crew = this->crew();
  {
    std::lock_guard lock(crew.mutex);
    for (size_t i = 1; i < wanted; ++i) crew.batches.push_back(batch);
    while (crew.idle < crew.batches.size() &&
           crew.workers.size() + 1 < static_cast<size_t>(threads_)) {
      std::thread worker;
      if (!StartThread(&worker, [&crew] { crew.WorkerLoop(); })) break;
      crew.workers.push_back(std::move(worker));
      if (crew.workers.size() >= crew.batches.size()) break;
    }
  }
  crew.work_arrived.notify_all();
  batch->Work();  // The caller works too, so nested calls always get on even if no worker is free.
  std::unique_lock lock(batch->mutex);
  batch->finished.wait(lock, [&] { return batch->done == batch->count; });
}

void ThreadPool::RunInBackground(std::function<void()> job) {
  Crew& crew = this->crew();
  std::unique_lock lock(crew.mutex);
  if (crew.stopping) return;
  if (!crew.lane.joinable() && !StartThread(&crew.lane, [&crew] { crew.LaneLoop(); })) {
    lock.unlock();
    job();
    return;
  }
  crew.jobs.push_back(std::move(job));
  crew.job_arrived.notify_one();
}

bool ThreadPool::DrainBackground(int64_t timeout_ms) {
  Crew* current = crew_.load(std::memory_order_acquire);
  if (current == nullptr || current->pid != getpid()) return true;
  std::unique_lock lock(current->mutex);
  return current->lane_empty.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] {
    return current->jobs.empty() && !current->job_running;
  });
}

bool ThreadPool::Shutdown(int64_t timeout_ms) {
  Crew* current = crew_.load(std::memory_order_acquire);
  if (current == nullptr || current->pid != getpid()) return true;
  if (!DrainBackground(timeout_ms)) {
    std::lock_guard lock(current->mutex);
    current->jobs.clear();
    if (current->job_running) return false;
  }
  current->Stop();
  return true;
}

}  // namespace lakehold
