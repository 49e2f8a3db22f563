"""Tables we wrote, read row by row by deltalake, polars and DuckDB; and theirs by us."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import random
import urllib.parse

import deltalake
import duckdb
import polars as pl
import pyarrow as pa
import pytest

import lakehold as lh

UTC = dt.timezone.utc
ODD_TEXTS = [
    "plain",
    "with space",
    "a/b",
    "per%cent",
    "ünïcödé ✓",
    "quote'd",
    "semi;colon",
    "a=b",
    "a:b",
    "tab\tbed",
    "{x}",
    "#?&+",
]


def random_table(seed: int, rows: int) -> pa.Table:
    """All primitive types, nested ones, NULLs, NaN, -0, extremes, decimals."""
    rng = random.Random(seed)

    def column(make, nulls: float = 0.2):
        return [None if rng.random() < nulls else make() for _ in range(rows)]

    floats = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e300, -1.5, 5e-324]
    return pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            "flag": pa.array(column(lambda: rng.random() < 0.5), pa.bool_()),
            "tiny": pa.array(column(lambda: rng.randint(-128, 127)), pa.int8()),
            "small": pa.array(column(lambda: rng.randint(-(2**15), 2**15 - 1)), pa.int16()),
            "medium": pa.array(column(lambda: rng.randint(-(2**31), 2**31 - 1)), pa.int32()),
            "big": pa.array(
                column(lambda: rng.choice([-(2**63), 2**63 - 1, 0, rng.randint(-9, 9)])), pa.int64()
            ),
            "single": pa.array(
                column(lambda: rng.choice([0.5, -0.0, math.nan, math.inf])), pa.float32()
            ),
            "double": pa.array(column(lambda: rng.choice(floats)), pa.float64()),
            "price": pa.array(
                column(lambda: decimal.Decimal(rng.randint(-(10**9), 10**9)).scaleb(-2)),
                pa.decimal128(12, 2),
            ),
            "huge": pa.array(
                column(lambda: decimal.Decimal(rng.randint(-(10**37), 10**37))),
                pa.decimal128(38, 0),
            ),
            "text": pa.array(
                column(lambda: rng.choice(ODD_TEXTS) * rng.randint(0, 5)), pa.string()
            ),
            "blob": pa.array(column(lambda: rng.randbytes(rng.randint(0, 8))), pa.binary()),
            "day": pa.array(
                column(lambda: dt.date(1970, 1, 1) + dt.timedelta(days=rng.randint(-9999, 29999))),
                pa.date32(),
            ),
            "instant": pa.array(
                column(
                    lambda: (
                        dt.datetime(2020, 1, 1, tzinfo=UTC)
                        + dt.timedelta(microseconds=rng.randint(0, 10**15))
                    )
                ),
                pa.timestamp("us", "UTC"),
            ),
            "point": pa.array(
                column(lambda: {"x": rng.randint(0, 9), "y": rng.choice([None, "why"])}),
                pa.struct([("x", pa.int32()), ("y", pa.string())]),
            ),
            "list": pa.array(
                column(lambda: [rng.choice([None, 1, 2]) for _ in range(rng.randint(0, 3))]),
                pa.list_(pa.int64()),
            ),
            "map": pa.array(
                column(lambda: [(f"k{i}", rng.random()) for i in range(rng.randint(0, 3))]),
                pa.map_(pa.string(), pa.float64()),
            ),
        }
    )


def canonical(value, signed_zeros: bool = True):
    """One spelling for what readers spell differently."""
    if isinstance(value, float):
        if value == 0.0 and not signed_zeros:
            return "0.0"
        return "NaN" if math.isnan(value) else repr(value)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, dict):
        return tuple((key, canonical(child, signed_zeros)) for key, child in sorted(value.items()))
    if isinstance(value, (list, tuple)):
        return tuple(canonical(child, signed_zeros) for child in value)
    return value


def rows_of(table: pa.Table, names: list[str], signed_zeros: bool = True) -> list[tuple]:
    """Rows in order of id, columns in the order of `names`."""
    rows = [
        tuple(canonical(row[name], signed_zeros) for name in names)
        for row in table.select(names).to_pylist()
    ]
    return sorted(rows, key=lambda row: row[names.index("id")])


def same(
    ours: pa.Table, theirs: pa.Table, skip: tuple[str, ...] = (), signed_zeros: bool = True
) -> None:
    """Both hold the same rows. What we write loses the sign of a zero where a row group holds both
    zeros: the
    engine's Parquet dictionaries take the two for one value, as SQL does. What we read keeps it."""
    names = [name for name in ours.column_names if name not in skip]
    assert set(theirs.column_names) >= set(names)
    mine, others = rows_of(ours, names, signed_zeros), rows_of(theirs, names, signed_zeros)
    assert len(mine) == len(others)
    for left, right in zip(mine, others):
        assert left == right


