"""What a write can be told besides its rows, checked and in the native half's words."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, ParamSpec, TypeVar

from ._errors import InvalidError, UnsupportedError

_P = ParamSpec("_P")
_R = TypeVar("_R")

# The words of deltalake, pandas, polars and Spark for what is called otherwise here.
_OTHERS = {
    "predicate": "where=",
    "filter": "where=",
    "filters": "where=",
    "condition": "where=",
    "replace_where": "where=",
    "replaceWhere": "where=",
    "partition_filters": "where=",
    "partitions": "where=",
    "parameters": "params=",
    "partitionBy": "partition_by=",
    "partition_cols": "partition_by=",
    "partitioned_by": "partition_by=",
    "partition_columns": "partition_by=",
    "configuration": "properties=",
    "table_properties": "properties=",
    "tblproperties": "properties=",
    "if_exists": "mode=",
    "save_mode": "mode=",
    "preserve_index": "index=",
    "codec": "compression=",
    "target_size": "target_file_size=",
    "max_file_size": "target_file_size=",
    "overwrite_schema": 'create_table(..., mode="overwrite")',
    "overwriteSchema": 'create_table(..., mode="overwrite")',
    "mergeSchema": 'schema_mode="merge"',
    "merge_schema": 'schema_mode="merge"',
    "retention_hours": 'retain="168h"',
    "version_as_of": "version=",
    "as_of": "timestamp=",
    "timestamp_as_of": "timestamp=",
    "datetime": "timestamp=",
    "n": "limit=",
    "n_rows": "limit=",
    "version": "at(version=...)",
    "timestamp": "at(timestamp=...)",
    "storage_options": "nothing yet: lakes are folders",
    "dtype": 'schema={"c": "VARCHAR"}',
    "dtypes": 'schema={"c": "VARCHAR"}',
}


def named(call: Callable[_P, _R]) -> Callable[_P, _R]:
    """A call that answers a keyword it does not have with the word for it here."""
    code = call.__code__
    ours = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])

    positions = code.co_argcount

    @functools.wraps(call)
    def checked(*args: _P.args, **keywords: _P.kwargs) -> _R:
        if len(args) > positions:
            words = sorted(ours - set(code.co_varnames[:positions]))
            raise InvalidError(
                f"{call.__name__}() takes its options by name",
                reason="python.keyword",
                hint="they are " + ", ".join(f"{word}=" for word in words),
            )
        if not ours.issuperset(keywords):
            refuse_keyword(call.__name__, ours, keywords)
        return call(*args, **keywords)

    return checked


def refuse_keyword(call: str, ours: frozenset[str], keywords: Mapping[str, Any]) -> None:
    word = next(name for name in keywords if name not in ours)
    known = [f"{name}=" for name in sorted(ours - {"self"})]
    here = _OTHERS.get(word)
    if here is None:
        import difflib

        near = difflib.get_close_matches(f"{word}=", known, n=1)
        here = near[0] if near else ", ".join(known)
    raise InvalidError(
        f"{call}() has no keyword {word!r}",
        reason="python.keyword",
        hint=f"lakehold's word is {here}",
    )


class FileOptions(NamedTuple):
    """As the native half takes them."""

    types: dict[str, str]
    compression: str
    target_bytes: int


def file_options(
    schema: Any, schema_mode: Any, compression: Any, target_file_size: Any
) -> FileOptions:
    if schema_mode == "merge":
        raise UnsupportedError(
            'schema_mode="merge" cannot add columns yet',
            reason="python.schema_mode",
            hint="leave the new columns out, or write the rows into a new table that has them",
        )
    if schema_mode is not None:
        raise InvalidError(
            f"schema_mode={schema_mode!r}",
            reason="python.schema_mode",
            hint='use "merge" or leave it out; create_table(..., mode="overwrite") gives a table other columns',
        )
    if compression is not None and not isinstance(compression, str):
        raise InvalidError(
            f"compression={compression!r}",
            reason="python.compression",
            hint='use "zstd", "snappy", "gzip", "brotli", "lz4_raw" or "uncompressed"',
        )
    return FileOptions(_types(schema), compression or "", _size(target_file_size))


def _types(schema: Any) -> dict[str, str]:
    if schema is None:
        return {}
    if isinstance(schema, Mapping) and all(
        isinstance(part, str) for pair in schema.items() for part in pair
    ):
        return dict(schema)
    raise InvalidError(
        f"schema= of rows is a {type(schema).__name__}",
        reason="python.schema",
        hint='name SQL types for some columns: schema={"c": "VARCHAR"}',
    )


_UNITS = {"": 1, "b": 1}
for _power, _unit in enumerate("kmg", start=1):
    _UNITS |= {_unit: 1024**_power, f"{_unit}b": 1024**_power, f"{_unit}ib": 1024**_power}


def _size(size: Any) -> int:
    """134217728 or "128mb"; 0 for None."""
    if size is None:
        return 0
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        return size
    if isinstance(size, str):
        digits = size.strip().rstrip("bBiIkKmMgG ")
        unit = size.strip()[len(digits) :].strip().lower()
        if digits.isdigit() and int(digits) > 0 and unit in _UNITS:
            return int(digits) * _UNITS[unit]
    raise InvalidError(
        f"target_file_size={size!r}",
        reason="python.target_file_size",
        hint='use bytes or a text such as "128mb"',
    )


def column_names(call: str, keyword: str, names: Any) -> list[str]:
    """A list of names; one text is one name."""
    if names is None:
        return []
    if isinstance(names, str):
        if names.isidentifier():
            return [names]
        raise InvalidError(
            f"{call}(): {keyword}= is {names!r}",
            reason="python.columns",
            hint=f'it takes column names, as in {keyword}=["a", "b"]; a condition goes into where=',
        )
    listed = list(names)
    if all(isinstance(name, str) for name in listed):
        return listed
    raise InvalidError(
        f"{call}(): {keyword}= is {names!r}",
        reason="python.columns",
        hint=f'it takes column names, as in {keyword}=["a", "b"]',
    )


def condition(where: Any) -> str | None:
    if where is None or isinstance(where, str):
        return where
    raise InvalidError(
        f"where= is a {type(where).__name__}",
        reason="python.where",
        hint='it is one SQL expression, as in where="fare > 5", or where="fare > ?", params=[5]',
    )


def whole(keyword: str, number: Any) -> int | None:
    """A number of rows or of a version: an integer, not a text or a float."""
    if number is None:
        return None
    if not isinstance(number, bool) and hasattr(number, "__index__"):
        return int(number)
    raise InvalidError(
        f"{keyword}= is {number!r}", reason="python.number", hint=f"give an integer: {keyword}=3"
    )


def table_properties(properties: Mapping[str, Any] | None) -> dict[str, str]:
    """Texts as they are; booleans and integers in Delta's words."""
    texts = {}
    for name, value in (properties or {}).items():
        if isinstance(value, bool):
            value = "true" if value else "false"
        elif isinstance(value, int):
            value = str(value)
        if not isinstance(name, str) or not isinstance(value, str):
            raise InvalidError(
                f"properties={{{name!r}: {value!r}}}",
                reason="python.properties",
                hint='names and values are texts: properties={"delta.appendOnly": "true"}',
            )
        texts[name] = value
    return texts


def utc(timestamps: Any) -> bool:
    if timestamps not in (None, "utc"):
        raise InvalidError(
            f"timestamps={timestamps!r}",
            reason="python.timestamps",
            hint='use "utc" or leave it out',
        )
    return timestamps is not None


def write_mode(value: Any, allowed: tuple[str, ...]) -> str:
    if value in allowed:
        return str(value)
    raise InvalidError(
        f"mode={value!r}", reason="python.mode", hint="use one of " + ", ".join(allowed)
    )
