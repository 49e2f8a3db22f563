"""Lakes and tables from Python: connect, open, write, append, overwrite, scan, time travel,
transactions, sessions."""

from __future__ import annotations

import datetime as dt
import pathlib

import pytest

import lakehold as lh


def ids(source) -> list:
    return sorted(row[0] for row in source)


def test_a_lake_lists_its_tables_and_writes_nothing_before_the_first_write(tmp_path: pathlib.Path):
    lake = lh.connect(tmp_path / "lake")
    assert lake.tables() == []
    assert not (tmp_path / "lake").exists()
    lake.sql("CREATE TABLE a (x BIGINT)")
    assert list(lake) == ["a"] and "a" in lake and "b" not in lake
    assert lake["a"].count() == 0


def test_a_temporary_lake_works_and_stays_in_its_process():
    lake = lh.connect()
    lake.write("t", [{"a": 1}])
    assert lake.table("t").count() == 1


def test_connect_and_open_name_the_right_call_when_given_the_other_thing(
    trips: lh.Table, lake: lh.Lake
):
    with pytest.raises(lh.InvalidError, match="table"):
        lh.connect(trips)
    with pytest.raises(lh.InvalidError, match="lake.table"):
        lh.open(lake)
    with pytest.raises(lh.InvalidError, match="is_a_table"):
        lh.connect(trips.location)
    with pytest.raises(lh.InvalidError, match="is_a_lake"):
        lh.open(lake.location)


def test_a_path_that_is_no_table_is_told_as_file_not_found(tmp_path: pathlib.Path):
    with pytest.raises(lh.TableNotFoundError) as caught:
        lh.open(tmp_path)
    assert isinstance(caught.value, FileNotFoundError)
    with pytest.raises(FileNotFoundError):
        lh.open(tmp_path / "nothing")


def test_open_reads_an_existing_table_and_writes_nothing(trips: lh.Table):
    before = sorted(p for p in pathlib.Path(trips.location).rglob("*"))
    table = lh.open(trips.location)
    assert ids(table.scan(columns=["id"])) == [1, 2, 3, 4]
    assert sorted(p for p in pathlib.Path(trips.location).rglob("*")) == before


def test_write_makes_refuses_appends_overwrites_and_ignores(tmp_path: pathlib.Path):
    path = tmp_path / "lake" / "t"
    report = lh.write(path, [{"a": 1}])
    assert (report.version, report.rows_added) == (0, 1)
    with pytest.raises(FileExistsError):
        lh.write(path, [{"a": 2}])
    assert lh.write(path, [{"a": 2}], mode="append").version == 1
    assert lh.write(path, [{"a": 3}], mode="ignore") is None
    assert ids(lh.open(path).scan()) == [1, 2]
    report = lh.write(path, [{"a": 4}], mode="overwrite")
    assert (report.rows_added, report.rows_removed) == (1, 2)
    assert ids(lh.open(path).scan()) == [4]


def test_write_makes_the_table_in_the_modes_that_add_to_it_too(tmp_path: pathlib.Path):
    for mode in ("append", "overwrite", "ignore"):
        assert lh.write(tmp_path / mode, [{"a": 1}], mode=mode).rows_added == 1
    with pytest.raises(lh.InvalidError, match="mode="):
        lh.write(tmp_path / "x", [{"a": 1}], mode="upsert")


def test_write_partitions_and_refuses_another_partitioning_later(tmp_path: pathlib.Path):
    path = tmp_path / "t"
    lh.write(path, [{"a": 1, "b": "x"}], partition_by=["b"])
    assert lh.open(path).partition_columns() == ["b"]
    lh.write(path, [{"a": 1, "b": "x"}], partition_by=["b"], mode="append")
    with pytest.raises(lh.InvalidError, match="partitioned by"):
        lh.write(path, [{"a": 1, "b": "x"}], partition_by=["a"], mode="append")


def test_create_table_takes_text_fields_and_arrow_schemas(lake: lh.Lake):
    pa = pytest.importorskip("pyarrow")
    lake.create_table("a", "id BIGINT NOT NULL, fare DOUBLE")
    lake.create_table("b", [("id", "BIGINT"), ("fare", "DOUBLE")], partition_by=["id"])
    lake.create_table("c", pa.schema([("id", pa.int64()), ("fare", pa.float64())]))
    lake.create_table("d", pa.table({"id": [1], "fare": [1.0]}), properties={"team.owner": "x"})
    for name in "abcd":
        assert lake[name].schema() == [("id", "long"), ("fare", "double")]
        assert lake[name].count() == 0
    assert lake["b"].partition_columns() == ["id"]
    assert lake["d"].properties()["team.owner"] == "x"
    with pytest.raises(lh.AlreadyExistsError):
        lake.create_table("a", "x BIGINT")
    assert lake.create_table("a", "x BIGINT", mode="ignore").schema()[0] == ("id", "long")
    assert lake.create_table("a", "x BIGINT", mode="overwrite").schema() == [("x", "long")]
    with pytest.raises(lh.InvalidError, match="no column"):
        lake.create_table("e", ["id"])


