"""Table: one Delta table, live or pinned to a version."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Any

from . import _lakehold
from ._errors import InvalidError
from ._inputs import source
from ._reports import Explanation, WriteReport, size_text
from ._result import Result, escape
from ._values import Parameters, bind, time_ms

if TYPE_CHECKING:
    import polars

_FOREIGN_KEYWORDS = {
    "predicate": "where",
    "filter": "where",
    "replace_where": "where",
    "partition_filters": "where",
    "partition_by": "PARTITIONED BY at creation",
    "retention_hours": "retain",
    "version": "at(version=...)",
}


def _refuse_foreign(call: str, keywords: dict[str, Any]) -> None:
    for name in keywords:
        ours = _FOREIGN_KEYWORDS.get(name)
        hint = f"lakehold's word is {ours}" if ours else "see help()"
        raise InvalidError(f"{call}() has no keyword {name!r}", reason="python.keyword", hint=hint)


class Table:
    """A handle to a Delta table. Live: every call sees the newest version; `at()` gives a pinned,
    read-only one.

    Exports `__arrow_c_stream__` and `__arrow_c_schema__` (all rows): `pa.table(t)`,
    `pl.DataFrame(t)`. Handles pickle as
    (location, pinned version) and work in a forked child.
    """

    def __init__(self, native: Any, lake: Any | None = None) -> None:
        self._native = native
        self._lake = lake

    # What it is
    # ----------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Name of the table: "trips", or "schema.trips"."""
        name: str = self._native.name
        return name

    @property
    def location(self) -> str:
        """Absolute path or URL of the table's folder."""
        location: str = self._native.location
        return location

    def version(self) -> int:
        """The newest version, or the pinned one."""
        version: int = self._native.describe().version
        return version

    def schema(self) -> list[tuple[str, str]]:
        """Columns and their Delta types: [("id", "long"), ...]."""
        return [(column.name, column.type) for column in self._native.describe().columns]

    def partition_columns(self) -> list[str]:
        """Names of the partition columns."""
        return list(self._native.describe().partition_columns)

    def properties(self) -> dict[str, str]:
        """Table properties: delta.* and others."""
        return dict(self._native.describe().properties)

    def count(self) -> int:
        """Number of rows: from the log where it tells exactly, else by a scan."""
        count: int = self._native.count()
        return count

    def metrics(self) -> dict[str, Any]:
        """Version, files, bytes, rows and what readers and writers of the table must know."""
        status = self._native.describe()
        return {
            "version": status.version,
            "timestamp": _moment(status.timestamp_ms),
            "files": status.files,
            "size_bytes": status.bytes,
            "rows": status.rows,
            "files_with_deletion_vectors": status.files_with_vectors,
            "min_reader_version": status.min_reader_version,
            "min_writer_version": status.min_writer_version,
            "reader_features": list(status.reader_features),
            "writer_features": list(status.writer_features),
            "last_checkpoint": status.last_checkpoint,
        }

    def health(self) -> dict[str, Any]:
        """What is damaged, and advice. Reads the log and looks for every data file; changes
        nothing."""
        report = self._native.fsck(False)
        status = self._native.describe()
        advice = []
        if status.files > 100 and status.bytes / status.files < 4_000_000:
            advice.append(
                f"{status.files:,} files of {size_text(status.bytes // status.files)} on average: many small files"
            )
        return {
            "healthy": report.healthy,
            "version": report.version,
            "findings": [(finding.object, finding.message) for finding in report.findings],
            "advice": advice,
        }

    def history(self, limit: int | None = None) -> History:
        """Commits, newest first: version, timestamp, operation, parameters, metrics, engine."""
        return History(self._native.history(2**63 - 1 if limit is None else limit))

    def files(self) -> Files:
        """Live data files: path (as in the log), uri, size_bytes, rows, partition values,
        statistics, deleted rows."""
        return Files(self._native.files())

    # Reading
    # ----------------------------------------------------------------------------------------------

    def at(
        self, *, version: int | None = None, timestamp: dt.datetime | dt.date | str | None = None
    ) -> Table:
        """The same table pinned to a version, or to the newest version at or before a time
        (zone-less is UTC)."""
        if (version is None) == (timestamp is None):
            raise InvalidError("at() takes either version= or timestamp=", reason="python.at")
        return Table(
            self._native.at(version, None if timestamp is None else time_ms(timestamp)), self._lake
        )

    def scan(
        self,
        columns: list[str] | None = None,
        where: str | None = None,
        params: Parameters = None,
        limit: int | None = None,
        **foreign: Any,
    ) -> Result:
        """Rows, lazily. `where` is one SQL expression over the columns; `.explain()` says which
        files are skipped."""
        _refuse_foreign("scan", foreign)
        wanted, bound = list(columns or []), bind(params)
        native = self._native
        return Result(
            native.scan(wanted, where, bound, limit),
            lambda: native.explain(wanted, where, bound, limit),
        )

    def explain(self, where: str | None = None, params: Parameters = None) -> Explanation:
        """Which files a scan with this condition would read."""
        return self.scan(where=where, params=params).explain()

    def to_arrow(self) -> Any:
        """All rows as a pyarrow.Table."""
        return self.scan().to_arrow()

    def to_pandas(self) -> Any:
        """All rows as a pandas.DataFrame."""
        return self.scan().to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """All rows as a polars.DataFrame."""
        return self.scan().to_polars()

    def lazy(self) -> polars.LazyFrame:
        """A polars LazyFrame; projections, simple filters and limits go down into the scan."""
        from ._polars import lazy_frame

        return lazy_frame(self)

    def _detached(self) -> Table:
        """The same rows in a session of their own: one session cannot write and read at once."""
        version = self.version()
        if self._lake is None:
            return open_table(self.location, version=version)
        other: Table = self._lake.session().table(self.name).at(version=version)
        return other

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.scan().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self.scan().__arrow_c_schema__()

    # Writing
    # ----------------------------------------------------------------------------------------------

    def append(
        self, rows: Any, *, index: bool | None = None, timestamps: str | None = None, **foreign: Any
    ) -> WriteReport:
        """Appends rows in one version. Columns match by name, ignoring case; nothing is rounded or
        parsed.

        `timestamps="utc"`: zone-less values into a timestamp column mean UTC.
        """
        _refuse_foreign("append", foreign)
        return self._write(
            rows, overwrite=False, where=None, params=None, index=index, timestamps=timestamps
        )

    def overwrite(
        self,
        rows: Any,
        *,
        where: str | None = None,
        params: Parameters = None,
        index: bool | None = None,
        timestamps: str | None = None,
        **foreign: Any,
    ) -> WriteReport:
        """Replaces all rows, or those of the partitions `where` names; one version."""
        _refuse_foreign("overwrite", foreign)
        return self._write(
            rows, overwrite=True, where=where, params=params, index=index, timestamps=timestamps
        )

    def _write(
        self,
        rows: Any,
        *,
        overwrite: bool,
        where: str | None,
        params: Parameters,
        index: bool | None,
        timestamps: str | None,
    ) -> WriteReport:
        if timestamps not in (None, "utc"):
            raise InvalidError(
                f"timestamps={timestamps!r}",
                reason="python.timestamps",
                hint='use "utc" or leave it out',
            )
        make, one_shot = source(rows, index=index)
        report = self._native.write(
            make, one_shot, overwrite, where, bind(params), timestamps == "utc"
        )
        return WriteReport.of(report)

    def checkpoint(self) -> int:
        """Writes a checkpoint of the newest version if there is none yet; its version."""
        version: int = self._native.checkpoint().version
        return version

    # Manners
    # ----------------------------------------------------------------------------------------------

    def __reduce__(self) -> tuple[Any, ...]:
        if self._lake is not None and self._lake.is_temporary:
            raise InvalidError(
                "a table of a temporary lake cannot be pickled", reason="python.pickle"
            )
        return _reopen, (self.location, self._native.pinned)

    def __repr__(self) -> str:
        status = self._native.describe()
        rows = "" if status.rows is None else f" | {status.rows:,} rows"
        by = f" | by {', '.join(status.partition_columns)}" if status.partition_columns else ""
        needs = (
            f" | readers need {', '.join(status.reader_features)}" if status.reader_features else ""
        )
        return (
            f"<Table {self.name} v{status.version}{rows} | {status.files:,} files, {size_text(status.bytes)}"
            f"{by}{needs} | {self.location}>"
        )

    def _repr_html_(self) -> str:
        columns = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(type_)}</td></tr>"
            for name, type_ in self.schema()
        )
        commits = "".join(
            f"<tr><td>{entry['version']}</td><td>{entry['timestamp']}</td><td>{escape(entry['operation'])}</td></tr>"
            for entry in self.history(5).to_pylist()
        )
        return f"<p><b>{escape(repr(self))}</b></p><table>{columns}</table><table>{commits}</table>"


