"""Hello, lake: connect, create, append, ask."""

import sys

import lakehold as lh

lake = lh.connect(sys.argv[1] if len(sys.argv) > 1 else "")  # "" is a lake of this process alone
lake.sql("CREATE TABLE trips (id BIGINT NOT NULL, city VARCHAR, fare DOUBLE)")
trips = lake.table("trips")
print(trips.append([{"id": 1, "city": "Oslo", "fare": 12.5}, {"id": 2, "city": "Lima", "fare": 7}]))
print(trips.append({"id": [3], "city": ["Oslo"], "fare": [9.0]}))  # a dict of columns is fine too

found = lake.sql(
    "SELECT city, sum(fare) AS fares FROM trips WHERE fare > $least GROUP BY ALL", {"least": 8}
)
print(found.columns, found.fetchall())

try:
    lake.sql("SELECT fair FROM trips")
except lh.LakeholdError as error:
    print("as expected:", error)
