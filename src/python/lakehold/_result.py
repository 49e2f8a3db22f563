"""Result: the rows of a statement, in whatever form is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ._errors import InvalidError
from ._reports import Explanation

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Result:
    """A SELECT is bound when made, its tables pinned, and runs at each consumption; DML and DDL ran already.

    Exports `__arrow_c_stream__`, so `pa.table(r)`, `pl.DataFrame(r)` and `duckdb.sql("FROM r")` work. Reading again runs
    the statement again at the same versions; if it consumed a one-shot input that raises InvalidError [engine.consumed].
    """

    def __init__(self, native: Any, explain: Callable[[], Any] | None = None) -> None:
        self._native = native
        self._explain = explain

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
        return self._native.stream()

    def __arrow_c_schema__(self) -> object:
        return self.to_arrow_reader().schema.__arrow_c_schema__()

    def to_arrow_reader(self, rows: int = 122_880) -> pyarrow.RecordBatchReader:
        """A pyarrow.RecordBatchReader: batches of at most `rows` rows, in bounded memory."""
        return _pyarrow().RecordBatchReader.from_stream(_Stream(self._native, rows))

    def to_arrow(self) -> pyarrow.Table:
        """A pyarrow.Table."""
        return self.to_arrow_reader().read_all()

    def to_pandas(self, **options: Any) -> pandas.DataFrame:
        """A pandas.DataFrame; `options` go to pyarrow.Table.to_pandas."""
        return self.to_arrow().to_pandas(**options)

    def to_polars(self) -> polars.DataFrame:
        """A polars.DataFrame."""
        try:
            import polars
        except ImportError:
            raise InvalidError(
                "to_polars needs polars", reason="python.needs_polars", hint="pip install 'lakehold[polars]'"
            ) from None
        return polars.DataFrame(self)

    def to_numpy(self) -> dict[str, Any]:
        """Columns by name, as numpy arrays."""
        table = self.to_arrow()
        return {name: table.column(name).to_numpy() for name in table.column_names}

    def to_pylist(self) -> list[dict[str, Any]]:
        """Rows as dicts."""
        return [dict(zip(self.columns, row)) for row in self]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Rows as tuples."""
        return list(self)

    def fetchone(self) -> tuple[Any, ...] | None:
        """The first row, or None."""
        return next(iter(self), None)

    def iter_batches(self, rows: int = 122_880) -> Iterator[pyarrow.RecordBatch]:
        """pyarrow record batches of at most `rows` rows."""
        yield from self.to_arrow_reader(rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for batch in self.to_arrow_reader():
            columns = [column.to_pylist() for column in batch.columns]
            yield from zip(*columns)

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
        head = "".join(f"<th>{_escape(name)}</th>" for name in self.columns)
        body = []
        for number, row in enumerate(self):
            if number == 40:
                body.append(f'<tr><td colspan="{len(row)}">...</td></tr>')
                break
            body.append("<tr>" + "".join(f"<td>{_escape(value)}</td>" for value in row) + "</tr>")
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


class _Stream:
    """What pyarrow imports: one run of the statement."""

    def __init__(self, native: Any, rows: int) -> None:
        self._native = native
        self._rows = rows

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._native.stream(self._rows)


def _escape(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise InvalidError(
            "this needs pyarrow", reason="python.needs_pyarrow", hint="pip install 'lakehold[arrow]'"
        ) from None
    return pyarrow
