// Hello, lake: connect, create, insert, ask.   hello_lake [FOLDER]
#include <lakehold/lake.h>
#include <lakehold/version.h>

#include "print_rows.h"

int main(int argc, char** argv) {
  std::cout << "lakehold " << lakehold::VersionText() << "\n";
  // Without a folder: a lake in memory, gone with the process.
  auto lake = Must(lakehold::Lake::Connect(argc > 1 ? argv[1] : ""));
  Must(lake.Sql("CREATE TABLE trips (id BIGINT NOT NULL, city VARCHAR, fare DOUBLE)"));
  Must(lake.Sql("INSERT INTO trips VALUES (1, 'Oslo', 12.5), (2, 'Lima', 7.0), (3, 'Oslo', 9.0)"));
  for (const auto& report : lake.reports()) {
    std::cout << report.table << " version " << report.version << ": +" << report.rows_added
              << " rows\n";
  }
  PrintRows(Must(
      lake.Sql("SELECT city, count(*) AS trips, sum(fare) AS fares FROM trips WHERE fare > $least "
               "GROUP BY city ORDER BY city",
               {{"least", {"8", "DOUBLE"}}})));

  // Every error says what, where and what to do next; code branches on its kind.
  const auto wrong = lake.Sql("SELECT fair FROM trips");
  if (!wrong.ok()) std::cout << "as expected: " << wrong.error().ToString() << "\n";
}
