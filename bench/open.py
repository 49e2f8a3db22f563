"""Open a table, list its files and count its rows, from the log alone: 10,000 to 1,000,000 files
as one commit, as many small commits and as V1, V2 (sidecars) and multi-part checkpoints.

Each contender runs in a process of its own, a fresh one each round, and tells the seconds and the
CPU seconds from its first call on and the peak memory of the process above that of its imports. The
floors copy path and size of every add: simdjson over the commits (bench_log_replay), DuckDB's
read_parquet over the checkpoint.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time
import uuid

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
        where = "_sidecars/*.parquet" if name.endswith("sidecars") else "*.checkpoint*.parquet"
        rows = duckdb.sql(
            f"SELECT add.path, add.size FROM read_parquet('{log}/{where}', union_by_name = true) WHERE add.path IS NOT NULL"
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
            print(f"| {shape} | {files:,} | {name} | cannot | | | | |")
            continue

        def of(key: str, name: str = name) -> list[float]:
            return [r[key] for r in runs[name]]

        ratios = sorted(r["cpu"] / mine["cpu"] for r, mine in zip(runs[name], runs["lakehold"]))
        print(
            f"| {shape} | {files:,} | {name} | {statistics.median(of('s')) * 1e3:.0f} | {statistics.median(of('cpu')) * 1e3:.0f} |"
            f" {min(of('cpu')) * 1e3:.0f} - {max(of('cpu')) * 1e3:.0f} | {ratios[len(ratios) // 2]:.1f} | {statistics.median(of('mb')):.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--shapes", nargs="*", help="those whose name begins so")
    parser.add_argument("--folder", help="where to write (default: the temp folder)")
    parser.add_argument("--contender", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        contender(*options.contender)
        return
    shapes = [(f"json {commits} commits", n) for n in options.files for commits in (1,)]
    shapes += [("json 1000 commits", 100_000), ("json 10000 commits", 100_000)]
    for kind in ("V1 checkpoint", "multi-part checkpoint", "V2 checkpoint"):
        shapes += [(kind, n) for n in options.files]
    print(f"{machine()}\n{versions('lakehold', 'deltalake', 'polars', 'duckdb')}\n")
    print(
        "| log | files | contender | median ms | median CPU ms | min - max | CPU / lakehold's | MB |"
    )
    print("|---|---:|---|---:|---:|---:|---:|---:|")
    for shape, files in shapes:
        if options.shapes and not any(shape.startswith(wanted) for wanted in options.shapes):
            continue
        with fresh_folder(options.folder) as folder:
            path = pathlib.Path(folder) / "t"
            make(path, shape, files)
            measure(str(path), shape, files, options.rounds)


if __name__ == "__main__":
    main()
