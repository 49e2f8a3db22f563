"""Bad input and bad luck: each gives one clear error (kind, reason, object, next step) and leaves
the table as it was.

Kinds and exit codes are those of ARCHITECTURE.md. The program is $LAKEHOLD_BIN; without it the
command line's share is
skipped, and said so.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lakehold as lh

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("LAKEHOLD_BIN", REPOSITORY / "build/release/bin/lakehold"))
EXIT_CODES = {
    lh.InvalidError: 2,
    lh.NotFoundError: 3,
    lh.AlreadyExistsError: 4,
    lh.DeniedError: 7,
    lh.UnsupportedError: 8,
    lh.CorruptError: 9,
    lh.StorageError: 11,
}


# --- What every case asks -----------------------------------------------------------------------


def refused(
    kind: type[lh.LakeholdError], reason: str, call: Callable[[], object], *words: str
) -> lh.LakeholdError:
    """Runs the call; it must fail with this kind and reason, one line, the words in it, and a next
    step."""
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert error.reason == reason, str(error)
    assert "\n" not in error.message, error.message
    assert error.hint, f"no next step: {error}"
    for word in words:
        assert word in str(error), f"{word!r} is not in: {error}"
    return error


def cli(
    *arguments: object,
    kind: type[lh.LakeholdError] | None = None,
    reason: str = "",
    stdin: str = "",
) -> str:
    """Runs the program, which must fail as the kind says (or succeed); what it said."""
    if not BIN.exists():
        pytest.skip(f"the command line's share: {BIN} is not built, set LAKEHOLD_BIN")
    done = subprocess.run(
        [str(BIN), *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
    )
    assert done.returncode == (EXIT_CODES[kind] if kind else 0), (
        f"exit {done.returncode}: {done.stderr}"
    )
    if kind:
        assert f"[{reason}]" in done.stderr, done.stderr
    return done.stdout + done.stderr


def all_files(folder: pathlib.Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@contextlib.contextmanager
def unchanged(folder: pathlib.Path) -> Iterator[None]:
    """Every file below the folder is there afterwards, the same bytes, and no other."""
    before = all_files(folder)
    yield
    after = all_files(folder)
    assert sorted(after) == sorted(before)
    assert after == before


@pytest.fixture
def lake(lake_path: str) -> lh.Lake:
    """Table t (a BIGINT NOT NULL, b VARCHAR, s STRUCT) of four versions, p partitioned by the text
    k."""
    lake = lh.connect(lake_path)
    lake.sql("CREATE TABLE t (a BIGINT NOT NULL, b VARCHAR, s STRUCT(x BIGINT, y VARCHAR))")
    for i in range(3):
        lake.sql(f"INSERT INTO t VALUES ({i}, 'row {i}', {{'x': {i}, 'y': NULL}})")
    lake.sql("CREATE TABLE p (a BIGINT, k VARCHAR) PARTITIONED BY (k)")
    lake.sql("INSERT INTO p VALUES (1, 'one')")
    return lake


@pytest.fixture
def folder(lake: lh.Lake) -> pathlib.Path:
    return pathlib.Path(lake.location)


def entry(table: pathlib.Path, version: int) -> pathlib.Path:
    return table / "_delta_log" / f"{version:020}.json"


def rows(path: pathlib.Path) -> list[tuple]:
    return sorted(lh.open(path).scan(columns=["a", "b"]).fetchall())


# --- Paths --------------------------------------------------------------------------------------


def test_a_path_that_is_no_table(tmp_path: pathlib.Path) -> None:
    refused(
        lh.TableNotFoundError,
        "storage.no_folder",
        lambda: lh.open(tmp_path / "no"),
        str(tmp_path / "no"),
    )
    refused(
        lh.TableNotFoundError,
        "delta.not_a_table",
        lambda: lh.open(tmp_path),
        str(tmp_path),
        "_delta_log",
    )
    cli("cat", tmp_path / "no", kind=lh.NotFoundError, reason="storage.no_folder")
    cli("status", tmp_path, kind=lh.NotFoundError, reason="delta.not_a_table")


def test_a_folder_that_is_a_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("hello")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        refused(
            lh.InvalidError, "storage.not_a_folder", lambda path=path: lh.open(path), "is a file"
        )
        refused(
            lh.InvalidError,
            "storage.not_a_folder",
            lambda path=path: lh.connect(path).tables(),
            "is a file",
        )
    cli("log", tmp_path / "file", kind=lh.InvalidError, reason="storage.not_a_folder")


def test_a_table_folder_that_is_a_file(folder: pathlib.Path) -> None:
    (folder / "taken").write_text("hello")
    with unchanged(folder), pytest.raises(lh.LakeholdError) as caught:
        lh.connect(folder).sql("CREATE TABLE taken (a INTEGER)")
    assert "taken" in str(caught.value) and caught.value.hint


def test_a_lake_is_no_table_and_a_table_no_lake(folder: pathlib.Path) -> None:
    refused(lh.InvalidError, "facade.is_a_lake", lambda: lh.open(folder), "p, t")
    refused(
        lh.InvalidError, "facade.is_a_table", lambda: lh.connect(folder / "t"), str(folder / "t")
    )
    cli("cat", folder, kind=lh.InvalidError, reason="facade.is_a_lake")


# --- A damaged log ------------------------------------------------------------------------------

DAMAGES: dict[str, tuple[Callable[[pathlib.Path], object], str, str]] = {
    "not JSON": (
        lambda t: entry(t, 2).write_text("{not json\n"),
        "delta.bad_commit",
        "00000000000000000002.json, line 1",
    ),
    "bytes": (
        lambda t: entry(t, 3).write_bytes(bytes(range(256))),
        "delta.bad_commit",
        "00000000000000000003.json, line 1",
    ),
    "cut short": (
        lambda t: entry(t, 3).write_bytes(entry(t, 3).read_bytes()[:-30]),
        "delta.bad_commit",
        "00000000000000000003.json, line 2: the JSON object has no end",
    ),
    "empty": (
        lambda t: entry(t, 3).write_bytes(b""),
        "delta.bad_commit",
        "00000000000000000003.json is empty",
    ),
    "empty in between": (
        lambda t: entry(t, 1).write_bytes(b""),
        "delta.bad_commit",
        "00000000000000000001.json is empty",
    ),
    "a gap": (lambda t: entry(t, 2).unlink(), "delta.gap", "00000000000000000002.json is missing"),
    "no beginning": (
        lambda t: entry(t, 0).unlink(),
        "delta.gap",
        "00000000000000000000.json is missing",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_log_is_said_and_nothing_is_written(folder: pathlib.Path, damage: str) -> None:
    # A process of its own made the table: no cache may paper over the damage.
    broken = folder.parent / "copy"
    shutil.copytree(folder, broken)
    harm, reason, words = DAMAGES[damage]
    harm(broken / "t")
    with unchanged(broken):
        refused(lh.CorruptError, reason, lambda: lh.open(broken / "t").count(), words)
        refused(
            lh.CorruptError,
            reason,
            lambda: lh.open(broken / "t").append([{"a": 9, "b": None, "s": None}]),
            words,
        )
        refused(
            lh.CorruptError,
            reason,
            lambda: lh.connect(broken).sql("SELECT sum(a) FROM t").fetchall(),
            words,
        )
        refused(lh.CorruptError, reason, lambda: lh.open(broken / "t").history())
        cli("cat", broken / "t", kind=lh.CorruptError, reason=reason)
        # The neighbour is not touched by it.
        assert lh.connect(broken).sql("SELECT count(*) FROM p").fetchall() == [(1,)]


def test_old_versions_stay_readable_when_the_newest_is_damaged(folder: pathlib.Path) -> None:
    entry(folder / "t", 3).write_bytes(b"")
    broken = folder.parent / "copy"
    shutil.copytree(folder, broken)
    assert lh.open(broken / "t", version=2).count() == 2


@pytest.mark.parametrize("damage", ["empty", "cut short", "not Parquet", "gone"])
def test_a_broken_checkpoint_is_passed_over(
    lake: lh.Lake, folder: pathlib.Path, damage: str
) -> None:
    lake["t"]._native.checkpoint()
    lake.sql("INSERT INTO t VALUES (3, 'row 3', NULL)")
    broken = folder.parent / "copy"
    shutil.copytree(folder, broken)
    (checkpoint,) = (broken / "t" / "_delta_log").glob("*.checkpoint.parquet")
    if damage == "gone":
        checkpoint.unlink()
    else:
        whole = checkpoint.read_bytes()
        checkpoint.write_bytes(
            {"empty": b"", "cut short": whole[: len(whole) // 2], "not Parquet": b"x" * len(whole)}[
                damage
            ]
        )
    assert [row[0] for row in rows(broken / "t")] == [0, 1, 2, 3]
    table = lh.open(broken / "t")
    table.append([{"a": 4, "b": None, "s": None}])
    assert table.count() == 5
    # Without the commits it stood for nothing can replace it.
    entry(broken / "t", 1).unlink()
    again = folder.parent / "again"
    shutil.copytree(broken, again)
    with unchanged(again), pytest.raises(lh.CorruptError):
        lh.open(again / "t").count()


@pytest.mark.parametrize(
    "hint", ["", "{", '{"version":"x"}', '{"version":99,"size":3}', '{"version":-5,"size":1}']
)
def test_a_broken_hint_changes_no_answer(folder: pathlib.Path, hint: str) -> None:
    (folder / "t" / "_delta_log" / "_last_checkpoint").write_text(hint)
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    assert len(rows(copy / "t")) == 3


def with_feature(table: pathlib.Path, readers: list[str], writers: list[str]) -> None:
    protocol = {
        "minReaderVersion": 3 if readers else 1,
        "minWriterVersion": 7,
        "writerFeatures": writers + readers,
    }
    if readers:
        protocol["readerFeatures"] = readers
    info = {"commitInfo": {"timestamp": 1, "operation": "UPGRADE PROTOCOL"}}
    text = "".join(json.dumps(action) + "\n" for action in (info, {"protocol": protocol}))
    entry(table, 4).write_text(text)


def test_an_unknown_reader_feature_closes_the_data_and_nothing_else(folder: pathlib.Path) -> None:
    with_feature(folder / "t", ["timeMachine"], [])
    with unchanged(folder):
        table = lh.open(folder / "t")
        assert (table.version(), len(table.history()), len(table.files())) == (4, 5, 3)
        assert table.schema()[0] == ("a", "long")
        for call in (
            lambda: table.scan().fetchall(),
            lambda: table.append([{"a": 9, "b": None, "s": None}]),
            lambda: lh.connect(folder).sql("SELECT * FROM t").fetchall(),
        ):
            with pytest.raises(lh.UnsupportedError) as caught:
                call()
            assert "timeMachine" in str(caught.value) and caught.value.hint
        assert "timeMachine" in cli(
            "cat", folder / "t", kind=lh.UnsupportedError, reason=caught.value.reason
        )
        assert "timeMachine" in cli("status", folder / "t")
        # Before the upgrade it is as readable as ever.
        assert table.at(version=3).count() == 3


def test_an_unknown_writer_feature_leaves_the_table_readable(folder: pathlib.Path) -> None:
    with_feature(folder / "t", [], ["holographicIndex"])
    with unchanged(folder):
        table = lh.open(folder / "t")
        assert table.count() == 3 and len(table.scan().fetchall()) == 3
        with pytest.raises(lh.UnsupportedError) as caught:
            table.append([{"a": 9, "b": None, "s": None}])
        assert "holographicIndex" in str(caught.value) and caught.value.hint
        cli(
            "append",
            folder / "t",
            "-",
            stdin="a,b\n1,x\n",
            kind=lh.UnsupportedError,
            reason=caught.value.reason,
        )


# --- Rows ---------------------------------------------------------------------------------------


def test_wrong_types_are_refused_all_at_once(lake: lh.Lake, folder: pathlib.Path) -> None:
    wrong = pa.table({"a": ["x"], "b": [1], "s": [1.5]})
    with unchanged(folder):
        refused(
            lh.InvalidError,
            "table.input_types",
            lambda: lake["t"].append(wrong),
            '"a"',
            '"b"',
            '"s"',
            "BIGINT",
        )
        refused(
            lh.InvalidError,
            "sql.conversion",
            lambda: lake.sql("INSERT INTO t VALUES ('abc', 'x', NULL)"),
            "abc",
            "INT64",
        )
        refused(
            lh.InvalidError,
            "write.inexact_value",
            lambda: lake["t"].append([{"a": 1.5, "b": None, "s": None}]),
            '"a"',
            "1.5",
        )
        with pytest.raises(lh.InvalidError):
            lake.sql("INSERT INTO t SELECT 9223372036854775808, 'x', NULL")


def test_null_into_not_null_counts_the_rows(lake: lh.Lake, folder: pathlib.Path) -> None:
    with unchanged(folder):
        for call in (
            lambda: lake["t"].append(
                [{"a": None, "b": "x", "s": None}, {"a": 1, "b": "x", "s": None}]
            ),
            lambda: lake.sql("INSERT INTO t VALUES (NULL, 'x', NULL)"),
        ):
            refused(lh.InvalidError, "sql.not_null", call, '"a"', "1 row")


def test_null_into_not_null_inside_a_struct(folder: pathlib.Path) -> None:
    # SQL cannot say it; tables of other writers can.
    log = entry(folder / "t", 0)
    text = log.read_text()
    nullable = r"{\"name\":\"x\",\"type\":\"long\",\"nullable\":true"
    assert nullable in text
    log.write_text(text.replace(nullable, nullable.replace("true", "false")))
    shutil.copytree(folder, folder.parent / "copy")
    lake = lh.connect(folder.parent / "copy")
    table = lake["t"]
    with unchanged(folder.parent / "copy"):
        for call in (
            lambda: table.append(
                [
                    {"a": 7, "b": "q", "s": {"x": None, "y": "q"}},
                    {"a": 8, "b": "q", "s": {"x": 1, "y": "q"}},
                ]
            ),
            lambda: lake.sql(
                "INSERT INTO t VALUES (7, 'q', {'x': NULL, 'y': 'q'}), (8, 'q', {'x': 1, 'y': 'q'})"
            ),
        ):
            refused(lh.InvalidError, "sql.not_null", call, "s.x", "1 row")
    lake.sql("INSERT INTO t VALUES (7, 'q', NULL)")  # No struct at all is no NULL in it.
    assert table.count() == 4


def test_unknown_and_missing_columns_are_listed_in_one_error(
    lake: lh.Lake, folder: pathlib.Path
) -> None:
    with unchanged(folder):
        refused(
            lh.InvalidError,
            "table.input_columns",
            lambda: lake["t"].append([{"zz": 1, "b": "x", "yy": 2}]),
            '"zz", "yy"',
            '"a", "s"',
        )
        refused(
            lh.InvalidError, "sql.bind", lambda: lake.sql("INSERT INTO t VALUES (1)"), "3 columns"
        )
        with pytest.raises(lh.InvalidError, match="nope"):
            lake.sql("INSERT INTO t (a, nope) VALUES (1, 2)")
        refused(
            lh.InvalidError,
            "sql.unknown_column",
            lambda: lake.sql("SELECT nope FROM t").fetchall(),
            "nope",
        )


def test_an_empty_text_cannot_be_a_partition_value(lake: lh.Lake, folder: pathlib.Path) -> None:
    with unchanged(folder):
        for call in (
            lambda: lake["p"].append([{"a": 1, "k": "x"}, {"a": 2, "k": ""}]),
            lambda: lake.sql(
                "INSERT INTO p SELECT i, CASE WHEN i < 5000 THEN 'k' ELSE '' END FROM range(9000) r(i)"
            ),
        ):
            refused(lh.InvalidError, "delta.empty_partition_value", call, '"k"', "NULL")


def test_versions_out_of_range_name_the_readable_ones(lake: lh.Lake) -> None:
    for version in (4, 99, -1, 2**62):
        refused(
            lh.NotFoundError,
            "delta.no_such_version",
            lambda v=version: lake["t"].at(version=v).count(),
            str(version),
            "0 (",
            "to 3 (",
        )
    refused(
        lh.NotFoundError,
        "delta.no_such_version",
        lambda: lake.sql("FROM t AT (VERSION => 4)").fetchall(),
        "versions 0",
    )
    refused(
        lh.NotFoundError,
        "delta.no_such_time",
        lambda: lake["t"].at(timestamp="1999-01-01").count(),
        "version 0 is of",
    )
    refused(lh.InvalidError, "python.time", lambda: lake["t"].at(timestamp="yesterday"))
    cli(
        "cat",
        f"{lake.location}/t",
        "--at",
        "99",
        kind=lh.NotFoundError,
        reason="delta.no_such_version",
    )


# --- Files as input -----------------------------------------------------------------------------


def test_a_bad_csv_line_is_named_with_column_and_text(
    lake: lh.Lake, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,k\n" + "".join(f"{i},v{i}\n" for i in range(30_000)) + "oops,bad\n5,x\n")
    words = ("rows.csv", "line 30002", '"a"', "oops", "oops,bad")
    with unchanged(folder):
        refused(
            lh.InvalidError,
            "sql.csv_line",
            lambda: lake.sql(f"INSERT INTO p FROM '{path}'"),
            *words,
        )
        typed = f"read_csv('{path}', columns = {{'a': 'BIGINT', 'k': 'VARCHAR'}})"
        refused(
            lh.InvalidError, "sql.csv_line", lambda: lake.sql(f"INSERT INTO p FROM {typed}"), *words
        )
        said = cli("append", folder / "p", path, kind=lh.InvalidError, reason="sql.csv_line")
        assert all(word in said for word in words), said


def test_a_csv_line_of_too_many_columns(
    lake: lh.Lake, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,k\n" + "".join(f"{i},v{i}\n" for i in range(30_000)) + "1,2,3,4\n")
    typed = f"read_csv('{path}', columns = {{'a': 'BIGINT', 'k': 'VARCHAR'}}, auto_detect = false, header = true)"
    with unchanged(folder):
        refused(
            lh.InvalidError,
            "sql.csv_line",
            lambda: lake.sql(f"INSERT INTO p FROM {typed}"),
            "line 30002",
            "1,2,3,4",
        )


def test_input_files_that_are_empty_broken_or_not_there(
    lake: lh.Lake, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    for name, content in (
        ("empty.parquet", b""),
        ("broken.parquet", b"PAR1 nonsense PAR1"),
        ("broken.json", b'{"a": 1,\n{"a"'),
    ):
        (tmp_path / name).write_bytes(content)
        with unchanged(folder):
            refused(
                lh.InvalidError,
                "sql.invalid_input",
                lambda name=name: lake.sql(f"INSERT INTO p FROM '{tmp_path / name}'"),
                name,
            )
    (tmp_path / "folder.csv").mkdir()
    for name in ("gone.csv", "folder.csv"):
        with unchanged(folder):
            refused(
                lh.NotFoundError,
                "sql.no_such_file",
                lambda name=name: lake.sql(f"INSERT INTO p FROM '{tmp_path / name}'"),
                name,
            )


def test_input_without_rows_makes_no_version(
    lake: lh.Lake, folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "header.csv").write_text("a,k\n")
    pq.write_table(
        pa.table({"a": pa.array([], pa.int64()), "k": pa.array([], pa.string())}),
        tmp_path / "none.parquet",
    )
    with unchanged(folder):
        lake.sql(f"INSERT INTO p FROM '{tmp_path / 'header.csv'}'")
        lake.sql(f"INSERT INTO p FROM '{tmp_path / 'none.parquet'}'")
        report = lake["p"].append(pq.read_table(tmp_path / "none.parquet"))
        assert (report.version, report.rows_added) == (1, 0)
    refused(lh.InvalidError, "python.input", lambda: lake["p"].append([]))


def test_the_command_line_refuses_empty_files(tmp_path: pathlib.Path) -> None:
    for name in ("empty.csv", "empty.parquet", "empty.ndjson"):
        (tmp_path / name).write_bytes(b"")
        said = cli(
            "import",
            tmp_path / "lake" / "t",
            tmp_path / name,
            kind=lh.InvalidError,
            reason="cli.empty_input",
        )
        assert name in said
    assert not (tmp_path / "lake" / "t").exists()


# --- Names and sizes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["a/b", "..", ".", "../../evil", "/tmp/evil", "_hidden", ".hidden", "a\nb", "tab\t", "del\x7f"],
)
def test_names_that_cannot_be_folders_are_refused(
    lake: lh.Lake, folder: pathlib.Path, name: str
) -> None:
    with unchanged(folder.parent):
        error = refused(
            lh.InvalidError,
            "delta.bad_table_name",
            lambda: lake.sql(f'CREATE TABLE "{name}" (a INTEGER)'),
        )
        assert not re.search(r"[\x00-\x1f\x7f]", str(error))
        with pytest.raises(lh.InvalidError):
            lake.create_table(f'"{name}"', "a INTEGER")
        with pytest.raises(lh.LakeholdError):
            lake.sql(f'CREATE TABLE "{name}" AS SELECT 1 AS a')


def test_a_name_of_256_bytes_is_too_long(lake: lh.Lake, folder: pathlib.Path) -> None:
    with unchanged(folder), pytest.raises(lh.InvalidError) as caught:
        lake.sql(f'CREATE TABLE "{"x" * 256}" (a INTEGER)')
    assert "255" in str(caught.value)


def test_odd_names_that_are_folders_work(lake: lh.Lake) -> None:
    for name in ("%2e%2e", "a\\b", "Größe 2026", "semi;colon", "it's", "x" * 255):
        quoted = '"' + name + '"'
        lake.sql(f"CREATE TABLE {quoted} AS SELECT 1 AS a")
        assert lake.sql(f"SELECT a FROM {quoted}").fetchall() == [(1,)]
        lake.sql(f"DROP TABLE {quoted}")


def test_ten_thousand_columns(lake: lh.Lake) -> None:
    names = [f"column_{i}" for i in range(10_000)]
    table = lake.create_table("wide", pa.schema([(name, pa.int32()) for name in names]))
    report = table.append(
        pa.table([pa.array([i, i + 1], pa.int32()) for i in range(10_000)], names)
    )
    assert report.rows_added == 2
    assert table.scan(columns=["column_9999"]).fetchall() == [(9999,), (10000,)]
    assert lake.sql("SELECT column_5000 FROM wide WHERE column_77 = 78").fetchall() == [(5001,)]
    assert table.version() == 1 and len(table.schema()) == 10_000


# --- Bad luck -----------------------------------------------------------------------------------


def child(code: str, *arguments: object, **options: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


TELL = """
import sys, lakehold as lh
def tell(call):
    try:
        call()
        print("done")
    except lh.LakeholdError as error:
        print(type(error).__name__, error.reason, bool(error.hint), error.message)
