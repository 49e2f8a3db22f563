"""What a write can be told: types for columns that have none, codecs, file sizes, and words of
other libraries."""

from __future__ import annotations

import datetime as dt
import pickle

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lakehold as lh


def footers(table: lh.Table) -> list[pq.FileMetaData]:
    return [pq.read_metadata(file["uri"].removeprefix("file://")) for file in table.files()]


def test_a_partial_schema_gives_types_to_columns_that_have_none(lake: lh.Lake):
    frame = pa.table({"id": [1, 2], "c": pa.nulls(2), "l": pa.array([[], None])})
    with pytest.raises(lh.InvalidError) as caught:
        lake.write("t", frame)
    assert '"c", "l"' in str(caught.value) and 'schema={"c": "VARCHAR"}' in caught.value.hint
    lake.write("t", frame, schema={"c": "VARCHAR", "l": "DATE[]"})
    assert lake["t"].schema() == [("id", "long"), ("c", "string"), ("l", "array<date>")]
    assert lake["t"].scan().fetchall() == [(1, None, []), (2, None, None)]


def test_a_partial_schema_stores_times_and_durations_as_text(lake: lh.Lake):
    frame = pa.table({"at": [dt.time(1, 2, 3)], "took": [dt.timedelta(days=1)]})
    with pytest.raises(lh.LakeholdError) as caught:
        lake.write("t", frame)
    assert "schema=" in caught.value.hint
    lake.write("t", frame, schema={"at": "VARCHAR", "took": "VARCHAR"})
    assert lake["t"].scan().fetchall() == [("01:02:03", "24:00:00")]
    lake["t"].append(frame, schema={"at": "varchar", "took": "varchar"})
    assert lake["t"].count() == 2
    with pytest.raises(lh.InvalidError, match="took"):
        lake["t"].append(frame, schema={"at": "VARCHAR"})


def test_a_partial_schema_neither_rounds_nor_parses(lake: lh.Lake):
    lake.write("t", [{"a": 1.0, "b": 7}], schema={"a": "INTEGER", "b": "DECIMAL(9,2)"})
    assert lake["t"].schema() == [("a", "integer"), ("b", "decimal(9,2)")]
    with pytest.raises(lh.InvalidError) as caught:
        lake.write("x", [{"a": 1.0}, {"a": 1.5}], schema={"a": "INTEGER"})
    assert caught.value.context["column"] == "a" and caught.value.context["value"] == "1.5"
    for rows, schema in (
        ([{"a": "7"}], {"a": "INTEGER"}),
        ([{"a": 1}], {"nope": "VARCHAR"}),
        ([{"a": 1}], {"a": "NO_SUCH_TYPE"}),
        ([{"a": 1}], {"a": "VARCHAR); DROP TABLE t; --"}),
        ([{"a": 1}], ["a"]),
        ([{"a": 1}], "a VARCHAR"),
        ([{"a": 1}], {"a": 5}),
    ):
        with pytest.raises(lh.InvalidError) as caught:
            lake.write("x", rows, schema=schema)
        assert caught.value.hint, caught.value
    assert lake.tables() == ["t"]


def test_compression_holds_for_the_files_of_one_write(lake: lh.Lake):
    rows = [{"a": n, "s": "x" * 50} for n in range(2000)]
    lake.write("t", rows, compression="snappy")
    lake["t"].append(rows, compression="UNCOMPRESSED")
    lake["t"].append(rows)
    codecs = {meta.row_group(0).column(0).compression for meta in footers(lake["t"])}
    assert codecs == {"SNAPPY", "UNCOMPRESSED", "ZSTD"}
    assert lake["t"].properties() == {}
    for wrong in ("lzma", 5):
        with pytest.raises((lh.InvalidError, lh.UnsupportedError)) as caught:
            lake["t"].append(rows, compression=wrong)
        assert "zstd" in caught.value.hint and repr(wrong) in str(caught.value)
    assert lake["t"].version() == 2


