"""Damaged tables, read to the last row: the answer of the sound table, or what the damaged files
honestly say, or a refusal of the right kind that names the file. More of them:

LAKEHOLD_MUTATIONS=20000 LAKEHOLD_MUTATION_SEED=7 pytest tests/e2e/test_mutations.py
"""

from __future__ import annotations

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import corpus_folder
from test_differential import bag as plain_bag

import lakehold as lh

CORPUS = corpus_folder()
COUNT = int(os.environ.get("LAKEHOLD_MUTATIONS", "240"))
SEED = int(os.environ.get("LAKEHOLD_MUTATION_SEED", "1"))


def bag(table: pa.Table):
    """Times as numbers: damaged ones may be beyond what Python knows."""
    for index, field in enumerate(table.schema):
        if pa.types.is_temporal(field.type):
            number = pa.int32() if pa.types.is_date32(field.type) else pa.int64()
            table = table.set_column(index, field.name, table.column(index).cast(number))
    return plain_bag(table)


# Reads the tables it is told of, one a line, so that a crash or a hang is that of one table.
READER = """
import json, pickle, sys, lakehold as lh
for line in sys.stdin:
    path, out = json.loads(line)
    try:
        table = lh.open(path)
        rows = table.to_arrow()
        import pyarrow.parquet, pyarrow as pa
        with pa.OSFile(out, "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
            writer.write_table(rows)
        told = ["rows", rows.num_rows]
    except lh.LakeholdError as error:
        told = [type(error).__name__, error.reason, str(error)]
    print(json.dumps(told), flush=True)
"""
# Bytes that no checksum guards may be anything, also a type or an encoding nobody knows.
KINDS = {"CorruptError", "NotFoundError", "TableNotFoundError", "UnsupportedError"}


class Reader:
    def __init__(self, out: pathlib.Path) -> None:
        self.out = out
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", READER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read(self, path: pathlib.Path) -> tuple[list, pa.Table | None]:
        # Another folder each time: what a process knows of a table must not help it.
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([str(path), str(self.out)]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            errors = self.process.stderr.read() if self.process.stderr else ""
            code = self.process.returncode
            self.process = self.start()
            return ["crash", code, errors[-2000:]], None
        told = json.loads(line)
        if told[0] != "rows":
            return told, None
        with pa.OSFile(str(self.out), "rb") as source:
            return told, pa.ipc.open_file(source).read_all()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def reader(tmp_path: pathlib.Path):
    one = Reader(tmp_path / "rows.arrow")
    yield one
    one.close()


def damage(rng: random.Random, file: pathlib.Path, footer: bool) -> str:
    data = bytearray(file.read_bytes())
    first = 0
    if footer and len(data) > 12:
        first = max(len(data) - 8 - int.from_bytes(data[-8:-4], "little"), 4)
    at = rng.randrange(first, len(data))
    how = rng.choice(["flip", "flip", "flip", "byte", "cut", "zeros", "drop"])
    if how == "flip":
        data[at] ^= 1 << rng.randrange(8)
    elif how == "byte":
        data[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])
    elif how == "cut":
        del data[at:]
    elif how == "zeros":
        data[at:] = bytes(len(data) - at)
    file.unlink()
    if how != "drop":
        file.write_bytes(bytes(data))
    return f"{file.name}: {how} at {at}"


def honest(file: pathlib.Path) -> pa.Table | None:
    """What another reader of Parquet finds in the file."""
    try:
        return pq.ParquetFile(file).read()
    except Exception:  # Whatever it cannot read it cannot say.
        return None


def check_refusal(told: list, about: str, names: set[str]) -> None:
    kind, _, text = told
    assert kind in KINDS, (about, told)
    assert any(name in text for name in names), (about, told)


def own_tables(folder: pathlib.Path) -> list[pathlib.Path]:
    lake = lh.connect(str(folder), durability="none")
    lake.sql("""CREATE TABLE plain (id BIGINT, s VARCHAR, d DOUBLE, p DECIMAL(20,3), day DATE,
      ts TIMESTAMPTZ, flag BOOLEAN)""")
    lake.sql("""CREATE TABLE nested (id INTEGER, st STRUCT(a INTEGER, b VARCHAR), l INTEGER[],
      m MAP(VARCHAR, INTEGER))""")
    for n in range(3):
        lake.sql(f"""INSERT INTO plain SELECT {n} * 100 + i, 'text ' || (i % 7), i / 3, i,
          DATE '2020-01-01' + i::INTEGER,
          TIMESTAMPTZ '2020-01-01 00:00:00Z' + INTERVAL (i) SECOND, i % 2 = 0 FROM range(40) r(i)""")
        lake.sql(f"""INSERT INTO nested SELECT {n} * 100 + i, {{'a': i, 'b': 'x' || i}}, [i, NULL, 3],
          MAP {{'k': i}} FROM range(20) r(i)""")
    return [folder / "plain", folder / "nested"]


