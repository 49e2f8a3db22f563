"""Delta tables whose log and data files the test itself puts down, as another writer would have."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def field(name: str, type_: Any, nullable: bool = True, **metadata: Any) -> dict[str, Any]:
    """A field of a schemaString; `type_` is a name or a nested type's dict. Metadata keys: "." is
    spelled "__"."""
    return {
        "name": name,
        "type": type_,
        "nullable": nullable,
        "metadata": {key.replace("__", "."): value for key, value in metadata.items()},
    }


def struct(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "struct", "fields": list(fields)}


def array(element: Any) -> dict[str, Any]:
    return {"type": "array", "elementType": element, "containsNull": True}


def map_of(key: Any, value: Any) -> dict[str, Any]:
    return {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": True}


def add(
    path: str,
    size: int = 1,
    partition: dict[str, str | None] | None = None,
    stats: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An action "add"; `path` as the log spells it."""
    action: dict[str, Any] = {
        "path": path,
        "partitionValues": partition or {},
        "size": size,
        "modificationTime": 0,
        "dataChange": True,
    }
    if stats is not None:
        action["stats"] = json.dumps(stats)
    return {"add": action}


def put_log(
    folder: str | pathlib.Path,
    fields: list[dict[str, Any]],
    adds: list[dict[str, Any]],
    *,
    features: list[str] | None = None,
    configuration: dict[str, str] | None = None,
    partition_by: list[str] | None = None,
) -> str:
    """The folder with a log of one commit; `features` stand in both lists."""
    log = pathlib.Path(folder) / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    protocol: dict[str, Any] = {"minReaderVersion": 1, "minWriterVersion": 2}
    if features is not None:
        protocol = {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": features,
            "writerFeatures": features,
        }
    metadata = {
        "id": "6e0b7c4e-0000-4000-8000-000000000000",
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(struct(*fields)),
        "partitionColumns": partition_by or [],
        "configuration": configuration or {},
        "createdTime": 0,
    }
    actions = [{"protocol": protocol}, {"metaData": metadata}, *adds]
    text = "".join(json.dumps(action) + "\n" for action in actions)
    (log / f"{0:020}.json").write_text(text, encoding="utf-8")
    return str(folder)


def put_table(
    folder: str | pathlib.Path,
    fields: list[dict[str, Any]],
    *files: pa.Table | pathlib.Path,
    stats: list[dict[str, Any] | None] | None = None,
    write: dict[str, Any] | None = None,
    **options: Any,
) -> str:
    """A table of these files: Arrow tables are written by pyarrow with the options `write`, paths
    are files that are there. `stats` are the statistics of each, else only the number of rows."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    adds = []
    for number, rows in enumerate(files):
        if isinstance(rows, pa.Table):
            path = folder / f"part-{number}.parquet"
            pq.write_table(rows, path, **(write or {}))
        else:
            path = rows
        known = (stats or [None] * len(files))[number]
        known = known or {"numRecords": pq.ParquetFile(path).metadata.num_rows}
        adds.append(add(path.name, path.stat().st_size, stats=known))
    return put_log(folder, fields, adds, **options)
