"""The Python examples, each run as a user runs it: in a process of its own, with a folder for its
lake."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from conftest import REPOSITORY

EXAMPLES = REPOSITORY / "examples" / "python"
EXPECTED = {
    "hello_lake": ["('Oslo', 21.5)", "[sql.unknown_column]"],
    "time_travel": [
        "[('cake', 3.5, 7.0), ('tea', 2.0, 4.0)]",
        "pinned: 2 rows, newest: 3 rows",
        "2 CREATE OR REPLACE TABLE AS SELECT",
    ],
    "many_writers": ["15 rows at version 15", "17 rows seen inside", "17 rows at version 16"],
}


def test_every_python_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("with_folder", [True, False], ids=["folder", "memory"])
@pytest.mark.parametrize("name", EXPECTED)
def test_python_example(name: str, with_folder: bool, tmp_path: pathlib.Path) -> None:
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    if with_folder:
        command.append(str(tmp_path / "lake"))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for text in EXPECTED[name]:
        assert text in done.stdout, done.stdout


CHECKPOINT_AT_THE_END = """
import sys
import lakehold as lh
lake = lh.connect(sys.argv[1], durability="none")
lake.sql("CREATE TABLE r (a INTEGER)")
table = lake.table("r")
for i in range(100):
    table.append([{"a": i}])
"""


def test_a_process_may_end_while_it_writes_a_checkpoint(tmp_path: pathlib.Path) -> None:
    for turn in range(3):
        lake = tmp_path / str(turn)
        command = [sys.executable, "-c", CHECKPOINT_AT_THE_END, str(lake)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        assert list((lake / "r" / "_delta_log").glob("*.checkpoint.parquet"))
