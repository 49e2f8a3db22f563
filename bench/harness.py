"""What every benchmark here shares: interleaved rounds, a fresh folder each, medians with their
spread, ratios by round.

Peers run beside lakehold in the same round, so that a drifting machine drifts for all. Quote
ratios, not single times.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import platform
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def fresh_folder(under: str | None = None) -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="lakehold-bench-", dir=under)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def timed(work: Callable[[], Any]) -> float:
    """Seconds of one run."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def cpu_timed(work: Callable[[], Any], spent: list[float]) -> float:
    """Seconds of one run; those of CPU, of all threads, are put behind `spent`."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    seconds = timed(work)
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return seconds


class Rounds:
    """Seconds by contender and round; the first contender named `base` is what ratios are
    against."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.seconds: dict[str, list[float]] = {}

    def run(self, rounds: int, contenders: dict[str, Callable[[], float]]) -> None:
        """Each contender once a round, in turn; a contender returns its own seconds."""
        for number in range(rounds):
            for name, work in contenders.items():
                self.seconds.setdefault(name, []).append(work())
            print(f"  round {number + 1} of {rounds}", file=sys.stderr)

    def table(self, ours: str, unit: str = "ms", per: int = 1) -> str:
        """Markdown: median, minimum and maximum, and the median of ours / theirs by round."""
        scale = {"s": 1.0, "ms": 1e3, "us": 1e6}[unit] / per
        lines = [
            f"### {self.title}",
            "",
            f"| contender | median {unit} | min | max | {ours} / it (median of rounds, min - max) |",
            "|---|---:|---:|---:|---:|",
        ]
        mine = self.seconds[ours]
        for name, values in self.seconds.items():
            ratios = sorted(a / b for a, b in zip(mine, values))
            middle = statistics.median(values) * scale
            spread = (
                f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} - {ratios[-1]:.2f})"
                if name != ours
                else "-"
            )
            lines.append(
                f"| {name} | {middle:.2f} | {min(values) * scale:.2f} | {max(values) * scale:.2f} | {spread} |"
            )
        return "\n".join(lines) + "\n"


def machine() -> str:
    """One line about where this ran."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in open("/proc/cpuinfo")
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return f"{cpu}, {len(os.sched_getaffinity(0))} CPUs, Linux {platform.release()}, Python {platform.python_version()}"


def versions(*names: str) -> str:
    import importlib.metadata

    told = []
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            told.append(f"{name} {importlib.metadata.version(name)}")
    return ", ".join(told)


def arguments(doc: str, rounds: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument(
        "--folder", help="where to write; the file system measured (default: the temp folder)"
    )
    return parser.parse_args()


def binary(name: str) -> str | None:
    path = pathlib.Path(__file__).resolve().parents[1] / "build" / "release" / "bin" / name
    return str(path) if path.exists() else None
