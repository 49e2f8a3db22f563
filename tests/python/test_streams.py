"""Inputs of any length go into one commit in bounded memory, and say where they broke."""

from __future__ import annotations

import datetime as dt
import decimal
import subprocess
import sys
import textwrap

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import lakehold as lh

GROWTH = """
    import resource, sys
    import polars as pl
    import pyarrow as pa
    import lakehold as lh

    def peak() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def dicts(rows):
        return ({{"n": n, "s": f"{{n:0400d}}"}} for n in range(rows))

    def batches(rows):
        for start in range(0, rows, 5_000):
            piece = range(start, start + 5_000)
            yield pa.record_batch({{"n": list(piece), "s": [f"{{n:0400d}}" for n in piece]}})

    def reader(rows):
        one = next(batches(5_000))
        return pa.RecordBatchReader.from_batches(one.schema, batches(rows))

    def lazy(rows):
        path = {folder!r} + f"/{{rows}}.parquet"
        rows = f"SELECT n, format('{{{{:0400d}}}}', n) AS s FROM range({{rows}}) AS r(n)"
        lh.connect().sql(f"COPY ({{rows}}) TO '{{path}}' (ROW_GROUP_SIZE 10000)")
        return pl.scan_parquet(path).with_columns(pl.col("n") + 0)

    make = globals()[{kind!r}]
    lake = lh.connect({folder!r} + "/lake")
    lake.sql("CREATE TABLE t (n BIGINT, s VARCHAR)")
    lake["t"].append(make({rows} // 4))
    before = peak()
    assert lake["t"].append(make({rows})).rows_added == {rows}
    assert lake["t"].version() == 2
    print(peak() - before)
"""


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("dicts", 1_500_000),
        ("batches", 2_000_000),
        ("reader", 2_000_000),
        ("lazy", 3_000_000),
    ],
)
def test_rows_of_400_bytes_are_one_commit_in_bounded_memory(tmp_path, kind, rows):
    # The first write brings the memory that the engine keeps; the second is four times as large.
    script = textwrap.dedent(GROWTH).format(folder=str(tmp_path), kind=kind, rows=rows)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < rows * 400 * 3 / 4, done.stdout


def test_lazy_frames_are_not_collected_and_may_be_empty(lake: lh.Lake, monkeypatch):
    frame = pl.LazyFrame({"a": range(120_000), "b": ["x"] * 120_000})
    empty = frame.filter(pl.col("a") < 0)

    def refuse(*_args, **_options):
        raise AssertionError("collected")

    with monkeypatch.context() as patched:
        patched.setattr(pl.LazyFrame, "collect", refuse)
        assert lake.write("t", frame.with_columns(pl.col("a") * 2)).rows_added == 120_000
    assert lake["t"].append(empty).rows_added == 0
    assert lake.write("empty", empty).rows_added == 0
    assert lake["empty"].schema() == [("a", "long"), ("b", "string")]
    assert lake.sql("SELECT sum(a) FROM t").fetchone() == (119_999 * 120_000,)


def test_a_lazy_frame_of_the_table_itself_is_written_back(lake: lh.Lake):
    lake.write("t", [{"a": 1}, {"a": 2}])
    lake["t"].append(lake["t"].lazy().filter(pl.col("a") > 1))
    lake.write("u", lake["t"].lazy())
    assert sorted(lake["u"].scan()) == [(1,), (2,), (2,)]


def test_a_lazy_frame_that_breaks_writes_nothing(lake: lh.Lake):
    lake.write("t", [{"a": 1}])
    broken = pl.LazyFrame({"a": ["x"]}).with_columns(pl.col("a").cast(pl.Int64))
    with pytest.raises(lh.LakeholdError) as caught:
        lake["t"].append(broken)
    assert "conversion" in str(caught.value) and lake["t"].version() == 0


def test_what_a_generator_raises_is_the_cause_of_the_error(lake: lh.Lake):
    lake.write("t", [{"a": 1}])

    def rows(make):
        for n in range(25_000):
            yield make(n)
        raise RuntimeError("the sensor broke")

    for make in (
        lambda n: {"a": n},
        lambda n: pa.record_batch({"a": [n]}),
    ):
        with pytest.raises(lh.LakeholdError, match="the sensor broke") as caught:
            lake["t"].append(rows(make))
        assert isinstance(caught.value.__cause__, RuntimeError)
        with pytest.raises(lh.LakeholdError, match="the sensor broke"):
            lake.write("u", rows(make))
    assert lake["t"].version() == 0 and "u" not in lake


