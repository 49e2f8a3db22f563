"""Columns of types this build does not know: everything but their values stays open."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

import pyarrow as pa
import pytest
from conftest import REPOSITORY
from foreign_log import array, field, map_of, put_table, struct

import lakehold as lh

UNKNOWN = {
    "geometry": ("geometry(OGC:CRS84)", pa.binary(), "geometry(OGC:CRS84)"),
    "geography": ("geography", pa.binary(), "geography"),
    "timestamp_nanos": ("timestamp_nanos", pa.timestamp("ns"), "timestamp_nanos"),
    "interval": ("interval day to second", pa.int64(), "interval day to second"),
    "future": ("hologram", pa.int64(), "hologram"),
    "udt": ({"type": "udt", "class": "x.Point"}, pa.int64(), "udt"),
    "empty": (struct(), pa.int64(), "struct<>"),
    "in a struct": (struct(field("g", "hologram")), pa.struct([("g", pa.int64())]), "hologram"),
    "in an array": (array("hologram"), pa.list_(pa.int64()), "hologram"),
    "in a map": (map_of("string", "hologram"), pa.map_(pa.string(), pa.int64()), "hologram"),
}


@pytest.fixture(params=UNKNOWN)
def unknown(request, tmp_path: pathlib.Path) -> tuple[str, str]:
    """A table of id and the column g, and the text of its type."""
    type_, stored, text = UNKNOWN[request.param]
    rows = pa.table({"id": pa.array([1, 2], pa.int64()), "g": pa.array([None, None], stored)})
    stats = {
        "numRecords": 2,
        "minValues": {"id": 1, "g": "POINT(1 1)"},
        "maxValues": {"id": 2, "g": "POINT(2 2)"},
        "nullCount": {"id": 0, "g": 0},
    }
    path = put_table(tmp_path / "t", [field("id", "long"), field("g", type_)], rows, stats=[stats])
    return path, text


def command(*arguments: str, code: int = 0) -> str:
    binary = os.environ.get("LAKEHOLD_BIN") or str(REPOSITORY / "build/release/bin/lakehold")
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def test_metadata_stays_open(unknown: tuple[str, str]) -> None:
    path, text = unknown
    table = lh.open(path)
    assert text in dict(table.schema())["g"]
    assert (table.version(), len(table.history()), len(table.files())) == (0, 1, 1)
    assert table.metrics()["files"] == 1
    assert table.count() == 2
    assert text in command("schema", path)
    status = json.loads(command("status", path, "-f", "json"))
    status = status[0] if isinstance(status, list) else status
    assert '"g' in status["unreadable"] and "delta.unknown_type" in status["unreadable"]
    for verb in ("log", "files", "fsck"):
        command(verb, path)


def test_other_columns_are_read(unknown: tuple[str, str]) -> None:
    path, _ = unknown
    assert lh.open(path).scan(columns=["id"], where="id > 1").fetchall() == [(2,)]
    lake = lh.connect(str(pathlib.Path(path).parent))
    assert lake.sql("SELECT count(*), min(id), max(id) FROM t").fetchall() == [(2, 1, 2)]
    assert [row[0] for row in lake.sql("DESCRIBE t").fetchall()] == ["id", "g"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM t",
        "SELECT g FROM t",
        "SELECT count(g) FROM t",
        "SELECT count(*) FROM t WHERE g IS NULL",
        "SELECT count(*) FROM t WHERE g IS NOT NULL",
        "SELECT max(g::VARCHAR) FROM t",
        "SELECT id FROM t ORDER BY g::VARCHAR LIMIT 1",
    ],
)
def test_its_values_are_refused_by_name(unknown: tuple[str, str], query: str) -> None:
    path, text = unknown
    lake = lh.connect(str(pathlib.Path(path).parent))
    with pytest.raises(lh.UnsupportedError) as caught:
        lake.sql(query).fetchall()
    assert caught.value.reason == "delta.unknown_type"
    assert '"g' in str(caught.value) and text in str(caught.value)


def test_it_is_not_written(unknown: tuple[str, str]) -> None:
    path, text = unknown
    lake = lh.connect(str(pathlib.Path(path).parent))
    with pytest.raises(lh.UnsupportedError) as caught:
        lake.sql("INSERT INTO t (id) VALUES (3)")
    assert caught.value.reason == "delta.unknown_type" and text in str(caught.value)
    assert lh.open(path).version() == 0


def test_a_partition_column_of_an_unknown_type(tmp_path: pathlib.Path) -> None:
    from foreign_log import add, put_log

    fields = [field("id", "long"), field("p", "hologram")]
    adds = [add("p=1/a.parquet", 1, {"p": "1"}, {"numRecords": 3})]
    path = put_log(tmp_path / "t", fields, adds, partition_by=["p"])
    assert lh.open(path).metrics()["files"] == 1
    assert lh.open(path).count() == 3
    with pytest.raises(lh.UnsupportedError, match="hologram"):
        lh.open(path).scan(columns=["p"]).fetchall()
