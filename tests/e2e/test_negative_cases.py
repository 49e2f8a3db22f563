"""Every table the protocol forbids, or that is broken, is refused by name; none is read wrongly.

One line a case: what is done to a good table (plain_table.py), the reason of the error, and the
words its message must hold: file, line, version, row or column, whatever tells where. `OPENS` cases
keep metadata, history and file list open and refuse the rows; `CLOSED` ones refuse everything; the
`HARMLESS` ones change nothing.
"""

from __future__ import annotations

import binascii
import json
import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import REPOSITORY
from plain_table import (
    FILES,
    ROWS,
    VECTOR_NAME,
    Edit,
    PlainTable,
    commit_name,
    vector_data,
    vector_descriptor,
    vector_file,
    write_checkpoint,
    z85,
)

import lakehold as lh

BIN = pathlib.Path(os.environ.get("LAKEHOLD_BIN", REPOSITORY / "build/release/bin/lakehold"))
EXIT_CODES = {lh.NotFoundError: 3, lh.UnsupportedError: 8, lh.CorruptError: 9, lh.StorageError: 11}
KINDS = {
    "delta.not_a_table": lh.NotFoundError,
    "delta.no_such_version": lh.NotFoundError,
    "delta.path_outside_table": lh.UnsupportedError,
    "delta.unsupported_format": lh.UnsupportedError,
    "delta.unsupported_reader_feature": lh.UnsupportedError,
    "delta.unsupported_type_change": lh.UnsupportedError,
}

Case = tuple[Edit, str, tuple[str, ...]]


# --- How a table is edited ----------------------------------------------------------------------


def after(edit: Edit) -> Edit:
    """The edit is made on the files."""

    def run(table: PlainTable) -> None:
        table.write()
        edit(table)

    return run


def text(version: int, change: Callable[[str], str]) -> Edit:
    """Changes a commit's text."""
    return after(lambda t: t.entry(version).write_text(change(t.entry(version).read_text())))


def also(version: int, *actions: dict) -> Edit:
    """More actions in a commit."""
    return lambda t: t.commits[version].extend(actions)


def again(version: int, kind: str, **other: object) -> Edit:
    """An action of a commit once more, perhaps with other values."""

    def edit(t: PlainTable) -> None:
        action = next(action for action in t.commits[version] if kind in action)
        t.commits[version].append({kind: action[kind] | other})

    return edit


def add_is(version: int, **values: object) -> Edit:
    """Values of a commit's add; None removes the field."""

    def edit(t: PlainTable) -> None:
        add = t.add(version)
        add.update(values)
        for name in [name for name, value in values.items() if value is None]:
            del add[name]

    return edit


def meta_is(**values: object) -> Edit:
    def edit(t: PlainTable) -> None:
        t.metadata.update(values)
        for name in [name for name, value in values.items() if value is None]:
            del t.metadata[name]

    return edit


def protocol_is(reader: int, writer: int, **lists: list[str]) -> Edit:
    return lambda t: t.protocol.update(
        {"minReaderVersion": reader, "minWriterVersion": writer, **lists}
    )


def field_is(number: int, **values: object) -> Edit:
    def edit(t: PlainTable) -> None:
        fields = t.fields()
        fields[number].update(values)
        for name in [name for name, value in values.items() if value is None]:
            del fields[number][name]
        t.set_fields(fields)

    return edit


def without(kind: str) -> Edit:
    def edit(t: PlainTable) -> None:
        t.commits[0] = [action for action in t.commits[0] if kind not in action]

    return edit


def mapped(mode: str, *change: tuple[int, str, object], protocol: bool = True) -> Edit:
    """Column mapping with physical names that are the names; then (field, key, value or None)."""

    def edit(t: PlainTable) -> None:
        fields = t.fields()
        for number, field in enumerate(fields, start=1):
            field["metadata"] = {
                "delta.columnMapping.id": number,
                "delta.columnMapping.physicalName": field["name"],
            }
        for number, key, value in change:
            if value is None:
                del fields[number]["metadata"][f"delta.columnMapping.{key}"]
            else:
                fields[number]["metadata"][f"delta.columnMapping.{key}"] = value
        t.set_fields(fields)
        t.metadata["configuration"] = {"delta.columnMapping.mode": mode}
        if protocol:
            t.protocol.update({"minReaderVersion": 2, "minWriterVersion": 5})

    return edit


def vector(
    data: bytes | None = None, file: bytes | None = None, rows: int = 2, **changed: object
) -> Edit:
    """The first file with rows 0 and 2 deleted; then what is wrong about it."""
    data = vector_data([0, 2]) if data is None else data

    def edit(t: PlainTable) -> None:
        t.features(["deletionVectors"])
        descriptor = vector_descriptor(data, rows) | changed
        t.add(1)["deletionVector"] = {k: v for k, v in descriptor.items() if v is not None}
        (t.folder / VECTOR_NAME).write_bytes(vector_file(data) if file is None else file)

    return edit


def both(*edits: Edit) -> Edit:
    def edit(t: PlainTable) -> None:
        for one in edits:
            one(t)

    return edit