"""


# What is loaded late is loaded before: this checkout may be closed to other users.
LOWER = """
import os
tell(lambda: lh.connect().write("t", [{"a": 1, "b": "x"}]))
tell(lambda: lh.open("/nowhere/at/all"))
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""


def test_permission_denied_in_the_middle() -> None:
    # pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        place.chmod(0o755)
        lh.connect(place / "lake").sql("CREATE TABLE t AS SELECT 1 AS a, 'x' AS b")
        table = place / "lake" / "t"
        # Data files can be written, the log cannot: the commit fails when everything else is done.
        table.chmod(0o777)
        (table / "_delta_log").chmod(0o555)
        try:
            code = TELL + LOWER + 'tell(lambda: lh.open(sys.argv[1]).append([{"a": 2, "b": "y"}]))'
            with unchanged(table):
                out, errors = child(code, table, cwd=place).communicate(timeout=60)
            said = out.splitlines()[-1]
            assert said.split()[:3] == ["DeniedError", "storage.denied", "True"], out + errors
            assert "t/_delta_log" in said
        finally:
            (table / "_delta_log").chmod(0o755)
        lh.open(table).append([{"a": 3, "b": "z"}])
        assert len(rows(table)) == 2


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[pathlib.Path]:
    """A file system of that size, or a skip that says why there is none."""
    with tempfile.TemporaryDirectory() as name:
        options = f"size={megabytes}m"
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", name], capture_output=True, text=True
        )
        if mounted.returncode != 0:
            pytest.skip(
                f"a full disk: mounting is not allowed here ({mounted.stderr.strip()}); the file size limit stands in"
            )
        try:
            yield pathlib.Path(name)
        finally:
            subprocess.run(["umount", name], check=True)


