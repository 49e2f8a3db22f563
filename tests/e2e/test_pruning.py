"""Random tables and predicates: a pruned scan gives what filtering every row gives, and pruning
does skip files."""

from __future__ import annotations

import json
import pathlib
import random
import struct
import uuid
import zlib

import duckdb
import pyarrow as pa
import pytest
from conftest import corpus_folder
from test_differential import COLUMNS, bag, predicate, random_rows

import lakehold as lh

Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def one_table_predicate(rng: random.Random) -> str:
    while "SELECT" in (text := predicate(rng)):
        pass
    return text


class Native:
    """The same rows in a database of their own. Not scanned as Arrow: filters on Arrow take NaN for
    unequal to NaN."""

    def __init__(self, rows: pa.Table) -> None:
        self.database = duckdb.connect()
        self.database.execute("SET TimeZone = 'UTC'")
        self.database.execute("CREATE TABLE t AS FROM rows")

    def rows(self, where: str) -> pa.Table:
        return self.database.execute(f"SELECT * FROM t WHERE {where}").to_arrow_table()


def agree(table: lh.Table, native: Native, where: str) -> int:
    """Compares, and gives the number of files skipped."""
    result = table.scan(where=where)
    left, right = bag(result.to_arrow()), bag(native.rows(where))
    if left != right:
        ours, missing = list((left - right).items())[:3], list((right - left).items())[:3]
        raise AssertionError(f"{where}\nonly ours: {ours}\nmissing: {missing}")
    (scan,) = result.explain().scans
    skipped = scan.skipped_by_partition + scan.skipped_by_statistics + scan.skipped_by_deletion
    skipped += scan.skipped_by_limit + scan.answered_by_log
    assert scan.files_read + skipped == scan.files
    return scan.files - scan.files_read


@pytest.mark.parametrize(
    "by",
    [[], ["part"], ["part", "flag"], ["tiny"], ["day"]],
    ids=lambda by: "-".join(by) or "whole",
)
@pytest.mark.parametrize("seed", range(2))
def test_a_pruned_scan_equals_filtering_everything(
    lake_path: str, seed: int, by: list[str]
) -> None:
    rng = random.Random(seed)
    lake = lh.connect(lake_path, durability="none")
    clause = f" PARTITIONED BY ({', '.join(by)})" if by else ""
    lake.sql(f"CREATE TABLE t ({COLUMNS}){clause}")
    table = lake.table("t")
    for turn in range(6):
        table.append(random_rows(rng, 60 * turn, rng.choice([1, 15, 40])))
    rows = Native(table.to_arrow())
    skipped = sum(agree(table, rows, one_table_predicate(rng)) for _ in range(25))
    assert skipped > 0
    table.checkpoint()
    reopened = lh.open(table.location)
    assert sum(agree(reopened, rows, one_table_predicate(rng)) for _ in range(10)) > 0


def ten_files(lake_path: str) -> lh.Table:
    lake = lh.connect(lake_path, durability="none")
    lake.sql(
        "CREATE TABLE t (id INTEGER, s VARCHAR, day DATE, ts TIMESTAMPTZ, p DECIMAL(9,2), d DOUBLE, st STRUCT(a INTEGER), k TINYINT) "
        "PARTITIONED BY (k)"
    )
    for n in range(10):
        lake.sql(
            f"INSERT INTO t SELECT {n} * 10 + i, chr(97 + {n}) || i, DATE '2020-01-01' + {n}, "
            f"TIMESTAMPTZ '2020-01-01 00:00:00Z' + INTERVAL {n} HOUR, {n} + 0.25, {n} + 0.5, {{'a': {n}}}, {n} FROM range(10) r(i)"
        )
    return lake.table("t")


@pytest.mark.parametrize(
    ("where", "read"),
    [
        ("id = 42", 1),
        ("id::BIGINT = 42", 1),
        ("id > 75", 3),
        ("id < 10 OR id > 90", 2),
        ("NOT (id >= 20)", 2),
        ("id BETWEEN 18 AND 21", 2),
        ("id IN (5, 55, 1000)", 2),
        ("id IS NULL", 0),
        ("id IS DISTINCT FROM 5", 10),
        ("id IS NOT DISTINCT FROM 5", 1),
        ("s LIKE 'c%'", 1),
        ("s LIKE 'c5%x'", 1),
        ("starts_with(s, 'd')", 1),
        ("s = 'zzz'", 0),
        ("day = DATE '2020-01-03'", 1),
        ("ts >= TIMESTAMPTZ '2020-01-01 09:00:00Z'", 1),
        ("p = 3.25", 1),
        ("p > 8.5", 1),
        ("d < 1", 1),
        ("st.a = 7", 1),
        ("k = 4", 1),
        ("k::INTEGER = 4", 1),
        ("k IN (1, 2)", 2),
        ("k <> 4", 9),
        ("k = 4 AND id > 75", 0),
        ("id % 7 = 3", 10),
    ],
)
def test_as_few_files_as_can_hold_a_match_are_read(lake_path: str, where: str, read: int) -> None:
    table = ten_files(lake_path)
    rows = Native(table.to_arrow())
    skipped = agree(table, rows, where)
    assert 10 - skipped == read, table.explain(where=where)


