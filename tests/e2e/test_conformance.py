"""lakehold conformance: the score of lakehold and of other readers over a corpus of tables."""

from __future__ import annotations

import csv
import io
import json
import os
import pathlib
import subprocess
import sys

import pytest
from conftest import REPOSITORY, corpus_folder

import lakehold as lh

CLI = os.environ.get("LAKEHOLD_BIN", "lakehold")
READERS = REPOSITORY / "examples" / "conformance"
CORPUS = corpus_folder()

# SHA-256 of '"a"=1\x1f"b"="x"' and of '"a"=2\x1f"b"=~', summed modulo 2^128.
TWO_ROWS = "ad6dc604383abb135af7b68aaa392420"


def conformance(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CLI, "conformance", *map(str, arguments)], capture_output=True, text=True, timeout=570
    )


def scores(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[int, int]]:
    """Feature to (cases, right), of a run with -f csv."""
    rows = csv.DictReader(io.StringIO(done.stdout))
    return {row["feature"]: (int(row["cases"]), int(row["right"])) for row in rows}


@pytest.fixture
def corpus(tmp_path: pathlib.Path) -> pathlib.Path:
    """Four cases of our own making: rows now and before, a hole in the log, a file that is gone."""
    folder = tmp_path / "corpus"
    lake = lh.connect(folder / "tables")
    lake.sql("CREATE TABLE two (a BIGINT, b VARCHAR)")
    lake.sql("INSERT INTO two VALUES (1, 'x'), (2, NULL)")
    for name in ("hole", "gone"):
        lake.sql(f"CREATE TABLE {name} (a BIGINT)")
        lake.sql(f"INSERT INTO {name} VALUES (1)")
        lake.sql(f"INSERT INTO {name} VALUES (2)")
    (folder / "tables/hole/_delta_log/00000000000000000001.json").unlink()
    for file in (folder / "tables/gone").rglob("*.parquet"):
        file.unlink()
    nothing = "0" * 32
    (folder / "expected.tsv").write_text(
        "name\texpect\tlive_files\trows\thash\treason\tfeatures\n"
        f"two\tread\t1\t2\t{TWO_ROWS}\t\ttype:long type:string\n"
        "hole\treject\t\t\t\tcommit 1 missing\tgap\n"
        "gone\tstate\t2\t\t\tdata file missing\ttype:long\n"
    )
    (folder / "versions.tsv").write_text(
        "name\tversion\texpect\tlive_files\trows\thash\treason\n"
        f"two\t0\tread\t0\t0\t{nothing}\t\n"
        "two\t9\treject\t\t\t\tbeyond the latest version\n"
    )
    return folder


def test_lakehold_reads_a_corpus_of_our_own(corpus: pathlib.Path) -> None:
    done = conformance(corpus, "-f", "csv")
    assert done.returncode == 0, done.stderr
    assert scores(done) == {
        "(all)": (5, 5),
        "gap": (1, 1),
        "time-travel": (2, 2),
        "type:long": (4, 4),
        "type:string": (3, 3),
    }
    assert "5 of 5 cases right" in done.stderr


def test_a_wrong_hash_is_a_wrong_score_and_exit_code_1(corpus: pathlib.Path) -> None:
    file = corpus / "expected.tsv"
    file.write_text(file.read_text().replace(TWO_ROWS, "1" * 32))
    done = conformance(corpus, "--failures", "-f", "json")
    assert done.returncode == 1
    [failure] = json.loads(done.stdout)
    assert (failure["table"], failure["version"]) == ("two", None)
    assert TWO_ROWS in failure["got"] and "1" * 32 in failure["expected"]
    told = conformance(corpus, "-f", "table")
    assert told.returncode == 1
    assert "wrong: two: expected 2 rows of 1 files" in told.stderr
    assert "type:string" in told.stdout


# A reader in lakehold's own Python: the contract in ten lines, with a switch for each mistake.
READER = """
import os, sys
import lakehold as lh, pyarrow.parquet as pq
table, out, mistake = sys.argv[2], sys.argv[3], sys.argv[1]
version = int(sys.argv[4]) if len(sys.argv) > 4 else None
if mistake == "silent": sys.exit(3)
if mistake == "crash": os.kill(os.getpid(), 9)
if mistake == "slow":
    import time; time.sleep(60)
try:
    handle = lh.open(table, version=version)
    print("files", handle.metrics()["files"] + (mistake == "files"))
    rows = handle.to_arrow()
except lh.LakeholdError as error:
    sys.exit(str(error) if mistake != "rows" else None)
pq.write_table(rows.slice(1) if mistake == "rows" else rows, out)
"""


@pytest.fixture
def reader(tmp_path: pathlib.Path) -> str:
    file = tmp_path / "reader.py"
    file.write_text(READER)
    return f"{sys.executable} {file}"


def test_a_program_that_reads_right_has_the_full_score(corpus: pathlib.Path, reader: str) -> None:
    done = conformance(corpus, "--reader", f"{reader} none", "-f", "csv")
    assert done.returncode == 0, done.stderr
    assert scores(done)["(all)"] == (5, 5)


@pytest.mark.parametrize(
    ("mistake", "right", "words"),
    [
        # Rows are missing, and what must be refused is not; the empty version has none to lose.
        ("rows", 1, "two: expected 2 rows"),
        ("files", 2, "of 2 files"),
        ("silent", 0, "without a word"),
        ("crash", 0, "ended by signal 9"),
        ("slow", 0, "no answer within 1 s"),
    ],
)
def test_each_mistake_of_a_program_costs_score(
    corpus: pathlib.Path, reader: str, mistake: str, right: int, words: str
) -> None:
    limit = ("--timeout", "1") if mistake == "slow" else ()
    done = conformance(corpus, "--reader", f"{reader} {mistake}", "-f", "csv", *limit)
    assert done.returncode == 1
    assert scores(done)["(all)"] == (5, right), done.stderr
    assert words in done.stderr


def test_a_folder_that_is_no_corpus_is_refused(tmp_path: pathlib.Path) -> None:
    done = conformance(tmp_path)
    assert done.returncode == 3 and "[cli.no_corpus]" in done.stderr
    (tmp_path / "expected.tsv").write_text("name\texpect\nt\tperhaps\n")
    done = conformance(tmp_path)
    assert done.returncode == 9
    assert "expected.tsv:2" in done.stderr and "[cli.bad_corpus]" in done.stderr


def test_a_name_that_matches_no_table_is_no_success(corpus: pathlib.Path) -> None:
    done = conformance(corpus, "--only", "zzz")
    assert done.returncode == 3 and "[cli.no_such_case]" in done.stderr


@pytest.mark.skipif(CORPUS is None, reason="no corpus: set LAKEHOLD_CORPUS")
def test_lakehold_has_every_case_of_the_foreign_corpus_right() -> None:
    done = conformance(CORPUS, "--failures", "-f", "json")
    assert json.loads(done.stdout) == [], done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("engine", ["deltalake", "polars"])
def test_the_example_readers_meet_the_contract(corpus: pathlib.Path, engine: str) -> None:
    pytest.importorskip("deltalake")
    pytest.importorskip(engine)
    command = f"{sys.executable} {READERS / (engine + '_reader.py')}"
    done = conformance(corpus, "--reader", command, "--only", "two", "-f", "csv")
    assert done.returncode == 0, done.stderr
    assert scores(done)["(all)"] == (3, 3)
