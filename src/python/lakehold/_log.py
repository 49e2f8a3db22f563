"""History and Files: what the log says of a table, as results."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from typing import Any

from . import _lakehold
from ._errors import InvalidError
from ._result import Result, schema_capsule


class Row(tuple[Any, ...]):
    """A tuple whose values have names too: row["version"], dict(row)."""

    _names: tuple[str, ...]

    @classmethod
    def of(cls, record: dict[str, Any]) -> Row:
        row = cls(record.values())
        row._names = tuple(record)
        return row

    def keys(self) -> tuple[str, ...]:
        """Names of the values."""
        return self._names

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            try:
                return super().__getitem__(self._names.index(key))
            except ValueError:
                raise KeyError(key) from None
        return super().__getitem__(key)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Row.of, (dict(zip(self._names, self)),)


class _Memory:
    """Rows in memory where a result expects the native half's."""

    changed_rows = -1

    def __init__(self, rows: list[Row], columns: dict[str, str]) -> None:
        self._rows = rows
        self._types = columns
        self._lake: _lakehold.Lake | None = None

    @property
    def columns(self) -> list[tuple[str, str]]:
        return list(self._types.items())

    def open(self, batch_rows: int = 122_880) -> _lakehold.RowStream:
        # Through the engine, so that the stream and `__arrow_c_schema__` agree to the letter.
        if self._lake is None:
            self._lake = _lakehold.Lake.connect("")
            # A maker that knew this object would keep both alive for ever.
            maker = functools.partial(_stream, self._rows, self._types)
            self._lake.register("log", maker, False)
        return self._lake.sql("FROM log", {}).open(batch_rows)

    def interrupt(self) -> None:
        """Nothing runs."""


def _stream(rows: list[Row], types: dict[str, str]) -> object:
    records = [_plain(dict(row)) for row in rows]
    return _lakehold.stream_of_records(records, schema_capsule(list(types.items())), list(types))


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """Dicts as JSON texts: their shapes differ from row to row."""
    import json

    return {
        name: json.dumps(value, default=str) if isinstance(value, dict) else value
        for name, value in record.items()
    }


class LogResult(Result):
    """A result that is in memory already: it has a length, and its rows have names.

    Values that are dicts here are JSON texts in Arrow, pandas and polars.
    """

    _columns: dict[str, str] = {}

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self._records = [Row.of(record) for record in records]
        super().__init__(_Memory(self._records, self._columns))

    def explain(self) -> Any:
        """Raises InvalidError: these rows come from the log, no data file is read."""
        raise InvalidError(
            "these rows come from the log and read no data file",
            reason="python.no_explain",
            hint="explain a scan: t.scan(where=...).explain()",
        )

    def __iter__(self) -> Iterator[Row]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, position: int) -> Row:
        return self._records[position]

    def __repr__(self) -> str:
        return "\n".join(str(row) for row in self._records)


class History(LogResult):
    """Commits, newest first."""

    _columns = {
        "version": "BIGINT",
        "timestamp": "TIMESTAMP WITH TIME ZONE",
        "operation": "VARCHAR",
        "parameters": "VARCHAR",
        "metrics": "VARCHAR",
        "engine": "VARCHAR",
        "txn_id": "VARCHAR",
    }

    def __init__(self, entries: list[_lakehold.HistoryEntry]) -> None:
        import json

        super().__init__(
            [
                {
                    "version": entry.version,
                    "timestamp": moment(entry.timestamp_ms),
                    "operation": entry.operation,
                    "parameters": {key: json.loads(value) for key, value in entry.parameters},
                    "metrics": {key: json.loads(value) for key, value in entry.metrics},
                    "engine": entry.engine,
                    "txn_id": entry.txn_id,
                }
                for entry in entries
            ]
        )


class Files(LogResult):
    """Live data files."""

    _columns = {
        "path": "VARCHAR",
        "uri": "VARCHAR",
        "size_bytes": "BIGINT",
        "modified": "TIMESTAMP WITH TIME ZONE",
        "rows": "BIGINT",
        "deleted_rows": "BIGINT",
        "partition_values": "VARCHAR",
        "min": "VARCHAR",
        "max": "VARCHAR",
        "null_count": "VARCHAR",
    }

    def __init__(self, files: list[_lakehold.DataFile]) -> None:
        import json

        records = []
        for file in files:
            stats = json.loads(file.stats) if file.stats else {}
            records.append(
                {
                    "path": file.path,
                    "uri": file.uri,
                    "size_bytes": file.size_bytes,
                    "modified": moment(file.modified_ms),
                    "rows": file.rows,
                    "deleted_rows": file.deleted_rows,
                    "partition_values": dict(file.partition_values),
                    "min": stats.get("minValues", {}),
                    "max": stats.get("maxValues", {}),
                    "null_count": stats.get("nullCount", {}),
                }
            )
        super().__init__(records)


def moment(ms: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(milliseconds=ms)
