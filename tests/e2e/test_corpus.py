"""Tables nobody here wrote: every row, at every listed version, hash-equal; every unsupported one refused by name."""

from __future__ import annotations

import csv

import pyarrow as pa
import pytest
from conftest import corpus_folder, load_verify

import lakehold as lh

CORPUS = corpus_folder()
VERIFY = load_verify()

# Tables that need what this build does not read yet, each refused by name: feature and reason slug.
NOT_YET: dict[str, str] = {
    "delta-rs.spark-shredded-variant-preview-delta": "delta.unsupported_reader_feature",
    "delta-rs.spark-variant-checkpoint": "delta.unsupported_reader_feature",
}


def rows_of(name: str) -> list[dict[str, str]]:
    if CORPUS is None:
        return []
    with open(CORPUS / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


EXPECTED = rows_of("expected.tsv")
VERSIONS = rows_of("versions.tsv")

pytestmark = pytest.mark.skipif(CORPUS is None, reason="no corpus: set LAKEHOLD_CORPUS")


def read(name: str, version: int | None = None) -> pa.Table:
    return lh.open(CORPUS / "tables" / name, version=version).to_arrow()


def check(case: dict[str, str], version: int | None) -> None:
    name = case["name"]
    if name in NOT_YET:
        with pytest.raises(lh.LakeholdError) as caught:
            read(name, version)
        if case["expect"] == "read":
            assert caught.value.reason == NOT_YET[name]
        return
    if case["expect"] in ("reject", "state"):
        with pytest.raises(lh.LakeholdError):
            read(name, version)
        return
    try:
        table = read(name, version)
    except lh.LakeholdError:
        if case["expect"] == "optional":
            return
        raise
    digest, rows = VERIFY.content_hash(table)
    assert rows == int(case["rows"])
    assert digest == case["hash"]


@pytest.mark.parametrize("case", EXPECTED, ids=[case["name"] for case in EXPECTED])
def test_newest_version(case: dict[str, str]) -> None:
    check(case, None)


@pytest.mark.parametrize("case", VERSIONS, ids=[f"{case['name']}@{case['version']}" for case in VERSIONS])
def test_every_listed_version(case: dict[str, str]) -> None:
    check(case, int(case["version"]))