def data_file(change: Callable[[bytes], bytes]) -> Edit:
    return after(
        lambda t: (t.folder / "a.parquet").write_bytes(
            change((t.folder / "a.parquet").read_bytes())
        )
    )


def columns_are(**columns: pa.Array) -> Edit:
    """The first file holds other columns, and its add says its size."""

    def edit(t: PlainTable) -> None:
        pq.write_table(pa.table(columns), t.folder / "a.parquet")
        t.add(1)["size"] = (t.folder / "a.parquet").stat().st_size

    return edit


def checkpoint_name(version: int) -> str:
    return f"{version:020}.checkpoint.parquet"


def checkpointed(
    version: int = 2, *, keep_log: bool = False, change: Callable[[list], list] = lambda rows: rows
) -> Edit:
    """A checkpoint of a version; the commits it stands for go unless kept."""

    def edit(t: PlainTable) -> None:
        t.write()
        write_checkpoint(t.log / checkpoint_name(version), change(t.checkpoint_actions(version)))
        if not keep_log:
            for at in range(version + 1):
                t.entry(at).unlink()

    return edit


def multi_part(parts: int, missing: int, *, keep_log: bool) -> Edit:
    def edit(t: PlainTable) -> None:
        t.write()
        rows = t.checkpoint_actions(2)
        for part in range(1, parts + 1):
            name = f"{2:020}.checkpoint.{part:010}.{parts:010}.parquet"
            if part != missing:
                write_checkpoint(t.log / name, rows[part - 1 :: parts])
        if not keep_log:
            for at in range(3):
                t.entry(at).unlink()

    return edit


def v2_checkpoint(*, keep_log: bool, sidecar: bytes | None = b"", version: int = 2) -> Edit:
    """A JSON manifest of version 2 with one sidecar: whole (b""), other bytes, or none."""

    def edit(t: PlainTable) -> None:
        t.features(["v2Checkpoint"])
        t.write()
        rows = t.checkpoint_actions(2)
        path = t.log / "_sidecars" / "side.parquet"
        write_checkpoint(path, [row for row in rows if "add" in row])
        manifest = [{"checkpointMetadata": {"version": version}}]
        manifest += [row for row in rows if "add" not in row]
        manifest.append(
            {
                "sidecar": {
                    "path": "side.parquet",
                    "sizeInBytes": path.stat().st_size,
                    "modificationTime": 1,
                }
            }
        )
        name = f"{2:020}.checkpoint.00010203-0405-0607-0809-0a0b0c0d0e0f.json"
        (t.log / name).write_text("".join(json.dumps(row) + "\n" for row in manifest))
        if sidecar is None:
            path.unlink()
        elif sidecar:
            path.write_bytes(sidecar)
        if not keep_log:
            for at in range(3):
                t.entry(at).unlink()

    return edit


def spoil_checkpoint(change: Callable[[bytes], bytes], *, keep_log: bool) -> Edit:
    def edit(t: PlainTable) -> None:
        checkpointed(2, keep_log=keep_log)(t)
        path = t.log / checkpoint_name(2)
        path.write_bytes(change(path.read_bytes()))

    return edit


def in_commit_times(times: list[int | None], start: int | None = None) -> Edit:
    """Enabled from the beginning, or from a version on; the time of each commit."""

    def edit(t: PlainTable) -> None:
        t.protocol.update({"minWriterVersion": 7, "writerFeatures": ["inCommitTimestamp"]})
        t.metadata["configuration"] = {"delta.enableInCommitTimestamps": "true"}
        if start is not None:
            t.metadata["configuration"] |= {
                "delta.inCommitTimestampEnablementVersion": str(start),
                "delta.inCommitTimestampEnablementTimestamp": str(times[start]),
            }
        for version, time in enumerate(times):
            if time is not None:
                t.commits[version][0]["commitInfo"]["inCommitTimestamp"] = time

    return edit


def nested(name: str, fields: list[dict]) -> dict:
    kind = {"type": "struct", "fields": fields}
    return {"name": name, "type": kind, "nullable": True, "metadata": {}}


def column(name: str, kind: object = "string", **metadata: object) -> dict:
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def more_fields(*fields: dict) -> Edit:
    return lambda t: t.set_fields(t.fields() + list(fields))


LOG = "_delta_log/"
AT_0, AT_1, AT_2 = (commit_name(version) for version in range(3))

# --- The cases: nothing opens -------------------------------------------------------------------

