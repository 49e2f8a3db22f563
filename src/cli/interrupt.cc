#include "cli/interrupt.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace lakehold::cli {
namespace {

// A signal handler sees nothing but globals: where it writes, and how often it was called.
std::atomic<int> signal_pipe{-1};
std::atomic<int> signal_count{0};

void OnSignal(int number) {
  const int saved = errno;
  if (signal_count.fetch_add(1) > 0) _exit(128 + number);
  const char byte = 's';
  if (write(signal_pipe.load(), &byte, 1) < 0) _exit(128 + number);
  errno = saved;
}

}  // namespace

InterruptScope::InterruptScope(std::function<void()> stop) : stop_(std::move(stop)) {
  if (pipe2(ends_, O_CLOEXEC) != 0) return;  // Then Ctrl+C ends the process as ever.
  signal_pipe.store(ends_[1]);
  signal_count.store(0);
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &old_int_);
  sigaction(SIGTERM, &action, &old_term_);
  watcher_ = std::thread([this] { Watch(); });
}

InterruptScope::~InterruptScope() {
  if (!watcher_.joinable()) return;
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGTERM, &old_term_, nullptr);
  const char byte = 'q';
  while (write(ends_[1], &byte, 1) < 0 && errno == EINTR) {
  }
  watcher_.join();
  close(ends_[0]);
  close(ends_[1]);
}

void InterruptScope::Watch() {
  while (true) {
    pollfd waiting{ends_[0], POLLIN, 0};
    // Once interrupted, ask again every 50 ms: the first call may have come between two statements.
    const int ready = poll(&waiting, 1, interrupted_.load() ? 50 : -1);
    char byte = 0;
    if (ready > 0 && read(ends_[0], &byte, 1) == 1 && byte == 'q') return;
    if (byte == 's') interrupted_.store(true);
    if (interrupted_.load()) stop_();
  }
}

}  // namespace lakehold::cli
