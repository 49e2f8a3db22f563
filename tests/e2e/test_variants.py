"""Variants: as VARIANT in SQL, in the portable bytes of Arrow, however the data file holds them."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import os
import pathlib
import subprocess
import uuid

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import REPOSITORY
from foreign_log import array, field, map_of, put_table, struct

import lakehold as lh

COLUMNS = [field("id", "long"), field("v", "variant")]


# One of each type of the encoding: SQL, what Python gets, what JSON says.
VALUES = [
    ("NULL", None, "null"),
    ("true", True, "true"),
    ("1::TINYINT", 1, "1"),
    ("-300::SMALLINT", -300, "-300"),
    ("70000", 70000, "70000"),
    ("(-9223372036854775807 - 1)::BIGINT", -(2**63), "-9223372036854775808"),
    ("1.5::FLOAT", 1.5, "1.5"),
    ("0.1::DOUBLE", 0.1, "0.1"),
    ("'inf'::DOUBLE", float("inf"), '"Infinity"'),
    ("12.50::DECIMAL(4,2)", decimal.Decimal("12.50"), "12.50"),
    ("-1.5::DECIMAL(18,1)", decimal.Decimal("-1.5"), "-1.5"),
    (
        "12345678901234567890.5::DECIMAL(38,1)",
        decimal.Decimal("12345678901234567890.5"),
        "12345678901234567890.5",
    ),
    ("'grün \"x\"'", 'grün "x"', '"grün \\"x\\""'),
    (f"'{'long ' * 40}'", "long " * 40, f'"{"long " * 40}"'),
    ("'\\xAB\\x00'::BLOB", b"\xab\x00", '"ab00"'),
    ("DATE '2026-11-01'", dt.date(2026, 11, 1), '"2026-11-01"'),
    ("TIME '12:30:00.5'", dt.time(12, 30, 0, 500_000), '"12:30:00.500"'),
    (
        "TIMESTAMP '2026-11-01 12:30:00'",
        dt.datetime(2026, 11, 1, 12, 30),
        '"2026-11-01T12:30:00"',
    ),
    (
        "TIMESTAMPTZ '2026-11-01 12:30:00+00'",
        dt.datetime(2026, 11, 1, 12, 30, tzinfo=dt.timezone.utc),
        '"2026-11-01T12:30:00Z"',
    ),
    (
        "UUID '01234567-89ab-cdef-0123-456789abcdef'",
        uuid.UUID("01234567-89ab-cdef-0123-456789abcdef"),
        '"01234567-89ab-cdef-0123-456789abcdef"',
    ),
    ("[1, 2]::VARIANT[]", [1, 2], "[1,2]"),
    ("{'b': 1, 'a': ['x', NULL]}", {"a": ["x", None], "b": 1}, '{"a":["x",null],"b":1}'),
]


def written_by_duckdb(
    path: pathlib.Path, values: list[str], shredding: str | None = None
) -> pathlib.Path:
    """A data file of id and v, annotated as DuckDB does; shredded as this type."""
    rows = " UNION ALL ".join(
        f"SELECT {number} AS id, ({value})::VARIANT AS v" for number, value in enumerate(values)
    )
    options = "FORMAT parquet" + (f", SHREDDING {{'v': '{shredding}'}}" if shredding else "")
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        connection.sql(f"COPY (SELECT id::BIGINT AS id, v FROM ({rows})) TO '{path}' ({options})")
    return path


def without_annotation(path: pathlib.Path) -> pathlib.Path:
    """The same rows in plain groups: what writers before the annotation wrote."""
    pq.write_table(pq.read_table(path), path)
    assert b"VARIANT" not in str(pq.ParquetFile(path).schema).encode().upper()
    return path


@pytest.fixture(params=["annotated", "plain"])
def file_of(request, tmp_path):
    """A function that makes a table's only data file."""

    def make(values: list[str], shredding: str | None = None) -> tuple[pathlib.Path, pathlib.Path]:
        folder = tmp_path / "t"
        path = written_by_duckdb(folder / "part.parquet", values, shredding)
        return folder, path if request.param == "annotated" else without_annotation(path)

    return make


