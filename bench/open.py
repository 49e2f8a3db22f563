"""Open a table, list its files and count its rows, from the log alone: 10,000 to 1,000,000 files
as one commit, as many small commits and as V1, V2 (sidecars) and multi-part checkpoints.

Each contender runs in a process of its own, a fresh one each round, and tells the seconds and the
CPU seconds from its first call on and the peak memory of the process above that of its imports. The
floors copy path and size of every add: simdjson over the commits (bench_log_replay), DuckDB's
read_parquet over the checkpoint. `refresh` adds 1 and 100 commits to an open table and asks for the
newest version; `travel` asks a log of 100,000 versions, with a checkpoint every 100, for versions
at random, for the checkpoints below them (the floor), and for neighbours.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from harness import binary, fresh_folder, machine, versions

ADD = """{'path': 'day=' || day || '/part-' || lpad((i % 100000)::VARCHAR, 5, '0')
    || '-' || md5(i::VARCHAR) || '-c000.snappy.parquet',
  'partitionValues': MAP {'day': day}, 'size': 10000 + i % 9999,
  'modificationTime': 1767000000000 + i, 'dataChange': false,
  'stats': '{"numRecords":' || (1000 + i % 77) || ',"minValues":{"id":' || i * 1000
    || ',"name":"name-' || i || '","fare":1.25},"maxValues":{"id":' || (i * 1000 + 999) || ',"name":"name-'
    || (i + 1) || '","fare":101.75},"nullCount":{"id":0,"name":0,"fare":3}}'}"""
DAY = "'2026-01-' || lpad((i % 28 + 1)::VARCHAR, 2, '0')"
SCHEMA = json.dumps(
    {
        "type": "struct",
        "fields": [
            {"name": name, "type": kind, "nullable": True, "metadata": {}}
            for name, kind in (
                ("id", "long"),
                ("name", "string"),
                ("fare", "double"),
                ("day", "date"),
            )
        ],
    }
)


def state(v2: bool) -> str:
    """The rows of a checkpoint that are no files, as a query."""
    protocol = (
        "{'minReaderVersion': 3, 'minWriterVersion': 7, 'readerFeatures': ['v2Checkpoint'], 'writerFeatures': ['v2Checkpoint']}"
        if v2
        else "{'minReaderVersion': 1, 'minWriterVersion': 2}"
    )
    return (
        f"SELECT {protocol} AS protocol UNION ALL BY NAME SELECT {{'id': '5fba94ed-9794-4965-ba6e-6ee3c0d22af9',"
        f" 'format': {{'provider': 'parquet', 'options': MAP([]::VARCHAR[], []::VARCHAR[])}}, 'schemaString': '{SCHEMA}',"
        " 'partitionColumns': ['day'], 'configuration': MAP([]::VARCHAR[], []::VARCHAR[])} AS \"metaData\""
    )


def make(folder: pathlib.Path, shape: str, files: int) -> None:
    """A table whose log is of this shape; its data files do not exist."""
    import duckdb

    tool = binary("bench_log_replay")
    if shape.startswith("json"):
        commits = int(shape.removeprefix("json ").removesuffix(" commits"))
        assert tool, "build bench_log_replay first: ./dev build"
        subprocess.run([tool, "make", str(folder), str(files), str(commits)], check=True)
        return
    log = folder / "_delta_log"
    log.mkdir(parents=True)
    version = f"{10:020}"
    adds = f'SELECT {ADD} AS "add" FROM (SELECT i, {DAY} AS day FROM range({files}) t(i))'

    def copy(query: str, name: str) -> None:
        duckdb.sql(f"COPY ({query}) TO '{log / name}' (FORMAT parquet)")

    if shape == "V1 checkpoint":
        copy(f"{state(False)} UNION ALL BY NAME {adds}", f"{version}.checkpoint.parquet")
    elif shape == "multi-part checkpoint":
        parts = 10
        for part in range(parts):
            rows = f"{adds} WHERE i % {parts} = {part}"
            query = f"{state(False)} UNION ALL BY NAME {rows}" if part == 0 else rows
            copy(query, f"{version}.checkpoint.{part + 1:010}.{parts:010}.parquet")
    else:
        (log / "_sidecars").mkdir()
        names = [f"{uuid.uuid4()}.parquet" for _ in range(10)]
        for part, name in enumerate(names):
            copy(f"{adds} WHERE i % 10 = {part}", f"_sidecars/{name}")
        sidecars = " UNION ALL ".join(
            f"SELECT {{'path': '{name}', 'sizeInBytes': {(log / '_sidecars' / name).stat().st_size}::BIGINT,"
            " 'modificationTime': 0::BIGINT} AS sidecar"
            for name in names
        )
        copy(
            f"{state(True)} UNION ALL BY NAME (SELECT * FROM ({sidecars})) UNION ALL BY NAME SELECT {{'version': 10::BIGINT}} AS \"checkpointMetadata\"",
            f"{version}.checkpoint.{uuid.uuid4()}.parquet",
        )
    # The commit of that version says nothing new.
    (log / f"{version}.json").write_text('{"commitInfo":{"operation":"WRITE"}}\n')


def small_commit(log: pathlib.Path, version: int, removes: int | None = None) -> None:
    """One file added; and one removed, if there is one of that number."""

    def path(number: int) -> str:
        return f"day=2026-01-01/part-{number:09}-c000.snappy.parquet"

    stats = json.dumps(
        {"numRecords": 10, "minValues": {"id": version}, "maxValues": {"id": version}}
    )
    add = {
        "path": path(version),
        "partitionValues": {"day": "2026-01-01"},
        "size": 1000,
        "modificationTime": 1767000000000,
        "dataChange": True,
        "stats": stats,
    }
    lines = [{"commitInfo": {"operation": "WRITE", "timestamp": 1767000000000}}, {"add": add}]
    if removes is not None:
        lines.append(
            {
                "remove": {
                    "path": path(removes),
                    "deletionTimestamp": 1767000000000,
                    "dataChange": True,
                }
            }
        )
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    (log / f"{version:020}.json").write_text(text)


LIVE = 1_000  # Files of the table that is travelled.
EVERY = 100  # Versions between its checkpoints.


def make_travelled(folder: pathlib.Path, versions: int) -> None:
    """Each version adds a file and removes the one LIVE versions before."""
    import duckdb

    log = folder / "_delta_log"
    log.mkdir(parents=True)
    lines = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {
            "metaData": {
                "id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": SCHEMA,
                "partitionColumns": ["day"],
                "configuration": {},
            }
        },
    ]
    (log / f"{0:020}.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for version in range(1, versions + 1):
        small_commit(log, version, version - LIVE if version > LIVE else None)
    connection = duckdb.connect()
    for version in range(EVERY, versions + 1, EVERY):
        adds = ADD.replace(
            "'day=' || day || '/part-' || lpad((i % 100000)::VARCHAR, 5, '0')\n    || '-' || md5(i::VARCHAR) || '-c000.snappy.parquet'",
            "'day=2026-01-01/part-' || lpad(i::VARCHAR, 9, '0') || '-c000.snappy.parquet'",
        )
        rows = f"SELECT {adds} AS \"add\" FROM (SELECT i, '2026-01-01' AS day FROM range({max(version - LIVE, 0) + 1}, {version + 1}) t(i))"
        connection.sql(
            f"COPY ({state(False)} UNION ALL BY NAME {rows}) TO '{log}/{version:020}.checkpoint.parquet' (FORMAT parquet)"
        )


def each(work: Callable[[Any], Any], over: Iterable[Any]) -> dict[str, list[float]]:
    """Seconds and CPU seconds of each."""
    told: dict[str, list[float]] = {"s": [], "cpu": []}
    for one in over:
        started, cpu = time.perf_counter(), time.process_time()
        work(one)
        told["s"].append(time.perf_counter() - started)
        told["cpu"].append(time.process_time() - cpu)
    return told


def traveller(name: str, path: str, versions: list[int]) -> None:
    """Opens versions in this process; the first is to warm up."""
    if name == "lakehold":
        import lakehold as lh

        table = lh.open(path)

        def open_at(version: int) -> None:
            table.at(version=version)
    else:
        import deltalake

        def open_at(version: int) -> None:
            deltalake.DeltaTable(path, version=version)

    open_at(versions[0])
    print(json.dumps(each(open_at, versions[1:])))


def refresher(name: str, path: str, commits: int) -> None:
    """Opens a table, then follows others' commits."""
    log = pathlib.Path(path) / "_delta_log"
    newest = max(int(file.stem) for file in log.glob("*.json"))
    first = newest + 1
    if name == "lakehold":
        import lakehold as lh

        table = lh.open(path)
        table.metrics()

        def refresh(version: int) -> None:
            assert table.version() == version
    else:
        import deltalake

        peer = deltalake.DeltaTable(path)

        def refresh(version: int) -> None:
            peer.update_incremental()
            assert peer.version() == version

    told: dict[str, list[float]] = {"s": [], "cpu": []}
    for _ in range(12 if commits == 1 else 4):
        for _ in range(commits):
            newest += 1
            small_commit(log, newest)
        for key, values in each(refresh, [newest]).items():
            told[key] += values
    for version in range(first, newest + 1):
        (log / f"{version:020}.json").unlink()
    print(json.dumps(told))


