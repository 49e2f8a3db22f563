// How names and texts stand in SQL that lakehold writes. Pure functions; the only way a name enters
// a statement.
#pragma once

#include <string>
#include <string_view>

namespace lakehold {

namespace internal {
inline std::string Quote(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}
}  // namespace internal

// "a""b" for a"b.
inline std::string QuoteName(std::string_view name) { return internal::Quote(name, '"'); }
// 'it''s' for it's.
inline std::string QuoteText(std::string_view text) { return internal::Quote(text, '\''); }

}  // namespace lakehold
