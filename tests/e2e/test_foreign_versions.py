"""Every version of tables that others wrote or we wrote, with and without checkpoints, in any time
zone and locale."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import os
import pathlib
import subprocess
import sys

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from test_other_readers import UTC, random_table, same

import lakehold as lh

PARTITIONS: dict[str, tuple[pa.DataType, list]] = {
    "string": (pa.string(), ["a b", "x/y=%", None]),
    "boolean": (pa.bool_(), [True, False, None]),
    "byte": (pa.int8(), [-128, 127, None]),
    "short": (pa.int16(), [-(2**15), 5, None]),
    "integer": (pa.int32(), [-5, 7, None]),
    "long": (pa.int64(), [-(2**63), 2**63 - 1, None]),
    "float": (pa.float32(), [0.5, -2.25, None]),
    "double": (pa.float64(), [1e300, -0.1, None]),
    "decimal": (pa.decimal128(10, 3), [decimal.Decimal("1.500"), decimal.Decimal("-0.001"), None]),
    "date": (pa.date32(), [dt.date(1969, 12, 31), dt.date(2026, 11, 21), None]),
    "timestamp": (
        pa.timestamp("us", "UTC"),
        [dt.datetime(2026, 1, 1, 1, 2, 3, 456789, UTC), dt.datetime(1999, 1, 1, tzinfo=UTC), None],
    ),
    "timestamp_ntz": (
        pa.timestamp("us"),
        [dt.datetime(2026, 1, 1, 1, 2, 3, 456789), dt.datetime(1960, 1, 1), None],
    ),
}


def with_partition(rows: pa.Table, type_: pa.DataType, values: list) -> pa.Table:
    column = pa.array([values[i % len(values)] for i in range(rows.num_rows)], type_)
    return rows.append_column("by", column)


# deltalake cannot write folders of 300 digits, nor negative decimals, which it spells "-12.-345".
THEIRS = PARTITIONS | {
    "double": (pa.float64(), [1e16, -0.1, None]),
    "decimal": (pa.decimal128(10, 3), [decimal.Decimal("1.500"), decimal.Decimal("12.345"), None]),
}


@pytest.mark.parametrize("checkpointed", [False, True], ids=["json", "checkpoint"])
@pytest.mark.parametrize("kind", THEIRS)
def test_every_version_deltalake_wrote(lake_path: str, kind: str, checkpointed: bool) -> None:
    path = f"{lake_path}/theirs"
    rows = with_partition(random_table(len(kind), 60), *THEIRS[kind])
    for turn in range(4):
        deltalake.write_deltalake(
            path, rows.slice(turn * 15, 15), mode="append", partition_by=["by"]
        )
        if checkpointed and turn == 2:
            deltalake.DeltaTable(path).create_checkpoint()
    deltalake.write_deltalake(path, rows.slice(0, 7), mode="overwrite")
    for turn in range(4):
        same(rows.slice(0, (turn + 1) * 15), lh.open(path, version=turn).to_arrow())
    same(rows.slice(0, 7), lh.open(path).to_arrow())
    if checkpointed:
        for number in range(2):
            os.remove(f"{path}/_delta_log/{number:020}.json")
        same(rows.slice(0, 45), lh.open(path, version=2).to_arrow())
        with pytest.raises(lh.NotFoundError):
            lh.open(path, version=1).count()


@pytest.mark.parametrize("kind", ["string", "integer", "date", "boolean", None])
def test_every_version_polars_wrote(lake_path: str, kind: str | None) -> None:
    path = f"{lake_path}/theirs"
    rows = random_table(3, 40).drop_columns(["map"])
    options = {}
    if kind:
        rows, options = with_partition(rows, *PARTITIONS[kind]), {"partition_by": ["by"]}
    for turn in range(4):
        frame = pl.DataFrame(rows.slice(turn * 10, 10))
        frame.write_delta(path, mode="append", delta_write_options=options)
    for turn in range(4):
        same(rows.slice(0, (turn + 1) * 10), lh.open(path, version=turn).to_arrow())


@pytest.mark.parametrize("kind", [None, *PARTITIONS])
def test_a_checkpoint_changes_nothing_and_stands_alone(lake_path: str, kind: str | None) -> None:
    rows = random_table(11, 60)
    by = []
    if kind:
        rows, by = with_partition(rows, *PARTITIONS[kind]), ["by"]
    path = f"{lake_path}/t"
    lh.write(path, rows.slice(0, 20), partition_by=by)
    lh.write(path, rows.slice(20, 20), mode="append")
    lh.write(path, rows.slice(40), mode="append")
    before = lh.open(path).to_arrow()
    assert lh.open(path).checkpoint() == 2
    same(before, lh.open(path).to_arrow())
    for number in range(2):
        os.remove(f"{path}/_delta_log/{number:020}.json")
    script = "import sys, lakehold as lh, pyarrow.feather as f; f.write_feather(lh.open(sys.argv[1]).to_arrow(), sys.argv[2])"
    subprocess.run([sys.executable, "-c", script, path, f"{lake_path}/fresh"], check=True)
    import pyarrow.feather

    same(before, pyarrow.feather.read_table(f"{lake_path}/fresh"))
    query = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(path))
    same(before, pa.table(query.execute("SELECT * FROM t").read_all()))
    same(before, pl.read_delta(path).to_arrow(), skip=("map",))
    lh.write(path, rows.slice(0, 1), mode="append")
    assert pl.scan_delta(path).select(pl.len()).collect().item() == 61


@pytest.mark.parametrize("checkpointed", [False, True], ids=["json", "checkpoint"])
def test_others_prune_rightly_by_our_statistics(lake_path: str, checkpointed: bool) -> None:
    path = f"{lake_path}/t"
    rows = random_table(21, 400)
    for turn in range(8):
        part = rows.slice(turn * 50, 50)
        lh.write(path, part, mode="error" if turn == 0 else "append")
    if checkpointed:
        lh.open(path).checkpoint()
        for number in range(7):
            os.remove(f"{path}/_delta_log/{number:020}.json")
    table = deltalake.DeltaTable(path)
    dataset = table.to_pyarrow_dataset()
    fragments = list(dataset.get_fragments(filter=pc.field("id") == 120))
    assert len(fragments) < 8
    assert dataset.to_table(filter=pc.field("id") == 120)["id"].to_pylist() == [120]
    query = deltalake.QueryBuilder().register("t", table)
    conditions = {
        "id": 120, "day": "1999-01-01", "price": 0, "tiny": 3, "big": 0, "text": "m", "medium": 0, "instant": "2030-01-01T00:00:00Z",
    }  # fmt: skip
    frame = pl.DataFrame(rows.drop_columns(["map"]))
    for column, value in conditions.items():
        literal = f"'{value}'" if isinstance(value, str) else str(value)
        typed = {"day": f"DATE {literal}", "instant": f"TIMESTAMP {literal}"}.get(column, literal)
        for op in ("=", ">", "<="):
            ours = sorted(
                row["id"]
                for row in lh.open(path).scan(["id"], where=f"{column} {op} {literal}").to_pylist()
            )
            theirs = pa.table(
                query.execute(f"SELECT id FROM t WHERE {column} {op} {typed}").read_all()
            )
            assert sorted(theirs["id"].to_pylist()) == ours, (column, op)
        here = frame.schema[column]
        bound = (
            pl.lit(value).str.to_datetime(time_zone="UTC", time_unit="us")
            if column == "instant"
            else pl.lit(value)
        )
        bound = (
            bound.str.to_date()
            if column == "day"
            else bound
            if column == "instant"
            else bound.cast(here)
        )
        kept = frame.filter(pl.col(column) > bound)["id"].to_list()
        assert sorted(
            pl.scan_delta(path)
            .filter(pl.col(column) > bound)
            .select("id")
            .collect()["id"]
            .to_list()
        ) == sorted(kept)


SCENE = """
import sys, json, datetime as dt, decimal, lakehold as lh, pyarrow as pa
path, mode = sys.argv[1:3]
utc = dt.timezone.utc
if mode == "write":
    at = [dt.datetime(2026, 3, 29, 1, 30, 0, 123456, utc), dt.datetime(2026, 7, 1, 0, tzinfo=utc),
          None]
    naive = [dt.datetime(2026, 3, 29, 2, 30, 0, 5), dt.datetime(1950, 1, 1), None]
    rows = pa.table({"id": [1, 2, 3], "moment": pa.array(at, pa.timestamp("us", "UTC")),
                     "naive": pa.array(naive, pa.timestamp("us")), "d": [1234.5, -0.25, None],
                     "by": pa.array(at, pa.timestamp("us", "UTC"))})
    lh.write(path, rows, partition_by=["by"])
    lake = lh.connect(path + "_lake")
    lake.sql("CREATE TABLE t (z TIMESTAMPTZ, n TIMESTAMP, day DATE)")
    lake.sql("INSERT INTO t SELECT TIMESTAMP '2026-03-29 02:30:00', TIMESTAMPTZ '2026-03-29 02:30:00+02', "
             "TIMESTAMPTZ '2026-01-01 00:30:00+01'")
