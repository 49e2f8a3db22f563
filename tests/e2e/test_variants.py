"""Variants: as VARIANT in SQL, in the portable bytes of Arrow, however the data file holds them."""

from __future__ import annotations

import pathlib

import duckdb
import pyarrow.parquet as pq
import pytest
from foreign_log import field, put_table

import lakehold as lh

COLUMNS = [field("id", "long"), field("v", "variant")]


def written_by_duckdb(
    path: pathlib.Path, values: list[str], shredding: str | None = None
) -> pathlib.Path:
    """A data file of id and v, annotated as DuckDB does; shredded as this type."""
    rows = " UNION ALL ".join(
        f"SELECT {number} AS id, ({value})::VARIANT AS v" for number, value in enumerate(values)
    )
    options = "FORMAT parquet" + (f", SHREDDING {{'v': '{shredding}'}}" if shredding else "")
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        connection.sql(f"COPY (SELECT id::BIGINT AS id, v FROM ({rows})) TO '{path}' ({options})")
    return path


def without_annotation(path: pathlib.Path) -> pathlib.Path:
    """The same rows in plain groups: what writers before the annotation wrote."""
    pq.write_table(pq.read_table(path), path)
    assert b"VARIANT" not in str(pq.ParquetFile(path).schema).encode().upper()
    return path


@pytest.fixture(params=["annotated", "plain"])
def file_of(request, tmp_path):
    """A function that makes a table's only data file."""

    def make(values: list[str], shredding: str | None = None) -> tuple[pathlib.Path, pathlib.Path]:
        folder = tmp_path / "t"
        path = written_by_duckdb(folder / "part.parquet", values, shredding)
        return folder, path if request.param == "annotated" else without_annotation(path)

    return make


def test_shredded_variants_are_put_together_again(file_of) -> None:
    values = [
        "{'a': 1, 'b': 'x'}",
        "{'a': 'no number', 'b': 'y', 'more': [1, 2]}",
        "{'b': {'deep': 1}}",
        "17",
        "NULL",
        "[1, 2]::VARIANT[]",
    ]
    folder, path = file_of(values, "STRUCT(a INTEGER, b VARCHAR)")
    assert "typed_value" in str(pq.ParquetFile(path).schema)
    put_table(folder, COLUMNS, path, features=["variantType", "variantShredding"])
    rows = lh.connect("").sql(f"SELECT v.a::VARCHAR, v.b::VARCHAR FROM '{folder}' ORDER BY id")
    assert rows.fetchall()[:3] == [("1", "x"), ("no number", "y"), (None, "{'deep': 1}")]
