"""User-facing SQL in DuckDB's sqllogictest format: tests/sql/*.test, each in a lake of its own.

Understood: `statement ok`, `statement error` (with a text after ----), `query TYPES [rowsort]`,
comments, blank lines.
"""

from __future__ import annotations

import pathlib

import pytest

import lakehold as lh

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "sql"
FILES = sorted(FOLDER.glob("*.test"))


def blocks(text: str) -> list[tuple[int, list[str]]]:
    """Blocks of lines with the number of their first line; comment lines dropped."""
    found: list[tuple[int, list[str]]] = []
    block: list[str] = []
    first = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if block:
                found.append((first, block))
            block = []
            continue
        if not block:
            first = number
        block.append(line)
    if block:
        found.append((first, block))
    return found


def spell(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value == "":
        return "(empty)"
    return str(value)


def split(lines: list[str]) -> tuple[str, list[str]]:
    if "----" in lines:
        cut = lines.index("----")
        return "\n".join(lines[:cut]), lines[cut + 1 :]
    return "\n".join(lines), []


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_sql_file(path: pathlib.Path, lake_path: str) -> None:
    lake = lh.connect(lake_path)
    for number, (head, *rest) in blocks(path.read_text(encoding="utf-8")):
        where = f"{path.name}:{number}"
        words = head.split()
        sql, expected = split(rest)
        sql = sql.replace("__LAKE__", lake_path)
        if words[:2] == ["statement", "ok"]:
            lake.sql(sql)
        elif words[:2] == ["statement", "error"]:
            with pytest.raises(lh.LakeholdError) as caught:
                lake.sql(sql).fetchall()
            for text in expected:
                assert text in str(caught.value), f"{where}: {caught.value}"
        elif words[0] == "query":
            rows = ["\t".join(spell(value) for value in row) for row in lake.sql(sql).fetchall()]
            if "rowsort" in words:
                rows, expected = sorted(rows), sorted(expected)
            assert rows == expected, where
        else:
            raise AssertionError(f"{where}: {head}")
