"""Processes that append at once, and processes that are killed while they do: nothing acknowledged
is lost or doubled."""

from __future__ import annotations

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import deltalake

import lakehold as lh

WRITER = """
import sys, lakehold as lh
path, writer, appends, ledger = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
table = lh.open(path)
with open(ledger, "a", buffering=1) as acknowledged:
    for turn in range(appends):
        key = writer * 1_000_000 + turn
        table.append([{"key": key, "writer": writer}])
        acknowledged.write(f"{key}\\n")
"""


def start(path: str, writer: int, appends: int, ledger: pathlib.Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, path, str(writer), str(appends), str(ledger)],
        stderr=subprocess.PIPE,
        text=True,
    )


def acknowledged(ledgers: list[pathlib.Path]) -> list[int]:
    keys = []
    for ledger in ledgers:
        if ledger.exists():
            # A killed process may have written half a line: that append was acknowledged to nobody.
            keys += [int(line) for line in ledger.read_text().split("\n")[:-1]]
    return keys


def test_twelve_processes_append_and_nobody_sees_an_error(
    lake_path: str, tmp_path: pathlib.Path
) -> None:
    lake = lh.connect(lake_path)
    lake.sql("CREATE TABLE t (key BIGINT NOT NULL, writer BIGINT NOT NULL)")
    path = f"{lake_path}/t"
    writers, appends = 12, 100
    ledgers = [tmp_path / f"ledger-{writer}" for writer in range(writers)]
    processes = [start(path, writer, appends, ledgers[writer]) for writer in range(writers)]
    for process in processes:
        _, errors = process.communicate(timeout=280)
        assert process.returncode == 0, errors
    table = lh.open(path)
    assert table.version() == writers * appends
    keys = [row[0] for row in table.scan(columns=["key"]).fetchall()]
    assert len(keys) == len(set(keys)) == writers * appends
    theirs = deltalake.DeltaTable(path).to_pyarrow_table(columns=["key"]).column("key").to_pylist()
    assert sorted(theirs) == sorted(keys)


def test_killed_writers_lose_and_double_nothing(lake_path: str, tmp_path: pathlib.Path) -> None:
    lake = lh.connect(lake_path)
    lake.sql("CREATE TABLE t (key BIGINT NOT NULL, writer BIGINT NOT NULL)")
    path = f"{lake_path}/t"
    rng = random.Random(20261121)
    kills, running, ledgers, writer = 0, [], [], 0
    while kills < 100:
        while len(running) < 6:
            ledgers.append(tmp_path / f"ledger-{writer}")
            running.append(start(path, writer, 10_000, ledgers[-1]))
            writer += 1
        time.sleep(rng.uniform(0.05, 0.3))
        victim = running.pop(rng.randrange(len(running)))
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
        kills += 1
        if kills % 10 == 0:
            assert lh.open(path).count() >= 0  # Always readable.
    for process in running:
        process.kill()
        process.wait()
    table = lh.open(path)
    keys = [row[0] for row in table.scan(columns=["key"]).fetchall()]
    assert len(keys) == len(set(keys)), "a row is there twice"
    lost = set(acknowledged(ledgers)) - set(keys)
    assert not lost, f"acknowledged rows are gone: {sorted(lost)[:5]}"
    # What is there beyond the ledgers: at most one unacknowledged append a writer.
    assert len(keys) - len(acknowledged(ledgers)) <= writer
    assert len(keys) > 100, "the writers hardly wrote: the test proved nothing"
    report = table.health()
    assert report["healthy"], report["findings"]


def test_processes_end_well_while_their_checkpoint_is_written(
    lake_path: str, tmp_path: pathlib.Path
) -> None:
    lake = lh.connect(lake_path)
    lake.sql("CREATE TABLE t (key BIGINT, writer BIGINT) WITH ('delta.checkpointInterval' = '1')")
    for writer in range(12):
        # The job of the last append is still running, or has not begun, when the interpreter ends.
        process = start(f"{lake_path}/t", writer, 2, tmp_path / "ledger")
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert lh.open(f"{lake_path}/t").count() == 24
    assert list(pathlib.Path(lake_path, "t", "_delta_log").glob("*.checkpoint.parquet"))