@pytest.mark.parametrize("seed", range(4))
def test_other_readers_read_what_we_wrote(lake_path: str, seed: int) -> None:
    rows = random_table(seed, 500)
    path = f"{lake_path}/t"
    lh.write(path, rows.slice(0, 200))
    lh.write(path, rows.slice(200), mode="append")
    ours = lh.open(path).to_arrow()
    same(rows, ours, signed_zeros=False)
    same(ours, deltalake.DeltaTable(path).to_pyarrow_table())
    same(ours, pl.read_delta(path).to_arrow(), skip=("map",))
    files = [urllib.parse.unquote(file["uri"]) for file in lh.open(path).files().to_pylist()]
    same(ours, duckdb.sql(f"SELECT * FROM read_parquet({files!r})").to_arrow_table())


@pytest.mark.parametrize("seed", range(3))
def test_we_read_what_deltalake_wrote(lake_path: str, seed: int) -> None:
    rows = random_table(100 + seed, 300)
    path = f"{lake_path}/theirs"
    deltalake.write_deltalake(path, rows.slice(0, 100))
    deltalake.write_deltalake(path, rows.slice(100), mode="append")
    same(rows, lh.open(path).to_arrow())
    same(rows.slice(0, 100), lh.open(path, version=0).to_arrow())


def test_writers_may_alternate_on_one_table(lake_path: str) -> None:
    path = f"{lake_path}/shared"
    lh.write(path, pa.table({"id": [0], "who": ["us"]}))
    for turn in range(1, 11):
        row = pa.table({"id": pa.array([turn], pa.int64()), "who": ["us" if turn % 2 else "them"]})
        if turn % 2:
            lh.write(path, row, mode="append")
        else:
            deltalake.write_deltalake(path, row, mode="append")
    assert lh.open(path).count() == 11
    assert lh.open(path).version() == deltalake.DeltaTable(path).version() == 10
    same(lh.open(path).to_arrow(), deltalake.DeltaTable(path).to_pyarrow_table())


def test_checkpoints_are_shared_both_ways(lake_path: str) -> None:
    path = f"{lake_path}/t"
    rows = random_table(7, 120)
    lh.write(path, rows.slice(0, 60))
    lh.write(path, rows.slice(60), mode="append")
    assert lh.open(path).checkpoint() == 1
    same(rows, deltalake.DeltaTable(path).to_pyarrow_table(), signed_zeros=False)
    deltalake.DeltaTable(path).create_checkpoint()
    more = random_table(8, 30)
    lh.write(path, more, mode="append")
    assert lh.open(path).count() == 150
    deltalake.DeltaTable(path).create_checkpoint()
    assert lh.open(path).count() == 150


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_partition_values_with_odd_characters(lake_path: str, text: str) -> None:
    path = f"{lake_path}/t"
    rows = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "part": [text, None, "other"]})
    lh.write(path, rows, partition_by=["part"])
    same(rows, lh.open(path).to_arrow())
    same(rows, deltalake.DeltaTable(path).to_pyarrow_table())
    assert lh.open(path).scan(where="part = ?", params=[text]).to_pylist() == [
        {"id": 1, "part": text}
    ]


def test_partition_columns_of_every_type(lake_path: str) -> None:
    values = {
        "b": (pa.bool_(), [True, False, None]),
        "i": (pa.int32(), [-5, 7, None]),
        "l": (pa.int64(), [-(2**63), 2**63 - 1, None]),
        "d": (pa.date32(), [dt.date(1969, 12, 31), dt.date(2026, 11, 21), None]),
        "t": (
            pa.timestamp("us", "UTC"),
            [
                dt.datetime(2026, 1, 1, 1, 2, 3, 456789, UTC),
                dt.datetime(1999, 1, 1, tzinfo=UTC),
                None,
            ],
        ),
        "p": (pa.decimal128(10, 3), [decimal.Decimal("1.500"), decimal.Decimal("-0.001"), None]),
        "f": (pa.float64(), [0.5, -2.25, None]),
    }
    for name, (type_, column) in values.items():
        path = f"{lake_path}/by_{name}"
        rows = pa.table({"id": pa.array([1, 2, 3], pa.int64()), name: pa.array(column, type_)})
        lh.write(path, rows, partition_by=[name])
        same(rows, lh.open(path).to_arrow())
        # Not to_pyarrow_table(): it takes the partition value "-0.001" for "0.0-1".
        query = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(path))
        same(rows, pa.table(query.execute("SELECT * FROM t").read_all()))


def test_overwriting_partitions_is_seen_by_all(lake_path: str) -> None:
    path = f"{lake_path}/t"
    lh.write(path, pa.table({"id": [1, 2, 3], "k": ["a", "b", "b"]}), partition_by=["k"])
    lh.open(path).overwrite(pa.table({"id": [9], "k": ["b"]}), where="k = 'b'")
    assert sorted(lh.open(path).scan().fetchall()) == [(1, "a"), (9, "b")]
    theirs = deltalake.DeltaTable(path).to_pyarrow_table().sort_by("id").to_pylist()
    assert [(row["id"], row["k"]) for row in theirs] == [(1, "a"), (9, "b")]
    assert sorted(lh.open(path, version=0).scan().fetchall()) == [(1, "a"), (2, "b"), (3, "b")]
