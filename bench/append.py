"""P1: appends of 10 rows, one process, `full` and `none` durability, against peers and the floor of
system calls; then what an append costs against versions and files.

`append.py --growth versions|files [FOLDER]` does only that part, in a process of its own.
"""

from __future__ import annotations

import functools
import json
import math
import sqlite3
import statistics
import subprocess
import sys
import uuid
from collections.abc import Callable

import deltalake
import pyarrow as pa
from harness import Rounds, arguments, binary, fresh_folder, machine, timed, versions

import lakehold as lh

APPENDS = 100
ROWS = 10


def batch(turn: int) -> pa.Table:
    ids = range(turn * ROWS, (turn + 1) * ROWS)
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "amount": [i * 0.5 for i in ids],
            "name": [f"name_{i % 997}" for i in ids],
            "k": pa.array([i % 50 for i in ids], pa.int32()),
        }
    )


BATCHES = [batch(turn) for turn in range(APPENDS)]


def lakehold(folder: str | None, durability: str) -> float:
    with fresh_folder(folder) as path:
        lh.write(f"{path}/t", batch(0))
        table = lh.open(f"{path}/t", durability=durability)
        seconds = timed(lambda: [table.append(rows) for rows in BATCHES])
        assert deltalake.DeltaTable(f"{path}/t").version() == APPENDS
        return seconds


def delta_rs(folder: str | None) -> float:
    with fresh_folder(folder) as path:
        deltalake.write_deltalake(f"{path}/t", batch(0))
        table = deltalake.DeltaTable(f"{path}/t")

        def work() -> None:
            for rows in BATCHES:
                deltalake.write_deltalake(table, rows, mode="append")

        seconds = timed(work)
        assert lh.open(f"{path}/t").count() == ROWS * (APPENDS + 1)
        return seconds


def lance(folder: str | None) -> float:
    import lance as pylance

    with fresh_folder(folder) as path:
        pylance.write_dataset(batch(0), f"{path}/t")
        return timed(
            lambda: [pylance.write_dataset(rows, f"{path}/t", mode="append") for rows in BATCHES]
        )


def sqlite_full(folder: str | None) -> float:
    with fresh_folder(folder) as path:
        connection = sqlite3.connect(f"{path}/t.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE t (id INTEGER, amount REAL, name TEXT, k INTEGER)")
        rows = [list(zip(*(column.to_pylist() for column in rows.columns))) for rows in BATCHES]

        def work() -> None:
            for some in rows:
                connection.execute("BEGIN")
                connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", some)
                connection.execute("COMMIT")

        return timed(work)


def floor(folder: str | None, durability: str) -> float:
    program = binary("bench_append_floor")
    if program is None:
        return float("nan")
    with fresh_folder(folder) as path:
        out = subprocess.run(
            [program, path, durability, str(APPENDS)], capture_output=True, text=True, check=True
        )
        return float(out.stdout)


def main() -> None:
    if sys.argv[1:2] == ["--growth"]:
        # One half alone, in a process and a folder of its own: what it costs without the other.
        half(sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)
        return
    options = arguments(__doc__ or "", rounds=7)
    print(
        f"{machine()}\n{versions('lakehold', 'deltalake', 'pylance', 'pyarrow')}; {APPENDS} appends of {ROWS} rows a round\n"
    )
    contenders = {
        "lakehold full": lambda: lakehold(options.folder, "full"),
        "lakehold none": lambda: lakehold(options.folder, "none"),
        "deltalake (no sync)": lambda: delta_rs(options.folder),
        "sqlite WAL synchronous=FULL": lambda: sqlite_full(options.folder),
        "floor full (2 files, 2 serial syncs)": lambda: floor(options.folder, "full"),
        "floor none (2 files)": lambda: floor(options.folder, "none"),
    }
    try:
        import lance as _  # noqa: F401

        contenders["pylance (no sync)"] = lambda: lance(options.folder)
    except ImportError:
        print("pylance is not installed and left out\n")
    rounds = Rounds("P1: one append of 10 rows")
    rounds.run(options.rounds, contenders)
    print(rounds.table("lakehold full", "ms", APPENDS))
    print(rounds.table("lakehold none", "ms", APPENDS))
    half("versions", options.folder)
    half("files", options.folder)


def half(what: str, folder: str | None) -> None:
    if what == "versions":
        growth(folder, what, with_versions, [10, 100, 1_000, 10_000])
    else:
        growth(folder, what, with_files, [10, 100, 1_000, 10_000, 100_000])


def with_versions(path: str, count: int) -> None:
    """Commits without files, as any writer may make them."""
    for version in range(1, count + 1):
        entry = {"commitInfo": {"timestamp": 1_700_000_000_000 + version, "operation": "WRITE"}}
        with open(f"{path}/_delta_log/{version:020d}.json", "x") as file:
            file.write(json.dumps(entry) + "\n")


def with_files(path: str, count: int) -> None:
    """One commit of so many files; an append never opens them."""
    stats = {
        "numRecords": 10,
        "minValues": {"id": 0, "amount": 0.0, "name": "name_0", "k": 0},
        "maxValues": {"id": 9, "amount": 4.5, "name": "name_9", "k": 9},
        "nullCount": {"id": 0, "amount": 0, "name": 0, "k": 0},
    }
    with open(f"{path}/_delta_log/{1:020d}.json", "x") as file:
        for number in range(count):
            add = {
                "path": f"part-{uuid.uuid4()}.parquet",
                "partitionValues": {},
                "size": 1500 + number % 7,
                "modificationTime": 1_700_000_000_000,
                "dataChange": True,
                "stats": json.dumps(stats),
            }
            file.write(json.dumps({"add": add}) + "\n")


def growth(
    folder: str | None, what: str, make: Callable[[str, int], None], sizes: list[int]
) -> None:
    """Commit cost against the size of the table or the length of its history: the exponent of a
    straight line through the logarithms should be 0. Sizes in turn, so that all see the same
    machine."""
    with fresh_folder(folder) as path:
        tables = {}
        for size in sizes:
            lh.write(f"{path}/{size}", batch(0))
            make(f"{path}/{size}", size)
            tables[size] = lh.open(f"{path}/{size}", durability="none")
            tables[size].checkpoint()
            tables[size].append(batch(0))
        seconds: dict[int, list[float]] = {size: [] for size in sizes}
        for rows in BATCHES[:60]:
            for size in sizes:
                seconds[size].append(timed(functools.partial(tables[size].append, rows)))
        medians = {size: statistics.median(values) for size, values in seconds.items()}
    slope = statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(medians[size]) for size in sizes]
    ).slope
    print(
        f"### Commit cost against {what} (none)\n\n| {what} before | median ms an append |\n|---:|---:|"
    )
    for size in sizes:
        print(f"| {size:,} | {medians[size] * 1e3:.2f} |")
    print(f"\nFitted exponent: {slope:+.3f} (goal 0 +- 0.05)\n")


if __name__ == "__main__":
    main()