def test_shredded_variants_are_put_together_again(file_of) -> None:
    values = [
        "{'a': 1, 'b': 'x'}",
        "{'a': 'no number', 'b': 'y', 'more': [1, 2]}",
        "{'b': {'deep': 1}}",
        "17",
        "NULL",
        "[1, 2]::VARIANT[]",
    ]
    folder, path = file_of(values, "STRUCT(a INTEGER, b VARCHAR)")
    assert "typed_value" in str(pq.ParquetFile(path).schema)
    put_table(folder, COLUMNS, path, features=["variantType", "variantShredding"])
    rows = lh.connect("").sql(f"SELECT v.a::VARCHAR, v.b::VARCHAR FROM '{folder}' ORDER BY id")
    assert rows.fetchall()[:3] == [("1", "x"), ("no number", "y"), (None, "{'deep': 1}")]


SHREDDED = ["variantType", "variantShredding"]


def command(*arguments: str, code: int = 0) -> str:
    binary = os.environ.get("LAKEHOLD_BIN") or str(REPOSITORY / "build/release/bin/lakehold")
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def every_value(file_of) -> str:
    folder, path = file_of([sql for sql, _, _ in VALUES])
    return put_table(folder, COLUMNS, path, features=["variantType"])


def test_python_gets_the_values(every_value: str) -> None:
    rows = lh.connect("").sql(f"SELECT v FROM '{every_value}' ORDER BY id").fetchall()
    values = [value for _, value, _ in VALUES]
    assert [row[0] for row in rows] == values
    assert [type(row[0]) for row in rows] == [type(value) for value in values]
    assert lh.open(every_value).scan().to_pylist()[1] == {"id": 1, "v": True}


def test_the_command_line_writes_json(every_value: str) -> None:
    lines = command(
        "sql",
        str(pathlib.Path(every_value).parent),
        f"SELECT v FROM '{every_value}' ORDER BY id",
        "-f",
        "jsonl",
    )
    assert lines.splitlines() == [f'{{"v":{text}}}' for _, _, text in VALUES]
    assert all(json.loads(line).keys() == {"v"} for line in lines.splitlines())
    csv = command("cat", every_value, "--where", "id = 21", "-f", "csv")
    assert csv == 'id,v\n21,"{""a"":[""x"",null],""b"":1}"\n'


def test_arrow_gets_the_portable_bytes(every_value: str) -> None:
    column = lh.open(every_value).to_arrow().schema.field("v")
    assert column.metadata[b"ARROW:extension:name"] == b"arrow.parquet.variant"
    assert column.type == pa.struct(
        [pa.field("metadata", pa.binary(), False), pa.field("value", pa.binary(), False)]
    )
    frame = lh.open(every_value).scan().to_polars()
    assert frame.height == len(VALUES)


def test_variants_do_not_go_into_parquet_as_something_else(
    every_value: str, tmp_path: pathlib.Path
) -> None:
    copy = tmp_path / "copy.parquet"
    error = command("cat", every_value, "-o", str(copy), code=8)
    assert 'column "v"' in error and "variants" in error and "JSON" in error
    assert not copy.exists()


def test_sql_looks_into_variants(file_of) -> None:
    folder, path = file_of(["{'a': {'b': [10, 20]}, 'c': 'x'}", "{'a': 5}", "NULL"])
    table = put_table(folder, COLUMNS, path, features=["variantType"])
    lake = lh.connect("")
    assert lake.sql(f"SELECT v.a.b[2]::INT FROM '{table}' WHERE v.c::VARCHAR = 'x'").fetchall() == [
        (20,)
    ]
    assert lake.sql(f"SELECT id FROM '{table}' WHERE v IS NULL").fetchall() == [(2,)]
    assert lake.sql(f"SELECT id FROM '{table}' WHERE v.a::VARCHAR = '5'").fetchall() == [(1,)]
    assert lake.sql(f"SELECT count(*) FROM '{table}' WHERE v IS NOT NULL").fetchall() == [(2,)]


