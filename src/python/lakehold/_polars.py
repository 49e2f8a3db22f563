"""A table as a polars LazyFrame: columns, simple filters and limits go down into the scan."""

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
    pinned = table.at(version=table.version())
    schema = polars.DataFrame(pinned.scan(limit=0)).schema

    def read(
        with_columns: list[str] | None,
        predicate: Any | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[polars.DataFrame]:
        # A limit may only go down when no filter stands above it.
        limit = n_rows if predicate is None else None
        result = pinned.scan(columns=with_columns, limit=limit)
        for batch in result.iter_batches(batch_size or 122_880):
            frame = polars.DataFrame(batch)
            if predicate is not None:
                frame = frame.filter(predicate)
            yield frame

    return register_io_source(read, schema=schema)
