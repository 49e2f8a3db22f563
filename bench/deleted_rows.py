"""Scan a table of which 5 % of the rows are deleted by deletion vectors, against the same files
without vectors: lakehold both ways, and DuckDB's read_parquet of the files.

Deleted rows lie anywhere (at random), which is the worst case: no chunk of 2,048 rows is clean.
"""

from __future__ import annotations

import json
import pathlib
import random
import struct
import sys
import uuid
import zlib
from collections.abc import Callable

from harness import Rounds, arguments, cpu_timed, fresh_folder, machine, versions

FILES = 8
ROWS = 1_000_000
SHARE = 0.05
COLUMNS = (("id", "long"), ("fare", "double"), ("city", "string"), ("day", "date"))


def bitmap(rows: list[int]) -> bytes:
    """The portable 64-bit Roaring form of ascending rows below 2^32, in array containers."""
    groups: dict[int, list[int]] = {}
    for row in rows:
        groups.setdefault(row >> 16, []).append(row & 0xFFFF)
    assert all(len(group) <= 4096 for group in groups.values())
    head = struct.pack("<II", 12346, len(groups))
    head += b"".join(struct.pack("<HH", key, len(group) - 1) for key, group in groups.items())
    offset = len(head) + 4 * len(groups)
    offsets, body = b"", b""
    for group in groups.values():
        offsets += struct.pack("<I", offset + len(body))
        body += struct.pack(f"<{len(group)}H", *group)
    return struct.pack("<IQI", 1681511377, 1, 0) + head + offsets + body


def vector(folder: pathlib.Path, rows: list[int]) -> dict[str, object]:
    """Writes the file of one vector; its descriptor."""
    data = bitmap(rows)
    name = folder / f"deletion_vector_{uuid.uuid4()}.bin"
    name.write_bytes(
        b"\x01" + struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data))
    )
    return {
        "storageType": "p",
        "pathOrInlineDv": name.as_uri(),
        "offset": 1,
        "sizeInBytes": len(data),
        "cardinality": len(rows),
    }


def make(parent: pathlib.Path) -> None:
    """Tables `clean` and `deleted`, of equal files."""
    import duckdb

    fields = [
        {"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in COLUMNS
    ]
    draw = random.Random(1)
    for table in ("clean", "deleted"):
        folder = parent / table
        (folder / "_delta_log").mkdir(parents=True)
        actions: list[dict[str, object]] = [
            {
                "protocol": {
                    "minReaderVersion": 3,
                    "minWriterVersion": 7,
                    "readerFeatures": ["deletionVectors"],
                    "writerFeatures": ["deletionVectors"],
                }
            },
            {
                "metaData": {
                    "id": str(uuid.uuid4()),
                    "format": {"provider": "parquet", "options": {}},
                    "schemaString": json.dumps({"type": "struct", "fields": fields}),
                    "partitionColumns": [],
                    "configuration": {},
                    "createdTime": 1,
                }
            },
        ]
        for i in range(FILES):
            path = folder / f"part-{i}.parquet"
            duckdb.sql(
                f"COPY (SELECT i AS id, (i * 7919 % 100000) / 4.0 AS fare, 'city-' || i * 31 % 977 AS city,"
                f" DATE '2026-01-01' + (i % 365)::INTEGER AS day FROM range({i * ROWS}, {(i + 1) * ROWS}) t(i))"
                f" TO '{path}' (FORMAT parquet)"
            )
            add: dict[str, object] = {
                "path": path.name,
                "partitionValues": {},
                "size": path.stat().st_size,
                "modificationTime": 1767000000000,
                "dataChange": True,
                "stats": json.dumps({"numRecords": ROWS, "tightBounds": table == "clean"}),
            }
            if table == "deleted":
                rows = sorted(draw.sample(range(ROWS), int(ROWS * SHARE)))
                add["deletionVector"] = vector(folder, rows)
            actions.append({"add": add})
        commit = folder / "_delta_log" / f"{0:020}.json"
        commit.write_text("".join(json.dumps(action) + "\n" for action in actions))


QUERIES = {
    "one column": "SELECT sum(id) FROM {}",
    "all columns": "SELECT count(*), sum(id), sum(fare), max(city), min(day) FROM {}",
    "filtered": "SELECT count(*), sum(fare) FROM {} WHERE city = 'city-5' AND id % 3 = 0",
    "grouped": "SELECT city, sum(fare) FROM {} GROUP BY city ORDER BY 2 DESC LIMIT 5",
}


def main() -> None:
    options = arguments(__doc__ or "", rounds=7)
    import duckdb
    import lakehold

    print(f"{machine()}; {versions('lakehold', 'duckdb')}\n")
    with fresh_folder(options.folder) as parent:
        make(pathlib.Path(parent))
        lake = lakehold.connect(parent)
        bare = duckdb.connect(config={"threads": 2})
        files = f"read_parquet('{parent}/clean/*.parquet')"
        for title, query in QUERIES.items():
            works: dict[str, Callable[[], object]] = {
                "5 % deleted": lambda query=query: lake.sql(query.format("deleted")).fetchall(),
                "clean": lambda query=query: lake.sql(query.format("clean")).fetchall(),
                "DuckDB, clean": lambda query=query: bare.sql(query.format(files)).fetchall(),
            }
            for work in works.values():
                print(f"warmed up: {work()}"[:100], file=sys.stderr)
            cpu: dict[str, list[float]] = {name: [] for name in works}
            rounds = Rounds(f"{title}: wall")
            rounds.run(
                options.rounds,
                {
                    name: lambda work=work, spent=cpu[name]: cpu_timed(work, spent)
                    for name, work in works.items()
                },
            )
            print(rounds.table("5 % deleted"))
            spent = Rounds(f"{title}: CPU")
            spent.seconds = cpu
            print(spent.table("5 % deleted"))


if __name__ == "__main__":
    main()
