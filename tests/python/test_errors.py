"""Errors: the class code catches, the stable reason, the words and the next step."""

from __future__ import annotations

import pathlib
import pickle

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
