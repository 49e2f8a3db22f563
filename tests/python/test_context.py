"""What an error is about, for programs: `.context`, and the first row that is to blame."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
import pytest

import lakehold as lh


def context(call) -> dict[str, str]:
    with pytest.raises(lh.LakeholdError) as caught:
        call()
    known = caught.value.context
    assert all(isinstance(part, str) for pair in known.items() for part in pair)
    return known


def test_errors_of_a_table_name_it_and_where_it_is(trips: lh.Table):
    for call in (
        lambda: trips.scan(where="fair < 0"),
        lambda: trips.append([{"id": "x", "fare": 1.0, "day": None}]),
        lambda: trips.at(version=99),
    ):
        known = context(call)
        assert (known["table"], known["path"]) == ("trips", trips.location)
    pinned = context(lambda: trips.at(version=1).append([{"id": 1, "fare": 1.0, "day": None}]))
    assert pinned["version"] == "1"
    past = context(lambda: trips.at(version=99))
    assert (past["version"], past["first_version"], past["last_version"]) == ("99", "0", "2")


def test_errors_about_names_tell_the_name(trips: lh.Table, lake: lh.Lake, tmp_path):
    assert context(lambda: trips.scan(where="fair < 0"))["column"] == "fair"
    assert context(lambda: lake.sql("SELECT * FROM trip"))["table"] == "trip"
    assert context(lambda: lake.table("trip")) == {"table": "trip", "lake": lake.location}
    assert context(lambda: lh.open(tmp_path / "no")).keys() >= {"path"}


def test_errors_about_values_tell_column_row_and_value(trips: lh.Table):
    rows = [{"id": n, "fare": 1.0, "day": None} for n in range(5000)]
    rows[4321] = {"id": 1.5, "fare": 1.0, "day": None}
    known = context(lambda: trips.append(rows))
    assert (known["column"], known["value"], known["row"]) == ("id", "1.5", "4321")
    rows[4321] = {"id": None, "fare": 1.0, "day": None}
    known = context(lambda: trips.append(rows))
    assert (known["column"], known["row"], known["rows"]) == ("id", "4321", "1")
    frame = pd.DataFrame({"id": np.arange(3.0), "fare": 1.0, "day": pd.Series([None] * 3)})
    frame.loc[2, "id"] = np.inf
    known = context(lambda: trips.append(frame))
    assert (known["column"], known["value"], known["row"]) == ("id", "inf", "2")
    assert trips.version() == 2


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("BIGINT", float("nan"), "nan"),
        ("BIGINT", 1e30, "1e+30"),
        ("BIGINT", 0.5, "0.5"),
        ("TINYINT", 300, "300"),
        ("FLOAT", 0.1, "0.1"),
        ("DOUBLE", 2**53 + 1, "9007199254740993"),
        ("DECIMAL(4,2)", 100, "100"),
    ],
)
def test_a_number_that_does_not_fit_is_told_with_row_value_types_and_the_fix(
    lake: lh.Lake, type_, value, text
):
    lake.sql(f"CREATE TABLE t (x {type_})")
    with pytest.raises(lh.InvalidError) as caught:
        lake["t"].append([{"x": None}, {"x": 1}, {"x": value}, {"x": value}])
    error = caught.value
    assert error.reason == "write.inexact_value" and error.hint
    assert (error.context["column"], error.context["row"]) == ("x", "2")
    assert error.context["value"] == text
    for part in ('"x"', type_, text, "row 2"):
        assert part in error.message, error.message
    assert lake["t"].version() == 0


def test_what_can_be_read_once_is_told_without_its_row(lake: lh.Lake):
    lake.sql("CREATE TABLE t (x BIGINT)")
    known = context(lambda: lake["t"].append({"x": n + 0.5} for n in range(3)))
    assert known["value"] == "0.5" and "row" not in known


def test_errors_of_a_damaged_table_name_the_file(trips: lh.Table):
    log = pathlib.Path(trips.location, "_delta_log")
    (log / f"{1:020}.json").write_text('{"add": {"path"')
    known = context(lambda: lh.open(trips.location).version())
    assert known["file"].endswith(f"{1:020}.json") and known["line"] == "1"
    (log / f"{1:020}.json").unlink()
    assert context(lambda: lh.open(trips.location).version())["file"].endswith(f"{1:020}.json")


def test_errors_of_a_csv_name_file_and_line(lake: lh.Lake, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n3,x\n")
    call = lake.sql(f"SELECT * FROM read_csv('{path}', columns = {{'a': 'INT', 'b': 'INT'}})")
    with pytest.raises(lh.LakeholdError) as caught:
        lake.sql(
            f"CREATE TABLE t AS SELECT * FROM read_csv('{path}', columns = {{'a': 'INT', 'b': 'INT'}})"
        )
    assert caught.value.context["line"] == "3" and caught.value.context["file"] == str(path)
    with pytest.raises(lh.LakeholdError, match="line 3"):
        call.fetchall()
