"""Errors: the class code catches, the stable reason, the words and the next step."""

from __future__ import annotations

import pathlib
import pickle
import shutil

import pytest

import lakehold as lh


def caught(call) -> lh.LakeholdError:
    with pytest.raises(lh.LakeholdError) as info:
        call()
    error = info.value
    assert error.reason and error.message and isinstance(error.context, dict)
    assert str(error).endswith(f"[{error.reason}]") and "\n" not in str(error)
    return error


def test_a_column_that_is_not_there_suggests_the_nearest(trips: lh.Table, lake: lh.Lake):
    error = caught(lambda: lake.sql("SELECT fair FROM trips"))
    assert error.reason == "sql.unknown_column" and "fair" in str(error) and "fare" in str(error)
    error = caught(lambda: trips.scan(where="fair < 0"))
    assert error.reason == "sql.unknown_column" and "fare" in str(error)
    error = caught(lambda: trips.scan(columns=["fair"]))
    assert error.reason == "sql.unknown_column" and "fare" in str(error)


def test_a_table_that_is_not_there_suggests_the_nearest(trips: lh.Table, lake: lh.Lake):
    error = caught(lambda: lake.table("trip"))
    assert isinstance(error, (lh.TableNotFoundError, FileNotFoundError)) and '"trips"' in error.hint
    assert "trips" in str(caught(lambda: lake.sql("SELECT * FROM trip")))
    with pytest.raises(LookupError):
        lake["nothing"]


def test_what_is_wrong_with_one_lake_is_no_concern_of_another(
    trips: lh.Table, lake: lh.Lake, tmp_path: pathlib.Path
):
    other = lh.connect(tmp_path / "other")
    other.sql("CREATE TABLE strips AS SELECT 1 AS id")
    lake.sql(f"ATTACH '{tmp_path / 'third'}' AS third (TYPE lakehold)")
    shutil.rmtree(tmp_path / "other")
    for name in ("other", "third"):
        (tmp_path / name).symlink_to(tmp_path / name)  # Cannot be read, not even by root.
    error = caught(lambda: lake.sql("SELECT * FROM trip"))
    assert isinstance(error, lh.TableNotFoundError) and error.hint == 'Did you mean "trips"?'
    error = caught(lambda: lake.sql("INSERT INTO qqqqqq VALUES (1)"))
    assert isinstance(error, lh.TableNotFoundError) and "SHOW TABLES" in error.hint
    assert lake.sql("SHOW TABLES").fetchall() == [("trips",)]
    with pytest.raises(lh.LakeholdError):
        other.sql("SHOW TABLES").fetchall()
    with pytest.raises(lh.LakeholdError):
        lake.sql("SELECT * FROM third.main.x").fetchall()


def test_the_nearest_table_may_be_in_another_schema_but_never_in_the_system(lake: lh.Lake):
    lake.sql("CREATE SCHEMA sales")
    lake.sql("CREATE TABLE sales.orders AS SELECT 1 AS id")
    assert caught(lambda: lake.sql("FROM orders")).hint == 'Did you mean "sales.orders"?'
    for name in ("sqlite_temp_maste", "pg_table", "t", "duckdb_table"):
        assert "SHOW TABLES" in caught(lambda name=name: lake.sql(f"FROM {name}")).hint


@pytest.mark.parametrize("threads", [1, 4])
def test_a_row_that_fails_in_the_middle_of_a_stream_is_told(lake: lh.Lake, threads: int):
    lake.sql(f"SET threads = {threads}")
    lake.sql(
        "CREATE TABLE big AS SELECT CASE WHEN i = 250000 THEN 'x' ELSE i::VARCHAR END AS s "
        "FROM range(300000) r(i)"
    )
    result = lake.sql("SELECT s::INTEGER AS n FROM big")
    for _ in range(2):
        error = caught(lambda: [None for _ in result.iter_batches(rows=1000)])
        assert error.reason in ("sql.conversion", "engine.query_failed")
    error = caught(lambda: lake.sql("SELECT s::INTEGER AS n FROM big").fetchall())
    assert error.reason == "sql.conversion" and "'x'" in error.message


def test_sql_that_is_no_sql_is_a_value_error(lake: lh.Lake):
    error = caught(lambda: lake.sql("SELEC 1"))
    assert isinstance(error, ValueError) and error.reason.startswith("sql.")
    assert caught(lambda: lake.sql(5)).reason == "python.sql"


def test_what_is_not_built_yet_is_refused_before_anything_is_written(
    trips: lh.Table, lake: lh.Lake
):
    for text in (
        "UPDATE trips SET fare = 1",
        "DELETE FROM trips",
        "ALTER TABLE trips ADD COLUMN x INTEGER",
    ):
        error = caught(lambda text=text: lake.sql(text))
        assert isinstance(error, NotImplementedError)
    assert trips.version() == 2


def test_a_damaged_log_is_corrupt_and_not_missing(trips: lh.Table, lake: lh.Lake):
    log = pathlib.Path(trips.location, "_delta_log")
    (log / f"{1:020}.json").write_text('{"add": {"path"')
    with pytest.raises(lh.CorruptError):
        lh.open(trips.location).version()


def test_a_gap_in_the_log_is_corrupt(trips: lh.Table):
    pathlib.Path(trips.location, "_delta_log", f"{1:020}.json").unlink()
    with pytest.raises(lh.CorruptError):
        lh.open(trips.location).version()


def test_errors_pickle_whole():
    error = lh.TableNotFoundError(
        "no table", reason="delta.not_a_table", hint="look", context={"a": "b"}
    )
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error) and str(copy) == str(error)
    assert (copy.reason, copy.hint, copy.context) == (error.reason, error.hint, error.context)
    assert str(error) == "no table. Look [delta.not_a_table]"


def test_every_class_is_one_of_ours_and_one_that_code_already_catches():
    assert issubclass(lh.InvalidError, ValueError) and issubclass(lh.DeniedError, PermissionError)
    assert issubclass(lh.AlreadyExistsError, FileExistsError) and issubclass(
        lh.StorageError, OSError
    )
    assert issubclass(lh.UnsupportedError, NotImplementedError) and issubclass(
        lh.UnavailableError, ConnectionError
    )
    assert lh.OutcomeUnknownError("x", context={"transaction_id": "t"}).transaction_id == "t"
    for name in lh.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(lh, name), lh.LakeholdError)
