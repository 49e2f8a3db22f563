"""What counts as rows: frames, columns, records, batches, and what becomes of their types."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import pathlib

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import lakehold as lh

UTC = dt.timezone.utc


def stored(lake: lh.Lake, rows, **options) -> tuple[list[tuple[str, str]], list[tuple]]:
    lake.write("t", rows, **options)
    table = lake.table("t")
    return table.schema(), table.scan().fetchall()


def test_pandas_drops_an_unnamed_index_and_keeps_a_named_one(lake: lh.Lake):
    frame = pd.DataFrame({"a": [1, 2]}, index=[7, 8])
    lake.write("plain", frame)
    assert lake["plain"].schema() == [("a", "long")]
    lake.write("named", frame.rename_axis("key"))
    assert lake["named"].scan().fetchall() == [(7, 1), (8, 2)]
    lake.write("dropped", frame.rename_axis("key"), index=False)
    assert lake["dropped"].schema() == [("a", "long")]
    lake.write("kept", frame, index=True)
    assert lake["kept"].schema() == [("index", "long"), ("a", "long")]
    with pytest.raises(lh.InvalidError, match="index"):
        lake.write("clash", frame.rename_axis("a"))
    with pytest.raises(lh.InvalidError, match="pandas"):
        lake.write("x", [{"a": 1}], index=True)


def test_pandas_missing_values_are_null(lake: lh.Lake):
    frame = pd.DataFrame(
        {
            "i": pd.array([1, None], dtype="Int64"),
            "s": pd.array(["x", pd.NA], dtype="string"),
            "t": pd.to_datetime(["2026-01-01T00:00Z", None]),
            "o": ["y", None],
        }
    )
    _, rows = stored(lake, frame)
    assert rows == [(1, "x", dt.datetime(2026, 1, 1, tzinfo=UTC), "y"), (None, None, None, None)]


def test_categories_enums_and_dictionaries_become_text(lake: lh.Lake):
    lake.write("pandas", pd.DataFrame({"c": pd.Categorical(["x", "y", None])}))
    lake.write("polars", pl.DataFrame({"c": pl.Series(["x", "y", None], dtype=pl.Categorical)}))
    lake.write("enum", pl.DataFrame({"c": pl.Series(["x", "y", None], dtype=pl.Enum(["x", "y"]))}))
    lake.write("arrow", pa.table({"c": pa.array(["x", "y", None]).dictionary_encode()}))
    for name in lake:
        assert lake[name].schema() == [("c", "string")], name
        assert lake[name].scan().fetchall() == [("x",), ("y",), (None,)], name


def test_polars_frames_and_lazy_frames_are_written(lake: lh.Lake):
    frame = pl.DataFrame({"a": [1, None], "f": [float("nan"), 1.5], "l": [["x"], []]})
    _, rows = stored(lake, frame)
    assert rows[0][0] == 1 and np.isnan(rows[0][1]) and rows[1] == (None, 1.5, [])
    report = lake.table("t").append(frame.lazy().filter(pl.col("a") == 1))
    assert report.rows_added == 1


def test_numpy_columns_and_records_are_written(lake: lh.Lake):
    records = np.array(
        [(1, 2.5, "x"), (2, float("nan"), "y")], dtype=[("i", "i4"), ("f", "f8"), ("s", "U3")]
    )
    schema, rows = stored(lake, records)
    assert schema == [("i", "integer"), ("f", "double"), ("s", "string")]
    assert rows[0] == (1, 2.5, "x") and np.isnan(rows[1][1])
    lake.write("columns", {"i": np.arange(3, dtype=np.int64), "b": np.array([True, False, True])})
    assert lake["columns"].scan().fetchall() == [(0, True), (1, False), (2, True)]


def test_dicts_of_columns_and_lists_of_dicts_need_no_library(lake: lh.Lake):
    lake.write("columns", {"a": [1, None], "b": ("x", "y")})
    assert lake["columns"].scan().fetchall() == [(1, "x"), (None, "y")]
    lake.write("dicts", [{"a": 1}, {"b": "y", "a": 2}, {}])
    assert lake["dicts"].scan().fetchall() == [(1, None), (2, "y"), (None, None)]
    lake.write("lazy", ({"a": n} for n in range(3)))
    assert lake["lazy"].count() == 3
    with pytest.raises(lh.InvalidError, match="values"):
        lake.write("x", {"a": [1, 2], "b": [1]})
    with pytest.raises(lh.InvalidError, match="list of one dict"):
        lake.write("x", {"a": 1, "b": 2})


def test_values_of_every_kind_come_back_as_they_went(lake: lh.Lake):
    row = {
        "b": True,
        "i": 2**62,
        "f": 0.1,
        "d": decimal.Decimal("12.340"),
        "s": "grün \x00 \U0001f600",
        "y": b"\x00\xff",
        "day": dt.date(1, 1, 1),
        "at": dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        "l": [1, None, 3],
        "r": {"x": 1, "y": {"z": ["q"]}},
    }
    lake.write("t", [row, dict.fromkeys(row)])
    first, second = lake.table("t").scan().to_pylist()
    assert first == row and first["at"].tzinfo is UTC
    assert set(second.values()) == {None}


def test_generators_and_lists_of_batches_are_one_commit(lake: lh.Lake):
    batch = pa.record_batch({"a": [1, 2]})
    report = lake.write("t", (batch for _ in range(3)))
    assert (report.version, report.rows_added) == (0, 6)
    assert lake.table("t").append([batch, batch]).rows_added == 4
    assert (
        lake.table("t")
        .append(iter([pl.DataFrame({"a": [9]}), pl.DataFrame({"a": [10]})]))
        .rows_added
        == 2
    )
    assert lake.table("t").append(batch).rows_added == 2


def test_an_error_in_a_generator_is_told_and_writes_nothing(lake: lh.Lake):
    batch = pa.record_batch({"a": [1, 2]})
    lake.write("t", batch)

    def batches():
        yield batch
        raise RuntimeError("the sensor broke")

    with pytest.raises(lh.LakeholdError, match="the sensor broke"):
        lake.table("t").append(batches())
    assert lake.table("t").version() == 0


def test_a_reader_gives_its_rows_once(lake: lh.Lake):
    reader = pa.table({"a": [1, 2]}).to_reader()
    result = lake.sql("SELECT sum(a) FROM reader")
    assert result.fetchall() == [(3,)]
    with pytest.raises(lh.InvalidError) as caught:
        result.fetchall()
    assert caught.value.reason == "engine.consumed"
    assert reader is not None


def test_a_reader_can_be_written_once(lake: lh.Lake):
    assert lake.write("t", pa.table({"a": [1, 2]}).to_reader()).rows_added == 2


def test_results_and_tables_can_be_written_and_read_again(lake: lh.Lake):
    lake.write("a", [{"x": 1}])
    lake.write("b", lake.sql("SELECT x + 1 AS x FROM a"))
    lake.write("c", lake.table("a"))
    assert lake["b"].scan().fetchall() == [(2,)] and lake["c"].scan().fetchall() == [(1,)]


def test_empty_frames_make_empty_tables_and_shapeless_input_is_refused(lake: lh.Lake):
    assert lake.write("pandas", pd.DataFrame({"a": pd.Series([], dtype="int64")})).rows_added == 0
    assert lake.write("polars", pl.DataFrame(schema={"a": pl.Int64})).rows_added == 0
    assert lake.write("arrow", pa.schema([("a", pa.int64())]).empty_table()).rows_added == 0
    assert lake["pandas"].append(pd.DataFrame({"a": pd.Series([], dtype="int64")})).rows_added == 0
    for nothing in ([], (), iter([]), {}, pd.DataFrame(), 5, "rows", [1, 2], None, object()):
        with pytest.raises(lh.InvalidError):
            lake.write("x", nothing)
    assert "x" not in lake


def test_unsigned_integers_take_the_next_wider_signed_type(lake: lh.Lake):
    frame = pa.table(
        {
            f"u{bits}": pa.array([2**bits - 1], pa.type_for_alias(f"uint{bits}"))
            for bits in (8, 16, 32, 64)
        }
    )
    schema, rows = stored(lake, frame)
    assert schema == [
        ("u8", "short"),
        ("u16", "integer"),
        ("u32", "long"),
        ("u64", "decimal(20,0)"),
    ]
    assert rows == [(255, 65535, 2**32 - 1, 2**64 - 1)]


def test_naive_timestamps_of_a_new_table_need_a_feature_that_the_report_names(lake: lh.Lake):
    frame = pa.table({"t": pa.array([dt.datetime(2026, 1, 1, 12)])})
    report = lake.write("naive", frame)
    assert lake["naive"].schema() == [("t", "timestamp_ntz")]
    assert report.reader_features == ("timestampNtz",) and "readers need timestampNtz" in repr(
        report
    )
    assert "readers need timestampNtz" in repr(lake["naive"])
    assert lake["naive"].scan().fetchall() == [(dt.datetime(2026, 1, 1, 12),)]
    report = lake.write("utc", frame, timestamps="utc")
    assert lake["utc"].schema() == [("t", "timestamp")] and report.reader_features == ()
    assert lake["utc"].scan().fetchall() == [(dt.datetime(2026, 1, 1, 12, tzinfo=UTC),)]
    assert lake["utc"].metrics()["min_reader_version"] == 1


def test_naive_timestamps_into_a_timestamp_column_need_a_word_for_it(lake: lh.Lake):
    lake.sql("CREATE TABLE t (t TIMESTAMPTZ)")
    frame = [{"t": dt.datetime(2026, 1, 1, 12)}]
    with pytest.raises(lh.InvalidError, match="utc"):
        lake.table("t").append(frame)
    lake.table("t").append(frame, timestamps="utc")
    lake.sql("INSERT INTO t VALUES (TIMESTAMP '2026-01-01 12:00:00')")
    assert lake.table("t").scan().fetchall() == [(dt.datetime(2026, 1, 1, 12, tzinfo=UTC),)] * 2
    with pytest.raises(lh.InvalidError, match="timestamps="):
        lake.table("t").append(frame, timestamps="local")


def test_appends_widen_only_and_name_the_offending_value(lake: lh.Lake):
    lake.sql("CREATE TABLE t (i BIGINT, f DOUBLE, s VARCHAR)")
    table = lake.table("t")
    table.append([{"i": 1, "f": 2, "s": "x"}])
    table.append(pa.table({"i": [2.0], "f": pa.array([1], pa.int32()), "s": ["y"]}))
    for bad in ({"i": 1.5}, {"i": "7"}, {"i": float("nan")}, {"s": 5}, {"f": "x"}):
        with pytest.raises(lh.InvalidError) as caught:
            table.append([{"i": None, "f": None, "s": None} | bad])
        assert f'"{next(iter(bad))}"' in str(caught.value) or "column i" in str(caught.value), (
            caught.value
        )
    assert table.version() == 2


def test_unknown_and_missing_columns_are_one_error_and_not_null_holds(trips: lh.Table):
    with pytest.raises(lh.InvalidError) as caught:
        trips.append([{"id": 1, "fair": 2.0, "dai": None}])
    for name in ("fair", "dai", "fare", "day"):
        assert name in str(caught.value)
    with pytest.raises(lh.InvalidError, match="id"):
        trips.append([{"id": None, "fare": 1.0, "day": None}])
    assert trips.version() == 2


def test_what_an_arrow_schema_says_is_not_null_is_kept_and_enforced(lake: lh.Lake):
    schema = pa.schema(
        [
            pa.field("id", pa.int64(), nullable=False),
            pa.field(
                "st",
                pa.struct(
                    [pa.field("x", pa.int32(), nullable=False), pa.field("y.z", pa.string())]
                ),
            ),
            pa.field("l", pa.list_(pa.field("item", pa.int32(), nullable=False))),
            pa.field("m", pa.map_(pa.string(), pa.field("value", pa.int32(), nullable=False))),
        ]
    )
    table = lake.create_table("t", schema)
    log = pathlib.Path(table.location, "_delta_log", f"{0:020}.json").read_text().splitlines()
    kept = json.loads(
        next(json.loads(line) for line in log if "metaData" in line)["metaData"]["schemaString"]
    )["fields"]
    assert [field["nullable"] for field in kept] == [False, True, True, True]
    assert [field["nullable"] for field in kept[1]["type"]["fields"]] == [False, True]
    assert kept[2]["type"]["containsNull"] is False
    assert kept[3]["type"]["valueContainsNull"] is False
    good = [{"id": 1, "st": {"x": 1, "y.z": None}, "l": [1], "m": [("a", 1)]}, {"id": 2}]
    table.append(pa.Table.from_pylist(good, schema))
    loose = pa.schema(
        [
            ("id", pa.int64()),
            ("st", pa.struct([("x", pa.int32()), ("y.z", pa.string())])),
            ("l", pa.list_(pa.int32())),
            ("m", pa.map_(pa.string(), pa.int32())),
        ]
    )
    for bad in (
        {"id": None},
        {"id": 3, "st": {"x": None, "y.z": "y"}},
        {"id": 3, "l": [1, None]},
        {"id": 3, "m": [("a", None)]},
    ):
        with pytest.raises(lh.InvalidError) as caught:
            table.append(pa.Table.from_pylist([bad], loose))
        assert caught.value.reason == "sql.not_null", bad
    assert table.count() == 2
    # What the rows of one frame hold is no promise.
    lake.write("u", pa.Table.from_pylist(good, schema))
    lake.table("u").append(pa.Table.from_pylist([{}], loose))