def told_by(*arguments: object) -> dict[str, list[float]]:
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, list[float]] = json.loads(done.stdout)
    return told


def print_each(title: str, name: str, told: dict[str, list[float]]) -> None:
    wall, cpu = ([value * 1e3 for value in told[key]] for key in ("s", "cpu"))
    print(
        f"| {title} | {name} | {statistics.median(wall):.3f} | {statistics.median(cpu):.3f} | {min(cpu):.3f} - {max(cpu):.3f} |",
        flush=True,
    )


def measure_refresh(path: str, files: int) -> None:
    for commits in (1, 100):
        for name in ("lakehold", "deltalake"):
            told = told_by("--refresher", name, path, commits)
            print_each(f"refresh of {commits} at {files:,} files", name, told)


def measure_travel(path: str, versions: int) -> None:
    dice = random.Random(7)
    wanted = [dice.randrange(LIVE, versions) for _ in range(25)]
    floors = [version - version % EVERY for version in wanted]
    near = [wanted[0], *range(wanted[1] + 10, wanted[1] - 10, -1)]
    for title, over in (
        ("at random", wanted),
        ("the checkpoints below them", floors),
        ("neighbours", near),
    ):
        for name in ("lakehold", "deltalake"):
            print_each(
                f"{versions:,} versions: {title}", name, told_by("--traveller", name, path, *over)
            )


