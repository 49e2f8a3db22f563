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

import duckdb
from harness import arguments, fresh_folder, machine, versions

import lakehold as lh

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
        for table in TABLES:
            lake.sql(
                f"CREATE TABLE {table} AS SELECT * FROM read_parquet('{folder}/{table}.parquet')"
            )
            files = [
                urllib.parse.unquote(file["uri"]) for file in lake.table(table).files().to_pylist()
            ]
            plain.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet({files!r})")
        ratios = measure(lake, plain, options.rounds)
    values = [statistics.median(some) for some in ratios]
    geomean = math.exp(statistics.fmean(math.log(value) for value in values))
    print(f"\nlakehold / DuckDB on bare Parquet: geomean {geomean:.3f}, worst {max(values):.2f}\n")


def measure(lake: lh.Lake, plain: duckdb.DuckDBPyConnection, rounds: int) -> list[list[float]]:
    print(
        "| query | lakehold, ms | bare Parquet, ms | ratio (median of rounds) |\n|---:|---:|---:|---:|"
    )
    ratios = []
    for number, query in enumerate(queries(), start=1):
        ours, theirs = [], []
        for _ in range(rounds + 1):
            started = time.perf_counter()
            mine = lake.sql(query).to_arrow()
            ours.append(time.perf_counter() - started)
            started = time.perf_counter()
            other = plain.execute(query).to_arrow_table()
            theirs.append(time.perf_counter() - started)
        assert mine.num_rows == other.num_rows, number
        pairs = [a / b for a, b in zip(ours[1:], theirs[1:])]
        ratios.append(pairs)
        middle = statistics.median(pairs)
        print(
            f"| {number} | {statistics.median(ours[1:]) * 1e3:.0f} | {statistics.median(theirs[1:]) * 1e3:.0f} | {middle:.2f} |"
        )
    return ratios


if __name__ == "__main__":
    main()
