// Names of tables: a name that may be given is found again, alone and as spelled.
#include "delta/lake_folder.h"
#include "delta/log_bench.h"
#include "fuzz/fuzz_target.h"

namespace lakehold::fuzz {

void FuzzLakeName(std::string_view input) {
  delta::LogBench bench;
  bench.root.folder = "other";
  bench.Create();
  const Status allowed = delta::CheckTableName(input);
  const auto absent = delta::FindTable(*bench.store, "", input);
  if (!allowed.ok()) {
    Require(allowed.error().reason == "delta.bad_table_name", "a name is refused by name");
    Require(allowed.error().message.find('\n') == std::string::npos, "a message is one line");
    Require(!absent.ok() || !absent->has_value(), "what is no name is no table");
    return;
  }
  const std::string name(input);
  bench.root.folder = name;
  bench.Create();
  const auto found = delta::FindTable(*bench.store, "", name);
  Require(found.ok() && *found == name, "a table is found as spelled: " + name);
  const auto tables = delta::ListTables(*bench.store, "");
  Require(tables.ok() && std::count(tables->begin(), tables->end(), name) == 1,
          "a table is listed once: " + name);
  const auto lake = delta::ListLake(*bench.store);
  Require(lake.ok() && *lake == *tables, "a lake of tables lists its tables: " + name);
  std::string turned = name;
  for (char& c : turned) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  if (turned == "OTHER") return;  // The table beside it may be meant as well.
  const auto any_case = delta::FindTable(*bench.store, "", turned);
  Require(any_case.ok() && *any_case == name, "a table is found in another case: " + turned);
}

}  // namespace lakehold::fuzz

LAKEHOLD_FUZZ_ENTRY(FuzzLakeName)
