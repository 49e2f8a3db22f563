"""A Delta table made by hand, action by action: what other writers, and broken ones, leave behind.

`PlainTable(folder)` has four versions and six rows in three files, at protocol (1,2), partitioned
by `day`; its parts are then edited, and `write()` puts it on disk.
"""

from __future__ import annotations

import binascii
import copy
import json
import pathlib
import struct
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Action = dict[str, Any]

FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "long", "nullable": False, "metadata": {}},
    {"name": "name", "type": "string", "nullable": True, "metadata": {}},
    {"name": "day", "type": "date", "nullable": True, "metadata": {}},
]
# File, partition value, rows.
FILES: list[tuple[str, str | None, list[tuple[int, str | None]]]] = [
    ("a.parquet", "2024-01-01", [(1, "one"), (2, "two"), (3, None)]),
    ("b.parquet", None, [(4, "four"), (5, "five")]),
    ("c.parquet", "2024-01-03", [(6, "six")]),
]
ROWS = [row[0] for _, _, rows in FILES for row in rows]


def commit_name(version: int) -> str:
    return f"{version:020}.json"


class PlainTable:
    """Edit `commits` (version to actions) before write(), the files in `log` after it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.log = folder / "_delta_log"
        self.log.mkdir(parents=True)
        schema = {"type": "struct", "fields": copy.deepcopy(FIELDS)}
        self.protocol: Action = {"minReaderVersion": 1, "minWriterVersion": 2}
        self.metadata: Action = {
            "id": "0a1b2c3d-0000-4000-8000-000000000001",
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps(schema),
            "partitionColumns": ["day"],
            "configuration": {},
            "createdTime": 1704067200000,
        }
        self.commits: dict[int, list[Action]] = {
            0: [self._info(0), {"protocol": self.protocol}, {"metaData": self.metadata}]
        }
        for version, (path, day, rows) in enumerate(FILES, start=1):
            size = self.write_file(path, rows)
            stats = {"numRecords": len(rows)}
            add = {
                "path": path,
                "partitionValues": {"day": day},
                "size": size,
                "modificationTime": 1704067200000 + version,
                "dataChange": True,
                "stats": json.dumps(stats),
            }
            self.commits[version] = [self._info(version), {"add": add}]

    @staticmethod
    def _info(version: int) -> Action:
        return {"commitInfo": {"timestamp": 1704067200000 + version, "operation": "WRITE"}}

    def write_file(self, path: str, rows: list[tuple[int, str | None]]) -> int:
        """A data file; its size."""
        columns = {
            "id": pa.array([row[0] for row in rows], pa.int64()),
            "name": pa.array([row[1] for row in rows], pa.string()),
        }
        pq.write_table(pa.table(columns), self.folder / path)
        return (self.folder / path).stat().st_size

    # --- What is edited before write() ---

    def add(self, version: int) -> Action:
        return next(action["add"] for action in self.commits[version] if "add" in action)

    def set_fields(self, fields: list[dict[str, Any]]) -> None:
        self.metadata["schemaString"] = json.dumps({"type": "struct", "fields": fields})

    def fields(self) -> list[dict[str, Any]]:
        return json.loads(self.metadata["schemaString"])["fields"]

    def features(self, readers: list[str], writers: list[str] | None = None) -> None:
        self.protocol |= {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": readers,
            "writerFeatures": readers if writers is None else writers,
        }

    # --- On disk ---

    def write(self) -> None:
        for version, actions in self.commits.items():
            text = "".join(json.dumps(action) + "\n" for action in actions)
            self.entry(version).write_text(text)

    def entry(self, version: int) -> pathlib.Path:
        return self.log / commit_name(version)

    def checkpoint_actions(self, version: int) -> list[Action]:
        """What a checkpoint of the version holds."""
        actions = [{"protocol": self.protocol}, {"metaData": self.metadata}]
        for at in range(version + 1):
            for action in self.commits.get(at, []):
                if "add" in action:
                    actions.append({"add": action["add"] | {"dataChange": False}})
        return actions


# --- Deletion vectors ---------------------------------------------------------------------------


def vector_data(rows: list[int], *, magic: int = 1681511377) -> bytes:
    """A portable roaring array of rows below 65,536."""
    container = b"".join(struct.pack("<H", row) for row in rows)
    bitmap = struct.pack("<IIHHI", 12346, 1, 0, len(rows) - 1, 16) + container
    return struct.pack("<IQI", magic, 1, 0) + bitmap


def vector_file(data: bytes, *, version: int = 1, size: int | None = None, flip: int = 0) -> bytes:
    """The file of one vector; `flip` spoils its checksum."""
    return (
        bytes([version])
        + struct.pack(">I", len(data) if size is None else size)
        + data
        + struct.pack(">I", binascii.crc32(data) ^ flip)
    )


Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
UUID_TEXT = "00010203-0405-0607-0809-0a0b0c0d0e0f"


def z85(data: bytes) -> str:
    data += b"\0" * (-len(data) % 4)
    text = ""
    for at in range(0, len(data), 4):
        number = int.from_bytes(data[at : at + 4], "big")
        text += "".join(Z85[number // 85**power % 85] for power in (4, 3, 2, 1, 0))
    return text


VECTOR_NAME = f"deletion_vector_{UUID_TEXT}.bin"


def vector_descriptor(data: bytes, rows: int) -> Action:
    """Of VECTOR_NAME in the table's folder."""
    return {
        "storageType": "u",
        "pathOrInlineDv": z85(bytes(range(16))),
        "offset": 1,
        "sizeInBytes": len(data),
        "cardinality": rows,
    }


# --- Checkpoints --------------------------------------------------------------------------------

_TEXT_MAP = pa.map_(pa.string(), pa.string())
_CHECKPOINT_TYPES: dict[str, pa.DataType] = {
    "protocol": pa.struct(
        [
            ("minReaderVersion", pa.int32()),
            ("minWriterVersion", pa.int32()),
            ("readerFeatures", pa.list_(pa.string())),
            ("writerFeatures", pa.list_(pa.string())),
        ]
    ),
    "metaData": pa.struct(
        [
            ("id", pa.string()),
            ("format", pa.struct([("provider", pa.string()), ("options", _TEXT_MAP)])),
            ("schemaString", pa.string()),
            ("partitionColumns", pa.list_(pa.string())),
            ("configuration", _TEXT_MAP),
            ("createdTime", pa.int64()),
        ]
    ),
    "add": pa.struct(
        [
            ("path", pa.string()),
            ("partitionValues", _TEXT_MAP),
            ("size", pa.int64()),
            ("modificationTime", pa.int64()),
            ("dataChange", pa.bool_()),
            ("stats", pa.string()),
        ]
    ),
    "checkpointMetadata": pa.struct([("version", pa.int64())]),
    "sidecar": pa.struct(
        [("path", pa.string()), ("sizeInBytes", pa.int64()), ("modificationTime", pa.int64())]
    ),
}


def _plain(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {field.name: _plain(value.get(field.name), field.type) for field in kind}
    if pa.types.is_map(kind):
        return list(value.items())
    return value


def write_checkpoint(path: pathlib.Path, actions: list[Action]) -> None:
    """A Parquet checkpoint, or one part or sidecar of it, of these rows."""
    path.parent.mkdir(exist_ok=True)
    names = sorted({name for action in actions for name in action}) or ["add"]
    columns = {
        name: pa.array(
            [_plain(action.get(name), _CHECKPOINT_TYPES[name]) for action in actions],
            _CHECKPOINT_TYPES[name],
        )
        for name in names
    }
    pq.write_table(pa.table(columns), path)


Edit = Callable[[PlainTable], object]
