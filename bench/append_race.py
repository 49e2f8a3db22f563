"""Many processes append to one table at once: how many appends land, how many fail, how long it
takes. Nobody tries again: what an error means is left to the caller in every contender."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable

import deltalake
import duckdb
import pyarrow as pa
from harness import fresh_folder, machine, versions

import lakehold as lh

PROCESSES = 12
APPENDS = 25


def row(number: int) -> pa.Table:
    return pa.table({"id": pa.array([number], pa.int64())})


def into_lakehold(path: str, number: int) -> None:
    lh.write(path, row(number), mode="append")


def into_deltalake(path: str, number: int) -> None:
    deltalake.write_deltalake(path, row(number), mode="append")


def into_duckdb(path: str, number: int) -> None:
    with duckdb.connect(path) as connection:
        connection.execute("INSERT INTO t VALUES (?)", [number])


def work(append: Callable[[str, int], None], path: str, process: int, answers) -> None:
    failed = []
    for i in range(APPENDS):
        try:
            append(path, process * APPENDS + i)
        except Exception as error:
            failed.append(repr(error)[:100])
    answers.put(failed)


def race(name: str, append: Callable[[str, int], None]) -> str:
    with fresh_folder() as folder:
        path = f"{folder}/t"
        if name == "duckdb":
            with duckdb.connect(path) as connection:
                connection.execute("CREATE TABLE t (id BIGINT)")
        else:
            lh.write(path, row(-1).slice(0, 0))
        answers: multiprocessing.Queue = multiprocessing.Queue()
        processes = [
            multiprocessing.Process(target=work, args=(append, path, i, answers))
            for i in range(PROCESSES)
        ]
        started = time.perf_counter()
        for process in processes:
            process.start()
        failed = [error for _ in processes for error in answers.get()]
        for process in processes:
            process.join()
        seconds = time.perf_counter() - started
        if name == "duckdb":
            with duckdb.connect(path) as connection:
                rows = connection.execute("SELECT count(*) FROM t").fetchone()[0]
        else:
            rows = lh.open(path).count()
        why = failed[0] if failed else ""
        return f"| {name} | {rows} | {len(failed)} | {seconds:.1f} | {why} |"


def main() -> None:
    multiprocessing.set_start_method("spawn")
    print(machine(), versions("lakehold", "deltalake", "duckdb"), sep="\n")
    print(
        f"\n{PROCESSES} processes x {APPENDS} appends of one row, start of the processes included"
    )
    print("\n| contender | rows landed | errors | s | the first error |\n|---|---:|---:|---:|---|")
    contenders = {"lakehold": into_lakehold, "deltalake": into_deltalake, "duckdb": into_duckdb}
    for name, append in contenders.items():
        print(race(name, append))


if __name__ == "__main__":
    main()