def test_append_matches_columns_by_name_ignoring_case_and_order(trips: lh.Table):
    report = trips.append([{"FARE": 2.0, "Id": 9, "day": dt.date(2026, 3, 1)}])
    assert (report.version, report.rows_added, report.table) == (3, 1, "trips")
    assert trips.scan(where="id = 9").fetchall() == [(9, 2.0, dt.date(2026, 3, 1))]
    assert "version 3" in repr(report) and "+1 row," in repr(report)
    with pytest.raises(AttributeError):
        report.version = 4


def test_overwrite_replaces_everything_or_the_partitions_of_where(trips: lh.Table):
    day = dt.date(2026, 1, 1)
    report = trips.overwrite([{"id": 8, "fare": None, "day": day}], where="day = ?", params=[day])
    assert (report.rows_added, report.rows_removed) == (1, 2)
    assert ids(trips.scan(columns=["id"])) == [3, 4, 8]
    with pytest.raises(lh.InvalidError):
        trips.overwrite(
            [{"id": 8, "fare": None, "day": dt.date(2030, 1, 1)}], where="day = ?", params=[day]
        )
    trips.overwrite([{"id": 0, "fare": None, "day": None}])
    assert ids(trips.scan(columns=["id"])) == [0]


def test_a_scan_takes_columns_a_condition_and_a_limit_and_is_pinned_when_made(trips: lh.Table):
    scan = trips.scan(columns=["fare", "id"], where="id < $n", params={"n": 3})
    trips.append([{"id": 0, "fare": 0.0, "day": None}])
    assert sorted(scan, key=lambda row: row[1]) == [(9.5, 1), (None, 2)]
    assert scan.columns == ["fare", "id"] and scan.types == ["DOUBLE", "BIGINT"]
    assert len(trips.scan(limit=2).fetchall()) == 2
    with pytest.raises(lh.InvalidError, match="not_an_expression"):
        trips.scan(where="1=1; DROP TABLE trips").fetchall()


def test_keywords_of_other_libraries_name_ours(trips: lh.Table):
    with pytest.raises(lh.InvalidError, match="where"):
        trips.scan(predicate="id = 1")
    with pytest.raises(lh.InvalidError, match="where"):
        trips.overwrite([], predicate="id = 1")


def test_explain_tells_which_files_are_read_and_why_not_the_others(trips: lh.Table, lake: lh.Lake):
    explanation = trips.explain("day = DATE '2026-01-02'")
    (scan,) = explanation.scans
    assert (scan.files, scan.files_read, scan.skipped_by_partition) == (3, 1, 2)
    assert "read 1 of 3 files" in str(explanation) and "partition" in str(explanation)
    assert lake.explain("SELECT * FROM trips WHERE id > 1000").scans[0].files_read == 0
    assert trips.scan(where="id = 1").explain().scans[0].files == 3


def test_time_travel_pins_a_version_read_only(trips: lh.Table, lake: lh.Lake):
    past = trips.at(version=1)
    assert past.version() == 1 and past.count() == 3
    assert ids(lh.open(trips.location, version=0).scan()) == []
    with pytest.raises(lh.InvalidError, match="table.pinned"):
        past.append([{"id": 1, "fare": 1.0, "day": None}])
    assert lake.sql("SELECT count(*) FROM trips AT (VERSION => 1)").fetchone() == (3,)
    with pytest.raises(lh.NotFoundError, match="0"):
        trips.at(version=99)
    with pytest.raises(lh.InvalidError, match="either"):
        trips.at()


def test_time_travel_by_time_takes_datetimes_dates_and_texts(trips: lh.Table):
    entry = trips.history()[1]
    assert trips.at(timestamp=entry["timestamp"]).version() == entry["version"]
    assert trips.at(timestamp=dt.date.today() + dt.timedelta(days=2)).version() == 2
    assert trips.at(timestamp="2999-01-01T00:00Z").version() == 2
    with pytest.raises(lh.NotFoundError):
        trips.at(timestamp="1999-01-01")
    with pytest.raises(lh.InvalidError, match="is not a time"):
        trips.at(timestamp="yesterday")


def test_history_files_metrics_and_health_tell_the_table(trips: lh.Table):
    history = trips.history()
    assert [entry["version"] for entry in history] == [2, 1, 0]
    assert history[0]["operation"] == "WRITE" and history[0]["timestamp"].tzinfo is dt.timezone.utc
    assert len(trips.history(1)) == 1 and history[0]["engine"].startswith("lakehold")
    files = trips.files()
    assert len(files) == 3 and sum(file["rows"] for file in files) == 4
    one = next(file for file in files if file["rows"] == 2)
    assert one["partition_values"] == {"day": "2026-01-01"}
    assert (one["min"]["id"], one["max"]["id"], one["null_count"]["fare"]) == (1, 2, 1)
    assert pathlib.Path(one["uri"].removeprefix("file://")).stat().st_size == one["size_bytes"]
    metrics = trips.metrics()
    assert (metrics["version"], metrics["files"], metrics["rows"]) == (2, 3, 4)
    assert trips.health()["healthy"] is True
    pathlib.Path(trips.location, one["path"].replace("%25", "%")).unlink()
    health = trips.health()
    assert health["healthy"] is False and health["findings"]


