"""Data files in every physical encoding that other writers choose for a Delta type."""

from __future__ import annotations

import datetime as dt
import decimal
import pathlib
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from foreign_log import array, field, map_of, put_table, struct
from parquet_footer import (
    CONVERTED,
    DECIMAL,
    I32,
    NAME,
    PRECISION,
    REPEATED,
    REPETITION,
    SCALE,
    edit_footer,
    named,
    set_path,
)

import lakehold as lh

UTC = dt.timezone.utc
D = decimal.Decimal


def rows_of(path: str) -> list[Any]:
    return [row[0] for row in lh.open(path).scan().fetchall()]


def one_column(folder: pathlib.Path, type_: Any, values: pa.Array, **options: Any) -> str:
    return put_table(folder / "t", [field("c", type_)], pa.table({"c": values}), **options)


# --- void ----------------------------------------------------------------------------------------


def test_void_columns_are_null_also_in_structs(tmp_path: pathlib.Path) -> None:
    fields = [
        field("id", "long"),
        field("n", "void"),
        field("s", struct(field("n", "void"), field("x", "long"))),
        field("l", array(struct(field("x", "long"), field("n", "void")))),
    ]
    rows = pa.table(
        {
            "id": [1, 2],
            "s": pa.array([{"x": 5}, None], pa.struct([("x", pa.int64())])),
            "l": pa.array([[{"x": 6}, None], None], pa.list_(pa.struct([("x", pa.int64())]))),
        }
    )
    path = put_table(tmp_path / "t", fields, rows)
    assert lh.open(path).scan().fetchall() == [
        (1, None, {"n": None, "x": 5}, [{"x": 6, "n": None}, None]),
        (2, None, None, None),
    ]
    assert len(lh.open(path).scan(where="n IS NULL").fetchall()) == 2
    assert lh.open(path).scan(where="n IS NOT NULL").fetchall() == []


# --- timestamps ----------------------------------------------------------------------------------

MOMENTS = [
    dt.datetime(1, 1, 1),
    dt.datetime(1582, 10, 4, 23, 59, 59, 999_999),
    dt.datetime(1899, 12, 31, 1, 2, 3, 456_789),
    dt.datetime(1969, 12, 31, 23, 59, 59, 999_999),
    dt.datetime(1970, 1, 1),
    dt.datetime(2026, 11, 21, 12, 30, 0, 123_456),
    dt.datetime(9999, 12, 31, 23, 59, 59, 999_999),
    None,
]


def instants(moments: list[dt.datetime | None]) -> list[dt.datetime | None]:
    return [moment and moment.replace(tzinfo=UTC) for moment in moments]


def test_int96(tmp_path: pathlib.Path) -> None:
    # pyarrow makes INT96 of nanoseconds: of 1677 to 2262 only.
    moments = [m for m in MOMENTS if m is None or 1700 < m.year < 2200]
    path = one_column(
        tmp_path,
        "timestamp",
        pa.array(moments, pa.timestamp("us")),
        write={"use_deprecated_int96_timestamps": True},
    )
    assert (
        pq.ParquetFile(tmp_path / "t" / "part-0.parquet").schema.column(0).physical_type == "INT96"
    )
    assert rows_of(path) == instants(moments)


@pytest.mark.parametrize("days", [-2_440_588, -719_162, -141_428, -1, 0, 2_932_896, 5_000_000])
def test_int96_of_far_dates(tmp_path: pathlib.Path, days: int) -> None:
    # Written as fixed bytes and renamed in the footer: the same twelve bytes.
    value = (3_723_000_004_000).to_bytes(8, "little") + (days + 2_440_588).to_bytes(
        4, "little", signed=True
    )
    path = tmp_path / "t" / "part.parquet"
    path.parent.mkdir()
    pq.write_table(
        pa.table({"c": pa.array([0], pa.timestamp("ns"))}),
        path,
        use_deprecated_int96_timestamps=True,
        compression="none",
        use_dictionary=False,
        write_statistics=False,
    )
    whole = path.read_bytes()
    epoch = (0).to_bytes(8, "little") + (2_440_588).to_bytes(4, "little")
    assert whole.count(epoch) == 1
    path.write_bytes(whole.replace(epoch, value))
    table = put_table(tmp_path / "t", [field("c", "timestamp")], path)
    micros = days * 86_400_000_000 + 3_723_000_004
    lake = lh.connect("")
    assert lake.sql(f"SELECT epoch_us(c) FROM '{table}'").fetchall() == [(micros,)]


