#include "cli/statement_splitter.h"

#include <algorithm>
#include <cctype>

namespace lakehold::cli {
namespace {

// Behind the text that starts at `at` and ends with `end`; the end of the script if it is not
// closed.
size_t Behind(std::string_view sql, size_t at, std::string_view end) {
  const size_t found = sql.find(end, at);
  return found == std::string_view::npos ? sql.size() : found + end.size();
}

// $$ or $tag$ at `at`, or nothing.
std::string_view DollarTag(std::string_view sql, size_t at) {
  size_t end = at + 1;
  while (end < sql.size() &&
         (std::isalnum(static_cast<unsigned char>(sql[end])) != 0 || sql[end] == '_')) {
    ++end;
  }
  const bool number = end > at + 1 && std::isdigit(static_cast<unsigned char>(sql[at + 1])) != 0;
  if (number || end >= sql.size() || sql[end] != '$') return {};
  return sql.substr(at, end + 1 - at);
}

// Behind a comment that starts at `at`; `at` itself if none does. Block comments nest.
size_t BehindComment(std::string_view sql, size_t at) {
  if (sql.substr(at, 2) == "--") return Behind(sql, at, "\n");
  if (sql.substr(at, 2) != "/*") return at;
  int depth = 1;
  for (at += 2; at < sql.size() && depth > 0;) {
    const auto two = sql.substr(at, 2);
    depth += two == "/*" ? 1 : two == "*/" ? -1 : 0;
    at += two == "/*" || two == "*/" ? 2 : 1;
  }
  return at;
}

}  // namespace

Script SplitStatements(std::string_view sql) {
  Script script;
  size_t begin = 0;
  bool blank = true;  // Nothing but white space and comments so far.
  for (size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    if (const size_t behind = BehindComment(sql, at); behind != at) {
      at = behind;
    } else if (c == ';') {
      if (!blank) script.statements.emplace_back(sql.substr(begin, at - begin));
      begin = ++at;
      blank = true;
    } else if (c == '\'' || c == '"') {
      blank = false;
      at = Behind(sql, at + 1, {&sql[at], 1});  // A doubled quote begins the next quoted part.
    } else if (c == '$' && !DollarTag(sql, at).empty()) {
      blank = false;
      const auto tag = DollarTag(sql, at);
      at = Behind(sql, at + tag.size(), tag);
    } else {
      blank = blank && std::isspace(static_cast<unsigned char>(c)) != 0;
      ++at;
    }
  }
  if (!blank) script.rest = sql.substr(begin);
  return script;
}

}  // namespace lakehold::cli