NOISE = "SELECT i AS a, md5(i::VARCHAR) || sha256(i::VARCHAR) AS b FROM range({}) r(i)"


@pytest.mark.skipif(
    os.geteuid() != 0, reason="a full disk: only root may mount one; the file size limit stands in"
)
def test_disk_full_in_the_middle() -> None:
    with small_disk(8) as place:
        lake = lh.connect(place / "lake")
        lake.sql(f"CREATE TABLE t AS {NOISE.format(1000)}")
        with unchanged(place / "lake"):
            refused(
                lh.StorageError,
                "storage.disk_full",
                lambda: lake.sql(f"INSERT INTO t {NOISE.format(1_000_000)}"),
            )
        lake.sql(f"INSERT INTO t {NOISE.format(1000)}")
        assert lake["t"].count() == 2000 and lh.open(place / "lake" / "t").health()["healthy"]


def test_a_file_size_limit_in_the_middle(lake: lh.Lake, folder: pathlib.Path) -> None:
    lake.sql(f"CREATE TABLE big AS {NOISE.format(1000)}")
    code = (
        TELL
        + 'lake = lh.connect(sys.argv[1])\ntell(lambda: lake.sql("INSERT INTO big " + sys.argv[2]))'
    )
    code += "\ntell(lambda: lake.sql(\"INSERT INTO big SELECT 1, 'small'\"))"
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))  # noqa: E731
    out, errors = child(code, folder, NOISE.format(1_000_000), preexec_fn=limit).communicate(
        timeout=120
    )
    first, second = out.splitlines()
    assert first.split()[:3] == ["StorageError", "storage.file_too_big", "True"], out + errors
    assert second == "done", out + errors  # The session goes on.
    table = lh.open(folder / "big")
    assert (table.count(), table.version()) == (1001, 1)
    assert len(list((folder / "big").glob("*.parquet"))) == 2


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_in_the_middle_of_a_write(folder: pathlib.Path, stop: signal.Signals) -> None:
    code = """
import sys, lakehold as lh
lake = lh.connect(sys.argv[1])
print("started", flush=True)
try:
    lake.sql("INSERT INTO t SELECT i, md5(i::VARCHAR), NULL FROM range(2000000000) r(i)")
except (KeyboardInterrupt, lh.CancelledError):
    print(lake.sql("SELECT count(*) FROM t").fetchall())
"""
    with unchanged(folder):
        process = child(code, folder)
        assert process.stdout.readline() == "started\n"
        time.sleep(1.0)
        assert process.poll() is None
        process.send_signal(stop)
        out, errors = process.communicate(timeout=60)
    if stop == signal.SIGINT:
        assert (process.returncode, out) == (0, "[(3,)]\n"), errors
    else:
        assert process.returncode == -stop
    lh.open(folder / "t").append([{"a": 9, "b": None, "s": None}])
    assert lh.open(folder / "t").count() == 4


