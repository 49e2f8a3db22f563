"""Writing checkpoints of a table of many files: a V1 checkpoint beside deltalake's
create_checkpoint, and V2 checkpoints after each of some commits, the first of them written anew.

Each contender runs in a process of its own on a table of its own, a fresh one each round; seconds
and CPU seconds are of the call, the memory is the peak of the process above that after opening the
table. The data files do not exist.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

from harness import binary, fresh_folder, machine, versions
from open import memory

V2 = {"readerFeatures": ["v2Checkpoint"], "writerFeatures": ["v2Checkpoint"]}


def ask_for_v2(table: str) -> None:
    """Gives the first commit the protocol and the property."""
    commit = pathlib.Path(table) / "_delta_log" / f"{0:020}.json"
    with commit.open("r+") as file:
        text = file.read()
        text = text.replace(
            '{"minReaderVersion":1,"minWriterVersion":2}',
            json.dumps({"minReaderVersion": 3, "minWriterVersion": 7} | V2),
        ).replace('"configuration":{}', '"configuration":{"delta.checkpointPolicy":"v2"}')
        file.seek(0)
        file.write(text)
        file.truncate()


def append(table: str, version: int, files: int) -> None:
    """A commit of so many files, as any writer might make it."""
    lines = [
        json.dumps(
            {
                "add": {
                    "path": f"day=2026-01-01/new-{version}-{i}.parquet",
                    "partitionValues": {"day": "2026-01-01"},
                    "size": 1,
                    "modificationTime": 1767000000000,
                    "dataChange": True,
                    "stats": '{"numRecords":1}',
                }
            }
        )
        for i in range(files)
    ]
    name = pathlib.Path(table) / "_delta_log" / f"{version:020}.json"
    name.write_text("\n".join(lines) + "\n")


def timed(call, before: int) -> dict[str, float]:
    started, cpu = time.perf_counter(), time.process_time()
    call()
    return {
        "s": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "mb": memory("VmHWM") - before,
    }


def contender(name: str, path: str) -> None:
    """One run in this process; prints a list of what each checkpoint took."""
    told = []
    if name == "deltalake V1":
        import deltalake

        table = deltalake.DeltaTable(path)
        pathlib.Path("/proc/self/clear_refs").write_text("5")
        told.append(timed(table.create_checkpoint, memory("VmRSS")))
    else:
        import lakehold as lh

        table = lh.open(path)
        table.metrics()
        pathlib.Path("/proc/self/clear_refs").write_text("5")
        told.append(timed(table.checkpoint, memory("VmRSS")))
        for version in range(1, 11 if name == "lakehold V2" else 1):
            append(path, version, 100)
            table.metrics()
            told.append(timed(table.checkpoint, memory("VmRSS")))
    print(json.dumps(told))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where to write (default: the temp folder)")
    parser.add_argument("--contender", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        contender(*options.contender)
        return
    tool = binary("bench_log_replay")
    assert tool, "build bench_log_replay first: ./dev build"
    print(f"{machine()}\n{versions('lakehold', 'deltalake')}\n")
    names = ["lakehold V1", "deltalake V1", "lakehold V2"]
    runs: dict[str, list[list[dict[str, float]]]] = {name: [] for name in names}
    with fresh_folder(options.folder) as folder:
        made = f"{folder}/made"
        subprocess.run([tool, "make", made, str(options.files), "1"], check=True)
        for number in range(options.rounds):
            for name in names:
                path = f"{folder}/t"
                shutil.copytree(made, path)
                if name.endswith("V2"):
                    ask_for_v2(path)
                command = [sys.executable, __file__, "--contender", name, path]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                runs[name].append(json.loads(done.stdout))
                shutil.rmtree(path)
            print(f"  round {number + 1} of {options.rounds}", file=sys.stderr)
    print("| checkpoint | median ms | median CPU ms | min - max | lakehold's CPU / it | MB |")
    print("|---|---:|---:|---:|---:|---:|")
    ours = [run[0]["cpu"] for run in runs["lakehold V1"]]
    for name in names:
        for label, steps in (
            (name, slice(0, 1)),
            (f"{name}, after 100 files more", slice(1, None)),
        ):
            told = [step for run in runs[name] for step in run[steps]]
            if not told:
                continue
            cpus = [step["cpu"] for step in told]
            ratio = (
                statistics.median(a / b[0]["cpu"] for a, b in zip(ours, runs[name]))
                if steps.start == 0
                else statistics.median(ours) / statistics.median(cpus)
            )
            print(
                f"| {label} | {statistics.median(s['s'] for s in told) * 1e3:.1f} |"
                f" {statistics.median(cpus) * 1e3:.1f} | {min(cpus) * 1e3:.1f} - {max(cpus) * 1e3:.1f} |"
                f" {ratio:.2f} | {statistics.median(s['mb'] for s in told):.0f} |"
            )


if __name__ == "__main__":
    main()
