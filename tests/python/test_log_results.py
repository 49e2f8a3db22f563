"""History and files are results too; what a handle tells of itself costs no look at the disk."""

from __future__ import annotations

import json
import pathlib
import pickle
import shutil
import time

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import lakehold as lh


@pytest.mark.parametrize("which", ["history", "files"])
def test_history_and_files_have_every_form_of_a_result(trips: lh.Table, lake: lh.Lake, which):
    duckdb = pytest.importorskip("duckdb")
    result = getattr(trips, which)()
    assert isinstance(result, lh.Result) and len(result) == 3
    names = result.columns
    assert len(result.types) == len(names) and result.changed_rows is None
    assert result.fetchall() == list(result) and result.fetchall()[0] == result[0]
    assert [result.fetchone() for _ in range(4)] == [*result, None]
    assert result.to_pylist() == [dict(row) for row in result]
    for form in (
        result.to_arrow(),
        pa.table(result),
        result.to_polars(),
        pl.DataFrame(result),
        result.to_pandas(),
        pd.DataFrame.from_arrow(result),
        duckdb.sql("FROM result").arrow().read_all(),
        lake.sql("FROM result").to_arrow(),
    ):
        assert list(getattr(form, "column_names", form.columns)) == names
        assert len(form) == 3
    assert set(result.to_numpy()) == set(names) and pa.schema(result).names == names
    assert [batch.num_rows for batch in result.iter_batches(rows=2)] == [2, 1]
    assert result.to_arrow_reader().read_all().num_rows == 3
    with pytest.raises(lh.InvalidError, match="no_explain"):
        result.explain()
    assert repr(result).count("\n") == 2 and "<table>" in result._repr_html_()


def test_rows_of_the_log_have_names(trips: lh.Table):
    newest = trips.history()[0]
    assert newest["version"] == newest[0] == 2 and newest["operation"] == "WRITE"
    assert dict(newest)["engine"].startswith("lakehold") and "version" in newest.keys()
    assert pickle.loads(pickle.dumps(newest)) == newest
    assert pickle.loads(pickle.dumps(newest))["version"] == 2
    with pytest.raises(KeyError):
        newest["nope"]
    frame = trips.history().to_polars()
    assert frame.schema["timestamp"] == pl.Datetime("us", "UTC")
    assert frame["parameters"].str.json_decode(pl.Struct({"mode": pl.String}))[0]["mode"]
    assert trips.files().to_pandas()["rows"].sum() == 4


def test_files_of_an_empty_table_keep_their_columns(lake: lh.Lake):
    table = lake.create_table("t", "a BIGINT")
    assert table.files().to_arrow().num_rows == 0 and len(table.files()) == 0
    assert table.files().to_arrow().column_names == table.files().columns
    assert table.files().fetchone() is None and table.files().to_pylist() == []


def test_a_checkpoint_is_told_by_the_process_that_wrote_it(trips: lh.Table, lake: lh.Lake):
    assert trips.metrics()["last_checkpoint"] is None
    assert trips.checkpoint() == 2
    for table in (trips, lake["trips"], lh.open(trips.location)):
        assert table.metrics()["last_checkpoint"] == 2
    assert trips.at(version=1).metrics()["last_checkpoint"] is None
    trips.append([{"id": 9, "fare": None, "day": None}])
    assert (trips.metrics()["version"], trips.metrics()["last_checkpoint"]) == (3, 2)


def test_a_repr_looks_at_the_disk_only_if_the_handle_saw_nothing_yet(
    trips: lh.Table, lake: lh.Lake
):
    assert repr(trips).startswith("<Table trips v2 | 4 rows | 3 files, ")
    lh.open(trips.location).append([{"id": 9, "fare": None, "day": None}])
    assert "v2" in repr(trips)
    assert trips.version() == 3 and "v3 | 5 rows" in repr(trips)
    trips.append([{"id": 9, "fare": None, "day": None}])
    assert "v4 | 6 rows" in repr(trips)
    pinned = trips.at(version=1)
    assert "v1" in repr(pinned) and "pinned" in repr(pinned)
    shutil.rmtree(trips.location)
    assert "v4" in repr(trips) and repr(pinned)
    assert repr(lake) and "trips" in trips._repr_html_()


def test_a_repr_of_what_is_broken_is_no_error(trips: lh.Table):
    table = lh.open(trips.location)
    pathlib.Path(trips.location, "_delta_log", f"{1:020}.json").write_text("{")
    fresh = lh.open(trips.location)
    assert "<Table trips" in repr(table) and "&lt;Table trips" in fresh._repr_html_()


def test_columns_and_properties_are_told_without_reading_what_the_log_says_of_files(
    trips: lh.Table, tmp_path: pathlib.Path
):
    trips.append(trips.scan())
    newest = trips.version()
    log = pathlib.Path(trips.location) / "_delta_log"
    commit = json.loads((log / f"{newest:020}.json").read_text().splitlines()[0])["commitInfo"]
    state = [json.loads(line) for line in (log / f"{0:020}.json").read_text().splitlines()]
    (metadata,) = [line["metaData"] for line in state if "metaData" in line]
    (protocol,) = [line["protocol"] for line in state if "protocol" in line]
    checksum = {
        "txnId": commit["txnId"],
        "tableSizeBytes": 1,
        "numFiles": 1,
        "numMetadata": 1,
        "numProtocol": 1,
        "metadata": metadata,
        "protocol": protocol,
    }
    copy = tmp_path / "copy"
    shutil.copytree(trips.location, copy)
    log = copy / "_delta_log"
    (log / f"{newest:020}.crc").write_text(json.dumps(checksum))
    (log / f"{1:020}.json").write_text("cut sho")
    table = lh.open(copy)
    assert table.schema() == trips.schema() and table.columns == trips.columns
    assert table.partition_columns() == trips.partition_columns()
    assert (table.version(), table.properties()) == (newest, trips.properties())
    with pytest.raises(lh.CorruptError):
        table.files()
    # Without it the whole log must be sound.
    (log / f"{newest:020}.crc").write_text("malformed")
    with pytest.raises(lh.CorruptError):
        lh.open(shutil.copytree(copy, tmp_path / "other")).schema()


def test_what_failed_behind_a_commit_is_told(lake: lh.Lake):
    lake.sql("CREATE TABLE t (id BIGINT) WITH ('delta.checkpointInterval' = '1')")
    table = lake["t"]
    log = pathlib.Path(table.location) / "_delta_log"
    # A folder is in the place of the checkpoint.
    (log / f"{1:020}.checkpoint.parquet" / "x").mkdir(parents=True)
    lake.sql("INSERT INTO t VALUES (1)")
    deadline = time.monotonic() + 30
    while (failure := table.metrics()["background_failure"]) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert failure.startswith("checkpoint: ")
    assert table.count() == 1