@pytest.mark.parametrize(
    "shredding",
    [
        "STRUCT(a INTEGER, b VARCHAR)",
        "STRUCT(a STRUCT(x BIGINT, y DOUBLE), l INTEGER[])",
        "STRUCT(l STRUCT(k VARCHAR)[])",
        "INTEGER[]",
        "VARCHAR",
        "BIGINT",
    ],
)
def test_no_shredding_changes_a_value(file_of, shredding: str) -> None:
    values = [
        "NULL",
        "1::BIGINT",
        "'text'",
        "{'a': 1, 'b': 'x', 'l': [1, 2]}",
        "{'a': {'x': 7, 'y': 0.5}, 'l': [{'k': 'deep'}]}",
        "{'a': 'other', 'l': []}",
        "[1, 2, 3]",
        "[]",
        "['x'::VARIANT, 1::VARIANT, NULL]",
        "{'z': NULL}",
        *(sql for sql, _, _ in VALUES),
    ]
    folder, path = file_of(values, shredding)
    table = put_table(folder, COLUMNS, path, features=SHREDDED)
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        wanted = [connection.sql(f"SELECT ({v})::VARIANT::JSON").fetchone()[0] for v in values]
    parsed = [text and json.loads(text) for text in wanted]
    got = lh.connect("").sql(f"SELECT v::JSON FROM '{table}' ORDER BY id").fetchall()
    assert [row[0] and json.loads(row[0]) for row in got] == parsed


def test_a_column_that_old_files_do_not_have_is_null(tmp_path: pathlib.Path) -> None:
    new = written_by_duckdb(tmp_path / "t" / "new.parquet", ["1", "'x'"])
    fields = [
        *COLUMNS,
        field("s", struct(field("v", "variant"), field("n", "long"))),
        field("l", array("variant")),
        field("m", map_of("string", "variant")),
    ]
    nested = pa.array([{"n": 1}], pa.struct([("n", pa.int64())]))
    old = pa.table({"id": pa.array([7], pa.int64()), "s": nested})
    table = put_table(tmp_path / "t", fields, new, old, features=["variantType"])
    rows = lh.connect("").sql(f"FROM '{table}' ORDER BY id").fetchall()
    assert rows == [
        (0, 1, None, None, None),
        (1, "x", None, None, None),
        (7, None, {"v": None, "n": 1}, None, None),
    ]


def plain_variant(value: bytes, names: bytes = b"\x01\x00\x00") -> dict[str, bytes]:
    return {"metadata": names, "value": value}


PLAIN = pa.struct([("metadata", pa.binary()), ("value", pa.binary())])


def test_variants_inside_of_others(tmp_path: pathlib.Path) -> None:
    one, text = plain_variant(b"\x0c\x01"), plain_variant(b"\x05x")
    rows = pa.table(
        {
            "l": pa.array([[one, None, text], None, []], pa.list_(PLAIN)),
            "m": pa.array([[("k", one), ("n", None)], None, []], pa.map_(pa.string(), PLAIN)),
            "s": pa.array(
                [{"v": [{"w": one}]}, {"v": [{"w": None}, None]}, None],
                pa.struct([("v", pa.list_(pa.struct([("w", PLAIN)])))]),
            ),
        }
    )
    fields = [
        field("l", array("variant")),
        field("m", map_of("string", "variant")),
        field("s", struct(field("v", array(struct(field("w", "variant")))))),
    ]
    table = put_table(tmp_path / "t", fields, rows, features=["variantType"])
    assert lh.open(table).scan().fetchall() == [
        ([1, None, "x"], {"k": 1, "n": None}, {"v": [{"w": 1}]}),
        (None, None, {"v": [{"w": None}, None]}),
        ([], {}, None),
    ]


