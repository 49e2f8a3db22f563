"""Results in every form, with and without other libraries."""

from __future__ import annotations

import datetime as dt
import decimal
import subprocess
import sys
import textwrap
import uuid

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import lakehold as lh

UTC = dt.timezone.utc


def value(sql: str, params=None):
    return lh.connect().sql(f"SELECT {sql}", params).fetchone()[0]


def test_one_result_reads_as_every_form_again_and_again(trips: lh.Table, lake: lh.Lake):
    result = lake.sql("SELECT id, fare FROM trips ORDER BY id")
    rows = [(1, 9.5), (2, None), (3, 7.25), (4, 1.0)]
    assert result.fetchall() == rows and list(result) == rows
    assert result.to_pylist()[1] == {"id": 2, "fare": None}
    assert result.to_arrow().to_pylist() == result.to_pylist()
    assert result.to_arrow_reader().read_all().num_rows == 4
    assert isinstance(result.to_pandas(), pd.DataFrame) and result.to_pandas()["id"].tolist() == [
        1,
        2,
        3,
        4,
    ]
    assert (
        isinstance(result.to_polars(), pl.DataFrame)
        and result.to_polars()["fare"].null_count() == 1
    )
    assert result.to_numpy()["id"].dtype == np.int64
    assert [batch.num_rows for batch in result.iter_batches(rows=3)] == [3, 1]
    assert result.columns == ["id", "fare"] and result.changed_rows is None
    assert pa.table(result).num_rows == 4 and pl.DataFrame(result).height == 4
    assert pa.schema(result).names == ["id", "fare"]


def test_fetchone_walks_through_the_rows(trips: lh.Table, lake: lh.Lake):
    result = lake.sql("SELECT id FROM trips ORDER BY id LIMIT 2")
    assert [result.fetchone(), result.fetchone(), result.fetchone()] == [(1,), (2,), None]
    assert result.fetchall() == [(1,), (2,)]


def test_two_readers_of_one_result_do_not_disturb_each_other(lake: lh.Lake):
    result = lake.sql("SELECT range AS x FROM range(100000)")
    assert all(a == b for a, b in zip(result, result, strict=True))


def test_tables_scans_and_results_are_frames_to_others(trips: lh.Table, lake: lh.Lake):
    duckdb = pytest.importorskip("duckdb")
    for source in (trips, trips.scan(), lake.sql("SELECT * FROM trips")):
        assert pa.table(source).num_rows == 4
        assert pl.DataFrame(source).height == 4
        assert pa.schema(source).names == ["id", "fare", "day"]
        assert duckdb.sql("SELECT sum(id) FROM source").fetchone() == (10,)


def test_a_lazy_frame_reads_only_what_it_needs(trips: lh.Table):
    lazy = trips.lazy()
    assert lazy.collect_schema().names() == ["id", "fare", "day"]
    trips.append([{"id": 100, "fare": 0.0, "day": None}])
    picked = lazy.filter(pl.col("id") > 1).select("fare").sort("fare").collect()
    assert picked["fare"].to_list() == [None, 1.0, 7.25]
    assert lazy.head(1).collect().height == 1
    assert (
        trips.to_polars().height == 5
        and len(trips.to_pandas()) == 5
        and trips.to_arrow().num_rows == 5
    )


def test_filters_of_a_lazy_frame_go_down_into_the_scan(lake: lh.Lake, monkeypatch):
    rows = [
        {
            "i": n if n % 7 else None,
            "f": n / 4 if n % 5 else float("nan"),
            "s": f"it's {n:02}",
            "day": dt.date(2026, 1, 1) + dt.timedelta(days=n),
            "at": dt.datetime(2026, 1, 1, tzinfo=UTC) + dt.timedelta(hours=n),
            "naive": dt.datetime(2026, 1, 1) + dt.timedelta(hours=n),
            "r": np.float32(n / 10).item(),
        }
        for n in range(40)
    ]
    lake.write("t", rows, schema={"r": "DOUBLE"})
    frame, lazy = lake["t"].to_polars(), lake["t"].lazy()
    asked = []
    scan = lh.Table.scan
    monkeypatch.setattr(
        lh.Table, "scan", lambda self, **how: asked.append(how["where"]) or scan(self, **how)
    )
    col = pl.col
    for predicate, pushed in (
        (col("i") > 5, True),
        (5 >= col("i"), True),
        (col("i") != 5, True),
        (col("i").is_null() | (col("i") == 3), True),
        (col("i").is_not_null() & (col("f") < 4.5), True),
        (col("f") >= 4.5, True),
        (col("s") == "it's 07", True),
        (col("s") > "it's 30", True),
        (col("day") <= dt.date(2026, 1, 9), True),
        (col("at") < dt.datetime(2026, 1, 1, 9, tzinfo=UTC), True),
        (col("naive") < dt.datetime(2026, 1, 1, 9), True),
        (col("i").is_between(3, 9), True),
        ((col("i") > 5) & (col("s").str.len_chars() > 3), True),
        ((col("i") > 5) | (col("s").str.len_chars() > 3), False),
        (~(col("i") > 5), None),
        (col("i").is_in([1, 2]), None),
        (col("i") + 1 > 5, None),
        (col("i") > col("r"), None),
    ):
        asked.clear()
        got = lazy.filter(predicate).select("s", "i").collect()
        assert got.equals(frame.filter(predicate).select("s", "i")), str(predicate)
        if pushed is not None:
            assert (asked[0] is not None) == pushed, (str(predicate), asked)
        assert lazy.filter(predicate).select(pl.len()).collect().item() == got.height


