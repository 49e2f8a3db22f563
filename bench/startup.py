"""Start-up: the command line, open and count of a small table, and the Python import, each as a
whole process."""

from __future__ import annotations

import subprocess
import sys

from harness import Rounds, arguments, binary, fresh_folder, machine, timed, versions

import lakehold as lh


def process(*command: str) -> float:
    return timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def main() -> None:
    options = arguments(__doc__ or "", rounds=15)
    print(f"{machine()}\n{versions('lakehold', 'deltalake', 'polars', 'duckdb')}\n")
    cli = binary("lakehold")
    with fresh_folder(options.folder) as path:
        lh.write(f"{path}/t", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
        contenders = {"python -c pass": lambda: process(sys.executable, "-c", "pass")}
        if cli:
            contenders |= {
                "lakehold --version": lambda: process(cli, "--version"),
                "lakehold status (log only)": lambda: process(cli, "status", f"{path}/t"),
                "lakehold sql count(*)": lambda: process(
                    cli, "sql", path, "SELECT count(*) FROM t"
                ),
            }
        for name in ("lakehold", "deltalake", "polars", "duckdb", "pandas"):
            contenders[f"import {name}"] = lambda name=name: process(
                sys.executable, "-c", f"import {name}"
            )
        rounds = Rounds("Start-up, whole processes")
        rounds.run(options.rounds, contenders)
    print(rounds.table("import lakehold", "ms"))


if __name__ == "__main__":
    main()
