// Uses every public header of an installed lakehold, in a lake in the folder of its first argument.
#include <iostream>

#include <lakehold/arrow_abi.h>
#include <lakehold/input.h>
#include <lakehold/lake.h>
#include <lakehold/report.h>
#include <lakehold/request.h>
#include <lakehold/result.h>
#include <lakehold/rows.h>
#include <lakehold/table.h>
#include <lakehold/version.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto lake = lakehold::Lake::Connect(argv[1]);
  if (!lake.ok()) return 3;
  for (const char* sql : {"CREATE TABLE t (id BIGINT)", "INSERT INTO t SELECT range FROM range(41)",
                          "INSERT INTO t VALUES (41)"}) {
    if (auto done = lake->Sql(sql); !done.ok()) {
      std::cerr << done.error().ToString() << "\n";
      return 4;
    }
  }
  auto table = lakehold::Table::Open(lake->location() + "/t");
  if (!table.ok()) return 5;
  const auto count = table->Count();
  const auto status = table->Describe();
  const auto missing = lake->OpenTable("nowhere");
  if (!count.ok() || !status.ok() || missing.ok()) return 6;
  std::cout << "lakehold " << lakehold::VersionText() << "\n"
            << *count << " rows at version " << status->version << " in " << status->files
            << " files\n"
            << lakehold::KindName(missing.error().kind) << " " << missing.error().reason << "\n";
  return missing.error().ToString().empty() || lakehold::BuildText().empty() ? 7 : 0;
}