def test_a_struct_that_looks_like_a_variant_stays_a_struct(tmp_path: pathlib.Path) -> None:
    value = plain_variant(b"\x0c\x01")
    rows = pa.table({"s": pa.array([value], PLAIN), "v": pa.array([value], PLAIN)})
    like = struct(field("metadata", "binary"), field("value", "binary"))
    table = put_table(
        tmp_path / "t", [field("s", like), field("v", "variant")], rows, features=["variantType"]
    )
    assert lh.open(table).scan().fetchall() == [(value, 1)]


@pytest.mark.parametrize(
    ("type_", "message"),
    [
        (pa.struct([("metadata", pa.binary())]), "metadata"),
        (pa.struct([("value", pa.binary())]), "metadata"),
        (pa.struct([*PLAIN, ("other", pa.int64())]), "other"),
        (pa.struct([*PLAIN, ("typed_value", pa.map_(pa.string(), pa.int64()))]), "shredded"),
        (pa.string(), "VARCHAR"),
        (
            pa.struct([*PLAIN, ("typed_value", pa.timestamp("ns", "UTC"))]),
            "nanoseconds",
        ),
        (
            pa.struct([*PLAIN, ("typed_value", pa.struct([("a", pa.int64())]))]),
            "shredded",
        ),
        (
            pa.struct(
                [
                    *PLAIN,
                    (
                        "typed_value",
                        pa.struct(
                            [("a", pa.struct([PLAIN[1]])), ("A", pa.struct([PLAIN[1]]))],
                        ),
                    ),
                ]
            ),
            "case",
        ),
    ],
)
def test_a_layout_that_cannot_be_read_is_refused_by_name(
    tmp_path: pathlib.Path, type_: pa.DataType, message: str
) -> None:
    rows = pa.table({"id": pa.array([1], pa.int64()), "v": pa.array([None], type_)})
    table = lh.open(put_table(tmp_path / "t", COLUMNS, rows, features=SHREDDED))
    with pytest.raises(lh.UnsupportedError, match=message) as caught:
        table.to_arrow()
    assert caught.value.reason == "engine.variant_layout"
    assert '"v' in str(caught.value)
    assert table.scan(columns=["id"]).fetchall() == [(1,)]


@pytest.mark.parametrize(
    "value",
    [b"", b"\xfc", b"\x05", b"\x02\x01\x09\x00\x01\x00", b"\x40\xff\xff\xff\xff", b"\x09\xff\xfe"],
)
def test_damaged_bytes_are_an_error_and_never_a_value(tmp_path: pathlib.Path, value: bytes) -> None:
    rows = pa.table({"id": pa.array([1], pa.int64()), "v": pa.array([plain_variant(value)], PLAIN)})
    table = lh.open(put_table(tmp_path / "t", COLUMNS, rows, features=["variantType"]))
    with pytest.raises(lh.CorruptError) as caught:
        table.to_arrow()
    assert caught.value.reason == "variant.damaged"
    assert table.scan(columns=["id"]).fetchall() == [(1,)]


def test_variants_are_not_written(every_value: str, lake_path: str) -> None:
    table = lh.open(every_value)
    lake = lh.connect(lake_path)
    for write in (
        lambda: table.append(table.to_arrow()),
        lambda: lh.connect(every_value + "/..").sql("INSERT INTO t SELECT * FROM t"),
        lambda: lh.connect(every_value + "/..").sql("INSERT INTO t (id) VALUES (1)"),
        lambda: lake.sql("CREATE TABLE n (v VARIANT)"),
        lambda: lake.sql("CREATE TABLE n AS SELECT 1::VARIANT AS v"),
        lambda: lake.sql("CREATE TABLE n (v STRUCT(w VARIANT[]))"),
        lambda: lh.write(f"{lake_path}/n", table.to_arrow()),
    ):
        with pytest.raises((lh.UnsupportedError, lh.InvalidError), match="(?i)variant"):
            write()
    assert lake.tables() == []


