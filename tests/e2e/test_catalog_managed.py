"""Catalog-managed tables: refused by their path, read with what their catalog ratified."""

from __future__ import annotations

import json
import pathlib
import pickle
import shutil
from collections.abc import Callable

import pytest
from conftest import corpus_folder
from plain_table import ROWS, PlainTable, commit_name, write_checkpoint

import lakehold as lh

CORPUS = corpus_folder()
UUID = "00010203-0405-0607-0809-0a0b0c0d0e0f"


def staged_name(version: int) -> str:
    return f"{version:020}.{UUID}.json"


@pytest.fixture
def table(tmp_path: pathlib.Path) -> PlainTable:
    """Versions 0 and 1 are published, 2 and 3 staged."""
    made = PlainTable(tmp_path / "lake" / "t")
    made.features(
        ["catalogManaged", "vacuumProtocolCheck"],
        ["catalogManaged", "inCommitTimestamp", "vacuumProtocolCheck"],
    )
    made.metadata["configuration"] = {"delta.enableInCommitTimestamps": "true"}
    for version, actions in made.commits.items():
        actions[0]["commitInfo"]["inCommitTimestamp"] = 1000 * (version + 1)
    made.write()
    staged = made.log / "_staged_commits"
    staged.mkdir()
    for version in (2, 3):
        made.entry(version).rename(staged / staged_name(version))
    return made


def ratified(*versions: int) -> lh.RatifiedCommits:
    return lh.RatifiedCommits(max(versions), {v: staged_name(v) for v in versions})


def ids(table: lh.Table) -> list[int]:
    return sorted(table.to_arrow()["id"].to_pylist())


def refused(call: Callable[[], object], kind: type[lh.LakeholdError], reason: str, *words: str):
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.reason == reason, str(caught.value)
    for word in words:
        assert word in caught.value.message, caught.value.message


def test_the_path_alone_opens_all_but_the_rows(table: PlainTable) -> None:
    by_path = lh.open(table.folder)
    assert by_path.version() == 1
    assert len(by_path.history()) == 2
    refused(
        by_path.to_arrow,
        lh.UnsupportedError,
        "delta.unsupported_reader_feature",
        "catalogManaged",
        commit_name(0),
        "line 2",
    )


def test_staged_commits_count_as_the_catalog_says(table: PlainTable) -> None:
    opened = lh.open(table.folder, ratified=ratified(2, 3))
    assert opened.version() == 3
    assert ids(opened) == ROWS
    assert opened.count() == len(ROWS)
    assert [entry["version"] for entry in opened.history()] == [3, 2, 1, 0]
    assert len(opened.files()) == 3
    # And the path is refused still: the two views are not mixed up.
    assert lh.open(table.folder).version() == 1
    assert ids(lh.open(table.folder, ratified=ratified(2, 3)).at(version=2)) == [1, 2, 3, 4, 5]
    assert opened.at(timestamp="1970-01-01T00:00:03Z").version() == 2


def test_commits_may_be_handed_in_as_text(table: PlainTable) -> None:
    texts = {v: (table.log / "_staged_commits" / staged_name(v)).read_bytes() for v in (2, 3)}
    shutil.rmtree(table.log / "_staged_commits")
    assert ids(lh.open(table.folder, ratified=lh.RatifiedCommits(3, texts))) == ROWS


def test_versions_beyond_are_not_believed(table: PlainTable) -> None:
    assert ids(lh.open(table.folder, ratified=ratified(2))) == [1, 2, 3, 4, 5]
    assert ids(lh.open(table.folder, ratified=lh.RatifiedCommits(1))) == [1, 2, 3]
    # Not even when the folder holds them.
    table.entry(2).write_text("{")
    assert ids(lh.open(table.folder, ratified=lh.RatifiedCommits(1))) == [1, 2, 3]
    refused(
        lambda: lh.open(table.folder, version=2, ratified=lh.RatifiedCommits(1)),
        lh.NotFoundError,
        "delta.no_such_version",
        "version 2",
    )


def test_the_catalog_beats_what_is_published(table: PlainTable) -> None:
    table.entry(2).write_text(json.dumps({"commitInfo": {"operation": "LOSER"}}) + "\n")
    opened = lh.open(table.folder, ratified=ratified(2))
    assert ids(opened) == [1, 2, 3, 4, 5]
    assert opened.history()[0]["operation"] == "WRITE"


def test_a_staged_commit_that_was_published_meanwhile_is_found(table: PlainTable) -> None:
    (table.log / "_staged_commits" / staged_name(2)).rename(table.entry(2))
    assert ids(lh.open(table.folder, ratified=ratified(2, 3))) == ROWS


