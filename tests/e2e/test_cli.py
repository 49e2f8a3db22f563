"""The command line from outside: every verb, every format, exit codes, bad input. $LAKEHOLD_BIN
names the program."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pathlib
import pty
import signal
import subprocess
import time

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("LAKEHOLD_BIN", REPOSITORY / "build/release/bin/lakehold"))

pytestmark = pytest.mark.skipif(not BIN.exists(), reason=f"{BIN} is not built: set LAKEHOLD_BIN")


@pytest.fixture
def run(tmp_path: pathlib.Path):
    """Runs the program in an empty folder; checks the exit code."""

    def call(*arguments: str, code: int = 0, stdin: str | bytes = b"", env: dict | None = None):
        done = subprocess.run(
            [str(BIN), *arguments],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=tmp_path,
            env={k: v for k, v in os.environ.items() if not k.startswith("LAKEHOLD_")}
            | {"XDG_CONFIG_HOME": str(tmp_path / "config")}
            | (env or {}),
            timeout=60,
        )
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        assert done.returncode == code, f"exit {done.returncode}\n{out}\n{err}"
        assert "\x1b" not in out + err
        return out, err

    return call


@pytest.fixture
def trips(run, tmp_path):
    """A table of three rows in two versions."""
    (tmp_path / "trips.csv").write_text("id,fare,day\n1,9.5,2026-11-01\n2,,2026-11-02\n")
    run("import", "lake/trips", "trips.csv", "--partition-by", "day")
    run("append", "lake/trips", "-", stdin="id,fare,day\n3,60,2026-11-02\n")
    return "lake/trips"


def rows_of(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


# --- Help, version, completion ------------------------------------------------------------------


def test_no_arguments_show_grouped_help(run):
    out, _ = run()
    for word in ("Write", "Read", "Look", "Keep", "import", "fsck", "Exit codes"):
        assert word in out


def test_version_is_quick_and_says_the_build(run):
    out, _ = run("--version")
    assert out.startswith("lakehold 0.") and "DuckDB" in out
    begin = time.monotonic()
    for _ in range(10):
        run("--version")
    assert (time.monotonic() - begin) / 10 < 0.25  # The figure itself is measured in bench/.


def test_every_verb_explains_itself(run):
    for verb in "create import append sql cat head schema log files status checkpoint fsck conformance".split():
        assert "--help" in run(verb, "--help")[0]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_verbs(run, shell):
    out, _ = run("completion", shell)
    assert "import" in out and "partition-by" in out
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=out.encode(), check=True)


# --- Verbs --------------------------------------------------------------------------------------


def test_create_then_schema(run):
    _, err = run(
        "create", "lake/t", "--schema", "id BIGINT NOT NULL, day DATE", "--partition-by", "day"
    )
    assert err.startswith("t: CREATE TABLE, version 0")
    columns = rows_of(run("schema", "lake/t")[0])
    assert [c["column"] for c in columns] == ["id", "day"]
    assert [c["nullable"] for c in columns] == [False, True]
    assert [c["partition"] for c in columns] == [False, True]
    run("create", "lake/t", "--schema", "id BIGINT", code=4)
    run("create", "lake/t", "--schema", "id BIGINT", "--if-not-exists")


def test_import_reports_types_rows_and_version(run, tmp_path):
    (tmp_path / "a.csv").write_text("id,name\n1,x\n2,y\n")
    _, err = run("import", "lake/t", "a.csv")
    assert "id BIGINT, name VARCHAR" in err
    assert "t: +2 rows, version 0" in err
    _, err = run("import", "lake/t", "a.csv")
    assert "t: +2 rows, version 1" in err
    _, err = run("import", "lake/t", "a.csv", "--replace")
    assert len(run("cat", "lake/t")[0].splitlines()) == 3


def test_import_says_which_texts_spoiled_a_column(run, tmp_path):
    (tmp_path / "a.csv").write_text("dep_time\n" + "517\n" * 20 + "NA\n" * 3)
    _, err = run("import", "lake/t", "a.csv")
    assert 'dep_time: 3 "NA" made it VARCHAR; --null NA gives BIGINT' in err
    _, err = run("import", "lake/u", "a.csv", "--null", "NA")
    assert "dep_time BIGINT" in err and "made it" not in err


def test_import_reads_many_files_of_every_kind_in_one_version(run, tmp_path):
    for i in range(3):
        (tmp_path / f"part{i}.csv").write_text(f"id\n{i}\n")
        (tmp_path / f"part{i}.ndjson").write_text(json.dumps({"id": i}) + "\n")
        (tmp_path / f"part{i}.tsv").write_text(f"id\tt\n{i}\ta b\n")
    for table, files in (("c", "part*.csv"), ("j", "part*.ndjson"), ("s", "part*.tsv")):
        _, err = run("import", f"lake/{table}", files)
        assert f"{table}: +3 rows, version 0" in err
        assert len(rows_of(run("log", f"lake/{table}")[0])) == 1
    run("sql", "lake", "SELECT * FROM c", "-o", "c.parquet")
    _, err = run("import", "lake/p", "c.parquet")
    assert "p: +3 rows, version 0" in err
    run("import", "lake/many", "part0.csv", "part1.csv")
    run("import", "lake/mixed", "part0.csv", "part1.tsv", code=2)


def test_texts_are_read_as_the_table_holds_them(run, tmp_path):
    columns = "zip VARCHAR, price DECIMAL(38,18), big DECIMAL(38,0), day VARCHAR"
    run("create", "lake/t", "--schema", columns)
    text = "ZIP,price,big,day\n01,0.123456789012345678,9223372036854775808,1.50\n"
    run("append", "lake/t", "-", stdin=text)
    (tmp_path / "more.csv").write_text("zip,day\n1e3,TRUE\n")
    run("import", "lake/t", "more.csv")
    assert run("cat", "lake/t", "--where", "price IS NOT NULL")[0].splitlines() == [
        "zip,price,big,day",
        "01,0.123456789012345678,9223372036854775808,1.50",
    ]
    assert "1e3,,,TRUE" in run("cat", "lake/t")[0]
    _, err = run("append", "lake/t", "-", stdin="zip,price\n1,1\n2,dear\n", code=2)
    assert "line 3" in err and "price" in err and "dear" in err


def test_lines_of_unequal_length_are_no_column(run, tmp_path):
    (tmp_path / "ragged.csv").write_text('id,name\n1,"a,\nb"\n2,c,extra\n3\n')
    _, err = run("import", "lake/t", "ragged.csv", code=2)
    assert 'ragged.csv, line 4: 3 fields separated by ","' in err
    assert "first line has 2" in err and "2,c,extra" in err and "[cli.ragged_lines]" in err
    run("status", "lake/t", code=3)
    (tmp_path / "one.csv").write_text('"Temperature, C"\n12.5\n')
    run("import", "lake/one", "one.csv")
    assert run("cat", "lake/one")[0] == '"Temperature, C"\n12.5\n'


def test_import_says_what_is_stored(run, tmp_path):
    (tmp_path / "odd.csv").write_text("t,n\n12:30,1\n")
    assert "1 column" not in run("import", "lake/odd", "odd.csv")[1]
    assert run("log", "lake/odd", "-f", "table")[0].count("1 row, 1 file ") == 1
    assert "t VARCHAR, n BIGINT" in run("import", "lake/again", "odd.csv")[1]


def test_import_says_what_was_rounded(run, tmp_path):
    (tmp_path / "big.csv").write_text("n,x\n9223372036854775807,1e300\n9223372036854775808,0.5\n")
    _, err = run("import", "lake/big", "big.csv")
    assert "n: whole numbers beyond BIGINT were read as DOUBLE" in err and "x:" not in err
    run("create", "lake/exact", "--schema", "n DECIMAL(38,0), x DOUBLE")
    run("append", "lake/exact", "big.csv")
    assert "9223372036854775808,0.5" in run("cat", "lake/exact")[0]


def test_append_reads_stdin_and_needs_a_table(run, trips):
    _, err = run("append", trips, "-", stdin='{"id": 4, "fare": 1.5, "day": "2026-11-03"}\n')
    assert "trips: +1 row, version 2" in err
    run("append", "lake/no", "-", stdin="id\n1\n", code=3)


def test_cat_and_head_give_rows_in_every_format(run, trips, tmp_path):
    out, _ = run("cat", trips, "--where", "id < 3")
    assert sorted(out.splitlines()) == ["1,9.5,2026-11-01", "2,,2026-11-02", "id,fare,day"]
    assert rows_of(run("cat", trips, "-f", "ndjson", "--where", "id = 1")[0]) == [
        {"id": 1, "fare": 9.5, "day": "2026-11-01"}
    ]
    assert len(json.loads(run("cat", trips, "-f", "json")[0])) == 3
    assert len(run("head", trips, "-n", "2")[0].splitlines()) == 3
    assert run("cat", trips, "--columns", "day,id", "--limit", "1")[0].startswith("day,id\n")
    out, _ = run("cat", trips, "-f", "table", "--rows", "1")
    assert "(3 rows, 1 shown)" in out
    assert "NA" in run("cat", trips, "--null", "NA")[0]
    run("cat", trips, "-o", "out.json")
    assert len(json.loads((tmp_path / "out.json").read_text())) == 3
    raw = subprocess.run([str(BIN), "cat", trips, "-f", "parquet"], cwd=tmp_path, stdout=-1)
    assert raw.stdout[:4] == b"PAR1" == raw.stdout[-4:]


def test_time_travel_by_version_and_time(run, trips):
    assert len(run("cat", trips, "--at", "0")[0].splitlines()) == 3
    run("cat", trips, "--at", "2000-01-01T00:00Z", code=3)
    _, err = run("cat", trips, "--at", "99", code=3)
    assert "99" in err
    run("cat", trips, "--at", "yesterday", code=2)


def test_log_files_and_status(run, trips):
    log = rows_of(run("log", trips)[0])
    assert [entry["version"] for entry in log] == [1, 0]
    assert run("history", trips, "-n", "1")[0].count("\n") == 1
    files = rows_of(run("files", trips)[0])
    assert sum(file["rows"] for file in files) == 3
    assert {file["partition_values"]["day"] for file in files} == {"2026-11-01", "2026-11-02"}
    (status,) = rows_of(run("status", trips)[0])
    assert (status["version"], status["rows"], status["files"]) == (1, 3, len(files))
    assert "3 rows" in run("status", trips, "-f", "table")[0]
    assert run("log", trips, "-f", "csv")[0].startswith("version,timestamp")


def test_log_only_verbs_do_not_load_the_engine(run, trips):
    nowhere = {"LAKEHOLD_ENGINE": "/nonexistent/liblakehold_engine.so"}
    for verb in ("schema", "log", "files", "status"):
        run(verb, trips, env=nowhere)


def test_checkpoint_and_fsck(run, trips, tmp_path):
    assert "checkpoint of version 1" in run("checkpoint", trips)[1]
    assert "healthy" in run("fsck", trips)[1]
    next((tmp_path / trips).rglob("*.parquet")).unlink()
    victims = [p for p in (tmp_path / trips).rglob("part-*.parquet")]
    victims[0].unlink()
    (tmp_path / trips / "._lakehold_staged_0").write_bytes(b"half")
    out, err = run("fsck", trips, code=9)
    assert "damaged; version 1 is the newest" in err
    findings = rows_of(out)
    assert sum(f["finding"].startswith("is missing; restore") for f in findings) == 2
    assert any("4 bytes left by a writer that died" in f["finding"] for f in findings)


def test_fsck_reads_footers_and_says_what_a_lost_commit_leaves(run, trips, tmp_path):
    assert "healthy" in run("fsck", trips, "--deep")[1]
    log = tmp_path / trips / "_delta_log"
    commit = log / "00000000000000000001.json"
    text = commit.read_text()
    commit.write_text(text.replace('\\"numRecords\\":1', '\\"numRecords\\":7'))
    assert commit.read_text() != text
    assert "healthy" in run("fsck", trips)[1]
    (finding,) = rows_of(run("fsck", trips, "--deep", code=9)[0])
    assert finding["finding"].startswith("has 1 rows, the log says 7")
    commit.write_text("{")
    out, err = run("fsck", trips, code=9)
    assert "version 0 is the newest that can be put together" in err
    assert "versions up to 0 can be read (--at 0)" in out


def test_explain_names_the_files_and_never_runs(run, trips):
    out, _ = run("cat", trips, "--where", "day = '2026-11-01'", "--explain")
    assert out.startswith("trips v1: read 1 of 3 files")
    assert "by partition day" in out
    out, _ = run("sql", "lake", "SELECT * FROM trips WHERE day = '2026-11-01'", "--explain")
    assert "read 1 of 3 files" in out


# --- sql ----------------------------------------------------------------------------------------


def test_sql_resolves_its_arguments(run, trips):
    query = "SELECT count(*) AS n FROM trips"
    assert run("sql", "lake", query)[0] == "n\n3\n"
    assert run("sql", "SELECT 1 AS one")[0] == "one\n1\n"
    assert run("sql", query, env={"LAKEHOLD_LAKE": "lake"})[0] == "n\n3\n"
    assert run("sql", "lake", stdin=query)[0] == "n\n3\n"
    assert run("lake", stdin=query)[0] == "n\n3\n"
    assert run("-q", "lake", "--durability", "none", stdin=query)[0] == "n\n3\n"
    assert run("sql", "lake", "-", stdin=query)[0] == "n\n3\n"
    out, _ = run("sql", "lake", "SELECT id FROM trips WHERE fare > $f", "-p", "f=50")
    assert out == "id\n3\n"


def test_scripts_stop_at_the_first_error_and_roll_back(run, trips):
    script = "BEGIN; INSERT INTO trips VALUES (9, 1, '2026-11-09'); SELECT * FROM nothing; COMMIT;"
    _, err = run("sql", "lake", stdin=script, code=3)
    assert "nothing" in err
    assert run("sql", "lake", "SELECT count(*) AS n FROM trips")[0] == "n\n3\n"
    _, err = run("sql", "lake", stdin="SELECT 1;\n\n-- ; no statement\nSELECT\n nope;", code=2)
    assert "(line 5)" in err
    out, _ = run("sql", "lake", stdin="SELECT 1 AS a; SELECT 2 AS b;")
    assert out == "a\n1\nb\n2\n"


def test_plans_are_drawn_for_people_and_rows_for_programs(run, trips):
    drawn, _ = run("sql", "lake", "EXPLAIN SELECT id FROM trips", "-f", "table")
    assert drawn.count("\n") > 5 and "\\n" not in drawn and "explain_key" not in drawn
    (row,) = rows_of(run("sql", "lake", "EXPLAIN SELECT id FROM trips", "-f", "ndjson")[0])
    assert row["explain_key"] == "physical_plan"


def test_a_second_result_does_not_replace_the_first(run, tmp_path):
    _, err = run("sql", "SELECT 1 AS a; SELECT 2 AS b", "-o", "x.csv", code=2)
    assert "x.csv" in err and "[cli.second_result]" in err
    assert (tmp_path / "x.csv").read_text() == "a\n1\n"
    assert "[cli.second_result]" in run("sql", "SELECT 1; SELECT 2", "-f", "arrow", code=2)[1]
    run("sql", "CREATE TEMP TABLE t (i INT); SELECT 2 AS b", "-o", "y.csv")


def test_csv_in_a_pipe_is_complete_and_exact(run):
    out, _ = run("sql", "SELECT range AS i, 'a,\"' || range AS t FROM range(100000)")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 100_000 and rows[99_999] == {"i": "99999", "t": 'a,"99999'}


# --- Settings -----------------------------------------------------------------------------------


def test_flags_come_over_the_environment_over_the_project_over_the_user(run, trips, tmp_path):
    one = ("cat", trips, "--where", "id = 1", "--columns", "id")
    (tmp_path / "config/lakehold").mkdir(parents=True)
    (tmp_path / "config/lakehold/config.toml").write_text('format = "json"\n')
    assert run(*one)[0] == '[\n{"id":1}\n]\n'
    (tmp_path / "lakehold.toml").write_text('format = "ndjson"  # of this project\n')
    assert run(*one)[0] == '{"id":1}\n'
    assert run(*one, env={"LAKEHOLD_FORMAT": "csv"})[0] == "id\n1\n"
    assert run(*one, "-f", "table", env={"LAKEHOLD_FORMAT": "csv"})[0].startswith("id\n--\n")
    run(*one, "-o", "x.csv")
    assert (tmp_path / "x.csv").read_text() == "id\n1\n"


def test_a_project_names_its_lake_rows_and_null(run, trips, tmp_path):
    (tmp_path / "lakehold.toml").write_text("lake = 'lake'\nrows = 1\nnull = \"none\"\n")
    assert run("sql", "SELECT count(*) AS n FROM trips")[0] == "n\n3\n"
    assert "(3 rows, 1 shown)" in run("cat", trips, "-f", "table")[0]
    assert "(3 rows, 1 shown)" not in run("cat", trips, "-f", "table", "--rows", "all")[0]
    assert ",none," in run("cat", trips, "--where", "id = 2")[0]
    assert ",," in run("cat", trips, "--where", "id = 2", "--null", "")[0]
    assert run("sql", "SELECT 1 AS one", env={"LAKEHOLD_LAKE": "other"})[0] == "one\n1\n"


def test_a_mistake_in_a_file_is_named_by_line_and_help_still_works(run, trips, tmp_path):
    (tmp_path / "lakehold.toml").write_text("# ours\nformt = 1\n")
    _, err = run("cat", trips, code=2)
    assert "lakehold.toml:2" in err and "formt" in err and "[cli.bad_setting]" in err
    run("--version")
    run("cat", "--help")
    assert "[cli.bad_setting]" in run("cat", trips, env={"LAKEHOLD_ROWS": "x"}, code=2)[1]


def test_color_is_said_by_a_flag(tmp_path):
    def err(*arguments: str, **env: str) -> bytes:
        return subprocess.run(
            [str(BIN), *arguments, "cat", "no/such"],
            capture_output=True,
            cwd=tmp_path,
            env={"XDG_CONFIG_HOME": str(tmp_path)} | env,
        ).stderr

    (tmp_path / "lakehold.toml").write_text('color = "always"\n')
    assert b"\x1b[1;31m" in err()
    assert b"\x1b" not in err(NO_COLOR="1")
    assert b"\x1b" not in err("--color", "never")
    assert b"\x1b" in err("--color", "always", NO_COLOR="1")


def test_a_memory_limit_reaches_the_engine(run):
    query = "SELECT current_setting('memory_limit') AS m"
    assert run("--memory-limit", "500MB", "sql", query)[0] == "m\n476.8 MiB\n"
    assert run("sql", query, env={"LAKEHOLD_MEMORY_LIMIT": "500MB"})[0] == "m\n476.8 MiB\n"
    assert "[cli.bad_memory_limit]" in run("--memory-limit", "lots", "sql", query, code=2)[1]


# --- Bad input ----------------------------------------------------------------------------------


def test_errors_have_a_kind_a_reason_and_an_exit_code(run, trips, tmp_path):
    (tmp_path / "empty").mkdir()
    cases = [
        (("cat", "no/such"), 3, "["),
        (("cat", "empty"), 3, "[delta.not_a_table]"),
        (("cat", "lake"), 2, "[facade.is_a_lake]"),
        (("sql", trips, "SELECT 1"), 2, "[facade.is_a_table]"),
        (("cat", "trips.csv"), 2, "["),
        (("frobnicate",), 2, "neither a verb nor a lake"),
        (("lake", "SELECT 1"), 2, "lakehold sql lake"),
        (("cat", trips, "more"), 2, 'no place for "more"'),
        (("lake", "cat", trips), 2, 'no place for "lake"'),
        (("cat",), 2, "[cli.usage]"),
        (("cat", trips, "--nope"), 2, "[cli.usage]"),
        (("cat", trips, "-f", "xml"), 2, "[cli.unknown_format]"),
        (("cat", trips, "--rows", "many"), 2, "[cli.bad_rows]"),
        (("cat", trips, "--where", "fair < 0"), 2, "[sql.unknown_column]"),
        (("cat", trips, "--where", "1; DROP TABLE trips"), 2, "[sql."),
        (("import", "lake/new", "nowhere.csv"), 3, "[cli.no_such_file]"),
        (("import", "lake/new", "empty"), 2, "["),
        (("import", "lake/new", "trips.csv", "--type", "xls"), 2, "[cli.unknown_input]"),
        (("create", "lake/_odd", "--schema", "id BIGINT"), 2, "["),
        (("create", "lake/bad\x01name", "--schema", "id BIGINT"), 2, "["),
        (("create", "lake/..", "--schema", "id BIGINT"), 2, "[cli.not_a_table_path]"),
        (("create", "lake/new", "--schema", "t TIME"), 2, "[types.refused]"),
        (("sql", "lake", "SELEC 1"), 2, "[sql."),
        (("sql", "no/such/lake"), 3, "[cli.no_such_lake]"),
    ]
    for arguments, code, reason in cases:
        _, err = run(*arguments, code=code)
        assert err.startswith("error: ") and reason in err, (arguments, err)
    assert run("sql", "lake", "SELECT count(*) AS n FROM trips")[0] == "n\n3\n"


def test_a_bad_line_is_named_by_line_column_and_text(run, tmp_path):
    lines = ["id,fare"] + [f"{i},1.5" for i in range(30_000)] + ["30000,oops"]
    (tmp_path / "bad.csv").write_text("\n".join(lines) + "\n")
    _, err = run("import", "lake/t", "bad.csv", code=2)
    assert "30002" in err and "fare" in err and "oops" in err
    run("status", "lake/t", code=3)


def test_a_file_in_another_encoding_is_told_how_to_convert(run, tmp_path):
    (tmp_path / "latin.csv").write_bytes(b"word\n\xe9t\xe9\n")
    _, err = run("import", "lake/t", "latin.csv", code=2)
    assert "latin.csv" in err and "iconv" in err and "[sql.csv_line]" in err


def test_bad_rows_leave_the_table_as_it_was(run, trips, tmp_path):
    run("create", "lake/strict", "--schema", "id BIGINT NOT NULL, n INTEGER")
    for text in ("id,n\n,1\n", "id,n\n1,x\n", "id,other\n1,1\n"):
        _, err = run("append", "lake/strict", "-", stdin=text, code=2)
        assert err.startswith("error: ")
    (status,) = rows_of(run("status", "lake/strict")[0])
    assert status["version"] == 0
    (tmp_path / "nothing.csv").write_text("")
    assert "[cli.empty_input]" in run("append", trips, "nothing.csv", code=2)[1]
    assert "[cli.empty_input]" in run("import", "lake/new", "nothing.csv", code=2)[1]
    run("status", "lake/new", code=3)


def test_files_without_content_make_no_table(run, tmp_path):
    (tmp_path / "lake").mkdir()
    nothing = {
        "a.csv": b"",
        "b.csv": b"\n\n",
        "c.json": b"",
        "d.json": b"[]",
        "e.tsv": b"",
        "f.parquet": b"",
    }
    nothing["g.csv.gz"] = gzip.compress(b"")
    for name, content in nothing.items():
        (tmp_path / name).write_bytes(content)
        _, err = run("import", "lake/t", name, code=2)
        assert f"{name} is empty: it has no columns" in err and "[cli.empty_input]" in err
    assert "stdin is empty" in run("import", "lake/t", "-", code=2)[1]
    for name in ("a.csv", "c.json", "f.parquet"):
        _, err = run("sql", "lake", f"CREATE TABLE t AS SELECT * FROM '{name}'", code=2)
        assert name in err and "[sql." in err, err
    _, err = run("sql", "lake", "CREATE TABLE t AS FROM read_csv(['a.csv', 'a.csv'])", code=2)
    assert "the files are empty" in err and "[sql.empty_file]" in err
    assert list((tmp_path / "lake").iterdir()) == []
    # Columns that were given, and rows that are not there, are no mistake.
    (tmp_path / "head.csv").write_text("a,b\n")
    run("import", "lake/head", "head.csv")
    columns = "read_csv('a.csv', columns = {'id': 'BIGINT'})"
    run("sql", "lake", f"CREATE TABLE given AS SELECT * FROM {columns}")
    assert run("cat", "lake/given")[0] == "id\n"


def test_an_empty_text_in_a_partition_column_is_refused(run):
    run("create", "lake/t", "--schema", "id BIGINT, p VARCHAR", "--partition-by", "p")
    _, err = run("sql", "lake", "INSERT INTO t VALUES (1, '')", code=2)
    assert "p" in err


def test_a_damaged_log_is_named(run, trips, tmp_path):
    log = tmp_path / trips / "_delta_log"
    (log / "00000000000000000001.json").write_text('{"add":')
    assert "[delta." in run("cat", trips, code=9)[1]
    (log / "00000000000000000003.json").write_text("{}")
    (log / "00000000000000000001.json").unlink()
    run("cat", trips, code=9)


def test_ten_thousand_columns(run, tmp_path):
    (tmp_path / "lake").mkdir()
    columns = ", ".join(f"c{i} INTEGER" for i in range(10_000))
    run("sql", "lake", stdin=f"CREATE TABLE wide ({columns});")
    assert len(run("schema", "lake/wide")[0].splitlines()) == 10_000


def test_output_to_a_full_disk_is_an_error(run, trips):
    _, err = run("cat", trips, "-o", "/dev/full", code=11)
    assert err.startswith("error: ")
    _, err = run("cat", trips, "-o", "no/such/folder/x.csv", code=3)
    assert err.startswith("error: ")


# --- Signals and terminals ----------------------------------------------------------------------

LONG = "SELECT count(*) FROM range(100000) a, range(10000000) b WHERE a.range + b.range = 7"


def test_interrupt_cancels_with_130(tmp_path):
    process = subprocess.Popen(
        [str(BIN), "sql", LONG], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130 and out == b"" and err.startswith(b"error: ")


def test_interrupt_ends_a_cat_that_finds_nothing(run, tmp_path):
    (tmp_path / "lake").mkdir()
    run("sql", "lake", "CREATE TABLE t AS SELECT range AS i FROM range(3000000)")
    slow = "len(list_filter(range(3000), x -> (x * i) % 7 = 9)) > 0"
    process = subprocess.Popen(
        [str(BIN), "cat", "lake/t", "--where", slow],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    begin = time.monotonic()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and err.startswith(b"error: ")
    assert time.monotonic() - begin < 5


def stderr_of(folder: pathlib.Path, *arguments: str, **env: str) -> bytes:
    """What a program that writes rows into a pipe tells a terminal."""
    main, side = pty.openpty()
    inherited = {k: v for k, v in os.environ.items() if k not in ("CI", "NO_COLOR")}
    process = subprocess.Popen(
        [str(BIN), *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=side,
        env=inherited | {"TERM": "xterm"} | env,
    )
    os.close(side)
    text = b""
    while True:
        try:
            piece = os.read(main, 65_536)
        except OSError:  # Linux says EIO when the other side is closed.
            piece = b""
        if not piece:
            break
        text += piece
    process.wait(timeout=30)
    os.close(main)
    return text


def test_progress_is_for_terminals_and_for_what_takes_long(tmp_path):
    slow = "SELECT count(*) FROM range(10000) a, range(30000) b WHERE a.range + b.range = 7"
    told = stderr_of(tmp_path, "sql", slow)
    assert told.startswith(b"\rrunning: ") and told.endswith(b"\r\x1b[K"), told
    assert stderr_of(tmp_path, "sql", "SELECT 1") == b""
    assert stderr_of(tmp_path, "--no-progress", "sql", slow) == b""
    assert stderr_of(tmp_path, "sql", slow, CI="1") == b""
    assert stderr_of(tmp_path, "sql", slow, LAKEHOLD_PROGRESS="false") == b""


def test_a_closed_pipe_ends_quietly(tmp_path):
    command = f"{BIN} sql 'SELECT range FROM range(10000000)' | head -n 1"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.stdout == b"range\n" and done.stderr == b""


def shell_session(folder: pathlib.Path, *lines: str, wait: float = 0.7, **more: str) -> str:
    """What the shell prints on a terminal of its own."""
    main, side = pty.openpty()
    env = os.environ | {"TERM": "xterm", "NO_COLOR": "1", "CI": "1"} | more
    process = subprocess.Popen(
        [str(BIN), "lake"],
        cwd=folder,
        stdin=side,
        stdout=side,
        stderr=side,
        env=env,
        start_new_session=True,
    )
    os.close(side)
    text = b""
    for line in lines:
        time.sleep(wait)
        os.write(main, line.encode())
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            piece = os.read(main, 65_536)
        except OSError:
            break
        if not piece:
            break
        text += piece
    process.wait(timeout=10)
    os.close(main)
    assert process.returncode == 0
    return text.decode(errors="replace")


def test_the_shell_runs_statements_and_dot_commands(run, trips, tmp_path):
    text = shell_session(
        tmp_path,
        ".tables\n",
        "SELECT count(*) AS number\n",
        "FROM trips;\n",
        ".at trips 0\n",
        "SELECT 'as' || max(id) AS largest FROM trips;\n",
        ".at trips\n",
        ".schema trips\n",
        ".log trips\n",
        ".nonsense\n",
        ".quit\n",
    )
    for word in ("1 table", "number", "...>", "trips is version 0", "largest", "as2", "long"):
        assert word in text, (word, text)
    assert "[cli.unknown_command]" in text


def test_the_shell_remembers_only_where_the_user_says_so(run, trips, tmp_path):
    settings = tmp_path / "config/lakehold"
    settings.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    shell_session(tmp_path, "SELECT 41 + 1;\n", ".quit\n", XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert sorted(tmp_path.rglob("*")) == before
    (settings / "config.toml").write_text('history = "typed"\n')
    shell_session(tmp_path, "SELECT 41 + 1;\n", ".quit\n", XDG_CONFIG_HOME=str(tmp_path / "config"))
    # An editor with history is there where libedit was at build time.
    if (settings / "typed").exists():
        typed = (settings / "typed").read_text()
        assert "41" in typed and ".quit" in typed
        again = shell_session(
            tmp_path, "\x1b[A\x1b[A\n", ".quit\n", XDG_CONFIG_HOME=str(tmp_path / "config")
        )
        assert "42" in again