def test_statistics_of_variants_skip_nothing(tmp_path: pathlib.Path) -> None:
    rows = pa.table({"id": pa.array([1], pa.int64()), "v": pa.array([plain_variant(b"\x0c\x05")])})
    # Bounds are of the values at each path, in an encoding of their own.
    stats = {"numRecords": 1, "minValues": {"v": "0rr910096"}, "maxValues": {"v": "0rr910096"}}
    stats["nullCount"] = {"v": 0}
    table = put_table(tmp_path / "t", COLUMNS, rows, stats=[stats], features=["variantType"])
    lake = lh.connect("")
    assert lake.sql(f"SELECT id FROM '{table}' WHERE v::BIGINT = 5").fetchall() == [(1,)]
    assert lake.sql(f"SELECT id FROM '{table}' WHERE v = 5::VARIANT").fetchall() == [(1,)]
    assert lake.sql(f"SELECT max(v::BIGINT), count(v) FROM '{table}'").fetchall() == [(5, 1)]
    assert lake.sql(f"SELECT id FROM '{table}' WHERE v IS NOT NULL").fetchall() == [(1,)]


def decimal_of(size: int, scale: int, unscaled: int) -> bytes:
    kind = {4: 8, 8: 9, 16: 10}[size]
    return bytes([kind << 2, scale]) + unscaled.to_bytes(size, "little", signed=True)


DECIMALS = [
    (4, 2, 0),
    (4, 2, 5),
    (4, 0, -(2**31)),
    (4, 9, -999_999_999),
    (4, 20, 7),
    (8, 18, 1),
    (8, 0, 10**18 - 1),
    (8, 0, 10**18),
    (8, 3, 2**63 - 1),
    (8, 0, -(2**63)),
    (16, 38, 1),
    (16, 0, 10**38 - 1),
    (16, 10, -(10**38 - 1)),
]


@pytest.mark.parametrize(("size", "scale", "unscaled"), DECIMALS)
def test_decimals_of_every_size(
    tmp_path: pathlib.Path, size: int, scale: int, unscaled: int
) -> None:
    value = plain_variant(decimal_of(size, scale, unscaled))
    rows = pa.table({"id": [1], "v": pa.array([value], PLAIN)})
    table = put_table(tmp_path / "t", COLUMNS, rows, features=["variantType"])
    wanted = decimal.Decimal(unscaled).scaleb(-scale, decimal.Context(prec=50))
    got = lh.open(table).scan(columns=["v"]).fetchall()[0][0]
    assert got == wanted and got.as_tuple().exponent == -scale
    as_text = lh.connect("").sql(f"SELECT v::VARCHAR FROM '{table}'").fetchall()[0][0]
    assert decimal.Decimal(as_text) == wanted


def test_instants_in_nanoseconds(tmp_path: pathlib.Path) -> None:
    def nanos(kind: int, value: int) -> dict[str, bytes]:
        return plain_variant(bytes([kind << 2]) + value.to_bytes(8, "little", signed=True))

    whole = [nanos(18, 1_000), nanos(19, 1_000)]
    rows = pa.table({"id": [1, 2], "v": pa.array(whole, PLAIN)})
    table = put_table(tmp_path / "t", COLUMNS, rows, features=["variantType"])
    moment = dt.datetime(1970, 1, 1, 0, 0, 0, 1)
    assert lh.open(table).scan().fetchall() == [
        (1, moment.replace(tzinfo=dt.timezone.utc)),
        (2, moment),
    ]
    for kind, reason in ((18, "variant.nanoseconds"), (19, None)):
        rows = pa.table({"id": [1], "v": pa.array([nanos(kind, -1)], PLAIN)})
        table = put_table(tmp_path / str(kind), COLUMNS, rows, features=["variantType"])
        if reason is None:
            text = command("cat", table, "--columns", "v", "-f", "jsonl")
            assert text == '{"v":"1969-12-31T23:59:59.999999999"}\n'
            continue
        with pytest.raises(lh.UnsupportedError) as caught:
            lh.open(table).to_arrow()
        assert caught.value.reason == reason


