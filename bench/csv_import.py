"""P14: a CSV of 5M rows to a table, types inferred, against DuckDB CSV to Parquet and deltalake
through pyarrow."""

from __future__ import annotations

import os

import deltalake
import duckdb
import pyarrow.csv
from harness import Rounds, arguments, fresh_folder, machine, timed, versions

import lakehold as lh

ROWS = 5_000_000


def main() -> None:
    options = arguments(__doc__ or "", rounds=5)
    print(
        f"{machine()}\n{versions('lakehold', 'duckdb', 'deltalake', 'pyarrow')}; {ROWS:,} rows, 6 columns\n"
    )
    with fresh_folder(options.folder) as scratch:
        source = os.path.join(scratch, "source.csv")
        duckdb.sql(
            f"COPY (SELECT i AS id, (random() * 1e6)::INT / 100.0 AS amount, 'name_' || (i % 9973) AS name, "
            f"DATE '2020-01-01' + (i % 2000)::INT AS day, i % 2 = 0 AS flag, i % 50 AS k FROM range({ROWS}) r(i)) "
            f"TO '{source}' (HEADER)"
        )
        print(f"the CSV has {os.path.getsize(source) / 1e6:.0f} MB\n")

        def ours() -> float:
            with fresh_folder(options.folder) as path:
                lake = lh.connect(path, durability="none")
                seconds = timed(
                    lambda: lake.sql(f"CREATE TABLE t AS SELECT * FROM read_csv('{source}')")
                )
                assert lake.table("t").count() == ROWS
                return seconds

        def copy() -> float:
            with fresh_folder(options.folder) as path:
                sql = f"COPY (SELECT * FROM read_csv('{source}')) TO '{path}/t.parquet' (FORMAT parquet, COMPRESSION zstd)"
                return timed(lambda: duckdb.connect().execute(sql))

        def arrow_deltalake() -> float:
            with fresh_folder(options.folder) as path:
                return timed(
                    lambda: deltalake.write_deltalake(f"{path}/t", pyarrow.csv.read_csv(source))
                )

        rounds = Rounds("P14: CSV to a table")
        rounds.run(
            options.rounds,
            {
                "lakehold": ours,
                "duckdb CSV to Parquet zstd": copy,
                "pyarrow + deltalake": arrow_deltalake,
            },
        )
    print(rounds.table("lakehold", "s"))


if __name__ == "__main__":
    main()
