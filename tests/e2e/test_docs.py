"""The documentation is run: every SQL block of docs/sql.md, every Python block of docs/python.md
and README.md."""

from __future__ import annotations

import pathlib
import re

import pytest

import lakehold as lh
from conftest import REPOSITORY


def blocks(page: str, language: str) -> list[str]:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)
    assert found, f"{page} has no {language} block"
    return found


def test_the_sql_page_is_true(lake_path: str) -> None:
    lake = lh.connect(lake_path)
    for block in blocks("docs/sql.md", "sql"):
        for line in block.splitlines():
            sql, _, expected = line.partition(" -- ")
            if expected.startswith("fails"):
                with pytest.raises(lh.LakeholdError) as caught:
                    lake.sql(sql).fetchall()
                wanted = expected.removeprefix("fails").strip()
                assert wanted in ("", caught.value.reason), f"{sql}: {caught.value}"
            else:
                rows = lake.sql(sql).fetchall()
                if expected:
                    assert repr(rows) == expected.removeprefix("gives "), sql


@pytest.mark.parametrize("page", ["docs/python.md", "README.md"])
def test_the_python_blocks_run(
    page: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks(page, "python"):
        exec(compile(block, page, "exec"), names)  # noqa: S102 - our own documentation
