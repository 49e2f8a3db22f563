// Progress: one line on stderr that says how long a job takes and how fast it reads; drawn after
// 500 ms, gone at the end or before rows go to the same terminal. Externally synchronized. Draws
// nothing unless Terminal::progress.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "cli/door.h"

namespace lakehold::cli {

class Progress {
 public:
  // `input_bytes`: how much will be read, for percent and time left; 0 if that is not known.
  Progress(const Door& door, std::string label, int64_t input_bytes = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // Ends the drawing; the line is gone.
  void Stop();

  // "import trips: 3.2 s, 512.0 MB of 1.2 GB, 160.0 MB/s, 4.4 s left"
  static std::string Line(const std::string& label, int64_t elapsed_ms, int64_t read_bytes,
                          int64_t input_bytes);

 private:
  void Draw();

  std::string label_;
  int64_t input_bytes_;
  int64_t read_before_ = 0;
  Stopwatch watch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread drawer_;
};

}  // namespace lakehold::cli