@pytest.mark.parametrize("op", ["=", "<>", "<", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"])
def test_a_constant_beyond_the_range_of_the_column_is_no_error(lake_path: str, op: str) -> None:
    table = ten_files(lake_path)
    rows = Native(table.to_arrow())
    for where in (
        f"k::INTEGER {op} 366",
        f"id::BIGINT {op} 1099511627776",
        f"NOT (k::BIGINT {op} -1000)",
    ):
        agree(table, rows, where)


def test_a_join_skips_files_that_hold_no_partner(lake_path: str) -> None:
    table = ten_files(lake_path)
    lake = lh.connect(lake_path)
    lake.register("wanted", pa.table({"id": pa.array([41, 43], pa.int32())}))
    assert sorted(lake.sql("SELECT t.s FROM t JOIN wanted USING (id)").fetchall()) == [
        ("e1",),
        ("e3",),
    ]
    assert table.count() == 100


def z85(raw: bytes) -> str:
    raw += b"\0" * (-len(raw) % 4)
    out = []
    for (number,) in struct.iter_unpack(">I", raw):
        out.extend(Z85[number // 85**power % 85] for power in (4, 3, 2, 1, 0))
    return "".join(out)


def bitmap(rows: list[int]) -> bytes:
    """A portable RoaringBitmapArray of one array container."""
    values = sorted(rows)
    container = struct.pack("<IIHHI", 12346, 1, 0, len(values) - 1, 16) + struct.pack(
        f"<{len(values)}H", *values
    )
    return struct.pack("<IQI", 1681511377, 1, 0) + container


def delete_rows(path: pathlib.Path, gone: dict[str, list[int]], inline: bool) -> None:
    """A hand-made commit that gives files deletion vectors, inline or in a file of their own."""
    log = path / "_delta_log"
    version = max(int(file.stem) for file in log.glob("*.json"))
    adds = {}
    for number in range(version + 1):
        for line in (log / f"{number:020}.json").read_text().splitlines():
            if "add" in (action := json.loads(line)):
                adds[action["add"]["path"]] = action["add"]
    actions: list[dict] = [{"commitInfo": {"timestamp": 1, "operation": "DELETE"}}]
    name, blob = uuid.uuid4(), b"\x01"
    for key, rows in gone.items():
        add, raw = dict(adds[key]), bitmap(rows)
        vector: dict = {"sizeInBytes": len(raw), "cardinality": len(rows)}
        if inline:
            vector |= {"storageType": "i", "pathOrInlineDv": z85(raw)}
        else:
            vector |= {"storageType": "u", "pathOrInlineDv": z85(name.bytes), "offset": len(blob)}
            blob += struct.pack(">I", len(raw)) + raw + struct.pack(">I", zlib.crc32(raw))
        add |= {
            "deletionVector": vector,
            "stats": json.dumps(json.loads(add["stats"]) | {"tightBounds": False}),
        }
        remove = {
            "path": key,
            "deletionTimestamp": 1,
            "dataChange": True,
            "partitionValues": add["partitionValues"],
        }
        actions += [{"remove": remove}, {"add": add}]
    if not inline:
        (path / f"deletion_vector_{name}.bin").write_bytes(blob)
    (log / f"{version + 1:020}.json").write_text(
        "".join(json.dumps(action) + "\n" for action in actions)
    )


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "in-a-file"])
@pytest.mark.parametrize("seed", range(2))
def test_rows_of_deletion_vectors_are_gone_under_any_predicate(
    lake_path: str, seed: int, inline: bool
) -> None:
    rng = random.Random(seed)
    lake = lh.connect(lake_path, durability="none")
    lake.sql(f"CREATE TABLE t ({COLUMNS}) WITH ('delta.enableDeletionVectors' = 'true')")
    table = lake.table("t")
    live = []
    for turn in range(4):
        rows = random_rows(rng, 60 * turn, 40)
        report = table.append(rows)
        assert report.files_added == 1
        live.append(rows)
    path = pathlib.Path(table.location)
    # The rows of a file come in the order in which they were appended.
    gone, kept = {}, []
    by_first = {file["min"]["id"]: file["path"] for file in table.files()}
    for turn, rows in enumerate(live):
        dead = sorted(rng.sample(range(40), rng.choice([1, 7, 40])))
        gone[by_first[60 * turn]] = dead
        kept.append(rows.filter(pa.array([row not in dead for row in range(40)])))
    delete_rows(path, gone, inline)
    expected = pa.concat_tables(kept)
    native = Native(expected)
    table = lh.open(path)
    assert table.count() == expected.num_rows
    assert bag(table.to_arrow()) == bag(expected)
    for _ in range(25):
        agree(table, native, one_table_predicate(rng))
    again = lh.connect(lake_path)
    for columns in (
        "count(*)",
        "min(id), max(id)",
        "min(day), max(day)",
        "count(k)",
        "min(p), max(p)",
        "min(flag), max(flag)",
    ):
        sql = f"SELECT {columns} FROM t"
        assert again.sql(sql).fetchall() == native.database.execute(sql).fetchall()
    assert lh.open(path, version=4).count() == 160
    table.checkpoint()
    assert bag(lh.open(path).to_arrow()) == bag(expected)


CORPUS = corpus_folder()
VECTORS = [
    "kernel-rs.table-with-dv-small",
    "kernel-rs.with-short-dv",
    "delta-rs.table_with_deletion_logs",
]


@pytest.mark.skipif(CORPUS is None, reason="no corpus: set LAKEHOLD_CORPUS")
@pytest.mark.parametrize("name", VECTORS)
def test_foreign_deletion_vectors_hold_under_predicates(name: str) -> None:
    table = lh.open(CORPUS / "tables" / name)
    rows = table.to_arrow()
    assert table.count() == rows.num_rows
    for column, type_ in table.schema():
        if type_ not in ("integer", "long", "string", "double"):
            continue
        native = Native(rows)
        values = sorted({value for value in rows[column].to_pylist() if value is not None})
        for value in values[:: max(1, len(values) // 5)]:
            literal = "'" + str(value).replace("'", "''") + "'"
            for op in ("=", "<", ">=", "<>"):
                agree(table, native, f'"{column}" {op} {literal}')
        agree(table, native, f'"{column}" IS NULL')