@pytest.mark.parametrize(
    "given",
    [
        None,
        True,
        -5,
        2**100,
        0.1,
        float("inf"),
        'it\'s "x" \x00 \U0001f600',
        b"\x00\xff'",
        decimal.Decimal("-0.00120"),
        decimal.Decimal("9" * 38),
        dt.date(1, 1, 1),
        dt.date(9999, 12, 31),
        dt.time(1, 2, 3, 4),
        dt.datetime(1, 1, 1),
        dt.datetime(2026, 1, 2, 3, 4, 5, 678901),
        dt.datetime(1960, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        dt.timedelta(days=-1, microseconds=5),
        uuid.UUID(int=7),
    ],
    ids=lambda given: type(given).__name__,
)
def test_a_parameter_of_every_type_comes_back(given):
    expected = str(given) if isinstance(given, uuid.UUID) else given
    assert value("?", [given]) == expected
    assert value("$x", {"x": given}) == expected
    assert type(value("?", [given])) is type(expected)


def test_parameters_of_numpy_and_pandas_are_what_they_stand_for():
    assert (
        value("?", [np.int32(5)]) == 5
        and value("?", [np.float32(0.5)]) == 0.5
        and value("?", [np.bool_(True)]) is True
    )
    assert value("?", [np.datetime64("2026-01-02T03:04:05", "ns")]) == dt.datetime(
        2026, 1, 2, 3, 4, 5
    )
    assert value("?", [np.datetime64("NaT")]) is None
    assert value("?", [pd.Timestamp("2026-01-02T03:04:05Z")]) == dt.datetime(
        2026, 1, 2, 3, 4, 5, tzinfo=UTC
    )
    assert value("?", [pd.NaT]) is None and value("?", [pd.NA]) is None
    for odd in (
        np.datetime64("2026-01-02T03:04:05.000000001"),
        pd.Timestamp("2026-01-02T03:04:05.000000001"),
    ):
        with pytest.raises(lh.InvalidError, match="nanoseconds"):
            value("?", [odd])


def test_parameters_that_cannot_be_bound_are_refused():
    for given in (
        [object()],
        [[1]],
        [2**200],
        [decimal.Decimal("NaN")],
        [decimal.Decimal("1" * 39)],
        "text",
        5,
    ):
        with pytest.raises(lh.InvalidError) as caught:
            value("?", given)
        assert caught.value.reason == "python.parameters"
    with pytest.raises(lh.InvalidError):
        value("? + ?", [1])


NATIVE = {
    "1::TINYINT": -1 + 2,
    "-1::SMALLINT": -1,
    "4000000000::UINTEGER": 4_000_000_000,
    "18446744073709551615::UBIGINT": 2**64 - 1,
    "170141183460469231731687303715884105727::HUGEINT": 2**127 - 1,
    "sum(x) FROM range(5) AS r(x)": 10,
    "1.5::FLOAT": 1.5,
    "-0.001::DECIMAL(4,3)": decimal.Decimal("-0.001"),
    "12345.67::DECIMAL(9,2)": decimal.Decimal("12345.67"),
    "12345678901234.5::DECIMAL(18,1)": decimal.Decimal("12345678901234.5"),
    "'grün'": "grün",
    "repeat('x', 20)": "x" * 20,
    "'\\xAA'::BLOB": b"\xaa",
    "DATE '1969-12-31'": dt.date(1969, 12, 31),
    "DATE '2024-02-29'": dt.date(2024, 2, 29),
    "TIME '23:59:59.999999'": dt.time(23, 59, 59, 999999),
    "TIMESTAMP '1969-12-31 23:59:59.999999'": dt.datetime(1969, 12, 31, 23, 59, 59, 999999),
    "TIMESTAMPTZ '2026-01-01 00:00:00+02'": dt.datetime(2025, 12, 31, 22, tzinfo=UTC),
    "TIMESTAMP_S '2026-01-01 00:00:01'": dt.datetime(2026, 1, 1, 0, 0, 1),
    "TIMESTAMP_MS '2026-01-01 00:00:00.001'": dt.datetime(2026, 1, 1, 0, 0, 0, 1000),
    "TIMESTAMP_NS '2026-01-01 00:00:00.000001'": dt.datetime(2026, 1, 1, 0, 0, 0, 1),
    "INTERVAL '1 day 2 seconds'": dt.timedelta(days=1, seconds=2),
    "[1, NULL, 3]": [1, None, 3],
    "[['a'], NULL, []]": [["a"], None, []],
    "array_value(1, 2)": [1, 2],
    "{'a': 1, 'b': {'c': NULL}}": {"a": 1, "b": {"c": None}},
    "MAP {'k': 1, 'l': NULL}": {"k": 1, "l": None},
    "'b'::ENUM('a', 'b')": "b",
    "NULL": None,
}


@pytest.mark.parametrize("sql", NATIVE)
def test_values_become_python_objects_without_pyarrow(sql):
    got = value(sql)
    assert got == NATIVE[sql] and type(got) is type(NATIVE[sql])


def test_values_agree_with_pyarrow_on_many_rows(lake: lh.Lake):
    result = lake.sql(
        """SELECT x AS i, CASE WHEN x % 3 = 0 THEN NULL ELSE 'v' || x END AS s, [x, NULL] AS l,
        {'x': x, 's': 'é'} AS r,
           (x / 7)::DECIMAL(18, 4) AS d, DATE '1900-01-01' + x::INTEGER AS day,
           TIMESTAMPTZ '1960-01-01 00:00:00+00' + INTERVAL (x * 7919) SECOND AS at, x % 2 = 0 AS b
           FROM range(40000) AS r(x)"""
    )
    ours, theirs = result.to_pylist(), result.to_arrow().to_pylist()
    assert len(ours) == 40000 and ours == theirs


def test_what_python_has_no_value_for_says_so():
    for sql, words in (("DATE '20000-01-01'", "year 20000"), ("TIMESTAMP 'infinity'", "year")):
        with pytest.raises(ValueError, match=words):
            value(sql)


def test_rows_need_no_other_library(tmp_path):
    script = f"""
        import sys
        for name in ("pyarrow", "pandas", "polars", "numpy", "duckdb"):
            sys.modules[name] = None
        import lakehold as lh
        lake = lh.connect({str(tmp_path / "lake")!r})
        lake.write("t", [{{"a": 1, "b": ["x", None]}}, {{"a": None}}])
        t = lake.table("t")
        t.append({{"a": [3], "b": [["y"]]}})
        assert t.scan().fetchall() == [(1, ["x", None]), (None, None), (3, ["y"])], t.scan().fetchall()
        assert t.scan().to_pylist()[0] == {{"a": 1, "b": ["x", None]}}
        assert lake.sql("SELECT count(*) FROM t").fetchone() == (3,)
        assert "<td>3</td>" in t.scan()._repr_html_()
        assert t.history()[0]["version"] == 1 and len(t.files()) == 2
        for call in ("to_arrow", "to_polars", "to_pandas", "to_numpy"):
            try:
                getattr(t.scan(), call)()
            except lh.InvalidError as error:
                assert "pip install 'lakehold[" in error.hint, error
            else:
                raise AssertionError(call)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=60)


def test_reprs_tell_what_they_are(trips: lh.Table, lake: lh.Lake):
    assert repr(lake) == f"<Lake {lake.location}>"
    text = repr(trips)
    for part in ("<Table trips v2", "4 rows", "3 files", "by day", trips.location):
        assert part in text
    assert repr(lake.sql("SELECT id, fare FROM trips")) == "<Result (id BIGINT, fare DOUBLE)>"
    assert "1 rows changed" in repr(lake.sql("INSERT INTO trips VALUES (9, NULL, NULL)"))
    html = trips._repr_html_()
    assert "&lt;Table trips" in html and "fare" in html and "WRITE" in html
    assert "&lt;b&gt;" in lake.sql("SELECT '<b>' AS x")._repr_html_()
    assert "..." in lake.sql("FROM range(100)")._repr_html_()


def test_handles_have_no_length_and_are_true_without_reading(trips: lh.Table, lake: lh.Lake):
    for handle in (trips, lake, trips.scan()):
        assert not hasattr(handle, "__len__") and bool(handle)
