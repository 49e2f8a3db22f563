"""Fixtures of the end-to-end tests: scratch lakes, the corpus of foreign tables, one hash for any
reader's rows."""

from __future__ import annotations

import importlib.util
import os
import pathlib

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def corpus_folder() -> pathlib.Path | None:
    """Delta tables nobody here wrote: $LAKEHOLD_CORPUS, else shared/corpus beside the checkout."""
    for candidate in (os.environ.get("LAKEHOLD_CORPUS"), REPOSITORY.parent / "shared" / "corpus"):
        if candidate and (pathlib.Path(candidate) / "expected.tsv").exists():
            return pathlib.Path(candidate)
    return None


def load_verify():
    """The corpus' own content hash, or None without a corpus."""
    folder = corpus_folder()
    if folder is None:
        return None
    spec = importlib.util.spec_from_file_location("verify", folder / "verify.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def lake_path(tmp_path: pathlib.Path) -> str:
    return str(tmp_path / "lake")
