"""Every version of a table stays readable."""

import sys

import lakehold as lh

lake = lh.connect(sys.argv[1] if len(sys.argv) > 1 else "")
lake.sql("CREATE TABLE prices (item VARCHAR, price DOUBLE)")
lake.sql("INSERT INTO prices VALUES ('tea', 2.0), ('cake', 3.5)")
lake.sql("CREATE OR REPLACE TABLE prices AS SELECT item, price * 2 AS price FROM prices")

print(
    lake.sql(
        """SELECT item, old.price AS was, new.price AS now
           FROM prices AS new JOIN prices AS old AT (VERSION => 1) USING (item) ORDER BY item"""
    ).fetchall()
)

prices = lake.table("prices")
pinned = prices.at(version=1)  # never moves, whoever writes meanwhile
lake.sql("INSERT INTO prices VALUES ('milk', 1.0)")
print(f"pinned: {pinned.count()} rows, newest: {prices.count()} rows")
for commit in prices.history():
    print(commit["version"], commit["operation"])
