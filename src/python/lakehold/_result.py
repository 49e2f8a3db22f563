"""Result: the rows of a statement, in whatever form is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from . import _lakehold
from ._errors import InvalidError
from ._reports import Explanation

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_Read = TypeVar("_Read")
_BATCH_ROWS = 122_880
_TUPLE_ROWS = 16_384  # Fewer at once where rows become Python objects.


class RowStream(Protocol):
    """One run over the rows."""

    def capsule(self, resignal: bool) -> object: ...
    def schema(self) -> object: ...
    def next_rows(self) -> list[tuple[Any, ...]] | None: ...
    def check(self) -> None: ...


class RowSource(Protocol):
    """What a result is made of: the native half's Rows, or rows in memory."""

    @property
    def columns(self) -> list[tuple[str, str]]: ...
    @property
    def changed_rows(self) -> int: ...
    def interrupt(self) -> None: ...
    def open(self, batch_rows: int = ...) -> RowStream: ...


def schema_capsule(columns: list[tuple[str, str]]) -> object:
    """An Arrow schema of columns and their SQL types."""
    fields = ", ".join(
        f'NULL::{type_} AS "{name.replace(chr(34), chr(34) * 2)}"' for name, type_ in columns
    )
    return _lakehold.Lake.connect("").sql(f"SELECT {fields} LIMIT 0", {}).open(1).schema()


class Result:
    """A SELECT is bound when made, its tables pinned, and runs at each consumption; DML and DDL ran
    already.

    Exports `__arrow_c_stream__`, so `pa.table(r)`, `pl.DataFrame(r)` and `duckdb.sql("FROM r")`
    work. Reading again runs
    the statement again at the same versions; if it consumed a one-shot input that raises
    InvalidError [engine.consumed].
    """

    def __init__(
        self, native: RowSource, explain: Callable[[], _lakehold.Explanation] | None = None
    ) -> None:
        self._native = native
        self._explain = explain
        self._cursor: Iterator[tuple[Any, ...]] | None = None

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [name for name, _ in self._native.columns]

    @property
    def types(self) -> list[str]:
        """SQL types of the columns."""
        return [type_ for _, type_ in self._native.columns]

    @property
    def changed_rows(self) -> int | None:
        """Rows changed by DML; None for a SELECT."""
        changed: int = self._native.changed_rows
        return None if changed < 0 else changed

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._native.open(_BATCH_ROWS).capsule(True)

    def __arrow_c_schema__(self) -> object:
        # Of rows of the same types that are never there: a one-shot input is not touched.
        return schema_capsule(self._native.columns)

    def to_arrow_reader(self, rows: int = _BATCH_ROWS) -> pyarrow.RecordBatchReader:
        """A pyarrow.RecordBatchReader: batches of at most `rows` rows, in bounded memory."""
        pyarrow = _pyarrow()
        return pyarrow.RecordBatchReader.from_stream(_Once(self._native.open(rows).capsule(True)))

    def _import(self, read: Callable[[Any], _Read]) -> _Read:
        """What `read` makes of one run; what stopped the run is raised as itself, not as the
        reader's words for it."""
        stream = self._native.open(_BATCH_ROWS)
        try:
            return read(_Once(stream.capsule(False)))
        except Exception:
            stream.check()
            raise

    def to_arrow(self) -> pyarrow.Table:
        """A pyarrow.Table."""
        pyarrow = _pyarrow()
        table: Any = self._import(
            lambda once: pyarrow.RecordBatchReader.from_stream(once).read_all()
        )
        return table

    def to_pandas(self, **options: Any) -> pandas.DataFrame:
        """A pandas.DataFrame; `options` go to pyarrow.Table.to_pandas."""
        return self.to_arrow().to_pandas(**options)

    def to_polars(self) -> polars.DataFrame:
        """A polars.DataFrame."""
        try:
            import polars
        except ImportError:
            raise InvalidError(
                "to_polars needs polars",
                reason="python.needs_polars",
                hint="pip install 'lakehold[polars]'",
            ) from None
        return self._import(polars.DataFrame)

    def to_numpy(self) -> dict[str, Any]:
        """Columns by name, as numpy arrays."""
        table = self.to_arrow()
        return {name: table.column(name).to_numpy() for name in table.column_names}

    def to_pylist(self) -> list[dict[str, Any]]:
        """Rows as dicts."""
        columns = self.columns
        return [dict(zip(columns, row)) for row in self]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Rows as tuples."""
        return list(self)

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, None after the last: one run of its own, apart from the other calls."""
        if self._cursor is None:
            self._cursor = iter(self)
        return next(self._cursor, None)

    def iter_batches(self, rows: int = _BATCH_ROWS) -> Iterator[pyarrow.RecordBatch]:
        """pyarrow record batches of at most `rows` rows."""
        pyarrow = _pyarrow()
        stream = self._native.open(rows)
        try:
            yield from pyarrow.RecordBatchReader.from_stream(_Once(stream.capsule(False)))
        except Exception:
            stream.check()
            raise

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        stream = self._native.open(_TUPLE_ROWS)
        while (batch := stream.next_rows()) is not None:
            yield from batch

    def interrupt(self) -> None:
        """Stops what another thread reads of this result: it gets a CancelledError."""
        self._native.interrupt()

    def explain(self) -> Explanation:
        """Which files the statement reads and why the others are skipped. Never runs it."""
        if self._explain is None:
            raise InvalidError("this result cannot be explained", reason="python.no_explain")
        return Explanation(self._explain())

    def __repr__(self) -> str:
        if self.changed_rows is not None:
            return f"<Result: {self.changed_rows:,} rows changed>"
        columns = ", ".join(f"{name} {type_}" for name, type_ in self._native.columns)
        return f"<Result ({columns})>"

    def _repr_html_(self) -> str:
        if self.changed_rows is not None:
            return f"<p>{self.changed_rows:,} rows changed</p>"
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = []
        for number, row in enumerate(self):
            if number == 40:
                body.append(f'<tr><td colspan="{len(row)}">...</td></tr>')
                break
            body.append("<tr>" + "".join(f"<td>{escape(value)}</td>" for value in row) + "</tr>")
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


class _Once:
    """One capsule, for a library that asks an object for it."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._capsule


def escape(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise InvalidError(
            "this needs pyarrow",
            reason="python.needs_pyarrow",
            hint="pip install 'lakehold[arrow]'",
        ) from None
    return pyarrow