def test_damaged_data_files_of_ours(tmp_path: pathlib.Path, reader: Reader) -> None:
    tables = own_tables(tmp_path / "lake")
    sound = {table: bag(lh.open(str(table)).to_arrow()) for table in tables}
    tally = {"same": 0, "honest": 0, "refused": 0}
    for number in range(COUNT // 2):
        rng = random.Random(SEED * 1_000_003 + number)
        source = tables[number % 2]
        copy = tmp_path / f"copy{number}" / source.name
        shutil.copytree(source, copy)
        victim = rng.choice(sorted(copy.glob("*.parquet")))
        was = pq.ParquetFile(victim).read()
        size = victim.stat().st_size
        about = (
            f"seed {SEED}, {number}: {source.name}/{damage(rng, victim, footer=rng.random() < 0.7)}"
        )
        told, rows = reader.read(copy)
        if rows is None:
            tally["refused"] += 1
            check_refusal(told, about, {victim.name})
        elif bag(rows) == sound[source]:
            tally["same"] += 1
            assert victim.exists() and victim.stat().st_size == size, about
        else:
            now = honest(victim)
            assert now is not None, (about, "another answer, where another reader refuses the file")
            missing = sound[source] - bag(was)
            assert bag(rows) == missing + bag(now.cast(was.schema)), about
            tally["honest"] += 1
        shutil.rmtree(copy.parent)
    assert tally["refused"] > COUNT // 10 and tally["same"] > 0, tally
    print(tally)


def test_every_byte_of_a_footer_damaged(tmp_path: pathlib.Path, reader: Reader) -> None:
    lake = lh.connect(str(tmp_path / "lake"), durability="none")
    lake.sql("CREATE TABLE t AS SELECT i::INTEGER AS id, 'x' || i AS s FROM range(5) r(i)")
    table = tmp_path / "lake" / "t"
    (file,) = table.glob("*.parquet")
    whole = file.read_bytes()
    sound = bag(lh.open(str(table)).to_arrow())
    first = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    refused = 0
    for at in range(first, len(whole), max(1, 300 // COUNT)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x80]) + whole[at + 1 :])
        told, rows = reader.read(table)
        if rows is None:
            refused += 1
            check_refusal(told, f"byte {at}", {file.name})
        elif bag(rows) != sound:
            # A footer has no checksum: another name, for one, makes a column that is not there.
            # Where others read the file at all, they read the same.
            now = honest(file)
            assert now is None or bag(rows) == bag(now), f"byte {at}: another answer"
    assert refused > 50, refused
    # The session is none the worse for it.
    file.write_bytes(whole)
    assert bag(reader.read(table)[1]) == sound


LOGS = [
    "kernel-rs.v2-checkpoints-parquet-with-sidecars",
    "kernel-rs.v2-checkpoints-json-with-sidecars",
    "kernel-rs.v1-multi-part-partitioned-struct-stats-only",
    "delta-rs.checkpoint-v2-table",
    "kernel-rs.app-txn-checkpoint",
    "kernel-rs.table-with-dv-small",
    "kernel-rs.cdf-table-with-dv",
    "kernel-rs.type-widening",
    "delta-rs.table_with_column_mapping",
    "delta-rs.table_with_deletion_logs",
    "kernel-rs.compacted-log-files-table",
]


def checkpoint_says_otherwise(
    copy: pathlib.Path, source: pathlib.Path, victim: pathlib.Path
) -> bool:
    """Whether another reader, too, finds other rows in the damaged checkpoint file."""
    was, now = honest(source / victim.relative_to(copy)), honest(victim)
    return now is not None and not now.equals(was)


@pytest.mark.skipif(CORPUS is None, reason="no corpus of foreign tables")
def test_damaged_logs_and_vectors_of_others(tmp_path: pathlib.Path, reader: Reader) -> None:
    tables = [CORPUS / "tables" / name for name in LOGS]
    sound = {}
    for table in tables:
        told, rows = reader.read(table)
        assert rows is not None, (table, told)
        sound[table] = bag(rows)
    tally = {"same": 0, "honest": 0, "refused": 0}
    for number in range(COUNT // 2):
        rng = random.Random(SEED * 1_000_003 + number)
        source = tables[number % len(tables)]
        copy = tmp_path / f"copy{number}" / source.name
        shutil.copytree(source, copy)
        files = [
            file
            for file in copy.rglob("*")
            if file.is_file() and (file.suffix == ".bin" or "_delta_log" in file.parts)
        ]
        victim = rng.choice(sorted(files))
        is_checkpoint = victim.suffix == ".parquet"
        about = f"seed {SEED}, {number}: {source.name}/{damage(rng, victim, footer=is_checkpoint and rng.random() < 0.5)}"
        told, rows = reader.read(copy)
        is_hint = victim.name == "_last_checkpoint" or victim.suffix == ".crc"
        if rows is None:
            assert not is_hint, (about, told)
            tally["refused"] += 1
            assert told[0] in KINDS, (about, told)
        elif bag(rows) == sound[source]:
            tally["same"] += 1
        else:
            # A bit of a commit may be a digit of a size or a name; a vector has a checksum.
            assert not is_hint and victim.suffix != ".bin", about
            if is_checkpoint:
                assert checkpoint_says_otherwise(copy, source, victim), about
            tally["honest"] += 1
        shutil.rmtree(copy.parent)
    assert tally["refused"] > 0 and tally["same"] > 0, tally
    print(tally)
