"""What has no place in a table is told, and leaves everything as it was."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

import lakehold as lh

UTC = dt.timezone.utc


def test_nanoseconds_are_stored_exactly_or_refused(lake: lh.Lake):
    exact = pa.table({"t": pa.array([1_000_000_123_000], pa.timestamp("ns", tz="UTC"))})
    lake.write("t", exact)
    assert lake.table("t").scan().fetchall() == [
        (dt.datetime(1970, 1, 1, 0, 16, 40, 123, tzinfo=UTC),)
    ]
    odd = pa.table({"t": pa.array([1_000_000_123_001], pa.timestamp("ns", tz="UTC"))})
    with pytest.raises(lh.InvalidError, match="(?i)nanosecond|ns|us"):
        lake.table("t").append(odd)
    with pytest.raises(lh.InvalidError):
        lake.write("odd", odd)
    assert lake.table("t").version() == 0


@pytest.mark.parametrize(
    "frame",
    [
        pa.table({"c": pa.nulls(2)}),
        pa.table({"c": pa.array([dt.time(1)])}),
        pa.table({"c": pa.array([dt.timedelta(1)])}),
        pa.table([[1], [2]], names=["c", "c"]),
        pa.table([[1], [2]], names=["c", "C"]),
        pa.table([[1]], names=[""]),
        pd.DataFrame([[1, 2]], columns=["c", "c"]),
        pd.DataFrame([[1, 2]]),
        [{"c": None}],
    ],
    ids=[
        "all-null",
        "time",
        "duration",
        "duplicate",
        "duplicate-case",
        "empty-name",
        "pandas-dup",
        "number-name",
        "none",
    ],
)
def test_columns_without_a_place_in_a_new_table_are_refused_with_the_fix(lake: lh.Lake, frame):
    with pytest.raises((lh.InvalidError, lh.UnsupportedError)) as caught:
        lake.write("x", frame)
    assert caught.value.hint and caught.value.reason
    assert "x" not in lake