def test_a_checkpoint_is_written_once_and_read_back(trips: lh.Table):
    assert trips.checkpoint() == 2
    assert (pathlib.Path(trips.location) / "_delta_log" / f"{2:020}.checkpoint.parquet").exists()
    assert trips.checkpoint() == 2
    assert lh.open(trips.location).count() == 4


def test_the_log_is_compacted_by_a_call_or_by_a_property(trips: lh.Table, lake: lh.Lake):
    truth = [trips.at(version=v).scan().to_arrow().to_pylist() for v in range(3)]
    assert trips.compact_log() == (0, 2)
    log = pathlib.Path(trips.location) / "_delta_log"
    (file,) = log.glob("*.compacted.json")
    assert file.name == f"{0:020}.{2:020}.compacted.json"
    assert "commitInfo" not in file.read_text()
    assert trips.compact_log() is None
    assert [
        lh.open(trips.location, version=v).scan().to_arrow().to_pylist() for v in range(3)
    ] == truth
    assert trips.checkpoint() == 2 and trips.compact_log() is None
    with pytest.raises(lh.InvalidError, match="logCompactionInterval"):
        lake.create_table(
            "bad", {"x": "INT"}, properties={"lakehold.logCompactionInterval": "often"}
        )
    lake.sql("CREATE TABLE busy (x INT) WITH ('lakehold.logCompactionInterval' = '4')")
    busy = lake["busy"]
    for x in range(9):
        busy.append([{"x": x}])
    lh._lakehold.finish()
    busy_log = pathlib.Path(busy.location) / "_delta_log"
    names = sorted(p.name for p in busy_log.glob("*.compacted.json"))
    assert names == [f"{a:020}.{b:020}.compacted.json" for a, b in ((0, 3), (4, 7))]
    assert lh.open(busy.location).count() == 9


def test_a_transaction_is_one_version_or_none(trips: lh.Table, lake: lh.Lake):
    with lake.transaction() as tx:
        tx.table("trips").append([{"id": 5, "fare": None, "day": None}])
        tx.sql("INSERT INTO trips VALUES (6, NULL, NULL)")
        assert tx.sql("SELECT count(*) FROM trips").fetchone() == (6,)
        assert tx.in_transaction
        assert lake.session().sql("SELECT count(*) FROM trips").fetchone() == (4,)
    assert trips.version() == 3 and trips.count() == 6
    with pytest.raises(RuntimeError, match="stop"), lake.transaction() as tx:
        tx.sql("INSERT INTO trips VALUES (7, NULL, NULL)")
        raise RuntimeError("stop")
    assert trips.version() == 3 and not lake.in_transaction


def test_sessions_are_independent(trips: lh.Table, lake: lh.Lake):
    other = lake.session()
    other.sql("CREATE TEMP TABLE mine AS SELECT 1 AS x")
    with pytest.raises(lh.LakeholdError):
        lake.sql("SELECT * FROM mine")
    other.sql("INSERT INTO trips VALUES (5, NULL, NULL)")
    assert trips.count() == 5


def test_sql_without_a_lake_reads_folders_and_local_frames(trips: lh.Table):
    pa = pytest.importorskip("pyarrow")
    names = pa.table({"id": [1, 3], "name": ["a", "b"]})
    rows = lh.sql(
        f"SELECT name, fare FROM names JOIN '{trips.location}' USING (id) ORDER BY id"
    ).fetchall()
    assert rows == [("a", 9.5), ("b", 7.25)]
    assert names.num_rows == 2


def test_a_local_frame_is_read_as_it_was_and_not_beyond_its_statement(lake: lh.Lake):
    pa = pytest.importorskip("pyarrow")
    frame = pa.table({"x": [1]})
    first = lake.sql("SELECT x FROM frame")
    frame = pa.table({"x": [2]})
    second = lake.sql("SELECT x FROM frame")
    assert second.fetchall() == [(2,)]
    assert first.fetchall() == [(1,)] and first.fetchall() == [(1,)]
    del frame
    with pytest.raises(lh.LakeholdError):
        lake.sql("SELECT x FROM frame")
    lake.sql("CREATE TABLE frame AS SELECT 3 AS x")
    assert lake.sql("SELECT x FROM frame").fetchall() == [(3,)]


def test_registered_rows_have_a_name_until_they_are_unregistered(lake: lh.Lake):
    lake.register("people", [{"name": "ada"}, {"name": "bob"}])
    assert lake.sql("SELECT count(*) FROM people").fetchone() == (2,)
    assert lake.sql("SELECT count(*) FROM people").fetchone() == (2,)
    lake.unregister("people")
    with pytest.raises(lh.LakeholdError):
        lake.sql("SELECT * FROM people")


def test_statements_report_their_commits(lake: lh.Lake):
    lake.sql("CREATE TABLE t AS SELECT * FROM range(10) AS r(x)")
    (report,) = lake.reports
    assert (report.version, report.rows_added) == (0, 10)
    assert lake.sql("INSERT INTO t VALUES (1)").changed_rows == 1