for name in (path, path + "_lake/t"):
    for row in sorted(map(str, lh.open(name).to_arrow().to_pylist())):
        print(row)
lake = lh.connect(path + "_lake")
print(lake.sql("SELECT z::VARCHAR, n::VARCHAR, day::VARCHAR, z::DATE, 1234.5::VARCHAR, strftime(n, '%A %B') FROM t").fetchall())
print(lh.open(path).scan(["id"], where="moment >= '2026-06-30 23:30:00'").fetchall())
print([sorted(f["partition_values"].items()) for f in sorted(lh.open(path).files(), key=lambda f: str(f["partition_values"]))])
"""


def test_the_time_zone_and_locale_of_the_machine_change_nothing(
    lake_path: str, tmp_path: pathlib.Path
) -> None:
    def run(path: str, mode: str, zone: str, locale: str) -> str:
        environment = os.environ | {"TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-c", SCENE, path, mode],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    zones = [
        ("UTC", "C"),
        ("America/New_York", "de_DE.UTF-8"),
        ("Asia/Kolkata", "tr_TR.UTF-8"),
        ("Pacific/Chatham", "C.UTF-8"),
    ]
    told = [
        run(f"{tmp_path}/by_{number}", "write", zone, locale)
        for number, (zone, locale) in enumerate(zones)
    ]
    told += [run(f"{tmp_path}/by_0", "read", zone, locale) for zone, locale in zones]
    assert len(set(told)) == 1, told


def log_of(path: str, version: int) -> list[dict]:
    return [
        json.loads(line)
        for line in pathlib.Path(f"{path}/_delta_log/{version:020}.json").read_text().splitlines()
    ]


def test_in_commit_timestamps_come_first_rise_and_decide_time_travel(lake_path: str) -> None:
    lake = lh.connect(lake_path)
    lake.sql("CREATE TABLE t (id BIGINT) WITH ('delta.enableInCommitTimestamps' = 'true')")
    for turn in range(5):
        lake.table("t").append(pa.table({"id": [turn]}))
    path = lake.table("t").location
    times = []
    for version in range(6):
        first = log_of(path, version)[0]
        times.append(first["commitInfo"]["inCommitTimestamp"])
        # Times of the files must not matter.
        os.utime(f"{path}/_delta_log/{version:020}.json", (10**9 - version, 10**9 - version))
    assert times == sorted(set(times))
    script = "import sys, lakehold as lh, datetime as dt\nfor t in sys.argv[2:]:\n print(lh.open(sys.argv[1], timestamp=dt.datetime."
    script += "fromtimestamp(int(t) / 1000, dt.timezone.utc)).version())"
    asked = [str(time) for time in times]
    done = subprocess.run(
        [sys.executable, "-c", script, path, *asked], capture_output=True, text=True, check=True
    )
    assert [int(line) for line in done.stdout.split()] == list(range(6))
    assert deltalake.DeltaTable(path).to_pyarrow_table().num_rows == 5


def test_append_only_tables_take_appends_and_refuse_overwrites(lake_path: str) -> None:
    lake = lh.connect(lake_path)
    lake.sql(
        "CREATE TABLE t (id BIGINT, k VARCHAR) PARTITIONED BY (k) WITH ('delta.appendOnly' = 'true')"
    )
    table = lake.table("t")
    rows = pa.table({"id": [1], "k": ["a"]})
    table.append(rows)
    for where in (None, "k = 'a'"):
        with pytest.raises(lh.LakeholdError) as caught:
            table.overwrite(rows, where=where)
        assert "append" in str(caught.value).lower()
    table.append(rows)
    assert table.count() == 2
    assert table.version() == 2
    assert deltalake.DeltaTable(table.location).to_pyarrow_table().num_rows == 2


def test_zoneless_timestamps_bring_their_feature_and_others_read_them(lake_path: str) -> None:
    naive = [dt.datetime(2026, 3, 29, 2, 30, 0, 5), dt.datetime(1950, 1, 1, 0, 0, 0, 1), None]
    rows = pa.table(
        {"id": pa.array([1, 2, 3], pa.int64()), "moment": pa.array(naive, pa.timestamp("us"))}
    )
    path = f"{lake_path}/t"
    report = lh.write(path, rows)
    assert report is not None
    assert report.reader_features == ("timestampNtz",)
    same(rows, lh.open(path).to_arrow())
    same(rows, deltalake.DeltaTable(path).to_pyarrow_table())
    same(rows, pl.read_delta(path).to_arrow())
    protocol = next(action["protocol"] for action in log_of(path, 0) if "protocol" in action)
    assert (protocol["minReaderVersion"], protocol["minWriterVersion"]) == (3, 7)
    assert "timestampNtz" in protocol["readerFeatures"]
    assert "timestampNtz" in protocol["writerFeatures"]
    deltalake.write_deltalake(path, rows.slice(0, 1), mode="append")
    assert lh.open(path).scan(where="moment < TIMESTAMP '1960-01-01'").to_arrow()[
        "id"
    ].to_pylist() == [2]
    assert lh.open(path).count() == 4
