// WordList: what the shell completes: dot commands, tables, their columns and the words of SQL.
// Externally synchronized.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lakehold/lake.h"

namespace lakehold::cli {

class WordList {
 public:
  explicit WordList(std::vector<std::string> dot_commands)
      : dot_commands_(std::move(dot_commands)) {}

  // Reads tables and columns again, from the logs. What cannot be read offers no words.
  void Refresh(Lake& lake);
  void Add(std::string word) { names_.push_back(std::move(word)); }
  // The words that the last one of `line` may become, ignoring case, sorted.
  std::vector<std::string> Complete(std::string_view line) const;

 private:
  std::vector<std::string> dot_commands_;
  std::vector<std::string> names_;
};

}  // namespace lakehold::cli
