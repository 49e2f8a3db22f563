"""What counts as rows: anything that can become an Arrow stream, without a library of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from . import _lakehold
from ._errors import InvalidError


class Source(NamedTuple):
    """`make` gives a fresh capsule "arrow_array_stream" at each call; only once if `one_shot`."""

    make: Callable[[], Any]
    one_shot: bool


def source(rows: Any, *, index: bool | None = None) -> Source:
    """An Arrow source for `rows`.

    Accepts objects with `__arrow_c_stream__` (pyarrow, polars, DuckDB, lakehold results) or
    `__arrow_c_array__`, pandas
    frames, polars LazyFrames, lists of dicts (missing keys are NULL), dicts of columns, numpy
    structured arrays, and
    iterables of any of the batch kinds. Raises InvalidError for everything else.
    """
    if _is_pandas(rows):
        return _pandas(rows, index)
    if index is not None:
        raise InvalidError("index= is for pandas frames", reason="python.input")
    if _module(rows) == "polars" and type(rows).__name__ == "LazyFrame":
        return Source(lambda: rows.collect(engine="streaming").__arrow_c_stream__(), one_shot=False)
    if hasattr(rows, "_detached"):
        rows = rows._detached()
    if hasattr(rows, "__arrow_c_stream__"):
        return Source(rows.__arrow_c_stream__, one_shot=_is_reader(rows))
    if hasattr(rows, "__arrow_c_array__"):
        return _batches(iter([rows]))
    if isinstance(rows, Mapping):
        return _columns(rows)
    if _is_structured(rows):
        return _columns({name: rows[name] for name in rows.dtype.names})
    if isinstance(rows, (str, bytes)) or not isinstance(rows, Iterable):
        raise _no_rows(rows)
    return _iterable(rows)


def _iterable(rows: Iterable[Any]) -> Source:
    if isinstance(rows, (list, tuple)):
        items = list(rows)
        if not items:
            raise InvalidError(
                "an empty list has no columns", reason="python.input", hint="pass at least one row"
            )
        if isinstance(items[0], Mapping):
            return Source(
                lambda: _lakehold.stream_of_rows([dict(item) for item in items]), one_shot=False
            )
        if _has_arrow(items[0]):
            return _batches(iter(items))
        raise _no_rows(items[0])
    iterator = iter(rows)
    for first in iterator:
        if _has_arrow(first):
            return _batches(_chain(first, iterator))
        if isinstance(first, Mapping):
            records = [dict(first), *(dict(item) for item in iterator)]
            return Source(lambda: _lakehold.stream_of_rows(records), one_shot=False)
        raise _no_rows(first)
    raise InvalidError("the iterable is empty and has no columns", reason="python.input")


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _has_arrow(item: Any) -> bool:
    return hasattr(item, "__arrow_c_stream__") or hasattr(item, "__arrow_c_array__")


def _batches(items: Iterator[Any]) -> Source:
    pyarrow = _pyarrow("batches")
    first = _as_table(pyarrow, next(items))

    def tables() -> Iterator[Any]:
        yield from first.to_batches()
        for item in items:
            yield from _as_table(pyarrow, item).to_batches()

    reader = pyarrow.RecordBatchReader.from_batches(first.schema, tables())
    return Source(reader.__arrow_c_stream__, one_shot=True)


def _columns(columns: Mapping[str, Any]) -> Source:
    if any(hasattr(values, "dtype") for values in columns.values()):
        pyarrow = _pyarrow("numpy columns")
        table = _converted(
            lambda: pyarrow.table(
                {name: pyarrow.array(values) for name, values in columns.items()}
            ),
            pyarrow,
        )
        return Source(table.__arrow_c_stream__, one_shot=False)
    for name, values in columns.items():
        if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
            raise InvalidError(
                f"column {name!r} is a {type(values).__name__}, not a list of values",
                reason="python.input",
                hint="for one row pass a list of one dict",
            )
    plain = {str(name): list(values) for name, values in columns.items()}
    return Source(lambda: _lakehold.stream_of_columns(plain), one_shot=False)


def _pandas(frame: Any, index: bool | None) -> Source:
    pyarrow = _pyarrow("pandas frames", hint="pip install 'lakehold[pandas]'")
    named = [name for name in frame.index.names if name is not None]
    keep = index is True or (index is None and bool(named))
    try:
        frame = frame.reset_index(drop=not keep)
    except ValueError as error:
        raise InvalidError(
            str(error), reason="python.input", hint="rename the index, or pass index=False"
        ) from None
    odd = [name for name in frame.columns if not isinstance(name, str) or not name]
    if odd:
        raise InvalidError(
            f"column names must be texts, not {odd!r}",
            reason="python.input",
            hint="rename the columns",
        )
    table = _converted(lambda: pyarrow.Table.from_pandas(frame, preserve_index=False), pyarrow)
    return Source(table.__arrow_c_stream__, one_shot=False)


def _converted(make: Callable[[], Any], pyarrow: Any) -> Any:
    """What pyarrow makes of it; values it has no type for are an error of ours, in one line."""
    try:
        return make()
    except (pyarrow.ArrowException, ValueError, TypeError) as error:
        text = "; ".join(str(part) for part in error.args) or type(error).__name__
        raise InvalidError(
            text.replace("\n", " "), reason="python.input", hint="give the column one type"
        ) from None


def _is_pandas(rows: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(rows, pandas.DataFrame)


def _is_structured(rows: Any) -> bool:
    return getattr(getattr(rows, "dtype", None), "names", None) is not None


def _is_reader(rows: Any) -> bool:
    """Readers give their rows once; tables and frames as often as asked."""
    return type(rows).__name__ in {
        "RecordBatchReader",
        "DuckDBPyRelation",
        "DuckDBPyConnection",
    } or hasattr(rows, "read_next_batch")


def _module(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def _pyarrow(what: str, hint: str = "pip install 'lakehold[arrow]'") -> Any:
    try:
        import pyarrow
    except ImportError:
        raise InvalidError(
            f"{what} need pyarrow", reason="python.needs_pyarrow", hint=hint
        ) from None
    return pyarrow


def _no_rows(value: Any) -> InvalidError:
    return InvalidError(
        f"a {type(value).__name__} holds no rows",
        reason="python.input",
        hint="pass a frame, an Arrow table or reader, a list of dicts or a dict of columns",
    )


def _as_table(pyarrow: Any, item: Any) -> Any:
    if hasattr(item, "__arrow_c_stream__"):
        return pyarrow.table(item)
    return pyarrow.Table.from_batches([pyarrow.record_batch(item)])
