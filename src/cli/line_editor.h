// LineEditor: lines somebody types, with editing, history and completion where libedit was there at
// build time, plain reading otherwise. Externally synchronized; one at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lakehold::cli {

// The words that may follow: `line` is what stands before the cursor. Each is a whole word to take
// the last one's place.
using Completer = std::function<std::vector<std::string>(std::string_view line)>;

enum class LineState { kLine, kInterrupted, kEnd };

class LineEditor {
 public:
  // History is kept in `history_file`; in memory only if that is empty.
  static std::unique_ptr<LineEditor> New(Completer completer, std::string history_file);
  virtual ~LineEditor() = default;

  // Without the line end. Ctrl+C gives kInterrupted, the end of input kEnd.
  virtual LineState Read(const std::string& prompt, std::string* line) = 0;
  virtual void Remember(const std::string& entry) = 0;
};

// The word before the cursor that completion replaces.
std::string_view LastWord(std::string_view line);
// What all words begin with.
std::string SharedPrefix(const std::vector<std::string>& words);

}  // namespace lakehold::cli
