// Cuts a script into statements at its semicolons, as the SQL lexer would see them: not inside of
// quotes, dollar quotes and comments. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lakehold::cli {

struct Script {
  std::vector<std::string> statements;  // Complete ones, without their semicolon; never blank.
  // What follows the last semicolon: "" if it is only blanks and comments.
  std::string rest;
};
Script SplitStatements(std::string_view sql);

}  // namespace lakehold::cli
