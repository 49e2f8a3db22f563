"""Each row of the table of inputs: what comes in, and what is stored of it."""

from __future__ import annotations

import datetime as dt
import decimal
import zoneinfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import lakehold as lh

UTC = dt.timezone.utc
NOON = dt.datetime(2026, 7, 1, 12)


def stored(lake: lh.Lake, rows, **options):
    lake.write("t", rows, **options)
    return lake["t"].schema(), lake["t"].scan().fetchall()


def test_pandas_multi_indexes_and_named_ranges(lake: lh.Lake):
    frame = pd.DataFrame({"v": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, "x"), (2, "y")]))
    lake.write("unnamed", frame)
    assert lake["unnamed"].schema() == [("v", "long")]
    lake.write("named", frame.rename_axis(["a", "b"]))
    assert [name for name, _ in lake["named"].schema()] == ["a", "b", "v"]
    lake.write("range", pd.DataFrame({"v": [1, 2]}, index=pd.RangeIndex(2, name="n")))
    assert lake["range"].schema() == [("n", "long"), ("v", "long")]
    assert not any("index_level" in column for name in lake for column, _ in lake[name].schema())


def test_pandas_missing_values_of_every_sort_are_null(lake: lh.Lake):
    frame = pd.DataFrame(
        {
            "i": pd.array([1, pd.NA], dtype="Int64"),
            "u": pd.array([1, pd.NA], dtype="UInt8"),
            "b": pd.array([True, pd.NA], dtype="boolean"),
            "f": pd.array([1.5, pd.NA], dtype="Float64"),
            "s": ["x", None],
            "o": pd.Series(["x", np.nan], dtype=object),
            "d": pd.Series([dt.date(2026, 1, 1), None], dtype=object),
            "t": pd.Series([pd.Timestamp(NOON, tz="UTC"), pd.NaT]),
            "m": pd.Series([decimal.Decimal("1.5"), None], dtype=object),
        }
    )
    _, rows = stored(lake, frame)
    assert rows[1] == (None,) * 9
    lake.sql("CREATE TABLE ints (i BIGINT)")
    lake["ints"].append(pd.DataFrame({"i": pd.array([1, None], dtype="Int64")}))
    assert lake["ints"].scan().fetchall() == [(1,), (None,)]


def test_nan_is_a_float_value_and_is_refused_in_integers(lake: lh.Lake):
    nan = float("nan")
    for name, frame in {
        "pandas": pd.DataFrame({"f": [1.0, nan]}),
        "polars": pl.DataFrame({"f": [1.0, nan]}),
        "numpy": {"f": np.array([1.0, nan])},
        "dicts": [{"f": 1.0}, {"f": nan}],
    }.items():
        if name != "pandas":
            lake.write(name, frame)
            assert np.isnan(lake[name].scan().fetchall()[1][0]), name
        lake.sql(f"CREATE TABLE {name}_ints (f BIGINT)")
        if name == "pandas":  # NaN is how pandas says missing, even among floats.
            continue
        with pytest.raises(lh.InvalidError, match="nan.*row 1"):
            lake[f"{name}_ints"].append(frame)


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_unsigned_integers_are_stored_in_the_next_wider_type(lake: lh.Lake, bits):
    type_ = {8: "short", 16: "integer", 32: "long", 64: "decimal(20,0)"}[bits]
    values = np.array([0, 2**bits - 1], dtype=f"uint{bits}")
    frames = {
        "pandas": pd.DataFrame({"u": values}),
        "polars": pl.DataFrame({"u": values}),
        "numpy": {"u": values},
    }
    for name, frame in frames.items():
        lake.write(name, frame)
        assert lake[name].schema() == [("u", type_)], name
        assert lake[name].scan().fetchall() == [(0,), (2**bits - 1,)], name


def test_aware_timestamps_are_instants_and_come_back_in_utc(lake: lh.Lake):
    zone = zoneinfo.ZoneInfo("Asia/Tokyo")
    moment = NOON.replace(tzinfo=zone)
    for name, frame in {
        "pandas": pd.DataFrame({"t": pd.Series([moment])}),
        "polars": pl.DataFrame({"t": pl.Series([moment]).dt.convert_time_zone("Europe/Oslo")}),
        "arrow": pa.table({"t": pa.array([moment], pa.timestamp("ms", tz="America/Lima"))}),
        "dicts": [{"t": moment}],
    }.items():
        lake.write(name, frame)
        assert lake[name].schema() == [("t", "timestamp")], name
        (got,) = lake[name].scan().fetchone()
        assert got == moment and got.tzinfo is UTC, name
        assert lake[name].to_polars().schema["t"] == pl.Datetime("us", "UTC"), name
        assert str(lake[name].to_pandas()["t"].dtype).endswith("UTC]"), name


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "dicts"])
def test_naive_timestamps_follow_one_rule_whatever_the_frame(lake: lh.Lake, kind):
    frame = {
        "pandas": pd.DataFrame({"t": [NOON]}),
        "polars": pl.DataFrame({"t": [NOON]}),
        "arrow": pa.table({"t": [NOON]}),
        "dicts": [{"t": NOON}],
    }[kind]
    report = lake.write("ntz", frame)
    assert lake["ntz"].schema() == [("t", "timestamp_ntz")]
    assert report.reader_features == ("timestampNtz",)
    lake.write("utc", frame, timestamps="utc")
    assert lake["utc"].schema() == [("t", "timestamp")]
    with pytest.raises(lh.InvalidError) as caught:
        lake["utc"].append(frame)
    assert 'timestamps="utc"' in str(caught.value)
    lake["utc"].append(frame, timestamps="utc")
    assert lake["utc"].scan().fetchall() == [(NOON.replace(tzinfo=UTC),)] * 2


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_nanoseconds_are_kept_exactly_or_refused_with_the_fix(lake: lh.Lake, zone):
    exact = pd.DataFrame({"t": pd.to_datetime([1_000], unit="ns", utc=zone is not None)})
    odd = pd.DataFrame({"t": pd.to_datetime([1_000, 1_001], unit="ns", utc=zone is not None)})
    exact["t"] = exact["t"].astype(f"datetime64[ns, {zone}]" if zone else "datetime64[ns]")
    odd["t"] = odd["t"].astype(exact["t"].dtype)
    lake.write("t", exact)
    for write in (lambda: lake["t"].append(odd), lambda: lake.write("x", odd)):
        with pytest.raises(lh.InvalidError) as caught:
            write()
        assert "nanoseconds" in str(caught.value) and "t" in str(caught.value)
        assert caught.value.hint or "floor" in str(caught.value).lower()
    assert lake.tables() == ["t"] and lake["t"].count() == 1


