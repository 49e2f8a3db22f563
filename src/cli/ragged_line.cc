#include "cli/ragged_line.h"

namespace lakehold::cli {

std::optional<RaggedLine> RaggedLineOf(std::string_view text, char separator) {
  int64_t expected = 0;
  RaggedLine record{"", "", 1, 1, 0};
  int64_t line = 1;
  size_t begin = 0;
  bool quoted = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') quoted = !quoted;
    if (c == separator && !quoted) ++record.fields;
    if (c != '\n') continue;
    ++line;
    if (quoted) continue;
    record.text = text.substr(begin, at - begin);
    while (!record.text.empty() && record.text.back() == '\r') record.text.pop_back();
    if (expected == 0) expected = record.fields;
    if (record.fields != expected && !record.text.empty()) {
      record.expected = expected;
      return record;
    }
    begin = at + 1;
    record.line = line;
    record.fields = 1;
  }
  return std::nullopt;
}

}  // namespace lakehold::cli
