"""Read a table of many files of ten rows: lakehold, deltalake, polars and DuckDB's read_parquet over
the same files by glob.

Everything runs in one process, in turn, with a fresh connection and the same number of threads each
time. Every contender opens the table anew in its clock; the glob has no table to open.
"""

from __future__ import annotations

import json
import pathlib
import statistics
import sys
from collections.abc import Callable

from harness import Rounds, arguments, cpu_timed, fresh_folder, machine, versions

ROWS = 10
SCHEMA = {
    "type": "struct",
    "fields": [
        {"name": name, "type": kind, "nullable": True, "metadata": {}}
        for name, kind in (("id", "long"), ("name", "string"), ("fare", "double"))
    ],
}


def make(folder: pathlib.Path, files: int) -> None:
    """A table of `files` files of ten rows, all of one commit."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "_delta_log").mkdir(parents=True)
    actions: list[dict[str, object]] = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {
            "metaData": {
                "id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps(SCHEMA),
                "partitionColumns": [],
                "configuration": {},
                "createdTime": 1,
            }
        },
    ]
    for i in range(files):
        ids = list(range(i * ROWS, (i + 1) * ROWS))
        table = pa.table(
            {
                "id": pa.array(ids, pa.int64()),
                "name": [f"name-{n}" for n in ids],
                "fare": [n / 4 for n in ids],
            }
        )
        path = folder / f"part-{i:05}.snappy.parquet"
        pq.write_table(table, path)
        stats = {
            "numRecords": ROWS,
            "minValues": {"id": ids[0], "name": f"name-{ids[0]}", "fare": ids[0] / 4},
            "maxValues": {"id": ids[-1], "name": f"name-{ids[-1]}", "fare": ids[-1] / 4},
            "nullCount": {"id": 0, "name": 0, "fare": 0},
        }
        actions.append(
            {
                "add": {
                    "path": path.name,
                    "partitionValues": {},
                    "size": path.stat().st_size,
                    "modificationTime": 1767000000000,
                    "dataChange": True,
                    "stats": json.dumps(stats),
                }
            }
        )
    commit = folder / "_delta_log" / f"{0:020}.json"
    commit.write_text("".join(json.dumps(action) + "\n" for action in actions))


QUERY = "SELECT count(*), sum(id), min(name), sum(fare) FROM {}"


def contenders(folder: pathlib.Path) -> dict[str, Callable[[], object]]:
    import deltalake
    import duckdb
    import lakehold
    import polars

    def ours() -> object:
        return lakehold.connect(folder.parent).sql(QUERY.format(f'"{folder.name}"')).fetchall()

    def glob() -> object:
        connection = duckdb.connect(config={"threads": 2})
        return connection.sql(QUERY.format(f"read_parquet('{folder}/*.parquet')")).fetchall()

    def peer() -> object:
        table = deltalake.DeltaTable(folder)
        builder = deltalake.QueryBuilder().register("t", table)
        return builder.execute(QUERY.format("t")).read_all()

    def frame() -> object:
        column = polars.col
        return (
            polars.scan_delta(str(folder))
            .select(polars.len(), column("id").sum(), column("name").min(), column("fare").sum())
            .collect()
        )

    return {"lakehold": ours, "DuckDB read_parquet(glob)": glob, "deltalake": peer, "polars": frame}


def main() -> None:
    options = arguments(__doc__ or "", rounds=7)
    print(f"{machine()}; {versions('lakehold', 'duckdb', 'deltalake', 'polars', 'pyarrow')}\n")
    for files in (500, 5_000):
        with fresh_folder(options.folder) as parent:
            folder = pathlib.Path(parent) / "t"
            make(folder, files)
            works = contenders(folder)
            rows = {name: str(work()) for name, work in works.items()}
            print(f"warmed up: {rows['lakehold']}", file=sys.stderr)
            cpu: dict[str, list[float]] = {name: [] for name in works}
            rounds = Rounds(f"{files:,} files of {ROWS} rows: wall")
            rounds.run(
                options.rounds,
                {
                    name: lambda work=work, spent=cpu[name]: cpu_timed(work, spent)
                    for name, work in works.items()
                },
            )
            print(rounds.table("lakehold"))
            spent = Rounds(f"{files:,} files of {ROWS} rows: CPU")
            spent.seconds = cpu
            print(spent.table("lakehold"))
            middle = statistics.median(cpu["lakehold"]) / files
            print(f"{middle * 1e6:.0f} us of CPU a file\n")


if __name__ == "__main__":
    main()
