"""Table: one Delta table, live or pinned to a version."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _lakehold
from ._errors import InvalidError, LakeholdError
from ._inputs import source
from ._log import Files, History, moment
from ._options import FileOptions, column_names, condition, file_options, named, utc, whole
from ._ratified import RatifiedCommits
from ._reports import Explanation, WriteReport, size_text
from ._result import Result, escape, schema_capsule
from ._values import Parameters, bind, time_ms

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from ._lake import Lake


class Table:
    """A handle to a Delta table. Live: every call sees the newest version; `at()` gives a pinned,
    read-only one.

    Exports `__arrow_c_stream__` and `__arrow_c_schema__` (all rows): `pa.table(t)`,
    `pl.DataFrame(t)`. Handles pickle as
    (location, pinned version) and work in a forked child.
    """

    def __init__(
        self,
        native: _lakehold.Table,
        lake: Lake | None = None,
        durability: str = "full",
        ratified: RatifiedCommits | None = None,
    ) -> None:
        self._native = native
        self._lake = lake
        self._durability = durability
        self._ratified = ratified

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
        version: int = self._native.outline().version
        return version

    def schema(self) -> list[tuple[str, str]]:
        """Columns and their Delta types: [("id", "long"), ...]."""
        return [(column.name, column.type) for column in self._native.outline().columns]

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self._native.outline().columns]

    def partition_columns(self) -> list[str]:
        """Names of the partition columns."""
        return list(self._native.outline().partition_columns)

    def properties(self) -> dict[str, str]:
        """Table properties: delta.* and others."""
        return dict(self._native.outline().properties)

    def count(self) -> int:
        """Number of rows: from the log where it tells exactly, else by a scan."""
        count: int = self._native.count()
        return count

    def metrics(self) -> dict[str, Any]:
        """Version, files, bytes, rows and what readers and writers of the table must know."""
        status = self._native.describe()
        return {
            "version": status.version,
            "timestamp": moment(status.timestamp_ms),
            "files": status.files,
            "size_bytes": status.bytes,
            "rows": status.rows,
            "files_with_deletion_vectors": status.files_with_vectors,
            "min_reader_version": status.min_reader_version,
            "min_writer_version": status.min_writer_version,
            "reader_features": list(status.reader_features),
            "writer_features": list(status.writer_features),
            "last_checkpoint": status.last_checkpoint,
            "background_failure": status.background_failure or None,
        }

    def health(self, *, deep: bool = False, statistics: bool = False) -> dict[str, Any]:
        """What is damaged, and advice. Reads the log and looks for every data file; with `deep`
        also every byte and footer of them; with `statistics` also every row, to compare what the
        log says of them. Changes nothing."""
        report = self._native.fsck(deep, statistics)
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
            "damaged": [finding.object for finding in report.findings if finding.damage],
            "advice": advice,
        }

    @named
    def history(self, limit: int | None = None) -> History:
        """Commits, newest first: version, timestamp, operation, parameters, metrics, engine.

        A result in memory: rows can be taken by position and values by name.
        """
        wanted = whole("limit", limit)
        return History(self._native.history(2**63 - 1 if wanted is None else max(wanted, 0)))

    def files(self) -> Files:
        """Live data files: path (as in the log), uri, size_bytes, rows, partition values,
        statistics, deleted rows."""
        return Files(self._native.files())

    # Reading
    # ----------------------------------------------------------------------------------------------

    @named
    def at(
        self, *, version: int | None = None, timestamp: dt.datetime | dt.date | str | None = None
    ) -> Table:
        """The same table pinned to a version, or to the newest version at or before a time
        (zone-less is UTC)."""
        if (version is None) == (timestamp is None):
            raise InvalidError("at() takes either version= or timestamp=", reason="python.at")
        version = whole("version", version)
        native = self._native.at(version, None if timestamp is None else time_ms(timestamp))
        return Table(native, self._lake, self._durability, self._ratified)

    @named
    def scan(
        self,
        columns: Sequence[str] | str | None = None,
        where: str | None = None,
        params: Parameters = None,
        limit: int | None = None,
    ) -> Result:
        """Rows, lazily. `where` is one SQL expression over the columns; `.explain()` says which
        files are skipped."""
        wanted, bound = column_names("scan", "columns", columns), bind(params)
        where, limit = condition(where), whole("limit", limit)
        native = self._native
        return Result(
            native.scan(wanted, where, bound, limit),
            lambda: native.explain(wanted, where, bound, limit),
        )

    @named
    def explain(self, where: str | None = None, params: Parameters = None) -> Explanation:
        """Which files a scan with this condition would read."""
        return self.scan(where=where, params=params).explain()

    def to_arrow(self) -> pyarrow.Table:
        """All rows as a pyarrow.Table."""
        return self.scan().to_arrow()

    def to_pandas(self) -> pandas.DataFrame:
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
            return open_table(
                self.location, version=version, durability=self._durability, ratified=self._ratified
            )
        other: Table = self._lake.session().table(self.name).at(version=version)
        return other

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.scan().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self.scan().__arrow_c_schema__()

    # Writing
    # ----------------------------------------------------------------------------------------------

    @named
    def append(
        self,
        rows: Any,
        *,
        index: bool | None = None,
        timestamps: str | None = None,
        schema: Mapping[str, str] | None = None,
        schema_mode: str | None = None,
        compression: str | None = None,
        target_file_size: int | str | None = None,
    ) -> WriteReport:
        """Appends rows in one version. Columns match by name, ignoring case; nothing is rounded or
        parsed.

        `timestamps="utc"`: zone-less values into a timestamp column mean UTC. `schema`: SQL types
        for some columns of the rows, as {"c": "VARCHAR"} for times or columns of None.
        `compression` and `target_file_size` ("128mb") hold for this write's files.
        """
        options = file_options(schema, schema_mode, compression, target_file_size)
        return self._write(rows, False, None, None, index, timestamps, options)

    @named
    def overwrite(
        self,
        rows: Any,
        *,
        where: str | None = None,
        params: Parameters = None,
        index: bool | None = None,
        timestamps: str | None = None,
        schema: Mapping[str, str] | None = None,
        schema_mode: str | None = None,
        compression: str | None = None,
        target_file_size: int | str | None = None,
    ) -> WriteReport:
        """Replaces all rows, or those of the partitions `where` names; one version. The other
        options are those of append()."""
        options = file_options(schema, schema_mode, compression, target_file_size)
        return self._write(rows, True, where, params, index, timestamps, options)

    def _write(
        self,
        rows: Any,
        overwrite: bool,
        where: str | None,
        params: Parameters,
        index: bool | None,
        timestamps: str | None,
        options: FileOptions,
    ) -> WriteReport:
        given = source(
            rows, index=index, hint=lambda: self._hint(options.types), schema=options.types
        )
        with given:
            report = self._native.write(
                given.make,
                given.one_shot,
                overwrite,
                condition(where),
                bind(params),
                utc(timestamps),
                *options,
            )
        return WriteReport.of(report)

    def _hint(self, types: Mapping[str, str]) -> object:
        """The types of the columns: those given, else the table's."""
        columns = dict(self._native.scan([], None, {}, 0).columns)
        return schema_capsule(list((columns | dict(types)).items()))

    def checkpoint(self) -> int:
        """Writes a checkpoint of the newest version if there is none yet; its version."""
        version: int = self._native.checkpoint().version
        return version

    def compact_log(self, first: int | None = None) -> tuple[int, int] | None:
        """Puts the commits since the newest checkpoint, or from version `first`, into one file that
        readers may take instead of them; first and last version in it, None if there was nothing
        to do."""
        report = self._native.compact_log(first)
        return (report.first, report.last) if report.written else None

    if not TYPE_CHECKING:  # For people, not for type checkers: what the word is here.

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"Table has no {name}" + _instead(name), name=name, obj=self)

    # Manners
    # ----------------------------------------------------------------------------------------------

    def __reduce__(self) -> tuple[Any, ...]:
        if self._lake is not None and self._lake.is_temporary:
            raise InvalidError(
                "a table of a temporary lake cannot be pickled", reason="python.pickle"
            )
        return _reopen, (self.location, self._native.pinned, self._durability, self._ratified)

    def __repr__(self) -> str:
        # What is loaded, without a look at the disk; only a handle that saw nothing yet looks.
        try:
            status = self._native.last_status() or self._native.describe()
        except LakeholdError as error:
            return f"<Table {self.name} | {error.reason} | {self.location}>"
        rows = "" if status.rows is None else f" | {status.rows:,} rows"
        by = f" | by {', '.join(status.partition_columns)}" if status.partition_columns else ""
        needs = (
            f" | readers need {', '.join(status.reader_features)}" if status.reader_features else ""
        )
        pinned = "" if self._native.pinned is None else " | pinned"
        files = f"{status.files:,} file" if status.files == 1 else f"{status.files:,} files"
        return (
            f"<Table {self.name} v{status.version}{rows} | {files}, {size_text(status.bytes)}"
            f"{by}{needs}{pinned} | {self.location}>"
        )

    def _repr_html_(self) -> str:
        head = f"<p><b>{escape(repr(self))}</b></p>"
        try:
            columns, commits = self._native.describe().columns, self.history(5)
        except LakeholdError as error:
            return head + f"<p>{escape(error)}</p>"
        fields = "".join(
            f"<tr><td>{escape(column.name)}</td><td>{escape(column.type)}</td>"
            f"<td>{'' if column.nullable else 'NOT NULL'}</td></tr>"
            for column in columns
        )
        log = "".join(
            f"<tr><td>{entry['version']}</td><td>{entry['timestamp']:%Y-%m-%d %H:%M:%S}</td>"
            f"<td>{escape(entry['operation'])}</td></tr>"
            for entry in commits
        )
        return f"{head}<table>{fields}</table><table>{log}</table>"


