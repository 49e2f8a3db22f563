"""Tables nobody here wrote: every row, at every listed version, hash-equal; every unsupported one
refused by name."""

from __future__ import annotations

import csv

import pyarrow as pa
import pytest
from conftest import corpus_folder, load_verify

import lakehold as lh

CORPUS = corpus_folder()
VERIFY = load_verify()

# Tables nobody can read at their newest version, and what we call the reason.
REFUSED: dict[str, str] = {
    "kernel-rs.crc-malformed": "delta.not_a_table",
    "kernel-rs.uc.catalog_managed_0": "delta.unsupported_reader_feature",
    "delta-rs.simple_table_features": "delta.unsupported_reader_feature",
    "delta-rs.errlog.table_c": "delta.gap",
    "delta-rs.errlog.table_d": "delta.unsupported_reader_feature",
    "delta-rs.errlog.table_f": "delta.unsupported_reader_feature",
    "delta-rs.errlog.table_h": "delta.unsupported_reader_feature",
}

# Outside the adopted protocol: a right answer and a refusal are both allowed. We refuse, with these
# reasons.
OPTIONAL: dict[str, str] = {
    "kernel-rs.table-with-geo": "delta.unsupported_reader_feature",
    "kernel-rs.cdf-table-with-dv": "delta.bad_z85",
}

VERSION_REASONS = {
    "beyond the latest version": "delta.no_such_version",
    "commit 0 missing": "delta.no_such_version",
    "metaData without schemaString": "delta.bad_schema",
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


def refusal(name: str, version: int | None) -> str:
    """The reason slug with which reading fails."""
    with pytest.raises(lh.LakeholdError) as caught:
        read(name, version)
    return caught.value.reason


def check(case: dict[str, str], version: int | None) -> None:
    name, expect = case["name"], case["expect"]
    if expect == "reject":
        wanted = REFUSED[name] if version is None else VERSION_REASONS[case["reason"]]
        assert refusal(name, version) == wanted
        return
    if expect == "state":
        assert lh.open(CORPUS / "tables" / name, version=version).metrics()["files"] == int(
            case["live_files"]
        )
        assert refusal(name, version) == "delta.missing_data_file"
        return
    if expect == "optional":
        assert refusal(name, version) == OPTIONAL[name]
        return
    table = read(name, version)
    digest, rows = VERIFY.content_hash(table)
    assert rows == int(case["rows"])
    assert digest == case["hash"]


@pytest.mark.parametrize("case", EXPECTED, ids=[case["name"] for case in EXPECTED])
def test_newest_version(case: dict[str, str]) -> None:
    check(case, None)


@pytest.mark.parametrize(
    "case", VERSIONS, ids=[f"{case['name']}@{case['version']}" for case in VERSIONS]
)
def test_every_listed_version(case: dict[str, str]) -> None:
    check(case, int(case["version"]))


def test_every_table_that_is_not_read_stands_in_a_list_above() -> None:
    unread = {case["name"] for case in EXPECTED if case["expect"] in ("reject", "optional")}
    listed = set(REFUSED) | set(OPTIONAL)
    assert unread <= listed <= {case["name"] for case in EXPECTED}
