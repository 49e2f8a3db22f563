"""Arrow IPC from the command line: pyarrow and polars read back what Python's Arrow stream gives,
type by type."""

from __future__ import annotations

import os
import pathlib
import subprocess

import polars as pl
import pyarrow as pa
import pytest

import lakehold as lh

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("LAKEHOLD_BIN", REPOSITORY / "build/release/bin/lakehold"))

pytestmark = pytest.mark.skipif(not BIN.exists(), reason=f"{BIN} is not built: set LAKEHOLD_BIN")

# A column of each type a table can hold, with nulls, and nested ones with nulls on every level.
TYPES = {
    "flag": "BOOLEAN",
    "tiny": "TINYINT",
    "small": "SMALLINT",
    "number": "INTEGER",
    "big": "BIGINT",
    "half": "FLOAT",
    "whole": "DOUBLE",
    "price": "DECIMAL(9,2)",
    "exact": "DECIMAL(38,10)",
    "name": "VARCHAR",
    "raw": "BLOB",
    "day": "DATE",
    "instant": "TIMESTAMPTZ",
    "local": "TIMESTAMP",
    "point": "STRUCT(x INTEGER, label VARCHAR)",
    "list": "INTEGER[]",
    "words": "VARCHAR[]",
    "map": "MAP(VARCHAR, BIGINT)",
    "deep": "STRUCT(a STRUCT(b VARCHAR[])[], m MAP(INTEGER, STRUCT(t TIMESTAMPTZ, d DECIMAL(20,3))))",
}


def cat(*arguments: str) -> bytes:
    done = subprocess.run([str(BIN), *arguments], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def value(column: str, kind: str) -> str:
    """SQL for a value that changes with i, NULL every few rows."""
    n = 3 + len(column) % 5
    plain = {
        "BOOLEAN": "i % 2 = 0",
        "TINYINT": "(i % 200) - 100",
        "SMALLINT": "i - 5000",
        "INTEGER": "i * 1000",
        "BIGINT": "i * 10000000000",
        "FLOAT": "i / 7",
        "DOUBLE": "CASE WHEN i % 11 = 0 THEN 'NaN'::DOUBLE ELSE i / 3 END",
        "DECIMAL(9,2)": "(i - 500) / 100",
        "DECIMAL(38,10)": "i::HUGEINT * 1000000000000000000",
        "VARCHAR": "repeat('é', (i % 5)::INTEGER) || i",
        "BLOB": "encode('b' || i)",
        "DATE": "DATE '1960-01-01' + i::INTEGER",
        "TIMESTAMPTZ": "TIMESTAMPTZ '1969-12-31 23:59:59.123456+00' + to_seconds(i)",
        "TIMESTAMP": "TIMESTAMP '2026-11-01 00:00:00.5' + to_seconds(i)",
        "INTEGER[]": "list_transform(range(i % 4), x -> CASE WHEN x = 2 THEN NULL ELSE x + i END)",
        "VARCHAR[]": "['a' || i, NULL, '']",
        "MAP(VARCHAR, BIGINT)": "MAP {'k' || i: i, 'n': NULL}",
    }.get(kind)
    if column == "point":
        plain = "{'x': CASE WHEN i % 3 = 0 THEN NULL ELSE i END, 'label': 'p' || i}"
    if column == "deep":
        plain = (
            "{'a': [{'b': ['x' || i, NULL]}, NULL, {'b': NULL}, {'b': []}],"
            " 'm': MAP {i: {'t': TIMESTAMPTZ '2026-11-01 00:00:00+00', 'd': i / 8}, -1: NULL}}"
        )
    return f"(CASE WHEN i % {n} = 1 THEN NULL ELSE {plain} END)::{kind} AS {column}"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory):
    """5,000 rows in two versions, with rows in an order of their own."""
    folder = tmp_path_factory.mktemp("arrow")
    lake = lh.connect(str(folder / "lake"))
    columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    lake.sql(f"CREATE TABLE t (i BIGINT NOT NULL, {columns})")
    select = ", ".join(value(name, kind) for name, kind in TYPES.items())
    lake.sql(f"INSERT INTO t SELECT i, {select} FROM range(3000) r(i)")
    lake.sql(f"INSERT INTO t SELECT i, {select} FROM range(3000, 5000) r(i)")
    return lake, str(folder / "lake"), folder