class _Records:
    """A few rows that are in memory already."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def to_pylist(self) -> list[dict[str, Any]]:
        """Rows as dicts."""
        return list(self._rows)

    def to_arrow(self) -> Any:
        """A pyarrow.Table."""
        from ._inputs import _pyarrow

        return _pyarrow("to_arrow").Table.from_pylist(self._rows)

    def to_pandas(self) -> Any:
        """A pandas.DataFrame."""
        import pandas

        return pandas.DataFrame(self._rows)

    def to_polars(self) -> Any:
        """A polars.DataFrame."""
        import polars

        return polars.DataFrame(self._rows, infer_schema_length=None)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self._rows[0]) if self._rows else []

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Rows as tuples."""
        return [tuple(row.values()) for row in self._rows]

    def __iter__(self) -> Any:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: int) -> dict[str, Any]:
        return self._rows[position]

    def __repr__(self) -> str:
        return "\n".join(str(row) for row in self._rows)


class History(_Records):
    """Commits, newest first."""

    def __init__(self, entries: list[Any]) -> None:
        import json

        super().__init__(
            [
                {
                    "version": entry.version,
                    "timestamp": _moment(entry.timestamp_ms),
                    "operation": entry.operation,
                    "parameters": {key: json.loads(value) for key, value in entry.parameters},
                    "metrics": {key: json.loads(value) for key, value in entry.metrics},
                    "engine": entry.engine,
                    "txn_id": entry.txn_id,
                }
                for entry in entries
            ]
        )