@pytest.mark.parametrize("unit", ["ms", "us"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
@pytest.mark.parametrize("type_", ["timestamp", "timestamp_ntz"])
def test_units_and_zones(tmp_path: pathlib.Path, unit: str, zone: str | None, type_: str) -> None:
    """Wall time or instant is the table's word, whatever the file says of isAdjustedToUTC."""
    moments = [m and m.replace(microsecond=0) for m in MOMENTS]
    column = pa.array(moments, pa.timestamp(unit)).cast(pa.timestamp("us")).cast(pa.timestamp(unit))
    if zone:
        column = column.cast(pa.int64()).cast(pa.timestamp(unit, zone))
    path = one_column(tmp_path, type_, column, features=["timestampNtz"])
    assert rows_of(path) == (instants(moments) if type_ == "timestamp" else moments)


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("type_", ["timestamp", "timestamp_ntz"])
def test_nanoseconds_that_are_whole_microseconds(
    tmp_path: pathlib.Path, type_: str, zone: str | None
) -> None:
    moments = [m for m in MOMENTS if m is None or 1700 < m.year < 2200]
    column = pa.array(moments, pa.timestamp("us")).cast(pa.timestamp("ns"))
    column = column.cast(pa.int64()).cast(pa.timestamp("ns", zone))
    path = one_column(tmp_path, type_, column, features=["timestampNtz"], write={"version": "2.6"})
    assert rows_of(path) == (instants(moments) if type_ == "timestamp" else moments)


@pytest.mark.parametrize("int96", [False, True])
@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("type_", ["timestamp", "timestamp_ntz"])
def test_nanoseconds_are_cut_to_the_microseconds_of_the_type(
    tmp_path: pathlib.Path, type_: str, zone: str | None, int96: bool
) -> None:
    """What is below belongs to no value of Delta's types; docs/features.md says so."""
    values = [1_001, 1_999, -1, -1_001, 1_700_000_000_123_456_789]
    column = pa.array(values, pa.int64()).cast(pa.timestamp("ns", zone))
    write = {"use_deprecated_int96_timestamps": True} if int96 else {"version": "2.6"}
    path = one_column(tmp_path, type_, column, features=["timestampNtz"], write=write)
    got = [row[0] for row in lh.connect("").sql(f"SELECT epoch_us(c) FROM '{path}'").fetchall()]
    assert got[0] == got[1] == 1 and got[4] == 1_700_000_000_123_456
    assert got[2] in (-1, 0) and got[3] in (-2, -1)  # Before 1970 down, or towards zero.


# --- nested --------------------------------------------------------------------------------------

LISTS = [[1, None, 3], [], None, [4]]


@pytest.mark.parametrize("name", ["compliant", "item", "two array", "two c_tuple", "two element"])
def test_lists_of_two_and_three_levels(tmp_path: pathlib.Path, name: str) -> None:
    values = LISTS
    folder = tmp_path / "t"
    folder.mkdir()
    path = folder / "part.parquet"
    element = pa.int64()
    if "two" in name:
        values = [[1, 2, 3], [], None, [4]]
        element = pa.field("element", pa.int64(), False)
    pq.write_table(
        pa.table({"c": pa.array(values, pa.list_(element))}),
        path,
        use_compliant_nested_type=name != "item",
    )
    if "two" in name:
        edit_footer(path, lambda footer: to_two_levels(footer, name.split()[-1]))
    assert rows_of(put_table(folder, [field("c", array("long"))], path)) == values


def to_two_levels(footer: dict[int, Any], name: str) -> None:
    """`optional group c (LIST) { repeated int64 name }`: the same levels, one group less."""
    elements = footer[2][1]
    repeated, leaf = elements[3], elements[4]
    assert repeated[REPETITION][1] == REPEATED
    leaf[REPETITION], leaf[NAME] = repeated[REPETITION], (leaf[NAME][0], name.encode())
    del elements[3]
    set_path(footer, "c", name)


MAPS = [[("a", 1), ("b", None)], [], None, [("c", 3)]]


@pytest.mark.parametrize("name", ["key_value", "map", "entries"])
@pytest.mark.parametrize("annotation", ["outer", "both"])
def test_maps_of_any_naming(tmp_path: pathlib.Path, name: str, annotation: str) -> None:
    path = tmp_path / "t" / "part.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"c": pa.array(MAPS, pa.map_(pa.string(), pa.int64()))}), path)

    def rename(footer: dict[int, Any]) -> None:
        repeated = named(footer, "key_value")
        repeated[NAME] = (repeated[NAME][0], name.encode())
        for number in (1, 2):
            column = footer[4][1][1][1][1][number]
            column[3][1][3][1][2] = name.encode()
        if annotation == "both":  # MAP_KEY_VALUE within, as parquet-mr had it.
            repeated[CONVERTED] = (I32, 2)

    edit_footer(path, rename)
    table = put_table(path.parent, [field("c", map_of("string", "long"))], path)
    assert rows_of(table) == [None if m is None else dict(m) for m in MAPS]


def test_structs_lists_and_maps_of_each_other(tmp_path: pathlib.Path) -> None:
    type_ = pa.map_(
        pa.string(), pa.list_(pa.struct([("x", pa.int64()), ("l", pa.list_(pa.int8()))]))
    )
    values = [[("k", [{"x": 1, "l": [1, None]}, None]), ("n", None)], None, []]
    table = one_column(
        tmp_path,
        map_of("string", array(struct(field("x", "long"), field("l", array("byte"))))),
        pa.array(values, type_),
    )
    assert rows_of(table) == [{"k": [{"x": 1, "l": [1, None]}, None], "n": None}, None, {}]


# --- decimals ------------------------------------------------------------------------------------

DECIMALS = {
    (4, 2): [D("99.99"), D("-99.99"), D("0.01"), None, D("0.00")],
    (9, 0): [D("999999999"), D("-999999999"), None, D("-1")],
    (18, 6): [D("999999999999.999999"), D("-999999999999.999999"), None, D("-0.000001")],
    (38, 10): [D(10**28 - 1), -D(10**28 - 1), None, D("-0.0000000001")],
}


@pytest.mark.parametrize("shape", DECIMALS)
@pytest.mark.parametrize("stored", ["integer", "fixed", "bytes", "long bytes"])
def test_decimals(tmp_path: pathlib.Path, shape: tuple[int, int], stored: str) -> None:
    precision, scale = shape
    values = DECIMALS[shape]
    path = tmp_path / "t" / "part.parquet"
    path.parent.mkdir()
    if "bytes" in stored:
        raw = [v if v is None else int(v.scaleb(scale)) for v in values]
        least = 17 if stored == "long bytes" else 1
        column = pa.array(
            [
                v
                if v is None
                else v.to_bytes(max(least, v.bit_length() // 8 + 1), "big", signed=True)
                for v in raw
            ],
            pa.binary(),
        )
        pq.write_table(pa.table({"c": column}), path, write_statistics=False)

        def annotate(footer: dict[int, Any]) -> None:
            named(footer, "c").update(
                {CONVERTED: (I32, DECIMAL), SCALE: (I32, scale), PRECISION: (I32, precision)}
            )

        edit_footer(path, annotate)
    else:
        column = pa.array(values, pa.decimal128(precision, scale))
        pq.write_table(pa.table({"c": column}), path, store_decimal_as_integer=stored == "integer")
    table = put_table(path.parent, [field("c", f"decimal({precision},{scale})")], path)
    if stored == "long bytes" and max(len(v.as_py() or b"") for v in column) > 16:
        # More bytes than any decimal of Delta needs: the value, or an error, but no other value.
        try:
            assert rows_of(table) == values
        except lh.LakeholdError:
            return
    assert rows_of(table) == values


# --- integers, texts and bytes -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "stored"),
    [
        ("byte", pa.int8()),
        ("byte", pa.int32()),
        ("short", pa.int16()),
        ("short", pa.int32()),
        ("integer", pa.int16()),
        ("long", pa.int8()),
        ("long", pa.int32()),
    ],
)
def test_integers_of_other_widths(tmp_path: pathlib.Path, type_: str, stored: pa.DataType) -> None:
    values = [-128, 127, 0, None]
    table = one_column(tmp_path, type_, pa.array(values, stored))
    assert rows_of(table) == values
    assert lh.open(table).scan(where="c = 127").fetchall() == [(127,)]
    assert lh.open(table).scan(where="c < 0").fetchall() == [(-128,)]


def test_an_integer_beyond_its_type_is_an_error(tmp_path: pathlib.Path) -> None:
    table = one_column(tmp_path, "byte", pa.array([1, 300], pa.int32()))
    with pytest.raises(lh.LakeholdError):
        rows_of(table)


TEXTS = ["", "plain", "grün 😀", "\\x41", "a\\b", "nul\0inside", None]


def test_strings_without_their_annotation(tmp_path: pathlib.Path) -> None:
    column = pa.array([text if text is None else text.encode() for text in TEXTS], pa.binary())
    table = one_column(tmp_path, "string", column)
    assert rows_of(table) == TEXTS
    assert lh.open(table).scan(where="c = 'grün 😀'").fetchall() == [("grün 😀",)]
    assert lh.open(table).scan(where="c IN ('plain', 'zzz')").fetchall() == [("plain",)]


def test_strings_without_their_annotation_in_nested_columns(tmp_path: pathlib.Path) -> None:
    raw = [text if text is None else text.encode() for text in TEXTS]
    rows = pa.table(
        {
            "l": pa.array([raw], pa.list_(pa.binary())),
            "s": pa.array([{"x": "ü\\x41".encode()}], pa.struct([("x", pa.binary())])),
            "m": pa.array([[("ü".encode(), "ß".encode())]], pa.map_(pa.binary(), pa.binary())),
        }
    )
    fields = [
        field("l", array("string")),
        field("s", struct(field("x", "string"))),
        field("m", map_of("string", "string")),
    ]
    table = put_table(tmp_path / "t", fields, rows)
    assert lh.open(table).scan().fetchall() == [(TEXTS, {"x": "ü\\x41"}, {"ü": "ß"})]


def test_bytes_that_are_annotated_as_text(tmp_path: pathlib.Path) -> None:
    table = one_column(tmp_path, "binary", pa.array(TEXTS, pa.string()))
    assert rows_of(table) == [text if text is None else text.encode() for text in TEXTS]


def test_strings_that_are_no_utf8_are_an_error(tmp_path: pathlib.Path) -> None:
    table = one_column(tmp_path, "string", pa.array([b"ok", b"\xff\xfe"], pa.binary()))
    with pytest.raises(lh.LakeholdError):
        rows_of(table)


def test_fixed_bytes(tmp_path: pathlib.Path) -> None:
    table = one_column(tmp_path, "binary", pa.array([b"abcd", None], pa.binary(4)))
    assert rows_of(table) == [b"abcd", None]


@pytest.mark.parametrize("compression", ["NONE", "SNAPPY", "GZIP", "ZSTD", "BROTLI", "LZ4"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_codecs_and_page_versions(tmp_path: pathlib.Path, compression: str, version: str) -> None:
    values = [f"text {number % 7}" for number in range(1000)]
    write = {"compression": compression, "data_page_version": version}
    assert rows_of(one_column(tmp_path, "string", pa.array(values), write=write)) == values


@pytest.mark.parametrize(
    ("encoding", "type_", "values"),
    [
        ("DELTA_BINARY_PACKED", "long", [2**62, -5, 0, 7] * 50),
        ("DELTA_LENGTH_BYTE_ARRAY", "string", ["a", "", "long text"] * 50),
        ("DELTA_BYTE_ARRAY", "string", ["prefix a", "prefix b", ""] * 50),
        ("BYTE_STREAM_SPLIT", "double", [0.5, -0.0, 1e300] * 50),
        ("PLAIN", "boolean", [True, False, None] * 50),
        ("RLE", "boolean", [True, False, None] * 50),
    ],
)
def test_page_encodings(
    tmp_path: pathlib.Path, encoding: str, type_: str, values: list[Any]
) -> None:
    write = {"use_dictionary": False, "column_encoding": {"c": encoding}}
    assert rows_of(one_column(tmp_path, type_, pa.array(values), write=write)) == values


def test_what_polars_writes(tmp_path: pathlib.Path) -> None:
    frame = pl.DataFrame(
        {
            "l": [[1, 2], None, []],
            "s": [{"a": "x", "b": 1.5}, None, {"a": None, "b": None}],
            "t": [dt.datetime(2026, 1, 1, 1), None, dt.datetime(1960, 1, 1)],
            "e": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
            "d": [D("1.50"), None, D("-2.25")],
        },
        schema_overrides={"d": pl.Decimal(10, 2)},
    )
    path = tmp_path / "t" / "part.parquet"
    path.parent.mkdir()
    frame.write_parquet(path)
    fields = [
        field("l", array("long")),
        field("s", struct(field("a", "string"), field("b", "double"))),
        field("t", "timestamp_ntz"),
        field("e", "string"),
        field("d", "decimal(10,2)"),
    ]
    table = put_table(path.parent, fields, path, features=["timestampNtz"])
    expected = frame.with_columns(pl.col("e").cast(pl.String)).rows()
    assert lh.open(table).scan().fetchall()[2][1:] == expected[2][1:]
    assert lh.open(table).scan().fetchall()[0] == expected[0]
