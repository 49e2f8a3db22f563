"""Point and range lookups in tables of many small files: 100 to 10,000 files of 1,000 rows each.

Each contender runs in a process of its own, a fresh one each round: first the table is opened and
one row looked up (cold), then other rows through the same open table (warm). DuckDB reads all files
by their names, which is what one does without a table format.
"""

from __future__ import annotations

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys
import time

from harness import fresh_folder, machine, versions

ROWS = 1_000
SCHEMA = {
    "type": "struct",
    "fields": [
        {"name": name, "type": kind, "nullable": True, "metadata": {}}
        for name, kind in (("id", "long"), ("name", "string"), ("fare", "double"))
    ],
}


def make(folder: pathlib.Path, files: int) -> None:
    """A table of one commit; file i holds the ids from 1000 i to 1000 i + 999."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    log = folder / "_delta_log"
    log.mkdir(parents=True)
    with (log / f"{0:020}.json").open("w") as out:
        for action in (
            {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {
                "metaData": {
                    "id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9",
                    "format": {"provider": "parquet", "options": {}},
                    "schemaString": json.dumps(SCHEMA),
                    "partitionColumns": [],
                    "configuration": {},
                }
            },
        ):
            out.write(json.dumps(action) + "\n")
        for i in range(files):
            ids = range(i * ROWS, (i + 1) * ROWS)
            names = [f"name-{n:010}" for n in ids]
            fares = [n % 1_000 / 4 for n in ids]
            path = folder / f"part-{i:06}.parquet"
            pq.write_table(
                pa.table({"id": pa.array(ids, pa.int64()), "name": names, "fare": fares}), path
            )
            stats = {
                "numRecords": ROWS,
                "minValues": {"id": ids[0], "name": names[0], "fare": min(fares)},
                "maxValues": {"id": ids[-1], "name": names[-1], "fare": max(fares)},
                "nullCount": {"id": 0, "name": 0, "fare": 0},
            }
            add = {
                "path": path.name,
                "partitionValues": {},
                "size": path.stat().st_size,
                "modificationTime": 1767000000000,
                "dataChange": True,
                "stats": json.dumps(stats, separators=(",", ":")),
            }
            out.write(json.dumps({"add": add}, separators=(",", ":")) + "\n")


def contender(name: str, path: str, files: int, kind: str) -> None:
    """One run in this process: the first lookup, with the open, and then the median of others."""
    rows = files * ROWS

    def bounds(number: int) -> tuple[int, int]:
        first = (number * 7_919_131 + rows // 2) % (rows - 100)
        return (first, first + 1) if kind == "point" else (first, first + 100)

    if name.startswith("lakehold"):
        import lakehold as lh

        def prepare():  # type: ignore[no-untyped-def]
            table = lh.open(path)
            if name.endswith("SQL"):
                lake = lh.connect(str(pathlib.Path(path).parent))
                query = "SELECT * FROM t WHERE id >= $a AND id < $b"
                return lambda a, b: lake.sql(query, {"a": a, "b": b}).to_arrow().num_rows
            return lambda a, b: table.scan(where=f"id >= {a} AND id < {b}").to_arrow().num_rows

    elif name.startswith("deltalake"):
        import deltalake
        import pyarrow as pa

        def prepare():  # type: ignore[no-untyped-def]
            table = deltalake.DeltaTable(path)
            if name.endswith("filters"):
                return lambda a, b: (
                    table.to_pyarrow_table(filters=[("id", ">=", a), ("id", "<", b)]).num_rows
                )
            query = deltalake.QueryBuilder().register("t", table)
            return lambda a, b: (
                pa.table(
                    query.execute(f"SELECT * FROM t WHERE id >= {a} AND id < {b}").read_all()
                ).num_rows
            )

    elif name == "polars":
        import polars as pl

        def prepare():  # type: ignore[no-untyped-def]
            frame = pl.scan_delta(path)
            return lambda a, b: (
                frame.filter((pl.col("id") >= a) & (pl.col("id") < b)).collect().height
            )

    else:
        import duckdb

        def prepare():  # type: ignore[no-untyped-def]
            query = f"SELECT * FROM read_parquet('{path}/*.parquet') WHERE id >= ? AND id < ?"
            return lambda a, b: duckdb.execute(query, [a, b]).fetch_arrow_table().num_rows

    def clock() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    def took(since: tuple[float, float]) -> tuple[float, float]:
        now = clock()
        return now[0] - since[0], now[1] - since[1]

    started = clock()
    lookup = prepare()
    assert lookup(*bounds(0)) == bounds(0)[1] - bounds(0)[0]
    cold = took(started)
    warm = []
    until = time.perf_counter() + 2
    for number in range(1, 51):
        a, b = bounds(number)
        started = clock()
        assert lookup(a, b) == b - a
        warm.append(took(started))
        if time.perf_counter() > until and number >= 3:
            break
    wall, cpu = (statistics.median(one[i] for one in warm) for i in (0, 1))
    print(json.dumps({"cold": cold[0], "cold_cpu": cold[1], "warm": wall, "warm_cpu": cpu}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--kinds", nargs="*", default=["point", "range"])
    parser.add_argument("--contenders", nargs="*")
    parser.add_argument("--folder", help="where to write (default: the temp folder)")
    parser.add_argument("--contender", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        name, path, files, kind = options.contender
        contender(name, path, int(files), kind)
        return
    names = options.contenders or [
        "lakehold scan",
        "lakehold SQL",
        "deltalake QueryBuilder",
        "deltalake filters",
        "polars",
        "duckdb read_parquet",
    ]
    print(f"{machine()}\n{versions('lakehold', 'deltalake', 'polars', 'duckdb')}\n")
    print(
        "| lookup | files | contender | cold ms | cold CPU ms | warm ms | warm CPU ms (min - max) | warm CPU / lakehold's |"
    )
    print("|---|---:|---|---:|---:|---:|---:|---:|")
    warm_of: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for files in options.files:
        with fresh_folder(options.folder) as folder:
            path = pathlib.Path(folder) / "t"
            make(path, files)
            for kind in options.kinds:
                runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
                for _ in range(options.rounds):
                    for name in names:
                        command = [sys.executable, __file__, "--contender"]
                        command += [name, str(path), str(files), kind]
                        done = subprocess.run(command, check=False, capture_output=True, text=True)
                        if done.returncode != 0:
                            print(
                                f"  {name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr
                            )
                            continue
                        runs[name].append(json.loads(done.stdout))
                for name in names:
                    if not runs[name]:
                        continue
                    cold, cold_cpu, warm, cpu = (
                        [run[key] * 1e3 for run in runs[name]]
                        for key in ("cold", "cold_cpu", "warm", "warm_cpu")
                    )
                    ours = [run["warm_cpu"] * 1e3 for run in runs[names[0]]]
                    ratio = statistics.median(a / b for a, b in zip(cpu, ours))
                    warm_of.setdefault((kind, name), []).append((files, statistics.median(cpu)))
                    print(
                        f"| {kind} | {files:,} | {name} | {statistics.median(cold):.1f} | {statistics.median(cold_cpu):.1f} |"
                        f" {statistics.median(warm):.2f} | {statistics.median(cpu):.2f} ({min(cpu):.2f} - {max(cpu):.2f}) | {ratio:.1f} |",
                        flush=True,
                    )
    print("\nExponent of warm CPU in the number of files, first to last:\n")
    for (kind, name), points in warm_of.items():
        if len(points) > 1:
            (few, a), (many, b) = points[0], points[-1]
            print(f"- {kind}, {name}: {math.log(b / a) / math.log(many / few):.2f}")


if __name__ == "__main__":
    main()
