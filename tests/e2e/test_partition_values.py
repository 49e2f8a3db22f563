"""Partition values of every type as other writers spell them: read, pruned and time-travelled; and
the paths of data files, however they are spelled."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import pathlib
import urllib.parse
from typing import Any

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from foreign_log import add, field, put_log

import lakehold as lh

UTC = dt.timezone.utc
D = decimal.Decimal
NAN = float("nan")

# Type, text in the log, what Python gets.
VALUES: list[tuple[str, str | None, Any]] = [
    ("string", None, None),
    ("string", "", None),
    ("string", " ", " "),
    ("string", "trailing  ", "trailing  "),
    ("string", "a/b%c=d:e", "a/b%c=d:e"),
    ("string", "%41", "%41"),
    ("string", "\N{GRINNING FACE} ü", "\N{GRINNING FACE} ü"),
    ("string", "tab\tnew\nline\x01\x7f", "tab\tnew\nline\x01\x7f"),
    ("string", "nul\x00inside", "nul\x00inside"),
    ("string", "__HIVE_DEFAULT_PARTITION__", "__HIVE_DEFAULT_PARTITION__"),
    ("string", "null", "null"),
    ("string", "'quoted' \"twice\"", "'quoted' \"twice\""),
    ("string", "\\u0041", "\\u0041"),
    ("binary", "bytes", b"bytes"),
    ("binary", "ü\x01", "ü\x01".encode()),
    ("binary", "", None),
    ("boolean", "true", True),
    ("boolean", "FALSE", False),
    ("boolean", "True", True),
    ("byte", "-128", -128),
    ("byte", "127", 127),
    ("short", "-32768", -32768),
    ("integer", "-2147483648", -(2**31)),
    ("integer", "007", 7),
    ("integer", "+7", 7),
    ("long", "9223372036854775807", 2**63 - 1),
    ("long", "-9223372036854775808", -(2**63)),
    ("float", "0.1", 0.10000000149011612),
    ("float", "1.0E10", 1e10),
    ("float", "-Infinity", -math.inf),
    ("double", "NaN", NAN),
    ("double", "Infinity", math.inf),
    ("double", "-0.0", -0.0),
    ("double", "4.9E-324", 5e-324),
    ("double", "1.7976931348623157E308", 1.7976931348623157e308),
    ("decimal(10,2)", "-12.50", D("-12.50")),
    ("decimal(10,2)", "-12.5", D("-12.50")),
    ("decimal(10,2)", "1E+3", D("1000.00")),
    ("decimal(38,18)", "0E-18", D("0E-18")),
    ("decimal(38,0)", "-" + "9" * 38, D("-" + "9" * 38)),
    ("decimal(38,38)", "0." + "0" * 37 + "1", D("1E-38")),
    ("date", "2026-11-01", dt.date(2026, 11, 1)),
    ("date", "0001-01-01", dt.date(1, 1, 1)),
    ("date", "1582-10-10", dt.date(1582, 10, 10)),
    ("date", "9999-12-31", dt.date(9999, 12, 31)),
    ("void", None, None),
    *(
        ("timestamp", text, moment.replace(tzinfo=UTC))
        for text, moment in [
            ("2026-11-01 12:30:00", dt.datetime(2026, 11, 1, 12, 30)),
            ("2026-11-01T12:30:00Z", dt.datetime(2026, 11, 1, 12, 30)),
            ("1969-12-31 23:59:59.999999", dt.datetime(1969, 12, 31, 23, 59, 59, 999_999)),
            ("0001-01-01 00:00:00", dt.datetime(1, 1, 1)),
            ("9999-12-31T23:59:59.999999Z", dt.datetime(9999, 12, 31, 23, 59, 59, 999_999)),
            ("2026-11-01T12:30:00+02:00", dt.datetime(2026, 11, 1, 10, 30)),
        ]
    ),
    *(
        (type_, f"2026-11-01{middle}12:30:00.{'123456'[:digits]}{zone}", moment.replace(tzinfo=tz))
        for digits in range(1, 7)
        for moment in [dt.datetime(2026, 11, 1, 12, 30, 0, int("123456"[:digits].ljust(6, "0")))]
        for type_, middle, zone, tz in [
            ("timestamp", " ", "", UTC),
            ("timestamp", "T", "Z", UTC),
            ("timestamp_ntz", " ", "", None),
            ("timestamp_ntz", "T", "", None),
        ]
    ),
    ("timestamp_ntz", "2026-11-01T12:30:00Z", dt.datetime(2026, 11, 1, 12, 30)),
    (
        "timestamp",
        "2026-11-01 12:30:00.123456000",
        dt.datetime(2026, 11, 1, 12, 30, 0, 123_456, UTC),
    ),
    ("timestamp_ntz", "2026-11-01 12:30:00", dt.datetime(2026, 11, 1, 12, 30)),
]


def partitioned(
    folder: pathlib.Path, type_: str, texts: list[str | None], column: str = "p"
) -> tuple[str, list[pathlib.Path]]:
    """A file of one row a text, partitioned by a column of this type."""
    folder.mkdir(parents=True, exist_ok=True)
    adds, paths = [], []
    for number, text in enumerate(texts):
        path = folder / f"part-{number}.parquet"
        pq.write_table(pa.table({"id": pa.array([number], pa.int64())}), path)
        adds.append(add(path.name, path.stat().st_size, {column: text}, {"numRecords": 1}))
        paths.append(path)
    features = ["timestampNtz"] if type_ == "timestamp_ntz" else None
    fields = [field("id", "long"), field(column, type_)]
    put_log(folder, fields, adds, features=features, partition_by=[column])
    return str(folder), paths


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (
            a == b and math.copysign(1, a) == math.copysign(1, b)
        )
    return type(a) is type(b) and a == b


@pytest.mark.parametrize(("type_", "text", "value"), VALUES)
def test_a_value_is_read_and_pruned_by(
    tmp_path: pathlib.Path, type_: str, text: str | None, value: Any
) -> None:
    others = {"string": "zz-other", "binary": "zz-other", "boolean": "true", "void": None}
    other = others.get(type_, "2001-01-01" if "date" in type_ else "3")
    other = "2001-01-01 00:00:00" if type_.startswith("timestamp") else other
    if type_ == "decimal(38,38)":
        other = "0.5"
    path, _ = partitioned(tmp_path / "t", type_, [text, other])
    table = lh.open(path)
    rows = dict(table.scan(columns=["id", "p"]).fetchall())
    assert same(rows[0], value), rows[0]
    null = table.scan(where="p IS NULL")
    assert (0 in [row[0] for row in null.fetchall()]) is (value is None)
    if value is None:
        return
    # The predicate skips the other file and keeps this one.
    lake = lh.connect(str(tmp_path))
    found = lake.sql(
        "SELECT id FROM t WHERE p = $v", {"v": value} if type_ != "float" else {"v": rows[0]}
    )
    wanted = [(0,)] if rows[0] != rows[1] else [(0,), (1,)]
    assert sorted(found.fetchall()) == wanted
    assert lake.sql("SELECT id FROM t WHERE p IS NOT NULL AND id = 0").fetchall() == [(0,)]
    assert lake.sql("SELECT count(*) FROM t GROUP BY p IS NULL").fetchall() == [(2,)]


# What deltalake 1.6.6 refuses, garbles on its way into Arrow, or panics at.
NOT_READ_BY_DELTALAKE = {
    ("decimal(10,2)", "-12.50"),
    ("decimal(10,2)", "-12.5"),
    ("decimal(10,2)", "1E+3"),
    ("void", None),
    *(("timestamp_ntz", "2026-11-01T12:30:00." + "123456"[:digits]) for digits in range(1, 7)),
    ("timestamp_ntz", "2026-11-01T12:30:00Z"),
}


@pytest.mark.parametrize(("type_", "text", "value"), VALUES)
def test_deltalake_reads_the_same(
    tmp_path: pathlib.Path, type_: str, text: str | None, value: Any
) -> None:
    path, _ = partitioned(tmp_path / "t", type_, [text])
    ours = lh.open(path).to_arrow().column("p").to_pylist()[0]

    def theirs() -> Any:
        return deltalake.DeltaTable(path).to_pyarrow_table().column("p").to_pylist()[0]

    if (type_, text) in NOT_READ_BY_DELTALAKE:
        with pytest.raises(BaseException):  # noqa: B017, PT011: a panic is no Exception
            theirs()
        return
    assert same(ours, theirs()), ours


BAD = [
    ("boolean", "yes"),
    ("byte", "128"),
    ("integer", "1.0"),
    ("integer", " 1"),
    ("long", "9223372036854775808"),
    ("double", "one"),
    ("double", "1e400"),
    ("decimal(4,2)", "100.00"),
    ("decimal(4,2)", "1.005"),
    ("date", "2026-02-30"),
    ("date", "01.11.2026"),
    ("timestamp", "2026-11-01 25:00:00"),
    ("timestamp", "2026-11-01 12:30:00.1234567"),
    ("timestamp_ntz", "2026-11-01T12:30:00+02:00"),
    ("void", "something"),
]


@pytest.mark.parametrize(("type_", "text"), BAD)
def test_a_text_that_is_no_value_is_a_named_error(
    tmp_path: pathlib.Path, type_: str, text: str
) -> None:
    path, _ = partitioned(tmp_path / "t", type_, [text])
    with pytest.raises(lh.CorruptError) as caught:
        lh.open(path).scan().fetchall()
    assert caught.value.reason == "delta.bad_partition_value"
    assert text in str(caught.value) and type_ in str(caught.value)


@pytest.mark.parametrize(
    ("type_", "text", "sql"),
    [
        ("date", "-0044-03-15", "DATE '0045-03-15 (BC)'"),
        ("date", "0000-06-01", "DATE '0001-06-01 (BC)'"),
        ("date", "+10000-01-01", "DATE '10000-01-01'"),
        ("timestamp", "-0044-03-15 12:00:00", "TIMESTAMPTZ '0045-03-15 (BC) 12:00:00+00'"),
        ("timestamp", "+12345-01-01 00:00:00", "TIMESTAMPTZ '12345-01-01 00:00:00+00'"),
    ],
)
def test_years_that_python_does_not_have(
    tmp_path: pathlib.Path, type_: str, text: str, sql: str
) -> None:
    """The value, or the named error; never another value."""
    partitioned(tmp_path / "t", type_, [text])
    lake = lh.connect(str(tmp_path))
    try:
        assert lake.sql(f"SELECT p = {sql} FROM t").fetchall() == [(True,)]
    except lh.CorruptError as error:
        assert error.reason == "delta.bad_partition_value"


def test_values_of_old_versions(tmp_path: pathlib.Path) -> None:
    path, files = partitioned(tmp_path / "t", "timestamp", ["2026-11-01 12:30:00.5"])
    log = tmp_path / "t" / "_delta_log"
    more = add(files[0].name, files[0].stat().st_size, {"p": "2026-11-01T12:30:00.500000Z"})
    (log / f"{1:020}.json").write_text(json.dumps(more) + "\n")
    moment = dt.datetime(2026, 11, 1, 12, 30, 0, 500_000, UTC)
    for version in (0, 1):
        table = lh.open(path, version=version)
        assert table.scan(columns=["p"]).fetchall() == [(moment,)]
        where = "p = TIMESTAMPTZ '2026-11-01 12:30:00.5+00'"
        assert len(table.scan(where=where).fetchall()) == 1


def test_two_partition_columns_and_odd_names(tmp_path: pathlib.Path) -> None:
    name = "odd name/%=:ü"
    folder = tmp_path / "t"
    path, _ = partitioned(folder, "string", ["x", None], column=name)
    quoted = '"' + name + '"'
    lake = lh.connect(str(tmp_path))
    assert lake.sql(f"SELECT id FROM t WHERE {quoted} = 'x'").fetchall() == [(0,)]
    assert lake.sql(f"SELECT id FROM t WHERE {quoted} IS NULL").fetchall() == [(1,)]
    assert lh.open(path).scan().to_pylist()[0][name] in ("x", None)


# --- paths ---------------------------------------------------------------------------------------

NAMES = [
    "p=a b/x.parquet",
    "p=ü/x.parquet",
    "p=a%2Fb/x.parquet",
    "p=a:b/x#y?.parquet",
    "a+b.parquet",
]


def spellings(name: str, root: pathlib.Path) -> dict[str, str]:
    encoded = urllib.parse.quote(name, safe="/=:+")
    absolute = urllib.parse.quote(f"{root}/{name}", safe="/=:+")
    return {
        "encoded": encoded,
        "all encoded": urllib.parse.quote(name, safe="/"),
        "./a": "./" + encoded,
        "a//b": encoded.replace("/", "//"),
        "a/./b": encoded.replace("/", "/./"),
        "/root": absolute,
        "file:/root": "file:" + absolute,
        "file:///root": "file://" + absolute,
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spelling", spellings("x", pathlib.Path("/")))
def test_a_path_is_one_file_however_it_is_spelled(
    tmp_path: pathlib.Path, name: str, spelling: str
) -> None:
    root = tmp_path / "t"
    file = root / name
    file.parent.mkdir(parents=True)
    pq.write_table(pa.table({"id": pa.array([1], pa.int64())}), file)
    paths = spellings(name, root)
    put_log(root, [field("id", "long")], [add(paths[spelling], file.stat().st_size)])
    assert lh.open(root).scan().fetchall() == [(1,)]
    assert lh.open(root).metrics()["files"] == 1
    # A second add of the same file by another name is no second file; a remove takes it away.
    log = root / "_delta_log"
    again = add(paths["encoded"], file.stat().st_size)
    (log / f"{1:020}.json").write_text(json.dumps(again) + "\n")
    assert lh.open(root).scan().fetchall() == [(1,)]
    remove = {"remove": {"path": paths["./a"], "deletionTimestamp": 1, "dataChange": True}}
    (log / f"{2:020}.json").write_text(json.dumps(remove) + "\n")
    assert lh.open(root).scan().fetchall() == []
    assert lh.open(root, version=1).scan().fetchall() == [(1,)]


@pytest.mark.parametrize(
    "path", ["../x.parquet", "a/../../x.parquet", "%2e%2e/x.parquet", "a%zz", ""]
)
def test_paths_that_lead_out_are_refused(tmp_path: pathlib.Path, path: str) -> None:
    put_log(tmp_path / "t", [field("id", "long")], [add(path)])
    with pytest.raises(lh.CorruptError) as caught:
        lh.open(tmp_path / "t").scan().fetchall()
    assert caught.value.reason == "delta.bad_path"


@pytest.mark.parametrize(
    "path", ["/elsewhere/x.parquet", "file:///elsewhere/x", "s3://b/x.parquet"]
)
def test_paths_of_other_places_are_refused(tmp_path: pathlib.Path, path: str) -> None:
    put_log(tmp_path / "t", [field("id", "long")], [add(path)])
    with pytest.raises(lh.UnsupportedError) as caught:
        lh.open(tmp_path / "t").scan().fetchall()
    assert caught.value.reason == "delta.path_outside_table"
