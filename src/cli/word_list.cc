#include "cli/word_list.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "cli/line_editor.h"

namespace lakehold::cli {
namespace {

constexpr std::array kSqlWords = {"SELECT",
                                  "FROM",
                                  "WHERE",
                                  "GROUP",
                                  "ORDER",
                                  "BY",
                                  "HAVING",
                                  "LIMIT",
                                  "JOIN",
                                  "LEFT",
                                  "USING",
                                  "ON",
                                  "AS",
                                  "AND",
                                  "OR",
                                  "NOT",
                                  "NULL",
                                  "IN",
                                  "LIKE",
                                  "BETWEEN",
                                  "DISTINCT",
                                  "UNION",
                                  "ALL",
                                  "CASE",
                                  "WHEN",
                                  "THEN",
                                  "ELSE",
                                  "END",
                                  "INSERT",
                                  "INTO",
                                  "VALUES",
                                  "NAME",
                                  "CREATE",
                                  "TABLE",
                                  "DROP",
                                  "REPLACE",
                                  "WITH",
                                  "PARTITIONED",
                                  "BEGIN",
                                  "COMMIT",
                                  "ROLLBACK",
                                  "DESCRIBE",
                                  "EXPLAIN",
                                  "SHOW",
                                  "TABLES",
                                  "SUMMARIZE",
                                  "AT",
                                  "VERSION",
                                  "TIMESTAMP",
                                  "count",
                                  "sum",
                                  "avg",
                                  "min",
                                  "max",
                                  "lakehold_history",
                                  "lakehold_files",
                                  "lakehold_scan"};

bool BeginsWith(std::string_view word, std::string_view typed) {
  return word.size() >= typed.size() &&
         std::equal(typed.begin(), typed.end(), word.begin(), [](unsigned char a, unsigned char b) {
           return std::tolower(a) == std::tolower(b);
         });
}

}  // namespace

void WordList::Refresh(Lake& lake) {
  names_.clear();
  const auto tables = lake.Tables();
  if (!tables.ok()) return;
  for (const auto& name : *tables) {
    names_.push_back(name);
    const auto table = lake.OpenTable(name);
    if (!table.ok()) continue;
    const auto status = table->Describe();
    if (!status.ok()) continue;
    for (const auto& column : status->columns) names_.push_back(column.name);
  }
}

std::vector<std::string> WordList::Complete(std::string_view line) const {
  const std::string_view typed = LastWord(line);
  std::vector<std::string> words;
  const auto offer = [&](std::string_view word) {
    if (BeginsWith(word, typed)) words.emplace_back(word);
  };
  if (typed.size() == line.size() && !line.empty() && line.front() == '.') {
    for (const auto& command : dot_commands_) offer(command);
  } else if (!typed.empty()) {
    for (const auto& name : names_) offer(name);
    for (const char* word : kSqlWords) offer(word);
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace lakehold::cli
