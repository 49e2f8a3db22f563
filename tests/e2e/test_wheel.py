"""The installed wheel: what it carries, its command, and one process with pip's duckdb in either
order.

$LAKEHOLD_WHEEL_PYTHON is the interpreter of a virtual environment where `pip install .` put
lakehold; without it the one
that runs the tests is asked.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

PYTHON = os.environ.get("LAKEHOLD_WHEEL_PYTHON", sys.executable)
DUCKDB_VERSIONS = ("1.4.4", "1.5.6", "2.0.0")

BESIDE = """
    {imports}
    lake = lakehold.connect({lake!r})
    lake.write("t", [{{"a": 1}}, {{"a": 2}}], mode="overwrite")
    con = duckdb.connect()
    assert con.execute("SELECT 40 + 2").fetchone() == (42,)
    assert lake.sql("SELECT sum(a) FROM t").fetchall() == [(3,)]
    path = lake.table("t").files()[0]["uri"].removeprefix("file://")
    assert con.execute("SELECT sum(a) FROM read_parquet(?)", [path]).fetchone() == (3,)
    for text in ("SELECT nope", "SELEC"):
        for call in (lambda: con.execute(text), lambda: lake.sql(text)):
            try:
                call()
            except Exception as error:
                assert type(error).__module__.partition(".")[0].lstrip("_") in ("duckdb", "lakehold"), type(error)
            else:
                raise AssertionError(text)
    assert lake.sql("SELECT count(*) FROM t").fetchone() == (2,)
    assert con.execute("SELECT version()").fetchone()[0] == "v{version}"
    print("beside", duckdb.__version__)
"""


def run(
    code: str, *, path: str = "", folder: pathlib.Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if path:
        environment["PYTHONPATH"] = path
    return subprocess.run(
        [PYTHON, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        cwd=folder,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder of the installed package."""
    code = "import importlib.metadata as m, lakehold; m.distribution('lakehold'); print(lakehold.__file__)"
    done = run(code, folder=tmp_path_factory.mktemp("nowhere"))
    if done.returncode != 0:
        pytest.skip(
            f"{PYTHON} has no lakehold wheel installed: pip install . there, or set LAKEHOLD_WHEEL_PYTHON"
        )
    return pathlib.Path(done.stdout.strip()).parent


@pytest.fixture(scope="module")
def duckdb_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where each version of pip's duckdb lies; those that cannot be had are missing."""
    folders = {}
    for version in DUCKDB_VERSIONS:
        target = tmp_path_factory.mktemp("duckdb")
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--target",
            str(target),
            f"duckdb=={version}",
        ]
        if subprocess.run(command, capture_output=True, timeout=240).returncode == 0:
            folders[version] = str(target)
    return folders


def test_the_wheel_carries_the_engine_the_library_and_the_command(wheel: pathlib.Path):
    for name in (
        "liblakehold.so",
        "liblakehold_engine.so",
        "bin/lakehold",
        "py.typed",
        "_lakehold.pyi",
    ):
        assert (wheel / name).exists(), name
    assert list(wheel.glob("*duckdb*")), "no engine beside the package"


def test_the_wheels_command_runs_natively(wheel: pathlib.Path, tmp_path: pathlib.Path):
    version = run("import lakehold; print(lakehold.__version__)", folder=tmp_path).stdout.strip()
    script = pathlib.Path(PYTHON).parent / "lakehold"
    for command in ([str(script), "--version"], [PYTHON, "-m", "lakehold", "--version"]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
        assert done.returncode == 0 and version in done.stdout, done


@pytest.mark.parametrize("order", ["duckdb-first", "lakehold-first"])
@pytest.mark.parametrize("version", DUCKDB_VERSIONS)
def test_lakehold_and_pips_duckdb_live_in_one_process(
    wheel: pathlib.Path,
    duckdb_folders: dict[str, str],
    tmp_path: pathlib.Path,
    version: str,
    order: str,
):
    if version not in duckdb_folders:
        pytest.skip(f"pip has no duckdb {version} for this Python")
    imports = "import duckdb, lakehold" if order == "duckdb-first" else "import lakehold, duckdb"
    code = textwrap.dedent(BESIDE).format(
        imports=imports, lake=str(tmp_path / "lake"), version=version
    )
    done = run(code, path=duckdb_folders[version], folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"beside {version}" in done.stdout
