"""A table as a polars LazyFrame: columns, comparisons with constants and limits go down into the
scan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ._errors import InvalidError

if TYPE_CHECKING:
    import polars

    from ._table import Table


def lazy_frame(table: Table) -> polars.LazyFrame:
    try:
        import polars
        from polars.io.plugins import register_io_source
    except ImportError:
        raise InvalidError(
            "lazy() needs polars",
            reason="python.needs_polars",
            hint="pip install 'lakehold[polars]'",
        ) from None
    pinned = table._detached()  # Its own session: the frame may be read while the table is written.
    schema = polars.DataFrame(pinned.scan(limit=0)).schema

    def read(
        with_columns: list[str] | None,
        predicate: Any | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[polars.DataFrame]:
        # A limit may only go down when no filter stands above it.
        limit = n_rows if predicate is None else None
        where = None if predicate is None else _sql_of(predicate)
        wanted = with_columns
        if predicate is not None and with_columns is not None:
            wanted = list(dict.fromkeys([*with_columns, *predicate.meta.root_names()]))
        result = pinned.scan(columns=wanted, where=where, limit=limit)
        for batch in result.iter_batches(batch_size or 122_880):
            frame = polars.DataFrame(batch)
            if predicate is not None:
                frame = frame.filter(predicate)  # The scan may have kept too much.
            yield frame if with_columns is None else frame.select(with_columns)

    return register_io_source(read, schema=schema)


_COMPARISONS = {"Eq": "=", "NotEq": "<>", "Lt": "<", "LtEq": "<=", "Gt": ">", "GtEq": ">="}
_FLIPPED = {"Lt": "Gt", "LtEq": "GtEq", "Gt": "Lt", "GtEq": "LtEq"}


def _sql_of(predicate: Any) -> str | None:
    """SQL that is true wherever the predicate is, perhaps elsewhere too; None if nothing is known.

    Polars has no stable form of its expressions: what is not understood stays with polars.
    """
    import json
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = json.loads(predicate.meta.serialize(format="json"))
        return _condition(tree)
    except Exception:  # noqa: BLE001 - any surprise means: no push-down.
        return None


def _condition(tree: Any) -> str | None:
    if not isinstance(tree, dict):
        return None
    if "Function" in tree:
        return _function(tree["Function"])
    node = tree.get("BinaryExpr")
    if not isinstance(node, dict):
        return None
    left, op, right = node["left"], node["op"], node["right"]
    if op in ("And", "LogicalAnd"):
        parts = [part for part in (_condition(left), _condition(right)) if part]
        return f"({' AND '.join(parts)})" if parts else None
    if op in ("Or", "LogicalOr"):
        first, second = _condition(left), _condition(right)
        return f"({first} OR {second})" if first and second else None
    if "Literal" in left:
        left, right, op = right, left, _FLIPPED.get(op, op)
    column, value = _column(left), _literal(right)
    if op not in _COMPARISONS or column is None or value is None:
        return None
    return f"{column} {_COMPARISONS[op]} {value}"


def _function(node: Any) -> str | None:
    column = _column(node["input"][0])
    kind = node["function"].get("Boolean")
    if column is not None and kind in ("IsNull", "IsNotNull"):
        return f"{column} IS {'NOT ' if kind == 'IsNotNull' else ''}NULL"
    if column is None or not isinstance(kind, dict) or "IsBetween" not in kind:
        return None
    low, high = (_literal(bound) for bound in node["input"][1:])
    return f"{column} BETWEEN {low} AND {high}" if low and high else None


def _column(tree: Any) -> str | None:
    name = tree.get("Column")
    return '"' + name.replace('"', '""') + '"' if isinstance(name, str) else None


def _literal(tree: Any) -> str | None:
    """Constants that both sides compare alike: no single floats, no NaN, no nanoseconds."""
    import datetime as dt

    held = tree.get("Literal", {})
    kind, value = next(iter(held.get("Scalar", held.get("Dyn", {})).items()))
    if kind.startswith(("Int", "UInt")):
        return str(int(value))
    if kind in ("Float64", "Float"):
        return f"{value!r}::DOUBLE" if value == value and abs(value) < 1e300 else None
    if kind == "String":
        return "'" + str(value).replace("'", "''") + "'"
    if kind == "Date":
        return f"DATE '{dt.date(1970, 1, 1) + dt.timedelta(days=value)}'"
    if kind == "Datetime" and value[1] == "Microseconds":
        moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=value[0])
        return f"TIMESTAMP '{moment}'" if value[2] is None else f"TIMESTAMPTZ '{moment}+00'"
    return None
