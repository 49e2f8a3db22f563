"""One table, many clocks: the zone of the machine and of the session change no instant, no file
skipped, no version found, no text of the command line."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

import lakehold as lh

CLI = os.environ.get("LAKEHOLD_BIN", "lakehold")
ZONES = [
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Europe/Dublin",
]

# What is asked names its zone, or has none to name.
WHERES = [
    "z >= '2026-03-08 07:00:00Z'",
    "z < TIMESTAMPTZ '2026-11-01 02:00:00-04'",
    "z = TIMESTAMPTZ '2011-12-31 10:00:00+00'",
    "n > TIMESTAMP '2026-03-08 02:30:00'",
    "n = TIMESTAMP '2011-12-30 12:00:00'",
    "pz = TIMESTAMPTZ '2026-03-08 07:00:00Z'",
    "pz > TIMESTAMPTZ '2026-03-08 12:30:00+05:30'",
    "pn <= TIMESTAMP '2026-03-08 02:30:00'",
    "day = DATE '2011-12-30'",
]
READ = """
import json, sys, lakehold as lh
path, times, wheres = sys.argv[1], *map(json.loads, sys.argv[2:4])
zone = sys.argv[4]
table = lh.open(path)
told = []
for where in wheres:
    scan = table.scan(["id"], where=where)
    (one,) = scan.explain().scans
    told.append([where, sorted(scan.fetchall()), one.files_read])
    told.append([one.skipped_by_partition, one.skipped_by_statistics])
rows = table.scan(["id", "z", "n", "pz", "pn"]).to_arrow()
for name in ("z", "n", "pz", "pn"):
    told.append([name, sorted(str(v) for v in rows[name].cast("int64").to_pylist())])
told.append([str(entry["timestamp"]) for entry in table.history()])
told.append([lh.open(path, timestamp=time).version() for time in times])
lake = lh.connect(path.rsplit("/", 1)[0])
if zone:
    lake.sql(f"SET TimeZone = '{zone}'")
name = path.rsplit("/", 1)[1]
for where in wheres:
    told.append(sorted(lake.sql(f"SELECT id FROM {name} WHERE {where}").fetchall()))
extremes = f"SELECT epoch_us(min(z)), epoch_us(max(z)), epoch_us(min(pz)), epoch_us(max(pz)), count(*) FROM {name}"
told.append(lake.sql(extremes).fetchall())
told.append([lake.sql(f"SELECT count(*) FROM {name} AT (TIMESTAMP => '{time}')").fetchall()[0][0] for time in times])
print(json.dumps(told))
"""
WRITE = """
import sys, lakehold as lh
lake = lh.connect(sys.argv[1])
lake.sql("CREATE TABLE t (id BIGINT, z TIMESTAMPTZ, n TIMESTAMP, day DATE, pz TIMESTAMPTZ, pn TIMESTAMP) PARTITIONED BY (pz, pn)")
instants = ["2026-03-08 06:59:59.999999Z", "2026-03-08 07:00:00Z", "2026-11-01 05:30:00Z", "2026-11-01 06:30:00Z",
            "2011-12-31 10:00:00Z", "1969-12-31 23:59:59.5Z"]
walls = ["2026-03-08 02:30:00", "2026-11-01 01:30:00", "2011-12-30 12:00:00", "1883-11-18 12:03:58", "2026-03-08 02:30:00.000001",
         "2026-10-25 01:30:00"]
for turn, (instant, wall) in enumerate(zip(instants, walls)):
    lake.sql(f"INSERT INTO t VALUES ({turn}, TIMESTAMPTZ '{instant}', TIMESTAMP '{wall}', DATE '2011-12-{28 + turn % 4}', "
             f"TIMESTAMPTZ '{instant}', TIMESTAMP '{wall}')")
"""


def in_zone(zone: str, *command: str) -> str:
    environment = os.environ | {"TZ": zone}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, (zone, done.stderr)
    return done.stdout


def log_of(path: str) -> list[tuple]:
    """What the log says of each file, but for its name and its times."""
    told = []
    for commit in sorted(pathlib.Path(path, "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            if add := json.loads(line).get("add"):
                folder = add["path"].rsplit("/", 1)[0]
                told.append((folder, sorted(add["partitionValues"].items()), add["stats"]))
    return told


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("zones") / "lake")
    in_zone("America/New_York", sys.executable, "-c", WRITE, path)
    # A version an hour, over the hour that New York has twice.
    for version in range(7):
        moment = 1_793_500_200 + 3_600 * version
        os.utime(f"{path}/t/_delta_log/{version:020}.json", (moment, moment))
    return path


TIMES = [
    "2026-11-01T05:59:59Z",
    "2026-11-01T01:30:00-04:00",
    "2026-11-01T01:30:00-05:00",
    "2026-11-01 06:30:00",
    "2026-11-01T12:00:00+05:30",
]


def test_what_is_written_does_not_depend_on_the_zone(tmp_path: pathlib.Path) -> None:
    logs = []
    for number, zone in enumerate(ZONES):
        in_zone(zone, sys.executable, "-c", WRITE, f"{tmp_path}/{number}")
        logs.append(log_of(f"{tmp_path}/{number}/t"))
    assert len(logs[0]) == 6
    for zone, log in zip(ZONES, logs):
        assert log == logs[0], zone


def test_what_is_read_does_not_depend_on_the_zone(lake: str) -> None:
    arguments = (f"{lake}/t", json.dumps(TIMES), json.dumps(WHERES))
    told = {
        (zone, session): in_zone(zone, sys.executable, "-c", READ, *arguments, session)
        for zone in ZONES
        for session in ("", *(ZONES if zone == "Pacific/Apia" else ZONES[3:4]))
    }
    first = told["UTC", ""]
    assert len(json.loads(first)) > len(WHERES) * 2
    for zones, text in told.items():
        assert text == first, zones


def test_the_command_line_tells_the_same_in_every_zone(lake: str) -> None:
    table = f"{lake}/t"
    commands = [
        ("log", table, "-f", "json"),
        ("log", table, "-f", "table"),
        ("files", table, "-f", "json"),
        ("status", table, "-f", "json"),
        *(("cat", table, "-f", form) for form in ("csv", "json", "table")),
        *(("cat", table, "--at", time, "-f", "csv") for time in TIMES),
        *(("cat", table, "--where", where, "--explain") for where in WHERES),
        ("sql", lake, "SELECT z, n, z::VARCHAR, day FROM t ORDER BY id", "-f", "csv"),
    ]
    for command in commands:
        told = {zone: in_zone(zone, CLI, *command) for zone in ZONES}
        assert len(set(told.values())) == 1, (command, told)


def test_a_time_without_a_zone_is_utc_everywhere(lake: str) -> None:
    assert (
        lh.open(f"{lake}/t", timestamp="2026-11-01 06:30:00").version()
        == lh.open(f"{lake}/t", timestamp="2026-11-01T06:30:00Z").version()
    )
