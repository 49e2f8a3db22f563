"""The package as such: types, start-up."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

import lakehold as lh

PACKAGE = pathlib.Path(lh.__file__).parent
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def test_the_package_passes_mypy_strict(tmp_path: pathlib.Path):
    pytest.importorskip("mypy")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file",
            str(REPOSITORY / "pyproject.toml"),
            "--cache-dir",
            str(tmp_path),
            str(REPOSITORY / "src" / "python" / "lakehold"),
        ],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_marked_as_typed():
    assert (PACKAGE / "py.typed").exists() and (PACKAGE / "_lakehold.pyi").exists()


def test_the_stub_names_what_the_native_half_has():
    stub = (PACKAGE / "_lakehold.pyi").read_text()
    for name, thing in vars(lh._lakehold).items():
        if name.startswith("_"):
            continue
        assert f"def {name}(" in stub or f"class {name}:" in stub, name
        for member in vars(thing) if isinstance(thing, type) else ():
            assert member.startswith("_") or f"def {member}(" in stub, f"{name}.{member}"


def test_importing_loads_nothing_heavy():
    # What keeps the import within its 60 ms, which bench/startup.py measures.
    code = (
        "import sys, lakehold; "
        "print([m for m in ('json', 'inspect', 'dataclasses', 'decimal', 'uuid', 'difflib', 'asyncio', 'pyarrow', 'numpy') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"
