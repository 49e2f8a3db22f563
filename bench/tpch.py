"""P8: TPC-H SF1, 22 queries, over lakehold tables, against DuckDB on the same bare Parquet files
and deltalake's query builder.

Data by tpchgen-cli; the queries of the TPC-H specification with its validation parameters:
tpch_queries.sql.
"""

from __future__ import annotations

import math
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable

import deltalake
import duckdb
from harness import arguments, fresh_folder, machine, versions

import lakehold as lh

Run = Callable[[str], int]  # Runs a query, tells how many rows it gave.

TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")


def queries() -> list[str]:
    text = (pathlib.Path(__file__).parent / "tpch_queries.sql").read_text(encoding="utf-8")
    found = [query.strip() for query in text.split(";") if query.strip()]
    assert len(found) == 22, len(found)
    return found


def generate(folder: str) -> None:
    subprocess.run(
        [
            pathlib.Path(sys.executable).parent / "tpchgen-cli",
            "parquet",
            "-s",
            "1",
            "--output-dir",
            folder,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def main() -> None:
    options = arguments(__doc__ or "", rounds=5)
    print(f"{machine()}\n{versions('lakehold', 'duckdb', 'deltalake')}; TPC-H SF1\n")
    with fresh_folder(options.folder) as folder:
        generate(folder)
        lake = lh.connect(f"{folder}/lake", durability="none")
        plain = duckdb.connect()
        plain.execute("SET threads = 2")
        builder = deltalake.QueryBuilder()
        for table in TABLES:
            lake.sql(
                f"CREATE TABLE {table} AS SELECT * FROM read_parquet('{folder}/{table}.parquet')"
            )
            files = [
                urllib.parse.unquote(file["uri"]) for file in lake.table(table).files().to_pylist()
            ]
            plain.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet({files!r})")
            builder.register(table, deltalake.DeltaTable(f"{folder}/lake/{table}"))
        contenders: dict[str, Run] = {
            "lakehold": lambda query: lake.sql(query).to_arrow().num_rows,
            "bare Parquet": lambda query: plain.execute(query).to_arrow_table().num_rows,
            "deltalake": lambda query: builder.execute(query).read_all().num_rows,
        }
        measure(contenders, options.rounds)


def measure(contenders: dict[str, Run], rounds: int) -> None:
    """Every query in turn by all contenders, in the other order every other round, the first not
    counted."""
    peers = list(contenders)[1:]
    heads = [f"{name}, ms" for name in contenders] + [f"lakehold / {name}" for name in peers]
    print(f"| query | {' | '.join(heads)} |\n|---:|{'---:|' * len(heads)}")
    medians: dict[str, list[float]] = {name: [] for name in peers}
    for number, query in enumerate(queries(), start=1):
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(rounds + 1):
            rows = set()
            for name in list(contenders)[:: 1 if turn % 2 else -1]:
                started = time.perf_counter()
                rows.add(contenders[name](query))
                times[name].append(time.perf_counter() - started)
            assert len(rows) == 1, (number, rows)
        for name in peers:
            pairs = zip(times["lakehold"][1:], times[name][1:])
            medians[name].append(statistics.median(a / b for a, b in pairs))
        cells = [f"{statistics.median(some[1:]) * 1e3:.0f}" for some in times.values()]
        cells += [f"{medians[name][-1]:.2f}" for name in peers]
        print(f"| {number} | {' | '.join(cells)} |", flush=True)
    for name, values in medians.items():
        middle = math.exp(statistics.fmean(math.log(value) for value in values))
        print(f"\nlakehold / {name}: geomean {middle:.3f}, worst {max(values):.2f}")


if __name__ == "__main__":
    main()
