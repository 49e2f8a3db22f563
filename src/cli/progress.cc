#include "cli/progress.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "cli/report_text.h"

namespace lakehold::cli {
namespace {

using std::chrono::milliseconds;

// Bytes this process has read so far: the engine reads the input, so nobody here could count them.
int64_t BytesRead() {
  std::ifstream file("/proc/self/io");
  std::string word;
  int64_t value = 0;
  return file >> word >> value && word == "rchar:" ? value : 0;
}

}  // namespace

std::string Progress::Line(const std::string& label, int64_t elapsed_ms, int64_t read_bytes,
                           int64_t input_bytes) {
  std::string line = label + ": " + FormatElapsed(elapsed_ms);
  if (read_bytes <= 0 || elapsed_ms <= 0) return line;
  if (input_bytes > 0) {
    read_bytes = std::min(read_bytes, input_bytes);
    line += fmt::format(", {} of {}", FormatBytes(read_bytes), FormatBytes(input_bytes));
  } else {
    line += ", " + FormatBytes(read_bytes);
  }
  const double rate = static_cast<double>(read_bytes) / static_cast<double>(elapsed_ms);
  line += fmt::format(", {}/s", FormatBytes(static_cast<int64_t>(rate * 1e3)));
  if (input_bytes > read_bytes) {
    const auto left = static_cast<double>(input_bytes - read_bytes) / rate;
    line += fmt::format(", {} left", FormatElapsed(static_cast<int64_t>(left)));
  }
  return line;
}

Progress::Progress(const Door& door, std::string label, int64_t input_bytes)
    : label_(std::move(label)), input_bytes_(input_bytes) {
  if (!door.terminal.progress || door.quiet) return;
  read_before_ = BytesRead();
  drawer_ = std::thread([this] { Draw(); });
}

Progress::~Progress() { Stop(); }

void Progress::Stop() {
  if (!drawer_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  drawer_.join();
}

void Progress::Draw() {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, milliseconds(500), [this] { return done_; })) return;
  do {
    const std::string line =
        Line(label_, watch_.ElapsedMs(), BytesRead() - read_before_, input_bytes_);
    std::fputs(("\r" + line + "\x1b[K").c_str(), stderr);
  } while (!changed_.wait_for(lock, milliseconds(200), [this] { return done_; }));
  std::fputs("\r\x1b[K", stderr);
}

}  // namespace lakehold::cli