def test_late_types_of_an_iterable_of_dicts_come_from_the_table_or_the_schema(lake: lh.Lake):
    def rows():
        for n in range(30_000):
            late = n >= 20_000
            yield {
                "i": n,
                "f": 0.5 if late else 1,
                "d": decimal.Decimal("1.234") if late else decimal.Decimal(1),
                "s": "x" if late else None,
                "l": ["x"] if late else [],
                "day": dt.date(2026, 1, 1) if late else None,
            }

    lake.sql(
        "CREATE TABLE t (i BIGINT, f DOUBLE, d DECIMAL(9,3), s VARCHAR, l VARCHAR[], day DATE)"
    )
    assert lake["t"].append(rows()).rows_added == 30_000
    assert lake.sql("SELECT f, d, s, l FROM t WHERE i = 29999").fetchone() == (
        0.5,
        decimal.Decimal("1.234"),
        "x",
        ["x"],
    )
    schema = {
        "f": "DOUBLE",
        "d": "DECIMAL(9,3)",
        "s": "VARCHAR",
        "l": "VARCHAR[]",
        "day": "DATE",
        "later": "VARCHAR",
    }
    lake.write("u", rows(), schema=schema)
    assert lake["u"].count() == 30_000 and ("later", "string") in lake["u"].schema()


def test_late_rows_that_do_not_fit_are_named(lake: lh.Lake):
    lake.sql("CREATE TABLE t (a BIGINT)")

    def rows(last):
        for n in range(12_345):
            yield {"a": n}
        yield last

    for last, words in (
        ({"a": 0.5}, 'column "a" is float, was integer'),
        ({"a": "x"}, "text"),
        ({"a": 1, "b": 2}, 'column "b" is new'),
        (5, "expected a dict"),
        ({"a": 2**70}, "64 bits"),
    ):
        with pytest.raises(lh.InvalidError) as caught:
            lake["t"].append(rows(last))
        assert words in str(caught.value) and "row 12345" in str(caught.value), caught.value
    assert lake["t"].version() == 0


def test_batches_that_differ_are_named(lake: lh.Lake):
    for items in (
        [pa.record_batch({"a": [1]}), pa.record_batch({"a": ["x"]})],
        [pa.record_batch({"a": [1]}), pa.record_batch({"b": [1]})],
        [pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [0.5]})],
        [pa.record_batch({"a": [1]}), {"a": 1}],
    ):
        for rows in (items, iter(items)):
            with pytest.raises(lh.InvalidError, match="batch 1|holds no rows"):
                lake.write("t", rows)
    assert "t" not in lake


def test_lists_and_iterables_of_pandas_frames_follow_the_rules_of_pandas(lake: lh.Lake):
    frames = [pd.DataFrame({"a": [n]}, index=[7]) for n in range(3)]
    lake.write("t", frames)
    lake["t"].append(iter(frames))
    lake["t"].append(frame for frame in frames)
    assert lake["t"].schema() == [("a", "long")] and lake["t"].count() == 9


def test_iterables_of_batches_need_no_other_library(tmp_path):
    script = f"""
        import sys
        for name in ("pyarrow", "pandas", "polars", "numpy", "duckdb"):
            sys.modules[name] = None
        import lakehold as lh
        lake = lh.connect({str(tmp_path / "lake")!r})
        lake.write("t", [{{"a": n}} for n in range(3)])
        other = lake.session()
        lake.write("u", (other["t"].scan() for _ in range(4)))
        assert lake["u"].count() == 12
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=60)


def test_an_iterable_that_asks_the_session_it_is_written_by_is_refused(lake: lh.Lake):
    lake.write("t", [{"a": 1}])
    for ask in (lambda: lake["t"].scan(), lambda: lake.sql("SELECT * FROM t")):

        def rows(ask=ask):
            yield pa.record_batch({"a": [1]})
            yield ask()

        with pytest.raises(lh.LakeholdError, match="session") as caught:
            lake["t"].append(rows())
        assert caught.value.__cause__.reason == "engine.session_busy"
    assert lake["t"].version() == 0
    assert lake["t"].append(row for row in [lake["t"].scan()]).rows_added == 1


def test_integers_among_floats_are_never_rounded(lake: lh.Lake):
    lake.write("t", [{"a": 0.5}, {"a": 2**53}])
    assert sorted(lake["t"].scan()) == [(0.5,), (2.0**53,)]
    for rows in ([{"a": 0.5}, {"a": 2**53 + 1}], {"a": [0.5, 10**400]}):
        with pytest.raises(lh.InvalidError, match="row 1.*no exact float"):
            lake["t"].append(rows)
    assert lake["t"].version() == 0