def memory(field: str) -> int:
    """Megabytes of this process: VmRSS now, VmHWM at its peak."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split(field + ":")[1].split()[0]) >> 10


def contender(name: str, path: str) -> None:
    """One run in this process; prints seconds, CPU seconds, files, rows and memory."""
    told: dict[str, float] = {}
    if name.startswith("lakehold"):
        import lakehold as lh
    elif name == "deltalake":
        import deltalake
        import pyarrow as pa
    elif name == "polars":
        import polars
    else:
        import duckdb
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # The peak begins anew.
    before, started, cpu = memory("VmRSS"), time.perf_counter(), time.process_time()
    if name == "lakehold":
        table = lh.open(path)
        told["files"] = table.metrics()["files"]
        told["rows"] = table.count()
    elif name == "lakehold, files as rows":
        files = lh.open(path).files().to_arrow()
        told["files"] = files.num_rows
    elif name == "deltalake":
        adds = pa.table(deltalake.DeltaTable(path).get_add_actions(flatten=True))
        told["files"], told["rows"] = adds.num_rows, pa.compute.sum(adds["num_records"]).as_py()
    elif name == "polars":
        polars.scan_delta(path).select(polars.len()).explain()
    else:
        log = f"{path}/_delta_log"
        where = "_sidecars/*.parquet" if "sidecars" in name else "*.checkpoint*.parquet"
        # The number of rows of a file is in its statistics.
        wanted = "add.path, add.size" + (", add.stats" if name.endswith("stats") else "")
        rows = duckdb.sql(
            f"SELECT {wanted} FROM read_parquet('{log}/{where}', union_by_name = true) WHERE add.path IS NOT NULL"
        ).to_arrow_table()
        told["files"] = rows.num_rows
    told |= {
        "s": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "mb": memory("VmHWM") - before,
    }
    print(json.dumps(told))


def run(name: str, path: str) -> dict[str, float] | None:
    """What the process told; nothing if a peer cannot read this table."""
    command = [sys.executable, __file__, "--contender", name, path]
    if name == "simdjson":
        tool = binary("bench_log_replay")
        assert tool
        command = [tool, "floor", path, "1"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0 and name in ("deltalake", "polars"):
        print(f"  {name} fails: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    done.check_returncode()
    told: dict[str, float] = json.loads(done.stdout)
    if name == "simdjson":
        told |= {
            "s": told["floor_us"] / 1e6,
            "cpu": told["floor_cpu_us"] / 1e6,
            "mb": told["peak_rss_mb"],
        }
    return told


def measure(path: str, shape: str, files: int, rounds: int) -> None:
    floor = "simdjson" if shape.startswith("json") else "duckdb"
    if shape.startswith("V2"):
        floor = "duckdb sidecars"
    names = ["lakehold", "deltalake", "polars", floor]
    if floor != "simdjson":
        names.append(f"{floor} with stats")
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            told = run(name, path)
            if told is not None:
                runs[name].append(told)
        print(f"  {shape}, {files:,} files: round {number + 1} of {rounds}", file=sys.stderr)
    counts = {(r["files"], r.get("rows")) for n in ("lakehold", "deltalake") for r in runs[n]}
    assert len(counts) == 1, f"contenders disagree: {counts}"
    for name in names:
        if not runs[name]:
            print(f"| {shape} | {files:,} | {name} | cannot | | | | | |")
            continue

        def of(key: str, name: str = name) -> list[float]:
            return [r[key] for r in runs[name]]

        def ratio(key: str, name: str = name) -> float:
            pairs = zip(runs[name], runs["lakehold"])
            return statistics.median(theirs[key] / mine[key] for theirs, mine in pairs)

        print(
            f"| {shape} | {files:,} | {name} | {statistics.median(of('s')) * 1e3:.0f} | {statistics.median(of('cpu')) * 1e3:.0f} |"
            f" {min(of('cpu')) * 1e3:.0f} - {max(of('cpu')) * 1e3:.0f} | {ratio('cpu'):.2f} | {ratio('s'):.2f} | {statistics.median(of('mb')):.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--shapes", nargs="*", help="those whose name begins so")
    parser.add_argument("--folder", help="where to write (default: the temp folder)")
    parser.add_argument("--versions", type=int, default=100_000, help="of the log for `travel`")
    for hidden in ("--contender", "--refresher", "--traveller"):
        parser.add_argument(hidden, nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        contender(*options.contender)
        return
    if options.refresher:
        refresher(options.refresher[0], options.refresher[1], int(options.refresher[2]))
        return
    if options.traveller:
        name, path, *over = options.traveller
        traveller(name, path, [int(version) for version in over])
        return
    shapes = [(f"json {commits} commits", n) for n in options.files for commits in (1,)]
    shapes += [("json 1000 commits", 100_000), ("json 10000 commits", 100_000)]
    for kind in ("V1 checkpoint", "multi-part checkpoint", "V2 checkpoint"):
        shapes += [(kind, n) for n in options.files]
    print(f"{machine()}\n{versions('lakehold', 'deltalake', 'polars', 'duckdb')}\n")
    print(
        "| log | files | contender | median ms | median CPU ms | min - max | CPU / lakehold's | time / lakehold's | MB |"
    )
    print("|---|---:|---|---:|---:|---:|---:|---:|---:|")
    for shape, files in shapes:
        if options.shapes and not any(shape.startswith(wanted) for wanted in options.shapes):
            continue
        with fresh_folder(options.folder) as folder:
            path = pathlib.Path(folder) / "t"
            make(path, shape, files)
            measure(str(path), shape, files, options.rounds)
    steps = [
        kind
        for kind in ("refresh", "travel")
        if not options.shapes or any(kind.startswith(wanted) for wanted in options.shapes)
    ]
    if steps:
        print(
            "\n| what | contender | median ms | median CPU ms | min - max |\n|---|---|---:|---:|---:|"
        )
    for kind in steps:
        with fresh_folder(options.folder) as folder:
            path = pathlib.Path(folder) / "t"
            if kind == "refresh":
                make(path, "json 1 commits", max(options.files))
                measure_refresh(str(path), max(options.files))
            else:
                make_travelled(path, options.versions)
                measure_travel(str(path), options.versions)


if __name__ == "__main__":
    main()
