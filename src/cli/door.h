// Door: what every verb has at hand: the terminal, threads for rendering, the flags all verbs
// share, and the one thing to do once the arguments are parsed. Externally synchronized. The verbs:
// verbs.h.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/thread_pool.h"
#include "cli/terminal.h"
#include "lakehold/table.h"

namespace lakehold::cli {

struct OutputFlags {
  std::string format;
  std::string file;
  std::string usual_format;         // Where neither the flag nor the file's name says it.
  std::optional<std::string> rows;  // A number or "all": of a table for people.
  std::optional<std::string> null_text;
};

struct Door {
  explicit Door(const Terminal& looked_at, int threads) : terminal(looked_at), executor(threads) {}

  // A line on stderr.
  void Say(const std::string& line) const;

  Terminal terminal;
  ThreadPool executor;
  OutputFlags output;
  OpenOptions open;
  bool quiet = false;
  std::string memory_limit;  // "": the engine's own.
  std::string lake;          // Of `sql` where no argument names one; "": the current folder.
  std::string history;       // File of what is typed in the shell; "": none.
  // Set by the verb that was named; a verb reports findings that are no error by its exit code.
  std::function<Result<int>()> run;
};

class Stopwatch {
 public:
  int64_t ElapsedMs() const {
    const auto passed = std::chrono::steady_clock::now() - begin_;
    return std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace lakehold::cli