def test_a_target_file_size_cuts_the_files_of_one_write(lake: lh.Lake):
    frame = pl.select(a=pl.int_range(600_000).hash())
    lake.write("one", frame)
    lake.write("many", frame, target_file_size="1mb")
    assert len(lake["one"].files()) == 1 and len(lake["many"].files()) >= 3
    lake["one"].overwrite(frame, target_file_size=1_000_000)
    assert len(lake["one"].files()) >= 3 and lake["one"].count() == 600_000
    for wrong in (0, -1, "", "big", "0mb", 1.5, True):
        with pytest.raises(lh.InvalidError, match="target_file_size"):
            lake["one"].append(frame, target_file_size=wrong)


def test_schema_mode_says_what_is_there_and_what_to_do(lake: lh.Lake):
    lake.write("t", [{"a": 1}])
    with pytest.raises(lh.UnsupportedError) as caught:
        lake["t"].append([{"a": 1, "b": 2}], schema_mode="merge")
    assert caught.value.hint and lake["t"].version() == 0
    for call in (lake["t"].append, lake["t"].overwrite):
        with pytest.raises(lh.InvalidError, match="merge"):
            call([{"a": 1}], schema_mode="overwrite")
    with pytest.raises(lh.InvalidError, match="merge"):
        lake.write("t", [{"a": 1}], mode="append", schema_mode="evolve")


def test_untyped_nested_values_take_the_types_of_the_table(lake: lh.Lake):
    lake.sql(
        "CREATE TABLE t (id BIGINT, tags VARCHAR[], r STRUCT(x DATE, y VARCHAR[]), m DOUBLE, n DATE)"
    )
    t = lake["t"]
    t.append([{"id": 1, "tags": [], "r": None, "m": None, "n": None}])
    t.append([{"id": 2, "tags": [None], "r": {"x": None, "y": []}, "m": None, "n": None}])
    t.append({"id": [3], "tags": [[]], "r": [{"y": None, "x": None}], "m": [None], "n": [None]})
    t.append(pa.table({"id": [4], "tags": [[]], "r": [None], "m": [None], "n": [None]}))
    t.append(pl.DataFrame({"id": [5], "tags": [[]], "r": [None], "m": [None], "n": [None]}))
    t.append(pd.DataFrame({"id": [6], "tags": [[]], "r": [None], "m": [None], "n": [None]}))
    assert [row[1] for row in sorted(t.scan())] == [[], [None], [], [], [], []]
    assert t.scan(where="id = 2").fetchone()[2] == {"x": None, "y": []}
    with pytest.raises(lh.InvalidError, match="tags"):
        t.append([{"id": 7, "tags": [1], "r": None, "m": None, "n": None}])


def test_nested_dicts_match_by_name_and_what_is_missing_is_null(lake: lh.Lake):
    lake.sql("CREATE TABLE t (r STRUCT(x BIGINT, y VARCHAR))")
    lake["t"].append([{"r": {"y": "a", "x": 1}}, {"r": {"x": 2}}])
    lake["t"].append([{"r": {"x": 3}}])
    assert [row[0] for row in lake.sql("FROM t ORDER BY r.x")] == [
        {"x": 1, "y": "a"},
        {"x": 2, "y": None},
        {"x": 3, "y": None},
    ]
    with pytest.raises(lh.InvalidError, match="r"):
        lake["t"].append([{"r": {"x": 1, "z": 1}}])