_NOT_YET = {"delete", "update", "merge", "upsert", "optimize", "vacuum", "restore", "changes"}
_NOT_YET |= {"diff", "buffer"}
_INSTEAD = {
    "fetchall": "scan().fetchall()",
    "to_pylist": "scan().to_pylist()",
    "to_numpy": "scan().to_numpy()",
    "iter_batches": "scan().iter_batches()",
    "head": "scan(limit=5)",
    "limit": "scan(limit=5)",
    "filter": 'scan(where="...")',
    "select": "scan(columns=[...])",
    "to_pyarrow_table": "to_arrow()",
    "to_pyarrow_dataset": "scan().to_arrow_reader()",
    "write": "append(rows) or overwrite(rows)",
    "insert": "append(rows)",
    "load_as_version": "at(version=3)",
    "file_uris": 'files(), each with its "uri"',
    "get_add_actions": "files()",
    "metadata": "schema(), properties() and metrics()",
    "protocol": "metrics()",
    "create_checkpoint": "checkpoint()",
}


def _instead(name: str) -> str:
    if name in _NOT_YET:
        return ": that is not there yet"
    return f"; use {_INSTEAD[name]}" if name in _INSTEAD else ""


def _reopen(
    location: str,
    version: int | None,
    durability: str,
    ratified: RatifiedCommits | None = None,
) -> Table:
    return open_table(location, version=version, durability=durability, ratified=ratified)


def open_table(
    location: str | os.PathLike[str],
    *,
    version: int | None = None,
    timestamp: dt.datetime | dt.date | str | None = None,
    durability: str = "full",
    ratified: RatifiedCommits | None = None,
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
    version = whole("version", version)
    if version is not None and timestamp is not None:
        raise InvalidError("open() takes either version= or timestamp=", reason="python.at")
    if ratified is not None and not isinstance(ratified, RatifiedCommits):
        raise InvalidError(
            f"ratified= takes a RatifiedCommits, not a {type(ratified).__name__}",
            reason="python.ratified",
            hint="lh.RatifiedCommits(version, {version: file name or bytes})",
        )
    return Table(
        _lakehold.Table.open(
            os.fspath(location),
            version,
            None if timestamp is None else time_ms(timestamp),
            _durable(durability),
            None if ratified is None else ratified._native(),
        ),
        durability=durability,
        ratified=ratified,
    )


def _durable(durability: str) -> bool:
    if durability not in ("full", "none"):
        raise InvalidError(
            f"durability={durability!r}", reason="python.durability", hint='use "full" or "none"'
        )
    return durability == "full"
