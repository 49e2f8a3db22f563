"""V2 checkpoints and log compaction files we write, read by others and by ourselves without the
commits."""

from __future__ import annotations

import datetime as dt
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lakehold as lh

deltalake = pytest.importorskip("deltalake")
polars = pytest.importorskip("polars")


def log_of(table: lh.Table) -> pathlib.Path:
    return pathlib.Path(table.location) / "_delta_log"


def rows_of(table: lh.Table) -> list[int]:
    return sorted(row["id"] for row in table.scan().to_pylist())


def deltalake_rows(table: lh.Table, version: int | None = None) -> list[int]:
    """By its own engine: its pyarrow reader, and polars, refuse the feature v2Checkpoint."""
    opened = deltalake.DeltaTable(table.location, version=version)
    query = deltalake.QueryBuilder().register("t", opened).execute("SELECT id FROM t")
    return sorted(pa.table(query)["id"].to_pylist())


def forget_commits(table: lh.Table, before: int) -> None:
    """Leaves what a clean-up would: no commit below the version."""
    for version in range(before):
        for name in log_of(table).glob(f"{version:020}.*json"):
            if ".checkpoint." not in name.name:
                name.unlink()


def test_v2_checkpoints_are_written_and_others_read_them(tmp_path: pathlib.Path):
    lake = lh.connect(str(tmp_path / "lake"))
    lake.sql(
        "CREATE TABLE t (id BIGINT, part INTEGER) PARTITIONED BY (part)"
        " WITH ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '1000')"
    )
    table = lake["t"]
    assert json.loads((log_of(table) / f"{0:020}.json").read_text().splitlines()[1])
    sidecars: set[str] = set()
    expected: list[int] = []
    for step in range(12):
        ids = list(range(step * 10, step * 10 + 10))
        if step == 6:
            lh.write(table.location, [{"id": i, "part": i % 3} for i in ids], mode="overwrite")
            expected = ids
        else:
            table.append([{"id": i, "part": i % 3} for i in ids])
            expected = expected + ids
        version = lake["t"].checkpoint()
        names = {p.name for p in (log_of(table) / "_sidecars").glob("*.parquet")}
        assert names > sidecars or step == 0
        sidecars = names
        assert rows_of(lh.open(table.location)) == sorted(expected)
        assert deltalake_rows(table) == sorted(expected)
    (manifest,) = log_of(table).glob(f"{version:020}.checkpoint.*.json")
    actions = [json.loads(line) for line in manifest.read_text().splitlines()]
    named = [action["sidecar"]["path"] for action in actions if "sidecar" in action]
    assert set(named) < sidecars, "older sidecars stay for older checkpoints"
    hint = json.loads((log_of(table) / "_last_checkpoint").read_text())
    assert (
        hint["version"] == version
        and hint["numOfAddFiles"] == lh.open(table.location).metrics()["files"]
    )
    assert lh.open(table.location).health()["findings"] == []
    # The checkpoint alone: by its UUID name, and by the classic one of the first and eleventh.
    forget_commits(table, version)
    assert rows_of(lh.open(table.location)) == sorted(expected)
    assert deltalake_rows(table) == sorted(expected)
    classic = sorted(log_of(table).glob("*.checkpoint.parquet"))
    assert [int(p.name[:20]) for p in classic] == [1, 11]
    at_eleven = rows_of(lh.open(table.location, version=11))
    assert deltalake_rows(table, 11) == at_eleven


def test_what_deltalake_appends_between_is_taken_over(tmp_path: pathlib.Path):
    lake = lh.connect(str(tmp_path / "lake"))
    lake.sql("CREATE TABLE t (id BIGINT) WITH ('delta.checkpointPolicy' = 'v2')")
    table = lake["t"]
    table.append([{"id": 1}])
    table.checkpoint()
    deltalake.write_deltalake(table.location, pa.table({"id": [2]}), mode="append")
    assert lh.open(table.location).checkpoint() == 2
    forget_commits(table, 2)
    assert rows_of(lh.open(table.location)) == [1, 2]
    assert deltalake_rows(table) == [1, 2]


def test_compaction_files_change_nothing_for_others(tmp_path: pathlib.Path):
    lake = lh.connect(str(tmp_path / "lake"))
    lake.sql("CREATE TABLE t (id BIGINT) WITH ('lakehold.logCompactionInterval' = '4')")
    table = lake["t"]
    for i in range(10):
        table.append([{"id": i}])
    assert table.compact_log(2) == (2, 10)
    for version in range(11):
        expected = list(range(version))
        assert rows_of(table.at(version=version)) == expected
        assert deltalake_rows(table, version) == expected
        by_polars = polars.read_delta(table.location, version=version)
        assert sorted(by_polars["id"].to_list()) == expected


@pytest.mark.parametrize("policy", ["classic", "v2"])
@pytest.mark.parametrize("as_json", ["true", "false"])
def test_statistics_are_written_as_a_struct_where_asked(
    tmp_path: pathlib.Path, policy: str, as_json: str
):
    lake = lh.connect(str(tmp_path / "lake"))
    lake.sql(
        "CREATE TABLE t (id BIGINT, price DOUBLE, name VARCHAR, day DATE, moment TIMESTAMP WITH TIME ZONE, part INTEGER)"
        f" PARTITIONED BY (part) WITH ('delta.checkpointPolicy' = '{policy}',"
        f" 'delta.checkpoint.writeStatsAsStruct' = 'true', 'delta.checkpoint.writeStatsAsJson' = '{as_json}')"
    )
    lake.sql(
        "INSERT INTO t SELECT i, i / 4, 'n' || i, DATE '2026-01-01' + i::INTEGER,"
        " TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_hours(i), i % 2 FROM range(10) r(i)"
    )
    table = lake["t"]
    assert table.checkpoint() == 1
    folder = "_sidecars" if policy == "v2" else "."
    (file,) = (p for p in (log_of(table) / folder).glob("*.parquet") if p.stat().st_size)
    add = pq.read_table(file)["add"].combine_chunks()
    adds = [row for row in add.to_pylist() if row is not None and row["path"]]
    assert len(adds) == 2
    for row in adds:
        part = int(dict(row["partitionValues"])["part"])
        assert row["partitionValues_parsed"] == {"part": part}
        parsed = row["stats_parsed"]
        assert (parsed["numRecords"], parsed["minValues"]["id"]) == (5, part)
        assert parsed["maxValues"]["price"] == (8 + part) / 4
        assert parsed["maxValues"]["day"] == dt.date(2026, 1, 9 + part)
        assert parsed["nullCount"]["name"] == 0
        assert (row["stats"] is None) == (as_json == "false")
    forget_commits(table, 1)
    again = lh.open(table.location)
    assert rows_of(again) == list(range(10))
    assert deltalake_rows(table) == list(range(10))
    assert [r["rows"] for r in again.files()] == [5, 5]
    assert again.scan(where="id > 100").to_pylist() == []
    assert "skipped 2" in str(again.scan(where="id > 100").explain())