def test_checkpoints_stand_for_what_they_replace(table: PlainTable) -> None:
    write_checkpoint(table.log / f"{1:020}.checkpoint.parquet", table.checkpoint_actions(1))
    table.entry(0).unlink()
    assert ids(lh.open(table.folder, ratified=ratified(2, 3))) == ROWS
    # One beyond is as little believed as a commit.
    write_checkpoint(table.log / f"{9:020}.checkpoint.parquet", table.checkpoint_actions(1))
    assert lh.open(table.folder, ratified=ratified(2, 3)).version() == 3


def test_gaps_are_refused(table: PlainTable) -> None:
    refused(
        lambda: lh.open(table.folder, ratified=lh.RatifiedCommits(3)),
        lh.CorruptError,
        "delta.gap",
        "version 3",
        commit_name(3),
    )
    refused(
        lambda: lh.open(table.folder, ratified=ratified(3)),
        lh.CorruptError,
        "delta.gap",
        commit_name(2),
    )
    (table.log / "_staged_commits" / staged_name(2)).unlink()
    refused(
        lambda: lh.open(table.folder, ratified=ratified(2, 3)),
        lh.CorruptError,
        "delta.gap",
        staged_name(2),
    )


def test_commits_without_their_time_are_refused(table: PlainTable) -> None:
    path = table.log / "_staged_commits" / staged_name(3)
    path.write_text(path.read_text().replace("inCommitTimestamp", "other"))
    refused(
        lambda: lh.open(table.folder, ratified=ratified(2, 3)),
        lh.CorruptError,
        "delta.no_in_commit_time",
        commit_name(3),
    )


@pytest.mark.parametrize(
    "commits",
    [
        lh.RatifiedCommits(-1),
        lh.RatifiedCommits(2, {3: staged_name(3)}),
        lh.RatifiedCommits(2, {2: staged_name(3)}),
        lh.RatifiedCommits(2, {2: "../" + staged_name(2)}),
        lh.RatifiedCommits(2, {2: ""}),
        lh.RatifiedCommits(2, {2: b""}),
    ],
)
def test_what_no_catalog_says_is_refused(table: PlainTable, commits: lh.RatifiedCommits) -> None:
    refused(lambda: lh.open(table.folder, ratified=commits), lh.InvalidError, "delta.bad_ratified")


def test_other_tables_have_no_catalog(tmp_path: pathlib.Path) -> None:
    plain = PlainTable(tmp_path / "lake" / "t")
    plain.write()
    refused(
        lambda: lh.open(plain.folder, ratified=lh.RatifiedCommits(3)),
        lh.InvalidError,
        "delta.not_catalog_managed",
    )
    with pytest.raises(lh.InvalidError):
        lh.open(plain.folder, ratified=3)


def test_nothing_is_written(table: PlainTable) -> None:
    opened = lh.open(table.folder, ratified=ratified(2, 3))
    before = sorted(table.folder.rglob("*"))
    for call in (
        lambda: opened.append([{"id": 9, "name": "x", "day": None}]),
        lambda: opened.overwrite([{"id": 9, "name": "x", "day": None}]),
        lambda: opened._native.checkpoint(),
    ):
        refused(call, lh.UnsupportedError, "delta.catalog_managed", "catalog")
    assert sorted(table.folder.rglob("*")) == before


def test_sql_reads_the_handle_and_the_handle_pickles(table: PlainTable) -> None:
    opened = lh.open(table.folder, ratified=ratified(2, 3))
    assert lh.sql("SELECT count(*), sum(id) FROM opened").fetchall() == [(6, 21)]
    assert opened.scan(where="id > 4", columns=["id"]).to_arrow().num_rows == 2
    assert ids(pickle.loads(pickle.dumps(opened))) == ROWS


@pytest.mark.skipif(CORPUS is None, reason="no corpus")
def test_a_table_unity_catalog_wrote() -> None:
    folder = CORPUS / "tables" / "kernel-rs.uc.catalog_managed_0"
    names = sorted(path.name for path in (folder / "_delta_log" / "_staged_commits").iterdir())
    staged = {int(name[:20]): name for name in names}
    opened = lh.open(folder, ratified=lh.RatifiedCommits(2, staged))
    rows = opened.to_arrow()
    assert rows.num_rows == opened.count() == 200
    assert sorted(rows["col1"].to_pylist()) == list(range(200))
    assert set(rows["part1"].to_pylist()) == {0, 1}
    assert opened.at(version=1).count() == 100
    assert lh.open(folder, ratified=lh.RatifiedCommits(0)).count() == 0
