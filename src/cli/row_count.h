// How many rows of a table people see: a number or all. Pure functions.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "base/result.h"

namespace lakehold::cli {

inline constexpr int64_t kRowsForPeople = 40;

// -1 is "all". kInvalid "cli.bad_rows".
inline Result<int64_t> ParseRowCount(std::string_view text) {
  if (text == "all") return int64_t{-1};
  int64_t rows = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rows);
  if (error == std::errc() && end == text.data() + text.size() && rows >= 0) return rows;
  return Invalid("cli.bad_rows", fmt::format("--rows {} is no number of rows", text),
                 "write a number, or all");
}

}  // namespace lakehold::cli