CLOSED: dict[str, Case] = {
    # The log as a whole.
    "no log folder": (lambda t: shutil.rmtree(t.log), "delta.not_a_table", ("_delta_log",)),
    "an empty log": (lambda t: None, "delta.not_a_table", ("_delta_log",)),
    "no protocol": (without("protocol"), "delta.incomplete_state", ("version 3", "no protocol")),
    "no metaData": (without("metaData"), "delta.incomplete_state", ("version 3", "no metaData")),
    "a version missing": (after(lambda t: t.entry(2).unlink()), "delta.gap", (AT_2, "version 3")),
    "the first version missing": (
        after(lambda t: t.entry(0).unlink()),
        "delta.gap",
        (AT_0, "version 3"),
    ),
    "the commit behind a checkpoint missing": (
        both(checkpointed(1), lambda t: t.entry(2).unlink()),
        "delta.gap",
        (AT_2, "version 3"),
    ),
    "only a checksum file": (
        lambda t: (t.log / f"{0:020}.crc").write_text("{}"),
        "delta.not_a_table",
        ("_delta_log",),
    ),
    # One commit's text.
    "an empty commit": (text(2, lambda _: ""), "delta.bad_commit", (AT_2, "empty")),
    "a blank commit": (text(2, lambda _: "\n \n"), "delta.bad_commit", (AT_2, "empty")),
    "a cut last line": (text(2, lambda s: s[:-9]), "delta.bad_commit", (AT_2, "line 2")),
    "a cut first line": (text(1, lambda s: s[20:]), "delta.bad_commit", (AT_1, "line 1")),
    "no JSON in the middle": (
        text(0, lambda s: s.replace("\n", "\nnonsense\n", 1)),
        "delta.bad_commit",
        (AT_0, "line 2"),
    ),
    "a list for an action": (text(1, lambda s: s + "[1]\n"), "delta.bad_commit", (AT_1, "line 3")),
    "text behind an action": (
        text(1, lambda s: s.rstrip("\n") + " {}\n"),
        "delta.bad_commit",
        (AT_1, "line 2"),
    ),
    "bytes that are no UTF-8": (
        after(lambda t: t.entry(2).write_bytes(b'{"commitInfo":{"operation":"\xff\xfe"}}\n')),
        "delta.bad_commit",
        (AT_2, "line 1"),
    ),
    "an add that is a number": (also(1, {"add": 3}), "delta.bad_commit", (AT_1, "line 3", "add")),
    "an add without path": (add_is(1, path=None), "delta.bad_commit", (AT_1, "line 2", "path")),
    "an add without size": (add_is(1, size=None), "delta.bad_commit", (AT_1, "line 2", "size")),
    "a size that is text": (add_is(1, size="7"), "delta.bad_commit", (AT_1, "line 2", "size")),
    "a size below zero": (add_is(1, size=-1), "delta.bad_commit", (AT_1, "line 2", "size")),
    "a size beyond 64 bits": (
        add_is(1, size=2**64),
        "delta.bad_commit",
        (AT_1, "line 2", "size"),
    ),
    "a protocol without a version": (
        lambda t: t.protocol.pop("minWriterVersion"),
        "delta.bad_commit",
        (AT_0, "line 2", "minWriterVersion"),
    ),
    "a vector without a size": (
        add_is(1, deletionVector={"storageType": "u", "pathOrInlineDv": "x" * 20}),
        "delta.bad_commit",
        (AT_1, "line 2", "deletionVector"),
    ),
    # Twice in one commit.
    "an add twice": (again(1, "add"), "delta.duplicate_action", (AT_1, "line 3", "a.parquet")),
    "an add twice, spelled otherwise": (
        again(1, "add", path="./%61.parquet"),
        "delta.duplicate_action",
        (AT_1, "line 3", "./%61.parquet"),
    ),
    "add and remove of one file": (
        also(2, {"remove": {"path": "b.parquet", "dataChange": True}}),
        "delta.duplicate_action",
        (AT_2, "line 3", "b.parquet"),
    ),
    "a remove twice": (
        also(2, *[{"remove": {"path": "a.parquet", "dataChange": True}}] * 2),
        "delta.duplicate_action",
        (AT_2, "line 4", "a.parquet"),
    ),
    "two metaData": (again(0, "metaData"), "delta.duplicate_action", (AT_0, "line 4", "metaData")),
    "two protocols": (again(0, "protocol"), "delta.duplicate_action", (AT_0, "line 4", "protocol")),
    "two transactions of one application": (
        also(2, *[{"txn": {"appId": "loader", "version": 1}}] * 2),
        "delta.duplicate_action",
        (AT_2, "line 4", "loader"),
    ),
    "two metadata of one domain": (
        also(2, *[{"domainMetadata": {"domain": "d", "configuration": "", "removed": False}}] * 2),
        "delta.duplicate_action",
        (AT_2, "line 4", '"d"'),
    ),
    # The schema and the metadata.
    "no schema": (
        meta_is(schemaString=None),
        "delta.bad_schema",
        (AT_0, "line 3", "schemaString"),
    ),
    "an empty schema text": (meta_is(schemaString=""), "delta.bad_schema", (AT_0, "line 3")),
    "a schema that is no JSON": (
        meta_is(schemaString='{"type":"struct","fields":['),
        "delta.bad_schema",
        (AT_0, "line 3"),
    ),
    "a schema that is no struct": (
        meta_is(schemaString='"long"'),
        "delta.bad_schema",
        (AT_0, "line 3"),
    ),
    "a column without a type": (
        field_is(1, type=None),
        "delta.bad_schema",
        (AT_0, "line 3", "fields[1]", "type"),
    ),
    "a column without a name": (
        field_is(1, name=None),
        "delta.bad_schema",
        (AT_0, "line 3", "fields[1]", "name"),
    ),
    "an impossible decimal": (
        field_is(1, type="decimal(39,2)"),
        "delta.bad_schema",
        (AT_0, "line 3", "decimal(39,2)"),
    ),
    "two columns of one name": (
        more_fields(column("name")),
        "delta.bad_schema",
        (AT_0, "line 3", '"name"', "twice"),
    ),
    "two columns that differ in case": (
        more_fields(column("NAME")),
        "delta.bad_schema",
        (AT_0, "line 3", '"NAME"', "twice"),
    ),
    "two fields of one name in a struct": (
        more_fields(nested("s", [column("x"), column("x", "long")])),
        "delta.bad_schema",
        (AT_0, "line 3", '"s.x"', "twice"),
    ),
    "a partition column that is none": (
        meta_is(partitionColumns=["week"]),
        "delta.bad_metadata",
        (AT_0, "line 3", '"week"'),
    ),
    "a partition column twice": (
        meta_is(partitionColumns=["day", "day"]),
        "delta.bad_metadata",
        (AT_0, "line 3", '"day"'),
    ),
    "a partition column that is a struct": (
        both(more_fields(nested("s", [column("x")])), meta_is(partitionColumns=["day", "s"])),
        "delta.bad_metadata",
        (AT_0, "line 3", '"s"'),
    ),
    # Partition values.
    "a partition value that is no date": (
        add_is(1, partitionValues={"day": "someday"}),
        "delta.bad_partition_value",
        (AT_1, "line 2", "day", "someday", "a.parquet"),
    ),
    "a partition value out of range": (
        add_is(3, partitionValues={"day": "2024-13-01"}),
        "delta.bad_partition_value",
        (commit_name(3), "line 2", "day", "2024-13-01", "c.parquet"),
    ),
    "a partition value in a checkpoint": (
        both(add_is(1, partitionValues={"day": "someday"}), checkpointed()),
        "delta.bad_partition_value",
        (checkpoint_name(2), "day", "someday", "a.parquet"),
    ),
    # Checkpoints without which the log cannot be completed.
    "a checkpoint without a protocol": (
        checkpointed(change=lambda rows: rows[1:]),
        "delta.incomplete_state",
        (checkpoint_name(2), "protocol"),
    ),
    "a checkpoint without metaData": (
        checkpointed(change=lambda rows: rows[:1] + rows[2:]),
        "delta.incomplete_state",
        (checkpoint_name(2), "metaData"),
    ),
    "a cut checkpoint": (
        spoil_checkpoint(lambda b: b[: len(b) // 2], keep_log=False),
        "delta.bad_checkpoint",
        (checkpoint_name(2), AT_0),
    ),
    "an empty checkpoint": (
        spoil_checkpoint(lambda _: b"", keep_log=False),
        "delta.bad_checkpoint",
        (checkpoint_name(2), AT_0),
    ),
    "a checkpoint that is no Parquet": (
        spoil_checkpoint(lambda b: bytes(len(b)), keep_log=False),
        "delta.bad_checkpoint",
        (checkpoint_name(2), AT_0),
    ),
    "a file twice in a checkpoint": (
        checkpointed(change=lambda rows: [*rows, rows[-1]]),
        "delta.bad_checkpoint",
        (checkpoint_name(2), "b.parquet", AT_0),
    ),
    "an add without path in a checkpoint": (
        checkpointed(change=lambda rows: [*rows, {"add": {"size": 1}}]),
        "delta.bad_checkpoint",
        (checkpoint_name(2), "row", "path"),
    ),
    "a part missing": (multi_part(2, 2, keep_log=False), "delta.gap", (AT_0,)),
    "a sidecar missing": (
        v2_checkpoint(keep_log=False, sidecar=None),
        "delta.bad_checkpoint",
        ("_sidecars/side.parquet", AT_0),
    ),
    "a sidecar that is no Parquet": (
        v2_checkpoint(keep_log=False, sidecar=b"nothing"),
        "delta.bad_checkpoint",
        ("_sidecars/side.parquet", AT_0),
    ),
    "a manifest of another version": (
        v2_checkpoint(keep_log=False, version=1),
        "delta.bad_checkpoint",
        ("checkpoint.00010203", "version 1", AT_0),
    ),
    "a checkpoint of another version": (
        checkpointed(change=lambda rows: [{"checkpointMetadata": {"version": 1}}, *rows]),
        "delta.bad_checkpoint",
        (checkpoint_name(2), "version 1", AT_0),
    ),
    # In-commit timestamps.
    "no in-commit timestamp": (
        in_commit_times([10, 20, 30, None]),
        "delta.no_in_commit_time",
        (commit_name(3), "inCommitTimestamp"),
    ),
    "no in-commit timestamp since they are on": (
        in_commit_times([None, None, 30, None], start=2),
        "delta.no_in_commit_time",
        (commit_name(3), "inCommitTimestamp"),
    ),
    "no commitInfo where times are promised": (
        both(in_commit_times([10, 20, 30, 40]), lambda t: t.commits[3].pop(0)),
        "delta.no_in_commit_time",
        (commit_name(3), "inCommitTimestamp"),
    ),
}

# --- The cases: the rows are refused, the rest is open ------------------------------------------

OPENS: dict[str, Case] = {
    # Protocol numbers and lists.
    "reader version 4": (
        protocol_is(4, 7, readerFeatures=[], writerFeatures=[]),
        "delta.unsupported_reader_feature",
        ("reader version 4", AT_0, "line 2"),
    ),
    "reader version 0": (protocol_is(0, 2), "delta.bad_protocol", ("(0,2)", AT_0, "line 2")),
    "reader 3 with writer 6": (
        protocol_is(3, 6, readerFeatures=[]),
        "delta.bad_protocol",
        ("writer version 7", AT_0, "line 2"),
    ),
    "reader 3 without readerFeatures": (
        protocol_is(3, 7, writerFeatures=[]),
        "delta.bad_protocol",
        ("readerFeatures", AT_0, "line 2"),
    ),
    "writer 7 without writerFeatures": (
        protocol_is(3, 7, readerFeatures=[]),
        "delta.bad_protocol",
        ("writerFeatures", AT_0, "line 2"),
    ),
    "readerFeatures at reader 2": (
        protocol_is(2, 7, readerFeatures=["columnMapping"], writerFeatures=["columnMapping"]),
        "delta.bad_protocol",
        ("readerFeatures at reader version 2", AT_0, "line 2"),
    ),
    "writerFeatures at writer 5": (
        protocol_is(2, 5, writerFeatures=["columnMapping"]),
        "delta.bad_protocol",
        ("writerFeatures at writer version 5", AT_0, "line 2"),
    ),
    "a feature readers alone are told": (
        lambda t: t.features(["deletionVectors"], []),
        "delta.bad_protocol",
        ("deletionVectors", "writerFeatures", AT_0, "line 2"),
    ),
    "a feature writers alone are told": (
        lambda t: t.features([], ["deletionVectors"]),
        "delta.bad_protocol",
        ("deletionVectors", "readerFeatures", AT_0, "line 2"),
    ),
    "a feature below version 7": (
        protocol_is(1, 4, writerFeatures=["deletionVectors"]),
        "delta.bad_protocol",
        ("writerFeatures at writer version 4", AT_0, "line 2"),
    ),
    "an unknown feature": (
        lambda t: t.features(["timeMachine"]),
        "delta.unsupported_reader_feature",
        ("timeMachine", AT_0, "line 2"),
    ),
    "a feature in development": (
        lambda t: t.features(["geospatial-dev", "deletionVectors"]),
        "delta.unsupported_reader_feature",
        ("geospatial-dev", AT_0, "line 2"),
    ),
    "a feature since version 3": (
        also(
            3,
            {
                "protocol": {
                    "minReaderVersion": 3,
                    "minWriterVersion": 7,
                    "readerFeatures": ["timeMachine"],
                    "writerFeatures": ["timeMachine"],
                }
            },
        ),
        "delta.unsupported_reader_feature",
        ("timeMachine", commit_name(3), "line 3"),
    ),
    "a feature in a checkpoint": (
        both(lambda t: t.features(["timeMachine"]), checkpointed()),
        "delta.unsupported_reader_feature",
        ("timeMachine", checkpoint_name(2)),
    ),
    "catalog-managed, by path": (
        lambda t: t.features(["catalogManaged"]),
        "delta.unsupported_reader_feature",
        ("catalogManaged", AT_0, "line 2"),
    ),
    # Column mapping.
    "an unknown mapping mode": (
        mapped("colour"),
        "delta.bad_column_mapping",
        ('"colour"', "delta.columnMapping.mode"),
    ),
    "mapping without a physical name": (
        mapped("name", (1, "physicalName", None)),
        "delta.bad_column_mapping",
        ('"name"', "physicalName"),
    ),
    "mapping without an id": (
        mapped("id", (1, "id", None)),
        "delta.bad_column_mapping",
        ('"name"', "delta.columnMapping.id"),
    ),
    "an id that is text": (
        mapped("id", (1, "id", "two")),
        "delta.bad_column_mapping",
        ('"name"', "delta.columnMapping.id"),
    ),
    "an id twice": (
        mapped("id", (1, "id", 1)),
        "delta.bad_column_mapping",
        ('"name"', '"id"', "id 1"),
    ),
    "a physical name twice": (
        mapped("name", (1, "physicalName", "id")),
        "delta.bad_column_mapping",
        ('"name"', '"id"', "physical name"),
    ),
    "mapping the protocol does not tell of": (
        mapped("name", protocol=False),
        "delta.bad_protocol",
        ("columnMapping", AT_0, "line 2"),
    ),
    "physical names without mapping": (
        both(
            mapped("none", (1, "physicalName", "other"), protocol=False),
        ),
        "delta.bad_column_mapping",
        ('"name"', '"other"'),
    ),
    # Types and formats.
    "a format that is not Parquet": (
        meta_is(format={"provider": "orc", "options": {}}),
        "delta.unsupported_format",
        (AT_0, "line 3", "orc"),
    ),
    "a type change nobody knows": (
        both(
            lambda t: t.features(["typeWidening"]),
            field_is(
                1,
                metadata={"delta.typeChanges": [{"fromType": "long", "toType": "string"}]},
            ),
        ),
        "delta.unsupported_type_change",
        ('"name"', "long", "string"),
    ),
    # Paths.
    "a path above the table": (
        add_is(1, path="../a.parquet"),
        "delta.bad_path",
        ("../a.parquet", AT_1, "line 2"),
    ),
    "a path that leaves the table": (
        add_is(1, path="x/../../a.parquet"),
        "delta.bad_path",
        ("x/../../a.parquet", AT_1),
    ),
    "a path that hides its dots": (
        add_is(1, path="%2e%2e/a.parquet"),
        "delta.bad_path",
        ("%2e%2e/a.parquet", AT_1),
    ),
    "a path that ends in half a code": (add_is(1, path="a%2"), "delta.bad_path", ("a%2", AT_1)),
    "an absolute path": (
        add_is(1, path="/etc/passwd"),
        "delta.path_outside_table",
        ("/etc/passwd", AT_1, "line 2"),
    ),
    "an absolute URI": (
        add_is(1, path="file:///etc/passwd"),
        "delta.path_outside_table",
        ("file:///etc/passwd", AT_1),
    ),
    "a path in a bucket": (
        add_is(1, path="s3://bucket/a.parquet"),
        "delta.path_outside_table",
        ("s3://bucket/a.parquet", AT_1),
    ),
    # Deletion vectors.
    "a vector file that is missing": (
        both(vector(), lambda t: (t.folder / VECTOR_NAME).unlink()),
        "delta.bad_deletion_vector",
        (VECTOR_NAME, "a.parquet"),
    ),
    "a wrong checksum": (
        vector(file=vector_file(vector_data([0, 2]), flip=1)),
        "delta.bad_deletion_vector",
        (VECTOR_NAME, "checksum", "a.parquet"),
    ),
    "a wrong size": (
        vector(file=vector_file(vector_data([0, 2]), size=3)),
        "delta.bad_deletion_vector",
        (VECTOR_NAME, "a.parquet"),
    ),
    "a wrong file version": (
        vector(file=vector_file(vector_data([0, 2]), version=2)),
        "delta.bad_deletion_vector",
        (VECTOR_NAME, "format 2", "a.parquet"),
    ),
    "a wrong magic": (
        vector(data=vector_data([0, 2], magic=7)),
        "delta.bad_deletion_vector",
        (VECTOR_NAME, "magic", "a.parquet"),
    ),
    "a wrong cardinality": (
        vector(rows=1),
        "delta.bad_deletion_vector",
        (VECTOR_NAME, "2 rows", "a.parquet"),
    ),
    "a vector for more rows than the file has": (
        vector(data=vector_data([0, 9])),
        "delta.bad_deletion_vector",
        (VECTOR_NAME, "row 9", "a.parquet"),
    ),
    "a cut vector": (
        vector(file=vector_file(vector_data([0, 2]))[:-3]),
        "delta.bad_deletion_vector",
        (VECTOR_NAME, "a.parquet"),
    ),
    "an offset beyond the vector's file": (
        vector(offset=4000),
        "delta.bad_deletion_vector",
        (VECTOR_NAME, "a.parquet"),
    ),
    "an unknown storage type": (
        vector(storageType="q"),
        "delta.bad_deletion_vector",
        ("'q'", "a.parquet"),
    ),
    "a vector outside the table": (
        vector(storageType="p", pathOrInlineDv="file:///etc/passwd"),
        "delta.path_outside_table",
        ("file:///etc/passwd", "a.parquet"),
    ),
    "a vector path too short": (
        vector(pathOrInlineDv="abc"),
        "delta.bad_deletion_vector",
        ("abc", "a.parquet"),
    ),
    "an inline vector of another size": (
        vector(
            storageType="i", pathOrInlineDv=z85(vector_data([0, 2])), offset=None, sizeInBytes=7
        ),
        "delta.bad_deletion_vector",
        ("inline", "a.parquet"),
    ),
    # Data files.
    "a missing data file": (
        after(lambda t: (t.folder / "a.parquet").unlink()),
        "delta.missing_data_file",
        ("a.parquet", AT_1, "line 2"),
    ),
    "a cut data file": (
        data_file(lambda b: b[: len(b) // 2]),
        "delta.bad_data_file",
        ("a.parquet",),
    ),
    "a data file that grew": (
        data_file(lambda b: b + b"more"),
        "delta.bad_data_file",
        ("a.parquet",),
    ),
    "a data file of other bytes": (
        data_file(lambda b: bytes(len(b))),
        "delta.bad_data_file",
        ("a.parquet",),
    ),
    "an empty data file": (
        both(data_file(lambda _: b""), lambda t: None),
        "delta.bad_data_file",
        ("a.parquet",),
    ),
    "text where a number belongs": (
        columns_are(id=pa.array(["x", "y", "z"]), name=pa.array(["a", "b", "c"])),
        "delta.bad_data_file",
        ("a.parquet", "id"),
    ),
    "a struct where text belongs": (
        columns_are(id=pa.array([1, 2, 3]), name=pa.array([{"x": 1}, {"x": 2}, {"x": 3}])),
        "delta.bad_data_file",
        ("a.parquet", "name"),
    ),
    "a number that is too wide": (
        both(
            columns_are(id=pa.array([1, 2, 2**40]), name=pa.array(["a", "b", "c"])),
            field_is(0, type="integer"),
        ),
        "delta.bad_data_file",
        ("a.parquet", "id"),
    ),
}

# --- The cases: nothing happens -----------------------------------------------------------------


def hint(content: str) -> Edit:
    return both(
        checkpointed(keep_log=True),
        lambda t: (t.log / "_last_checkpoint").write_text(content),
    )


def beside(name: str, content: str = "{") -> Edit:
    return after(lambda t: (t.log / name).write_text(content))


HARMLESS: dict[str, Edit] = {
    "a good table": lambda t: t.write(),
    "a checkpoint": checkpointed(),
    "a checkpoint in two parts": multi_part(2, 0, keep_log=False),
    "a checkpoint with a sidecar": v2_checkpoint(keep_log=False),
    "a broken hint": hint("{"),
    "an empty hint": hint(""),
    "a hint of a version that is not there": hint('{"version":99,"size":3}'),
    "a hint that is a list": hint("[1]"),
    "a stale hint": hint('{"version":1,"size":3}'),
    "a hint of too many parts": hint('{"version":2,"size":3,"parts":7}'),
    "a broken checksum file": beside(f"{3:020}.crc"),
    "a lying checksum file": beside(
        f"{3:020}.crc", '{"tableSizeBytes":1,"numFiles":9,"numMetadata":1,"numProtocol":1}'
    ),
    "a cut checkpoint, all commits there": spoil_checkpoint(lambda b: b[:99], keep_log=True),
    "an empty checkpoint, all commits there": spoil_checkpoint(lambda b: b"", keep_log=True),
    "a part missing, all commits there": multi_part(3, 2, keep_log=True),
    "a sidecar missing, all commits there": v2_checkpoint(keep_log=True, sidecar=None),
    "a broken sidecar, all commits there": v2_checkpoint(keep_log=True, sidecar=b"nothing"),
    "a manifest of another version, all commits there": v2_checkpoint(keep_log=True, version=1),
    "a file twice in a checkpoint, all commits there": checkpointed(
        keep_log=True, change=lambda rows: [*rows, rows[-1]]
    ),
    "a broken compaction file": beside(f"{0:020}.{2:020}.compacted.json"),
    "a temporary file": beside(f"{4:020}.json.tmp"),
    "a hidden file": beside(f".{4:020}.json.crc"),
    "a short number": beside("4.json"),
    "a name of letters": beside("README.json"),
    "a folder named as a commit": after(lambda t: (t.log / commit_name(4)).mkdir()),
    "a folder of old files": after(
        lambda t: ((t.log / "old").mkdir(), (t.log / "old" / commit_name(4)).write_text("{"))
    ),
    "commits on several lines": after(
        lambda t: t.entry(1).write_text("\n".join(json.dumps(a, indent=2) for a in t.commits[1]))
    ),
    "lines that end like those of DOS": text(1, lambda s: s.replace("\n", "\r\n")),
    "no end of the last line": text(2, lambda s: s.rstrip("\n")),
    "unknown actions and fields": both(
        also(1, {"sparkle": {"x": 1}}, {"add": None}), add_is(2, later={"y": [1]})
    ),
    "times that are promised and kept": in_commit_times([10, 20, 30, 40]),
    "times since version 2": in_commit_times([None, None, 30, 40], start=2),
    "time promised without the feature": lambda t: t.metadata.update(
        configuration={"delta.enableInCommitTimestamps": "true"}
    ),
    "columns mapped by name": mapped("name"),
    "an absolute path to the table's file": lambda t: t.add(1).update(
        path=f"file://{t.folder}/a.parquet"
    ),
    "a known type change": both(
        lambda t: t.features(["typeWidening"]),
        field_is(0, metadata={"delta.typeChanges": [{"fromType": "integer", "toType": "long"}]}),
    ),
}


# --- The tests ----------------------------------------------------------------------------------


def made(tmp_path: pathlib.Path, edit: Edit) -> PlainTable:
    table = PlainTable(tmp_path / "lake" / "t")
    edit(table)
    untouched = not any(table.log.iterdir()) if table.log.exists() else False
    if untouched and edit is not CLOSED["an empty log"][0]:
        table.write()
    return table


def rows_by_sql(folder: pathlib.Path) -> list[tuple]:
    return lh.connect(folder.parent).sql("SELECT id, name, day FROM t").fetchall()


def check_error(error: lh.LakeholdError, reason: str, words: tuple[str, ...]) -> None:
    assert error.reason == reason, f"{error.reason}: {error}"
    assert isinstance(error, KINDS.get(reason, lh.CorruptError)), type(error)
    for word in words:
        assert word in error.message, f"{word!r} is not in: {error.message}"
    assert "\n" not in error.message


def check_refused(call: Callable[[], object], reason: str, words: tuple[str, ...]) -> None:
    with pytest.raises(lh.LakeholdError) as caught:
        call()
    check_error(caught.value, reason, words)


def run_cli(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN), *map(str, arguments)], capture_output=True, text=True, timeout=120
    )


def check_cli(reason: str, *arguments: object) -> None:
    if not BIN.exists():
        return
    done = run_cli(*arguments)
    kind = KINDS.get(reason, lh.CorruptError)
    assert (done.returncode, f"[{reason}]" in done.stderr) == (EXIT_CODES[kind], True), done.stderr


@pytest.mark.parametrize("name", CLOSED)
def test_a_broken_log_refuses_everything(tmp_path: pathlib.Path, name: str) -> None:
    edit, reason, words = CLOSED[name]
    folder = made(tmp_path, edit).folder
    check_refused(lambda: lh.open(folder).to_arrow(), reason, words)
    check_refused(lambda: lh.open(folder).count(), reason, words)
    check_refused(lambda: lh.open(folder).files(), reason, words)
    check_cli(reason, "cat", folder)
    if reason != "delta.not_a_table":
        check_refused(lambda: rows_by_sql(folder), reason, words)


@pytest.mark.parametrize("name", OPENS)
def test_rows_that_cannot_be_read_are_refused_by_name(tmp_path: pathlib.Path, name: str) -> None:
    edit, reason, words = OPENS[name]
    plain = made(tmp_path, edit)
    folder = plain.folder
    table = lh.open(folder)
    check_refused(lambda: table.to_arrow(), reason, words)
    check_refused(lambda: rows_by_sql(folder), reason, words)
    check_cli(reason, "cat", folder)
    # The rest is open.
    assert table.version() == 3
    assert [column for column, _ in table.schema()] == ["id", "name", "day"]
    kept = [version for version in (3, 2, 1, 0) if plain.entry(version).exists()]
    assert [entry["version"] for entry in table.history()] == kept
    if BIN.exists():
        for verb in ("status", "log", "schema", "files"):
            done = run_cli(verb, folder)
            assert done.returncode == 0, done.stderr
    assert len(table.files()) == 3


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_only_a_hint_or_a_stray_changes_nothing(tmp_path: pathlib.Path, name: str) -> None:
    folder = made(tmp_path, HARMLESS[name]).folder
    table = lh.open(folder)
    assert table.version() == 3
    assert sorted(table.to_arrow()["id"].to_pylist()) == ROWS
    assert table.count() == len(ROWS)
    assert sorted(row[0] for row in rows_by_sql(folder)) == ROWS
    days = {str(row[2]) for row in rows_by_sql(folder)}
    assert days == {str(day) for _, day, _ in FILES}


def test_a_good_vector_hides_its_rows(tmp_path: pathlib.Path) -> None:
    folder = made(tmp_path, vector()).folder
    assert sorted(lh.open(folder).to_arrow()["id"].to_pylist()) == [2, 4, 5, 6]


# --- Time travel --------------------------------------------------------------------------------


def test_versions_out_of_range_are_named_with_those_that_can_be_read(
    tmp_path: pathlib.Path,
) -> None:
    folder = made(tmp_path, checkpointed(2)).folder
    for version in (0, 1, 4, -1, 2**62):
        check_refused(
            lambda version=version: lh.open(folder, version=version),
            "delta.no_such_version",
            (f"version {version}", "versions 2", "to 3"),
        )
    assert lh.open(folder, version=2).count() == 5


def test_a_time_before_the_first_version_is_refused(tmp_path: pathlib.Path) -> None:
    folder = made(tmp_path, in_commit_times([10_000, 20_000, 30_000, 40_000])).folder
    with pytest.raises(lh.NotFoundError) as caught:
        lh.open(folder, timestamp="1970-01-01T00:00:09Z")
    assert caught.value.reason == "delta.no_such_time"
    for word in ("version 0", "00:00:10", "version 3", "00:00:40"):
        assert word in str(caught.value)
    assert lh.open(folder, timestamp="1970-01-01T00:00:30Z").version() == 2


def test_a_vacuumed_version_is_refused_and_newer_ones_are_read(tmp_path: pathlib.Path) -> None:
    table = PlainTable(tmp_path / "lake" / "t")
    table.commits[3].append({"remove": {"path": "a.parquet", "dataChange": True}})
    table.write()
    (table.folder / "a.parquet").unlink()
    assert sorted(lh.open(table.folder).to_arrow()["id"].to_pylist()) == [4, 5, 6]
    check_refused(
        lambda: lh.open(table.folder, version=2).to_arrow(),
        "delta.missing_data_file",
        ("a.parquet", AT_1, "line 2"),
    )
    with pytest.raises(lh.LakeholdError) as caught:
        lh.open(table.folder, version=2).to_arrow()
    assert "vacuum" in caught.value.hint


def test_old_versions_are_read_when_a_newer_commit_is_broken(tmp_path: pathlib.Path) -> None:
    folder = made(tmp_path, text(3, lambda _: "{")).folder
    assert lh.open(folder, version=2).count() == 5


def test_a_checksum_is_what_zlib_says() -> None:
    data = vector_data([0, 2])
    assert vector_file(data).endswith(binascii.crc32(data).to_bytes(4, "big"))