def test_ctrl_c_stops_the_command_line(folder: pathlib.Path) -> None:
    cli("--version")
    slow = "INSERT INTO t SELECT i, md5(i::VARCHAR), NULL FROM range(2000000000) r(i)"
    with unchanged(folder):
        process = subprocess.Popen(
            [str(BIN), "sql", str(folder), slow],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(1.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors


def test_of_two_that_create_a_table_one_wins(tmp_path: pathlib.Path) -> None:
    code = (
        TELL
        + """
lake = lh.connect(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
tell(lambda: lake.sql(f"CREATE TABLE t AS SELECT {sys.argv[2]} AS a"))
"""
    )
    outcomes = []
    for turn in range(8):
        place = tmp_path / f"lake{turn}"
        lh.connect(place).sql("CREATE TABLE other (a INTEGER)")
        both = [child(code, place, who, stdin=subprocess.PIPE) for who in (1, 2)]
        for process in both:
            assert process.stdout.readline() == "ready\n"
        for process in both:
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=60)[0] for process in both]
        winners = [who for who, text in zip((1, 2), said) if text == "done\n"]
        losers = [text for text in said if text.startswith("AlreadyExistsError")]
        assert len(winners) == 1 and len(losers) == 1, said
        assert " True " in losers[0], losers
        outcomes += winners
        assert lh.open(place / "t").scan().fetchall() == [(winners[0],)]
        assert (
            lh.open(place / "t").version() == 0 and len(list((place / "t").glob("*.parquet"))) == 1
        )
    print("winners:", outcomes)


