"""Fixtures of the Python tests: a fresh lake, and one with a small table in it."""

from __future__ import annotations

import pathlib

import pytest

import lakehold as lh


@pytest.fixture
def lake(tmp_path: pathlib.Path) -> lh.Lake:
    return lh.connect(tmp_path / "lake")


@pytest.fixture
def trips(lake: lh.Lake) -> lh.Table:
    """Versions: 0 create, 1 three rows, 2 one more row."""
    lake.sql("CREATE TABLE trips (id BIGINT NOT NULL, fare DOUBLE, day DATE) PARTITIONED BY (day)")
    lake.sql(
        "INSERT INTO trips VALUES (1, 9.5, '2026-01-01'), (2, NULL, '2026-01-01'), (3, 7.25, '2026-01-02')"
    )
    lake.sql("INSERT INTO trips VALUES (4, 1.0, NULL)")
    return lake.table("trips")
