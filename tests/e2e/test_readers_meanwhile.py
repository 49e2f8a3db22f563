"""Readers while other processes append, overwrite, checkpoint and clean the log up: each answer is
one version, whole, and never an older one than before."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

import lakehold as lh

# Every version holds 2 * `pairs` rows whose amounts are 0 in sum; `serial` is that of its commit.
CREATE = """CREATE TABLE t (serial BIGINT NOT NULL, amount BIGINT NOT NULL) WITH (
  'delta.logRetentionDuration' = 'interval 0 seconds', 'delta.enableExpiredLogCleanup' = 'true')"""
WRITER = """
import sys, time, lakehold as lh
path, seconds = sys.argv[1], float(sys.argv[2])
table, serial, end = lh.open(path, durability="none"), 0, time.monotonic() + seconds
while time.monotonic() < end:
    serial += 1
    rows = [{"serial": serial, "amount": serial * 7}, {"serial": serial, "amount": -serial * 7}]
    if serial % 40 == 0:
        table.overwrite(rows)
    else:
        table.append(rows)
    if serial % 5 == 0:
        table.checkpoint()
print(serial)
"""
# The log goes as far as a checkpoint makes it needless: deltalake's clean-up, and a careless hand
# that takes also checksums and old checkpoints.
CLEANER = """
import pathlib, re, sys, time, deltalake
path, seconds = sys.argv[1], float(sys.argv[2])
log, end, removed = pathlib.Path(path, "_delta_log"), time.monotonic() + seconds, 0
while time.monotonic() < end:
    checkpoints = sorted(int(file.name[:20]) for file in log.glob("*.checkpoint.parquet"))
    for file in sorted(log.iterdir()) if len(checkpoints) > 2 else []:
        if re.match(r"\\d{20}\\.", file.name) and int(file.name[:20]) < checkpoints[-2]:
            file.unlink()
            removed += 1
    try:
        deltalake.DeltaTable(path).cleanup_metadata()
    except Exception as error:  # It may lose a race of its own.
        print(type(error).__name__, file=sys.stderr)
    time.sleep(0.01)
print(removed)
"""
READER = """
import json, sys, time, lakehold as lh
path, seconds, how = sys.argv[1], float(sys.argv[2]), sys.argv[3]
held, end, reads, newest, gone = lh.open(path), time.monotonic() + float(seconds), 0, -1, 0
lake = lh.connect(path.rsplit("/", 1)[0])
ask = "SELECT count(*), coalesce(sum(amount), 0), coalesce(max(serial), 0), count(DISTINCT serial) FROM t"
while time.monotonic() < end:
    try:
        if how == "fresh":
            table = lh.open(path)
            version = table.version()
            rows = table.to_arrow()
        elif how == "held":
            version = held.version()
            rows = held.to_arrow()
        elif how == "past":
            latest = held.version()
            pinned = lh.open(path, version=max(latest - reads % 12, 0))
            version = pinned.version()
            rows = pinned.to_arrow()
        else:
            (count, total, serial, distinct), = lake.sql(ask).fetchall()
            assert total == 0 and count == 2 * distinct, (count, total, distinct)
            assert serial >= newest, (serial, newest)
            newest, reads = serial, reads + 1
            continue
    except lh.NotFoundError as error:
        # Only what was asked for by number may be gone.
        assert how == "past" and error.reason == "delta.no_such_version", error
        gone += 1
        reads += 1
        continue
    serials = rows["serial"].to_pylist()
    assert sum(rows["amount"].to_pylist()) == 0, (how, version)
    assert len(serials) == 2 * len(set(serials)), (how, version)
    top = max(serials, default=0)
    # Commit `n` is version `n`; the rows may be of a later version than was asked for before.
    assert top >= version if how != "past" else top == version, (how, version, top)
    if serials:
        assert sorted(set(serials)) == list(range(min(serials), top + 1)), "a commit is missing"
    if how != "past":
        assert top >= newest, (how, newest, top)
        newest = top
    reads += 1
print(json.dumps([reads, gone]))
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("cleaned", [False, True], ids=["kept", "cleaned up"])
def test_a_reader_sees_whole_versions_while_others_write(lake_path: str, cleaned: bool) -> None:
    seconds = 6
    lake = lh.connect(lake_path, durability="none")
    lake.sql(CREATE)
    path = f"{lake_path}/t"
    writer = start(WRITER, path, seconds)
    cleaner = start(CLEANER, path, seconds) if cleaned else None
    readers = {how: start(READER, path, seconds, how) for how in ("fresh", "held", "past", "sql")}
    told = {}
    for how, reader in readers.items():
        out, errors = reader.communicate(timeout=60 + seconds)
        assert reader.returncode == 0, (how, errors[-3000:])
        told[how] = json.loads(out)
    out, errors = writer.communicate(timeout=60)
    assert writer.returncode == 0, errors[-3000:]
    commits = int(out)
    if cleaner is not None:
        out, errors = cleaner.communicate(timeout=60)
        assert cleaner.returncode == 0, errors
        assert int(out) > 0, "nothing was cleaned up: the test proved nothing"
        assert not pathlib.Path(path, "_delta_log", f"{0:020}.json").exists()
    assert commits >= 20, "hardly anything was written"
    assert all(reads >= 5 for reads, _ in told.values()), told
    if not cleaned:
        assert all(gone == 0 for _, gone in told.values()), told
    table = lh.open(path)
    assert table.version() == commits
    assert table.health()["healthy"], table.health()["findings"]


def test_a_version_held_open_stays_readable_when_its_log_is_gone(lake_path: str) -> None:
    lake = lh.connect(lake_path, durability="none")
    lake.sql(CREATE)
    table = lake.table("t")
    for serial in range(1, 8):
        table.append([{"serial": serial, "amount": 0}])
    pinned = lh.open(table.location, version=4)
    assert pinned.count() == 4
    table.checkpoint()
    for version in range(7):
        pathlib.Path(table.location, "_delta_log", f"{version:020}.json").unlink()
    fresh = subprocess.run(
        [sys.executable, "-c", f"import lakehold as lh; lh.open({table.location!r}, version=4)"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "delta.no_such_version" in fresh.stderr
    assert lh.open(table.location).count() == 7
    table.append([{"serial": 8, "amount": 0}])
    assert table.count() == 8
