"""Instructions of replaying fixed logs, counted by callgrind: the twin of bench/open.py that a busy
machine does not disturb.

`replay_counts.py` compares with the counts of bench/replay_counts.json and fails where one has
grown or shrunk by more than the tolerance; `--record` writes them anew. Counts are of one compiler,
C library and simdjson: on others, and without valgrind, it says so and ends with status 77,
"skipped".
"""

from __future__ import annotations

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from harness import binary

RECORD = pathlib.Path(__file__).with_suffix(".json")
TOLERANCE = 0.03
# What a refresh of a table ten times as large may cost more.
GROWTH = 0.05
SKIPPED = 77


def skip(why: str) -> None:
    print(f"not compared: {why}")
    sys.exit(SKIPPED)


def count(program: str) -> tuple[dict[str, str], dict[str, int]]:
    """What the program was built with, and the instructions of each of its cases."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        skip("valgrind is not installed (apt-get install valgrind)")
    with tempfile.TemporaryDirectory(prefix="lakehold-counts-") as folder:
        quiet = [str(valgrind), "-q", "--tool=callgrind"]
        # Under valgrind too: it shows another processor.
        told = subprocess.run(
            [
                *quiet,
                "--instr-atstart=no",
                f"--callgrind-out-file={folder}/build",
                program,
                "build",
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        done = subprocess.run(
            [
                *quiet,
                "--toggle-collect=lakehold_counted",
                "--dump-after=lakehold_counted",
                f"--callgrind-out-file={folder}/count",
                program,
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        names = done.stdout.splitlines()
        counts = {}
        for number, name in enumerate(names, 1):
            dump = pathlib.Path(folder, f"count.{number}").read_text()
            counts[name] = int(re.findall(r"^(?:summary|totals): (\d+)", dump, re.MULTILINE)[-1])
    return json.loads(told.stdout), counts


def grown(counts: dict[str, int]) -> list[str]:
    """The refreshes whose cost grows with the table: no figure to record, but never right."""
    found = []
    for name, large in counts.items():
        small = counts.get(name.replace("20000 files", "2000 files"), large)
        if large > small * (1 + GROWTH):
            found.append(f"{name}: {large:,}, at a tenth of the files {small:,}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the counts of this build")
    parser.add_argument("--program", default=binary("bench_replay_counts"))
    options = parser.parse_args()
    if not options.program:
        sys.exit("build bench_replay_counts first: ./dev build bench_replay_counts")
    build, counts = count(options.program)
    wrong = grown(counts)
    if options.record:
        RECORD.write_text(json.dumps({"build": build, "counts": counts}, indent=2) + "\n")
    known = json.loads(RECORD.read_text())
    print("| case | instructions | recorded | change |\n|---|---:|---:|---:|")
    for name, now in counts.items():
        before = known["counts"].get(name)
        change = now / before - 1 if before else 0.0
        told = f"{before:,} | {change:+.1%}" if before else "- | new"
        print(f"| {name} | {now:,} | {told} |")
        if before is None or abs(change) > TOLERANCE:
            wrong.append(f"{name}: {now:,} instructions, recorded {before}")
    if known["build"] != build:
        skip(f"recorded with {known['build']}, this is {build}")
    if wrong:
        print("\n" + "\n".join(wrong))
        sys.exit("if the change is meant: python bench/replay_counts.py --record, and commit it")


if __name__ == "__main__":
    main()
