"""docs/features.md, line by line: a table that names the feature is read, written or refused as the
document says."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

import pyarrow as pa
import pytest
from conftest import REPOSITORY, corpus_folder

import lakehold as lh

DOCUMENT = REPOSITORY / "docs" / "features.md"
BIN = pathlib.Path(os.environ.get("LAKEHOLD_BIN", REPOSITORY / "build/release/bin/lakehold"))
ROWS = pa.table({"id": pa.array([1, 2], pa.int64()), "name": ["a", "b"]})


def documented() -> dict[str, tuple[str, str]]:
    """Feature, what readers and what writers do."""
    found = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            name, read, write = (cell.strip() for cell in line.split("|")[1:4])
            found[name.strip("`")] = (read, write)
    return found


FEATURES = documented()
CORPUS = corpus_folder()

# What makes a feature active that is refused then: table properties, or metadata of the column
# "id".
ACTIVE_PROPERTIES = {
    "checkConstraints": {"delta.constraints.positive": "id > 0"},
    "columnMapping": {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "2"},
    "typeWidening": {"delta.enableTypeWidening": "true"},
    "typeWidening-preview": {"delta.enableTypeWidening": "true"},
    "icebergCompatV1": {"delta.enableIcebergCompatV1": "true"},
    "icebergCompatV2": {"delta.enableIcebergCompatV2": "true"},
    "icebergCompatV3": {"delta.enableIcebergCompatV3": "true"},
    "icebergWriterCompatV1": {"delta.enableIcebergWriterCompatV1": "true"},
    "icebergWriterCompatV3": {"delta.enableIcebergWriterCompatV3": "true"},
    "variantShredding": {"delta.enableVariantShredding": "true"},
    "variantShredding-preview": {"delta.enableVariantShredding": "true"},
    "checkpointProtection": {"delta.requireCheckpointProtectionBeforeVersion": "7"},
}
# Types of one more column, "more", that no file has.
ACTIVE_TYPES = {"variantType": "variant", "variantType-preview": "variant"}
ACTIVE_METADATA = {
    "invariants": {"delta.invariants": json.dumps({"expression": {"expression": "id > 0"}})},
    "generatedColumns": {"delta.generationExpression": "1"},
    "identityColumns": {
        "delta.identity.start": 1,
        "delta.identity.step": 1,
        "delta.identity.allowExplicitInsert": True,
    },
    "allowColumnDefaults": {"CURRENT_DEFAULT": "7"},
}


def table_with(
    path: str,
    feature: str,
    properties: dict[str, str] | None = None,
    metadata: dict | None = None,
    type_: str | None = None,
) -> None:
    """A table of two rows whose first commit names the feature, as another writer would have made
    it."""
    lh.write(path, ROWS)
    log = pathlib.Path(path) / "_delta_log" / f"{0:020}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        if "protocol" in action:
            reader = FEATURES.get(feature, ("no", "no"))[0] != "nothing to do"
            action["protocol"] = {
                "minReaderVersion": 3 if reader else 1,
                "minWriterVersion": 7,
                "writerFeatures": [feature],
            }
            if reader:
                action["protocol"]["readerFeatures"] = [feature]
        if "metaData" in action:
            action["metaData"]["configuration"] |= properties or {}
            schema = json.loads(action["metaData"]["schemaString"])
            schema["fields"][0]["metadata"] |= metadata or {}
            if type_:
                more = {"name": "more", "type": type_, "nullable": True, "metadata": {}}
                schema["fields"].append(more)
            if "delta.columnMapping.mode" in (properties or {}):
                for number, field in enumerate(schema["fields"], start=1):
                    field["metadata"] |= {
                        "delta.columnMapping.id": number,
                        "delta.columnMapping.physicalName": field["name"],
                    }
            action["metaData"]["schemaString"] = json.dumps(schema)
    log.write_text("".join(json.dumps(action) + "\n" for action in actions))
    for hint in log.parent.glob("*.crc"):
        hint.unlink()


def refused(call, reason: str, feature: str) -> None:
    with pytest.raises(lh.UnsupportedError) as caught:
        call()
    assert caught.value.reason == reason
    assert feature in str(caught.value)


def append_in_new_session(path: str) -> None:
    lh.write(path, ROWS, mode="append")


@pytest.mark.parametrize("feature", FEATURES)
def test_a_table_that_names_the_feature(lake_path: str, feature: str) -> None:
    read, write = FEATURES[feature]
    path = f"{lake_path}/t"
    table_with(path, feature)
    table = lh.open(path)
    # Whatever it names: metadata, history and file list open.
    assert [name for name, _ in table.schema()] == ["id", "name"]
    assert table.metrics()["files"] == 1
    assert len(table.history()) == 1
    assert len(table.files()) == 1
    if read == "no":
        refused(lambda: table.to_arrow(), "delta.unsupported_reader_feature", feature)
    else:
        assert table.to_arrow().sort_by("id") == ROWS
    if write == "no":
        reason = (
            "delta.unsupported_reader_feature"
            if read == "no"
            else "delta.unsupported_writer_feature"
        )
        refused(lambda: append_in_new_session(path), reason, feature)
        assert lh.open(path).version() == 0
    else:
        append_in_new_session(path)
        assert lh.open(path).count() == 4


@pytest.mark.skipif(not BIN.exists(), reason="the command line is not built")
@pytest.mark.parametrize("feature", [name for name, (read, _) in FEATURES.items() if read == "no"])
def test_the_command_line_shows_all_but_the_rows(lake_path: str, feature: str) -> None:
    path = f"{lake_path}/t"
    table_with(path, feature)

    def run(verb: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(BIN), verb, path], capture_output=True, text=True, timeout=60)

    for verb in ("status", "log", "files", "schema"):
        done = run(verb)
        assert done.returncode == 0, done.stderr
    assert feature in run("status").stdout
    rows = run("cat")
    assert (rows.returncode, rows.stdout) == (8, ""), rows.stderr
    assert f"{0:020}.json, line " in rows.stderr and feature in rows.stderr


@pytest.mark.parametrize("feature", [*ACTIVE_PROPERTIES, *ACTIVE_METADATA, *ACTIVE_TYPES])
def test_an_active_feature_that_cannot_be_written_is_refused_by_name_and_still_read(
    lake_path: str, feature: str
) -> None:
    assert FEATURES[feature][1] == "while inactive"
    path = f"{lake_path}/t"
    table_with(
        path,
        feature,
        ACTIVE_PROPERTIES.get(feature),
        ACTIVE_METADATA.get(feature),
        ACTIVE_TYPES.get(feature),
    )
    rows = lh.open(path).to_arrow().sort_by("id")
    assert rows.select(["id", "name"]) == ROWS
    if feature in ACTIVE_TYPES:
        assert rows.column("more").null_count == 2
    refused(
        lambda: lh.connect(lake_path).sql("INSERT INTO t (id, name) VALUES (3, 'c')"),
        "delta.unsupported_writer_feature",
        feature.removesuffix("-preview"),
    )
    assert lh.open(path).version() == 0


def test_every_feature_that_is_writable_only_while_inactive_is_tried_active() -> None:
    limited = {feature for feature, (_, write) in FEATURES.items() if write == "while inactive"}
    assert limited == set(ACTIVE_PROPERTIES) | set(ACTIVE_METADATA) | set(ACTIVE_TYPES)


@pytest.mark.parametrize("feature", ["neverHeardOf", "geospatial-dev", "DeletionVectors"])
def test_a_name_that_is_not_in_the_document_is_refused(lake_path: str, feature: str) -> None:
    path = f"{lake_path}/t"
    table_with(path, feature)
    refused(lambda: lh.open(path).to_arrow(), "delta.unsupported_reader_feature", feature)
    refused(lambda: append_in_new_session(path), "delta.unsupported_reader_feature", feature)


def test_the_tests_the_document_names_exist() -> None:
    names = set()
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            named = [
                word
                for word in line.split("|")[4].split("`")[1::2]
                if "." in word or word.startswith("test_")
            ]
            assert named, line
            names |= set(named)
    sources = [
        *REPOSITORY.glob("tests/**/*.py"),
        *REPOSITORY.glob("tests/**/*_test.cc"),
        *REPOSITORY.glob("src/**/*_test.cc"),
    ]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    for name in names:
        function, _, case = name.partition("[")
        if case:
            assert f"def {function}(" in text
            assert CORPUS is None or (CORPUS / "tables" / case.removesuffix("]")).is_dir(), name
            continue
        suite, _, test = name.partition(".")
        assert f"({suite}, {test})" in text or f"def {name}(" in text, name