def test_float_columns_go_into_integer_columns_only_whole(lake: lh.Lake):
    lake.sql("CREATE TABLE t (i BIGINT, s VARCHAR)")
    lake["t"].append(pd.DataFrame({"i": [1.0, 2.0], "s": ["7", "8"]}))
    for bad in ({"i": [1.5], "s": ["x"]}, {"i": ["7"], "s": ["x"]}, {"i": [1], "s": [7]}):
        with pytest.raises(lh.InvalidError):
            lake["t"].append(pd.DataFrame(bad))
    assert lake["t"].count() == 2


def test_local_frames_join_delta_folders_by_name(lake: lh.Lake):
    lake.write("t", [{"id": 1, "x": "a"}, {"id": 2, "x": "b"}])
    path = lake["t"].location
    pandas_frame = pd.DataFrame({"id": [1]})
    polars_frame = pl.DataFrame({"id": [2]})
    lazy = polars_frame.lazy()
    handle = lh.open(path)
    result = lake.sql("SELECT 2 AS id")
    for name in ("pandas_frame", "polars_frame", "lazy", "handle", "result"):
        rows = lh.sql(f"SELECT id FROM {name} JOIN '{path}' USING (id)").fetchall()
        assert len(rows) == (2 if name == "handle" else 1), name
    assert pandas_frame is not None and lazy is not None and result and handle


def instants(nanos: list[int | None]) -> pa.Array:
    return pa.array(nanos, pa.timestamp("ns", "UTC"))


NESTED_INSTANTS = {
    "struct": lambda odd: pa.StructArray.from_arrays([instants([1_000, odd])], ["a"]),
    "slice": lambda odd: pa.StructArray.from_arrays([instants([7, 1_000, odd])], ["a"]).slice(1),
    "list": lambda odd: pa.ListArray.from_arrays([0, 1, 3], instants([1_000, 2_000, odd])),
    "large list": lambda odd: pa.LargeListArray.from_arrays([0, 1, 2], instants([1_000, odd])),
    "fixed list": lambda odd: pa.FixedSizeListArray.from_arrays(
        instants([1_000, 2_000, 3_000, odd]), 2
    ),
    "map": lambda odd: pa.MapArray.from_arrays(
        [0, 1, 2], pa.array(["x", "y"]), instants([1_000, odd])
    ),
    "dictionary": lambda odd: pa.DictionaryArray.from_arrays(
        pa.array([0, 1], pa.int8()), instants([1_000, odd])
    ),
    "list of structs": lambda odd: pa.ListArray.from_arrays(
        [0, 1, 2], pa.StructArray.from_arrays([instants([1_000, odd])], ["a"])
    ),
}


@pytest.mark.parametrize("kind", NESTED_INSTANTS)
def test_nanoseconds_below_a_column_are_refused_as_those_in_it(lake: lh.Lake, kind: str):
    for odd, exact in ((2_001, False), (2_000, True), (None, True)):
        if odd is None and kind == "map":
            continue
        table = pa.table({"c": NESTED_INSTANTS[kind](odd)})
        if exact:
            lake.write("t", table, mode="overwrite")
            assert lake["t"].count() == 2
            continue
        for write in (
            lambda: lake.write("t", table),
            lambda: lake.write("t", table, mode="append"),
        ):
            with pytest.raises(lh.InvalidError) as caught:
                write()
            assert caught.value.reason == "engine.nanoseconds"
            assert "row 1" in str(caught.value)
        assert lake.tables() == []


def test_nanoseconds_below_a_null_are_nobodys(lake: lh.Lake):
    hidden = pa.StructArray.from_arrays(
        [instants([1_000, 2_001])], ["a"], mask=pa.array([False, True])
    )
    lake.write("t", pa.table({"c": hidden}))
    assert lake["t"].scan().fetchall()[1] == (None,)