def test_fully_shredded_without_a_value_column(tmp_path: pathlib.Path) -> None:
    typed = pa.struct(
        [
            ("metadata", pa.binary()),
            (
                "typed_value",
                pa.list_(
                    pa.struct(
                        [
                            (
                                "typed_value",
                                pa.struct([("a", pa.struct([("typed_value", pa.int64())]))]),
                            )
                        ]
                    )
                ),
            ),
        ]
    )
    items = [
        {"typed_value": {"a": {"typed_value": 5}}},
        {"typed_value": {"a": {"typed_value": None}}},
    ]
    value = {"metadata": b"\x01\x00\x00", "typed_value": items}
    rows = pa.table({"id": [1, 2], "v": pa.array([value, None], typed)})
    table = put_table(tmp_path / "t", COLUMNS, rows, features=SHREDDED)
    assert lh.open(table).scan().fetchall() == [(1, [{"a": 5}, {}]), (2, None)]


def test_many_rows_and_row_groups(tmp_path: pathlib.Path) -> None:
    values = [plain_variant(b"\x10" + n.to_bytes(2, "little")) for n in range(20_000)]
    lists = [values[n : n + n % 5] for n in range(20_000)]
    rows = pa.table(
        {
            "id": pa.array(range(20_000), pa.int64()),
            "v": pa.array(values, PLAIN),
            "l": pa.array(lists, pa.list_(PLAIN)),
        }
    )
    fields = [*COLUMNS, field("l", array("variant"))]
    options = {"features": ["variantType"], "write": {"row_group_size": 3_000}}
    table = put_table(tmp_path / "t", fields, rows, **options)
    lake = lh.connect("")
    total = sum(range(20_000))
    assert lake.sql(f"SELECT sum(v::BIGINT), count(v) FROM '{table}'").fetchall() == [
        (total, 20_000)
    ]
    assert lake.sql(f"SELECT id FROM '{table}' WHERE v::BIGINT = 17000").fetchall() == [(17_000,)]
    assert lake.sql(
        f"SELECT id FROM '{table}' WHERE id = 17003 AND l[3]::INT = 17005"
    ).fetchall() == [(17_003,)]
    got = lh.open(table).scan(columns=["l"], where="id >= 19000 AND id < 19010").fetchall()
    assert sorted(len(row[0]) for row in got) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_variants_that_nest_too_deep_are_an_error(tmp_path: pathlib.Path) -> None:
    value = b"\x00"
    for _ in range(200):
        value = b"\x1f\x01" + b"\x00" * 7 + len(value).to_bytes(4, "little") + value
    rows = pa.table({"id": [1], "v": pa.array([plain_variant(value)], PLAIN)})
    table = put_table(tmp_path / "t", COLUMNS, rows, features=["variantType"])
    with pytest.raises(lh.CorruptError, match="deep"):
        lh.open(table).to_arrow()


def test_a_filter_on_a_column_that_is_cast_and_holds_variants(tmp_path: pathlib.Path) -> None:
    stored = pa.struct([("d", pa.int32()), ("v", PLAIN)])
    values = [{"d": 1, "v": plain_variant(b"\x0c\x05")}, {"d": 2, "v": None}, None]
    rows = pa.table({"s": pa.array(values, stored)})
    fields = [field("s", struct(field("d", "long"), field("v", "variant")))]
    table = put_table(tmp_path / "t", fields, rows, features=["variantType"])
    lake = lh.connect("")
    for where, wanted in [
        ("s.d = 1", [({"d": 1, "v": 5},)]),
        ("s.d > 1", [({"d": 2, "v": None},)]),
        ("s IS NULL", [(None,)]),
        ("s.v::INT = 5", [({"d": 1, "v": 5},)]),
        ("s.v IS NULL AND s.d = 2", [({"d": 2, "v": None},)]),
    ]:
        assert lake.sql(f"SELECT s FROM '{table}' WHERE {where}").fetchall() == wanted, where
    assert lake.sql(f"SELECT s.d FROM '{table}' ORDER BY ALL").fetchall() == [(1,), (2,), (None,)]
