// Where a verb works: which lake, which table, which version its arguments mean. Asks the file
// system what exists.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lakehold/report.h"

namespace lakehold::cli {

// TABLE is a path: the folder above is the lake, the last part the table.
struct TablePlace {
  std::string lake;
  std::string table;
};
// kInvalid "cli.not_a_table_path" for "", "/", "." and "..".
Result<TablePlace> ParseTablePlace(std::string_view path);

// The arguments of `sql`: [LAKE] [SQL].
struct SqlPlace {
  std::optional<std::string>
      lake;  // Nothing: LAKEHOLD_LAKE, else the current folder, else a temporary lake.
  std::optional<std::string> sql;  // Nothing: the shell or stdin.
};
// One argument that is an existing path or a URL is the lake, else it is SQL.
SqlPlace ResolveSqlArguments(const std::vector<std::string>& arguments);

// "3" or "2026-11-01T00:00Z"; a time without a zone is UTC. kInvalid "cli.bad_version".
Result<VersionSpec> ParseVersionSpec(std::string_view text);

bool PathExists(const std::string& path);
bool IsUrl(std::string_view text);

}  // namespace lakehold::cli
