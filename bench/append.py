"""P1: appends of 10 rows, one process, `full` and `none` durability, against peers and the floor of
system calls."""

from __future__ import annotations

import sqlite3
import subprocess

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
    growth(options.folder)


def growth(folder: str | None) -> None:
    """Commit cost against the length of the history: the exponent should be 0."""
    with fresh_folder(folder) as path:
        lh.write(f"{path}/t", batch(0))
        table = lh.open(f"{path}/t", durability="none")
        print(
            "### Commit cost against history (none)\n\n| versions before | ms an append |\n|---:|---:|"
        )
        done = 0
        for target in (100, 400, 1600):
            while done < target:
                table.append(BATCHES[done % APPENDS])
                done += 1
            seconds = timed(lambda: [table.append(rows) for rows in BATCHES])
            done += APPENDS
            print(f"| {target} | {seconds / APPENDS * 1e3:.2f} |")
    print()


if __name__ == "__main__":
    main()
