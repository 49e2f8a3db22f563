"""lakehold: an open lakehouse in one library.

    import lakehold as lh
    lake = lh.connect("data/lake")
    lake.sql("CREATE TABLE trips (id BIGINT NOT NULL, fare DOUBLE, day DATE) PARTITIONED BY (day)")
    lake.table("trips").append([{"id": 1, "fare": 9.5, "day": None}])
    lake.sql("SELECT count(*) FROM trips AT (VERSION => 0)").fetchone()

Tables are plain Delta Lake: Spark, deltalake, polars and DuckDB read them.
"""

from __future__ import annotations

import atexit as _atexit
import datetime as _dt
import os as _os
import sys as _sys
from collections.abc import Mapping as _Mapping
from collections.abc import Sequence as _Sequence

# The engine is private to lakehold: load it with local scope, whatever flags the process has set.
_flags = _sys.getdlopenflags()
_sys.setdlopenflags(_os.RTLD_NOW | _os.RTLD_LOCAL)
try:
    from . import _lakehold
finally:
    _sys.setdlopenflags(_flags)

from ._errors import (
    AlreadyExistsError,
    CancelledError,
    ConflictError,
    CorruptError,
    DeniedError,
    InternalError,
    InvalidError,
    LakeholdError,
    NotFoundError,
    OutcomeUnknownError,
    StorageError,
    TableNotFoundError,
    UnavailableError,
    UnsupportedError,
)
from ._lake import Lake, connect
from ._log import Files, History
from ._options import named as _named
from ._ratified import RatifiedCommits
from ._reports import Explanation, ScanReport, WriteReport
from ._result import Result
from ._table import Table
from ._values import Parameters

__version__: str = _lakehold.version()

# Checkpoints behind acknowledged commits end before the interpreter does.
_atexit.register(_lakehold.finish)


@_named
def open(  # noqa: A001 - the word people expect: lh.open(path)
    location: str | _os.PathLike[str],
    *,
    version: int | None = None,
    timestamp: _dt.datetime | _dt.date | str | None = None,
    durability: str = "full",
    ratified: RatifiedCommits | None = None,
) -> Table:
    """Opens an existing Delta table as it is: nothing is written, nothing converted.

    version or timestamp pin it to the past, read-only. `ratified` is what the catalog of a
    catalog-managed table says: with it such a table is read, up to that version. Raises
    TableNotFoundError if there is none, InvalidError if the folder is a lake.
    """
    from ._table import open_table

    return open_table(
        location,
        version=version,
        timestamp=timestamp,
        durability=durability,
        ratified=ratified,
    )


@_named
def write(
    location: str | _os.PathLike[str],
    rows: object,
    *,
    mode: str = "error",
    partition_by: _Sequence[str] | str | None = None,
    properties: _Mapping[str, str] | None = None,
    index: bool | None = None,
    timestamps: str | None = None,
    schema: _Mapping[str, str] | None = None,
    schema_mode: str | None = None,
    compression: str | None = None,
    target_file_size: int | str | None = None,
    durability: str = "full",
) -> WriteReport | None:
    """Writes rows into the table at a path, creating it if need be, in one version.

    mode: "error" (default: refuse if the table exists), "append", "overwrite" or "ignore" (do
    nothing if it exists; returns None). The other options are those of Table.append, and
    `partition_by` and `properties` of a new table.
    """
    if not isinstance(location, (str, _os.PathLike)):
        raise InvalidError(
            f"write() takes the path first, not a {type(location).__name__}",
            reason="python.write",
            hint='lh.write("path/to/table", rows)',
        )
    parent, name = _os.path.split(_os.path.abspath(_os.fspath(location)))
    quoted = '"' + name.replace('"', '""') + '"'
    return connect(parent, durability=durability).write(
        quoted,
        rows,
        mode=mode,
        partition_by=partition_by,
        properties=properties,
        index=index,
        timestamps=timestamps,
        schema=schema,
        schema_mode=schema_mode,
        compression=compression,
        target_file_size=target_file_size,
    )


def sql(text: str, params: Parameters = None) -> Result:
    """Runs SQL without a lake: on files, Delta folders ('path/to/table' in FROM) and the caller's
    frames."""
    return connect()._sql(text, params, depth=2)


__all__ = [
    "AlreadyExistsError",
    "CancelledError",
    "ConflictError",
    "CorruptError",
    "DeniedError",
    "Explanation",
    "Files",
    "History",
    "InternalError",
    "InvalidError",
    "Lake",
    "LakeholdError",
    "NotFoundError",
    "OutcomeUnknownError",
    "RatifiedCommits",
    "Result",
    "ScanReport",
    "StorageError",
    "Table",
    "TableNotFoundError",
    "UnavailableError",
    "UnsupportedError",
    "WriteReport",
    "connect",
    "open",
    "sql",
    "write",
]
