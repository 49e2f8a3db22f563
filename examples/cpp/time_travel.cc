// Every version of a table stays readable.   time_travel [FOLDER]
#include <lakehold/lake.h>

#include "print_rows.h"

int main(int argc, char** argv) {
  auto lake = Must(lakehold::Lake::Connect(argc > 1 ? argv[1] : ""));
  Must(lake.Sql("CREATE TABLE prices (item VARCHAR, price DOUBLE)"));
  Must(lake.Sql("INSERT INTO prices VALUES ('tea', 2.0), ('cake', 3.5)"));
  Must(lake.Sql("CREATE OR REPLACE TABLE prices AS SELECT item, price * 2 AS price FROM prices"));

  std::cout << "then and now:\n";
  PrintRows(
      Must(lake.Sql("SELECT item, old.price, new.price FROM prices AS new "
                    "JOIN prices AS old AT (VERSION => 1) USING (item) ORDER BY item")));

  // A handle pinned to a version never moves, whoever writes meanwhile.
  auto prices = Must(lake.OpenTable("prices"));
  auto pinned = Must(prices.At(lakehold::AtVersion{1}));
  Must(lake.Sql("INSERT INTO prices VALUES ('milk', 1.0)"));
  std::cout << "pinned to version " << *pinned.pinned() << ": " << Must(pinned.Count())
            << " rows; newest: " << Must(prices.Count()) << " rows\n";
  for (const auto& entry : Must(prices.History())) {
    std::cout << "version " << entry.version << "  " << entry.operation << "\n";
  }
}