class Files(_Records):
    """Live data files."""

    def __init__(self, files: list[Any]) -> None:
        import json

        rows = []
        for file in files:
            stats = json.loads(file.stats) if file.stats else {}
            rows.append(
                {
                    "path": file.path,
                    "uri": file.uri,
                    "size_bytes": file.size_bytes,
                    "modified": _moment(file.modified_ms),
                    "rows": file.rows,
                    "deleted_rows": file.deleted_rows,
                    "partition_values": dict(file.partition_values),
                    "min": stats.get("minValues", {}),
                    "max": stats.get("maxValues", {}),
                    "null_count": stats.get("nullCount", {}),
                }
            )
        super().__init__(rows)


def _moment(ms: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(milliseconds=ms)


def _reopen(location: str, version: int | None) -> Table:
    return open_table(location, version=version)


def open_table(
    location: str | os.PathLike[str],
    *,
    version: int | None = None,
    timestamp: dt.datetime | dt.date | str | None = None,
    durability: str = "full",
) -> Table:
    """Opens an existing Delta table as it is: nothing is written, nothing converted. See
    lakehold.open."""
    if not isinstance(location, (str, os.PathLike)):
        is_lake = type(location).__name__ == "Lake"
        raise InvalidError(
            f"open() takes a path, not a {type(location).__name__}",
            reason="python.open",
            hint='open a table of a lake with lake.table("name")'
            if is_lake
            else 'lh.open("path/to/table")',
        )
    if version is not None and timestamp is not None:
        raise InvalidError("open() takes either version= or timestamp=", reason="python.at")
    return Table(
        _lakehold.Table.open(
            os.fspath(location),
            version,
            None if timestamp is None else time_ms(timestamp),
            _durable(durability),
        )
    )


def _durable(durability: str) -> bool:
    if durability not in ("full", "none"):
        raise InvalidError(
            f"durability={durability!r}", reason="python.durability", hint='use "full" or "none"'
        )
    return durability == "full"
