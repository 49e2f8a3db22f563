"""What counts as rows: anything that can become an Arrow stream, without a library of its own."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from . import _lakehold
from ._errors import InvalidError, LakeholdError


class Source(NamedTuple):
    """`make` gives a fresh capsule "arrow_array_stream" at each call; only once if `one_shot`.

    `with source:` around its use: what the caller's own iterator raised becomes our error's cause.
    """

    make: Callable[[], Any]
    one_shot: bool
    failures: Sequence[BaseException] = ()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self.failures and isinstance(error, LakeholdError):
            raise error from self.failures[0]


Hint = Callable[[], object]  # An "arrow_schema" capsule.


def source(
    rows: Any,
    *,
    index: bool | None = None,
    hint: Hint | None = None,
    schema: Mapping[str, str] | None = None,
) -> Source:
    """An Arrow source for `rows`.

    Accepts objects with `__arrow_c_stream__` (pyarrow, polars, DuckDB, lakehold results) or
    `__arrow_c_array__`, pandas frames, polars LazyFrames, lists of dicts (missing keys are NULL),
    dicts of columns, numpy structured arrays, and iterables of dicts or of any of the batch kinds;
    iterables and LazyFrames are read piece by piece. `hint` tells the types that an iterable of
    dicts takes where its first values have none; columns of `schema` it may lack.
    Raises InvalidError for everything else.
    """
    if _is_pandas(rows):
        return _pandas(rows, index)
    if index is not None and not _may_hold_pandas(rows):
        raise InvalidError("index= is for pandas frames", reason="python.input")
    if _module(rows) == "polars" and type(rows).__name__ == "LazyFrame":
        return _lazy(rows)
    if type(rows).__name__ == "Series":
        raise InvalidError(
            "a Series is one column without a table",
            reason="python.input",
            hint="pass rows.to_frame()",
        )
    if _module(rows) == "pyarrow" and hasattr(rows, "scanner"):  # A dataset.
        return Source(lambda: rows.scanner().to_reader().__arrow_c_stream__(), one_shot=False)
    if hasattr(rows, "_detached"):
        rows = rows._detached()
    if hasattr(rows, "__arrow_c_stream__"):
        return Source(rows.__arrow_c_stream__, one_shot=_is_reader(rows))
    if hasattr(rows, "__arrow_c_array__"):
        return _batches([rows], None)
    if isinstance(rows, Mapping):
        return _columns(rows)
    if _is_structured(rows):
        return _columns({name: rows[name] for name in rows.dtype.names})
    if isinstance(rows, (str, bytes)) or not isinstance(rows, Iterable):
        raise _no_rows(rows)
    return _iterable(rows, index, hint, list(schema or ()))


def _iterable(
    rows: Iterable[Any], index: bool | None, hint: Hint | None, added: list[str]
) -> Source:
    if isinstance(rows, (list, tuple)):
        items = list(rows)
        if not items:
            raise InvalidError(
                "an empty list has no columns", reason="python.input", hint="pass at least one row"
            )
        if isinstance(items[0], Mapping):
            return Source(
                lambda: _lakehold.stream_of_rows([_record(item) for item in items]), one_shot=False
            )
        if _has_batches(items[0]):
            return _batches(items, index)
        raise _no_rows(items[0])
    failures: list[BaseException] = []
    iterator = _watched(rows, failures)
    for first in iterator:
        rest = itertools.chain([first], iterator)
        if _has_batches(first):
            return Source(
                lambda: _lakehold.stream_of_streams(_capsules(rest, index)), True, failures
            )
        if isinstance(first, Mapping):
            types = None if hint is None else hint()
            return Source(
                lambda: _lakehold.stream_of_records(map(_record, rest), types, added),
                True,
                failures,
            )
        raise _no_rows(first)
    raise InvalidError("the iterable is empty and has no columns", reason="python.input")


def _watched(rows: Iterable[Any], failures: list[BaseException]) -> Iterator[Any]:
    """The same rows; what they raise is kept, to be the cause of the error that follows."""
    try:
        yield from rows
    except BaseException as error:
        failures.append(error)
        raise


def _record(item: Any) -> Any:
    return dict(item) if isinstance(item, Mapping) else item


def _has_batches(item: Any) -> bool:
    return (
        hasattr(item, "__arrow_c_stream__")
        or hasattr(item, "__arrow_c_array__")
        or _is_pandas(item)
    )


def _batches(items: Iterable[Any], index: bool | None) -> Source:
    kept = list(items)
    once = any(_is_reader(item) for item in kept)
    return Source(lambda: _lakehold.stream_of_streams(_capsules(kept, index)), one_shot=once)


def _capsules(items: Iterable[Any], index: bool | None) -> Iterator[object]:
    """One stream after the other."""
    for item in items:
        if _is_pandas(item):
            yield _pandas(item, index).make()
        elif hasattr(item, "__arrow_c_stream__"):
            yield item.__arrow_c_stream__()
        elif hasattr(item, "__arrow_c_array__"):
            pyarrow = _pyarrow("arrays")
            yield pyarrow.Table.from_batches([pyarrow.record_batch(item)]).__arrow_c_stream__()
        else:
            raise _no_rows(item)


_LAZY_ROWS = 50_000


def _lazy(frame: Any) -> Source:
    """A polars LazyFrame, in pieces; polars before 1.34 can only collect it."""
    if not hasattr(frame, "collect_batches"):
        return Source(lambda: frame.collect(engine="streaming").__arrow_c_stream__(), False)

    def pieces() -> Iterator[object]:
        batches = iter(frame.collect_batches(chunk_size=_LAZY_ROWS, maintain_order=True))
        first = next(batches, None)
        if first is None:  # No row: the columns are there all the same.
            first = frame.head(0).collect()
        yield first.__arrow_c_stream__()
        for batch in batches:
            yield batch.__arrow_c_stream__()

    return Source(lambda: _lakehold.stream_of_streams(pieces()), one_shot=False)


def _may_hold_pandas(rows: Any) -> bool:
    if isinstance(rows, (list, tuple)):
        return any(_is_pandas(item) for item in rows)
    return hasattr(rows, "__next__")


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
    if not frame.columns.is_unique:
        twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
        raise InvalidError(
            f"columns named more than once: {', '.join(twice)}",
            reason="python.input",
            hint="rename the columns",
        )
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
    if type(value).__name__ == "DeltaTable":
        return InvalidError(
            "a DeltaTable is another library's handle",
            reason="python.input",
            hint="pass lh.open(its path), or its to_pyarrow_table()",
        )
    return InvalidError(
        f"a {type(value).__name__} holds no rows",
        reason="python.input",
        hint="pass a frame, an Arrow table or reader, a list of dicts or a dict of columns",
    )