def test_words_of_other_libraries_and_swapped_arguments_name_ours(lake: lh.Lake, tmp_path):
    lake.write("t", [{"a": 1}])
    t = lake["t"]
    frame = pa.table({"a": [1]})
    for call, word in (
        (lambda: t.scan(predicate="a = 1"), "where="),
        (lambda: t.scan(filters=[("a", "=", 1)]), "where="),
        (lambda: t.scan(colums=["a"]), "columns="),
        (lambda: t.scan("a > 1"), "where="),
        (lambda: t.at(version_as_of=0), "version="),
        (lambda: t.append(frame, mode="append"), "schema_mode="),
        (lambda: t.overwrite(frame, predicate="a = 1"), "where="),
        (lambda: t.overwrite(frame, overwrite_schema=True), "create_table"),
        (lambda: t.history(n=1), "limit="),
        (lambda: lake.write("x", frame, configuration={}), "properties="),
        (lambda: lake.write("x", frame, partition_cols=["a"]), "partition_by="),
        (lambda: lake.write("x", frame, if_exists="append"), "mode="),
        (lambda: lake.write(frame, "x"), 'write("trips"'),
        (lambda: lake.create_table(frame, "x"), 'create_table("trips"'),
        (lambda: lake.create_table("x", frame, tblproperties={}), "properties="),
        (lambda: lake.table(0), 'table("trips")'),
        (lambda: lake.register(frame, "x"), 'register("trips"'),
        (lambda: lh.write(frame, tmp_path / "x"), "lh.write("),
        (lambda: lh.write(tmp_path / "x", frame, storage_options={}), "folders"),
        (lambda: lh.open(t.location, version_as_of=0), "version="),
        (lambda: lh.connect(tmp_path, durable=False), "durability="),
        (lambda: lh.sql(["a"], "SELECT 1"), "SQL is a text"),
        (lambda: t.at(0), "version="),
        (lambda: t.at(version="0"), "integer"),
        (lambda: t.at(timestamp=5), "datetime"),
        (lambda: t.scan(where=["a = 1"]), "SQL expression"),
        (lambda: t.scan(where=pl.col("a") > 1), "SQL expression"),
        (lambda: t.overwrite(frame, where=5), "SQL expression"),
        (lambda: t.scan(limit="5"), "integer"),
        (lambda: t.append(pl.Series("a", [1])), "to_frame"),
        (lambda: t.append(pd.Series([1], name="a")), "to_frame"),
        (lambda: t.append(pd.DataFrame([[1, 2]], columns=["a", "a"])), "Rename"),
        (lambda: lake.create_table("x", {"a": pa.int64()}), '"BIGINT"'),
        (lambda: lake.create_table("x", "a INT", properties={"a.b": 1.5}), "properties="),
    ):
        with pytest.raises(lh.InvalidError) as caught:
            call()
        assert word in str(caught.value), str(caught.value)
    assert lake.tables() == ["t"] and t.version() == 0


def test_one_column_name_may_stand_for_a_list_of_one(lake: lh.Lake):
    lake.write("t", [{"a": 1, "day": "x"}], partition_by="day")
    assert lake["t"].partition_columns() == ["day"]
    assert lake["t"].scan("day").fetchall() == [("x",)]
    lake.write("t", [{"a": 1, "day": "x"}], mode="append", partition_by="day")


def test_pickled_handles_keep_their_durability(tmp_path):
    lake = lh.connect(tmp_path / "lake", durability="none")
    lake.write("t", [{"a": 1}])
    for handle in (lake["t"], lake["t"].at(version=0), lh.open(lake["t"].location), lake):
        copy = pickle.loads(pickle.dumps(handle))
        assert copy._durability == handle._durability
    none = lh.open(lake["t"].location, durability="none")
    assert pickle.loads(pickle.dumps(none))._durability == "none"
    assert lake.session()["t"].at(version=0)._durability == "none"


def test_words_that_are_not_there_say_what_is(lake: lh.Lake):
    lake.write("t", [{"a": 1}])
    t = lake["t"]
    assert t.columns == ["a"] and not hasattr(t, "nope")
    for word, instead in (
        ("delete", "not there yet"),
        ("vacuum", "not there yet"),
        ("fetchall", "scan().fetchall()"),
        ("to_pyarrow_table", "to_arrow()"),
    ):
        with pytest.raises(AttributeError) as caught:
            getattr(t, word)
        assert instead in str(caught.value)


def test_datasets_of_pyarrow_and_properties_of_every_plain_type(lake: lh.Lake, tmp_path):
    dataset = pytest.importorskip("pyarrow.dataset")
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "x.parquet")
    lake.write(
        "t", dataset.dataset(tmp_path / "x.parquet"), properties={"delta.checkpointInterval": 5}
    )
    assert lake["t"].scan().fetchall() == [(1,), (2,)]
    assert lake["t"].properties() == {"delta.checkpointInterval": "5"}
    made = lake.create_table("u", "a BIGINT", properties={"delta.appendOnly": True})
    assert made.properties() == {"delta.appendOnly": "true"}