def test_only_fsck_shows_the_leftovers_of_a_crash(lake: lh.Lake, folder: pathlib.Path) -> None:
    # What a killed writer leaves where the file system knows no unnamed files.
    for place in (folder, folder / "t", folder / "t" / "_delta_log", folder / "p" / "k=one"):
        (place / "._lakehold_staged_0123456789abcdef0123456789abcdef").write_bytes(
            b"half of something"
        )
    assert lake.tables() == ["p", "t"]
    assert lh.connect(folder).sql("SELECT count(*) FROM p").fetchall() == [(1,)]
    assert lh.open(folder / "t").version() == 3
    report = lh.open(folder / "t").health()
    assert report["healthy"]
    assert str(report["findings"]).count("._lakehold_staged_0123") == 2, report["findings"]


def test_the_history_tells_what_each_write_did(lake: lh.Lake) -> None:
    lake["p"].append([{"a": 2, "k": "two"}, {"a": 3, "k": "three"}])
    lake["p"].overwrite([{"a": 4, "k": "two"}], where="k = 'two'")
    log = pathlib.Path(lake.location) / "p" / "_delta_log"
    told = [
        json.loads(path.read_text().splitlines()[0])["commitInfo"].get("operationMetrics", {})
        for path in sorted(log.glob("*.json"))
    ]
    assert told[0] == {}
    assert (told[2]["numFiles"], told[2]["numOutputRows"]) == ("2", "2")
    size = sum(file.stat().st_size for file in (log.parent / "k=three").glob("*.parquet"))
    assert int(told[2]["numOutputBytes"]) > size
    assert (told[3]["numFiles"], told[3]["numOutputRows"], told[3]["numRemovedFiles"]) == (
        "1",
        "1",
        "1",
    )