def read_stream(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()


def same(a: pa.Table, b: pa.Table) -> None:
    assert a.schema.equals(b.schema), f"{a.schema}\n{b.schema}"
    a, b = a.sort_by("i").combine_chunks(), b.sort_by("i").combine_chunks()
    for name in a.column_names:
        # NaN is no equal of itself; the bytes of the column are.
        assert repr(a[name].to_pylist()) == repr(b[name].to_pylist()), name


def test_a_stream_is_what_python_gives(table):
    lake, path, _ = table
    read = read_stream(cat("cat", path + "/t", "-f", "arrow"))
    read.validate(full=True)
    assert read.num_rows == 5000
    same(read, lake.sql("FROM t").to_arrow())


@pytest.mark.parametrize("name", ["x.arrow", "x.feather", "x.arrows"])
def test_files_are_read_by_pyarrow_and_polars(table, name):
    lake, path, folder = table
    file = folder / name
    cat("sql", path, "SELECT * FROM t", "-o", str(file))
    if name == "x.arrows":
        read = read_stream(file.read_bytes())
        frame = pl.read_ipc_stream(file)
    else:
        with pa.memory_map(str(file)) as mapped:
            read = pa.ipc.open_file(mapped).read_all()
        frame = pl.read_ipc(file)
    read.validate(full=True)
    expected = lake.sql("FROM t").to_arrow()
    same(read, expected)
    simple = [c for c in expected.column_names if c not in ("map", "deep")]
    assert frame.height == 5000
    assert repr(frame.sort("i").select(simple).rows()) == repr(
        pl.from_arrow(expected.select(simple)).sort("i").rows()
    )


@pytest.mark.parametrize("column", ["i", *TYPES])
@pytest.mark.parametrize(
    "limit", ["LIMIT 0", "LIMIT 1", "WHERE i IN (7, 8, 9, 2999, 3000)", "WHERE i % 4 = 1"]
)
def test_each_type_alone(table, column, limit):
    lake, path, _ = table
    query = (
        f"SELECT i, {column} AS c FROM t {limit}"
        if "LIMIT 1" not in limit
        else (f"SELECT i, {column} AS c FROM t WHERE i = 17")
    )
    read = read_stream(cat("sql", path, query, "-f", "arrow"))
    read.validate(full=True)
    same(read, lake.sql(query).to_arrow())


def test_results_that_no_table_could_hold(tmp_path):
    query = (
        "SELECT 1::UTINYINT AS i, TIME '12:30:00' AS t, INTERVAL 3 MONTH AS v, NULL AS n,"
        " uuid() AS u, [1, 2]::INTEGER[2] AS pair, 5::HUGEINT AS h, {'a': 1}::JSON AS j"
    )
    read = read_stream(cat("sql", query, "-f", "arrow"))
    read.validate(full=True)
    assert read.num_rows == 1 and read["pair"].to_pylist() == [[1, 2]]


def test_an_enum_is_refused_by_name_and_leaves_no_file(tmp_path):
    query = "SELECT 'sad'::ENUM('sad', 'ok') AS mood"
    file = tmp_path / "x.arrow"
    done = subprocess.run([str(BIN), "sql", query, "-o", str(file)], capture_output=True, text=True)
    assert done.returncode == 8 and '"mood"' in done.stderr and "[render.type]" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_many_batches_keep_their_order(tmp_path):
    file = tmp_path / "many.arrow"
    cat("sql", "SELECT range AS i, 'v' || range AS v FROM range(1000000)", "-o", str(file))
    with pa.memory_map(str(file)) as mapped:
        reader = pa.ipc.open_file(mapped)
        assert reader.num_record_batches > 1
        read = reader.read_all()
    assert read["i"].to_pylist() == list(range(1_000_000))
    assert read["v"][999_999].as_py() == "v999999"


def test_a_terminal_is_not_given_bytes(tmp_path):
    done = subprocess.run(
        ["script", "-qec", f"{BIN} sql 'SELECT 1' -f arrow", "/dev/null"],
        capture_output=True,
        text=True,
    )
    assert "[cli.binary_on_terminal]" in done.stdout
