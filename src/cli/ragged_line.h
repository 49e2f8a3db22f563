// RaggedLine: the first record of a CSV text that has another number of fields than its first one.
// Pure function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lakehold::cli {

struct RaggedLine {
  std::string file;  // Set by whoever read it.
  std::string text;
  int64_t line = 0;  // Its first one, from 1.
  int64_t fields = 0;
  int64_t expected = 0;
};

// Separators and line ends in quotes count for nothing; nor do empty lines, and what follows the
// last line end.
std::optional<RaggedLine> RaggedLineOf(std::string_view text, char separator);

}  // namespace lakehold::cli
