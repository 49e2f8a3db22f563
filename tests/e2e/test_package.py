"""The C++ package: installed into a prefix, found by CMake and by pkg-config, with nothing but the
API in its symbols."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import REPOSITORY

EXAMPLES = REPOSITORY / "examples" / "cpp"
CONSUMER = REPOSITORY / "tests" / "package" / "consumer"
CLASSES = ("Lake::", "Table::", "Rows::", "Error::")
FUNCTIONS = ("FinishBackgroundWork(", "KindName(", "VersionText(", "BuildText[")


def run(*command: object, env: dict[str, str] | None = None) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **(env or {})})
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build_folder() -> pathlib.Path | None:
    """The build to install: the one of $LAKEHOLD_BIN, else the release preset's."""
    given = os.environ.get("LAKEHOLD_BIN")
    candidates = [pathlib.Path(given).resolve().parents[1]] if given else []
    for folder in [*candidates, REPOSITORY / "build" / "release"]:
        if (folder / "cmake_install.cmake").exists() and (folder / "lib/liblakehold.so").exists():
            return folder
    return None


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = build_folder()
    if folder is None:
        pytest.skip("no build to install: ./dev build makes one")
    target = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", folder, "--prefix", target)
    return target


def library(prefix: pathlib.Path) -> pathlib.Path:
    return next(prefix.glob("lib*/**/liblakehold.so"))


def built(source: pathlib.Path, target: pathlib.Path, prefix: pathlib.Path) -> pathlib.Path:
    run(
        *("cmake", "-G", "Ninja", "-S", source, "-B", target),
        f"-DCMAKE_PREFIX_PATH={prefix}",
        *("-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror",),
    )
    run("cmake", "--build", target, "-j2")
    return target


def expect_consumer(program: pathlib.Path, lake: pathlib.Path) -> None:
    version, rows, error = run(program, lake).splitlines()
    assert version.startswith("lakehold 0.1")
    assert rows == "42 rows at version 2 in 2 files"
    assert error == "NotFound delta.not_a_table"


def test_the_prefix_is_complete(prefix: pathlib.Path) -> None:
    headers = {path.name for path in (prefix / "include/lakehold").iterdir()}
    assert headers == {path.name for path in (REPOSITORY / "include/lakehold").iterdir()}
    folder = library(prefix).parent
    for name in ("liblakehold_engine.so", "liblakehold_duckdb.so", "pkgconfig/lakehold.pc"):
        assert (folder / name).exists(), name
    assert (folder / "cmake/lakehold/lakehold-config.cmake").exists()
    assert run(prefix / "bin/lakehold", "--version").startswith("lakehold 0.1")


def test_cmake_finds_the_package(prefix: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = built(CONSUMER, tmp_path / "build", prefix)
    expect_consumer(folder / "consumer", tmp_path / "lake")


def test_pkg_config_finds_the_package(prefix: pathlib.Path, tmp_path: pathlib.Path) -> None:
    if shutil.which("pkg-config") is None:
        pytest.skip("pkg-config is not installed")
    folder = library(prefix).parent
    search = {"PKG_CONFIG_PATH": str(folder / "pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "lakehold", env=search).split()
    program = tmp_path / "consumer"
    source = CONSUMER / "main.cc"
    run("g++", "-std=c++20", source, "-o", program, *flags, f"-Wl,-rpath,{folder}")
    expect_consumer(program, tmp_path / "lake")


def test_the_public_headers_show_no_foreign_type() -> None:
    for header in (REPOSITORY / "include/lakehold").glob("*.h"):
        text = header.read_text(encoding="utf-8")
        for foreign in ("duckdb", "fmt::", "simdjson", "roaring", "nanobind"):
            assert foreign not in text, f"{header.name} speaks of {foreign}"


def test_the_library_exports_the_api_alone(prefix: pathlib.Path) -> None:
    if shutil.which("nm") is None:
        pytest.skip("nm is not installed")
    lines = run("nm", "-DC", "--defined-only", library(prefix)).splitlines()
    symbols = [line.split(maxsplit=2)[2] for line in lines]
    ours = tuple(f"lakehold::{word}" for word in CLASSES + FUNCTIONS)
    strangers = [symbol for symbol in symbols if not symbol.startswith(ours)]
    assert strangers == []
    assert not [symbol for symbol in symbols if "::State::" in symbol]
    assert any("Lake::Connect(" in symbol for symbol in symbols)
    engine = library(prefix).parent / "liblakehold_engine.so"
    names = [line.split()[2] for line in run("nm", "-D", "--defined-only", engine).splitlines()]
    assert names and all(name.startswith("lakehold_engine_") for name in names)


@pytest.fixture(scope="module")
def examples(prefix: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return built(EXAMPLES, tmp_path_factory.mktemp("examples"), prefix)


EXPECTED = {
    "hello_lake": [
        "trips version 1: +3 rows",
        "Oslo  2  21.5",
        'Did you mean "fare"? [sql.unknown_column]',
    ],
    "append_arrow": ["version 1: +5000 rows in 1 file", "5000  4999  624.875"],
    "time_travel": [
        "cake  3.5  7",
        "tea  2  4",
        "pinned to version 1: 2 rows; newest: 3 rows",
        "version 2  CREATE OR REPLACE TABLE AS SELECT",
    ],
}


def test_every_cpp_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.cc")} == set(EXPECTED)


@pytest.mark.parametrize("in_memory", [False, True], ids=["folder", "memory"])
@pytest.mark.parametrize("name", EXPECTED)
def test_cpp_example(
    name: str, in_memory: bool, examples: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    told = run(examples / name, *([] if in_memory else [tmp_path / "lake"]))
    for text in EXPECTED[name]:
        assert text in told, told
