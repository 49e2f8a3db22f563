"""Lake: a folder of tables, and one SQL session on it."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import _lakehold
from ._errors import AlreadyExistsError, InvalidError, NotFoundError
from ._inputs import Source, source
from ._options import (
    FileOptions,
    column_names,
    file_options,
    named,
    table_properties,
    utc,
    write_mode,
)
from ._reports import Explanation, WriteReport
from ._result import Result, schema_capsule
from ._table import Table, _durable
from ._values import Parameters, bind


class Lake:
    """One session on a lake: SQL, its tables, transactions. Not for several threads at once; use
    `session()` for more.

    `lake["trips"]`, `"trips" in lake` and `for name in lake` work. Handles pickle as their
    location.
    """

    def __init__(self, native: _lakehold.Lake, durability: str = "full") -> None:
        self._native = native
        self._durability = durability
        self._registered: set[str] = set()

    @property
    def location(self) -> str:
        """The folder or URL of the lake."""
        location: str = self._native.location
        return location

    @property
    def is_temporary(self) -> bool:
        """Whether the lake lives in this process alone."""
        return self.location == _TEMPORARY

    def session(self) -> Lake:
        """Another session on the same lake."""
        return Lake(self._native.session(), self._durability)

    # SQL
    # ----------------------------------------------------------------------------------------------

    def sql(self, text: str, params: Parameters = None) -> Result:
        """Runs SQL; a SELECT is bound now and read when its result is.

        `params`: a list for ?, a dict for $name. Frames and Arrow objects in the caller's variables
        can be named in FROM
        where the lake has no table of that name. Several statements stop at the first error; the
        last one's result.
        """
        return self._sql(text, params, depth=2)

    def _sql(self, text: str, params: Parameters, depth: int) -> Result:
        named_rows = self._frames_in(text, sys._getframe(depth))
        bound = bind(params)

        def explain() -> _lakehold.Explanation:
            with self._naming(named_rows):
                return self._native.explain(text, bound)

        with self._naming(named_rows):
            return Result(self._native.sql(text, bound), explain)

    def explain(self, text: str, params: Parameters = None) -> Explanation:
        """Which files a SELECT would read, and why the others are skipped. Never runs it."""
        bound = bind(params)
        with self._naming(self._frames_in(text, sys._getframe(1))):
            return Explanation(self._native.explain(text, bound))

    def _frames_in(self, text: str, frame: Any) -> dict[str, Source]:
        """The frames among the caller's variables that the text mentions."""
        if not isinstance(text, str):
            raise InvalidError(f"SQL is a text, not a {type(text).__name__}", reason="python.sql")
        found = {}
        for name in dict.fromkeys(re.findall(r"[^\W\d]\w*", text)):
            value = frame.f_locals.get(name, frame.f_globals.get(name))
            if value is None or not _is_frame(value) or name in self or name in self._registered:
                continue
            found[name] = source(value)
        return found

    @contextlib.contextmanager
    def _naming(self, rows: Mapping[str, Source]) -> Iterator[None]:
        """The rows have names for one statement. Its result keeps those it reads."""
        try:
            for name, given in rows.items():
                self._native.register(name, given.make, given.one_shot)
            yield
        finally:
            for name in rows:
                with contextlib.suppress(NotFoundError):
                    self._native.unregister(name)

    def register(self, name: str, rows: Any) -> None:
        """Gives rows (anything `append` takes) a name for this session's SQL, until
        `unregister`."""
        _name("register", name)
        given = source(rows)
        self._native.register(name, given.make, given.one_shot)
        self._registered.add(name)

    def unregister(self, name: str) -> None:
        """Takes the name away again."""
        self._native.unregister(name)
        self._registered.discard(name)

    def interrupt(self) -> None:
        """Stops the statement that another thread runs on this lake."""
        self._native.interrupt()

    # Tables
    # ----------------------------------------------------------------------------------------------

    def tables(self) -> list[str]:
        """Names of all tables: "trips", "schema.trips"."""
        return list(self._native.tables())

    def table(self, name: str) -> Table:
        """A live handle. Raises TableNotFoundError that suggests the nearest name."""
        try:
            return Table(self._native.table(_name("table", name)), self, self._durability)
        except NotFoundError as error:
            near = _nearest(name, self.tables())
            if near:
                error.hint = f'did you mean "{near}"?'
            raise

    def __getitem__(self, name: str) -> Table:
        return self.table(name)

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and self._native.table(name) is not None
        except (NotFoundError, InvalidError):
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables())

    @named
    def create_table(
        self,
        name: str,
        schema: Any,
        *,
        partition_by: Sequence[str] | str | None = None,
        properties: Mapping[str, str] | None = None,
        mode: str = "error",
        timestamps: str | None = None,
    ) -> Table:
        """Creates an empty table.

        schema: SQL column text ("id BIGINT NOT NULL, fare DOUBLE"), a list of (name, SQL type), a
        dict of them, or anything with `__arrow_c_schema__` or `__arrow_c_stream__`.
        mode: "error", "ignore" or "overwrite". timestamps="utc" stores zone-less timestamps as
        instants, so that every reader can read the table.
        """
        _name("create_table", name)
        columns, like = _columns_of(schema)
        native = self._native.create(
            name,
            columns,
            like,
            False,
            False,
            column_names("create_table", "partition_by", partition_by),
            table_properties(properties),
            write_mode(mode, ("error", "ignore", "overwrite")),
            utc(timestamps),
            *FileOptions({}, "", 0),
        )
        return Table(native, self, self._durability)

    @named
    def write(
        self,
        name: str,
        rows: Any,
        *,
        mode: str = "error",
        partition_by: Sequence[str] | str | None = None,
        properties: Mapping[str, str] | None = None,
        index: bool | None = None,
        timestamps: str | None = None,
        schema: Mapping[str, str] | None = None,
        schema_mode: str | None = None,
        compression: str | None = None,
        target_file_size: int | str | None = None,
    ) -> WriteReport | None:
        """Writes rows into a table, creating it if need be; see lakehold.write."""
        _name("write", name)
        write_mode(mode, ("error", "append", "overwrite", "ignore"))
        options = file_options(schema, schema_mode, compression, target_file_size)
        by = None if partition_by is None else column_names("write", "partition_by", partition_by)
        exists = name in self
        if exists and mode == "ignore":
            return None
        if exists and mode != "error":
            table = self._partitioned(name, by)
            return table._write(rows, mode == "overwrite", None, None, index, timestamps, options)
        given = source(
            rows,
            index=index,
            hint=(lambda: schema_capsule(list(options.types.items()))) if options.types else None,
            schema=options.types,
        )
        try:
            with given:
                self._native.create(
                    name,
                    "",
                    given.make,
                    given.one_shot,
                    True,
                    by or [],
                    table_properties(properties),
                    "error",
                    utc(timestamps),
                    *options,
                )
        except AlreadyExistsError:
            # Somebody else made it meanwhile; what gives its rows once may have given them.
            if mode == "ignore":
                return None
            if mode == "error" or given.one_shot:
                raise
            table = self._partitioned(name, by)
            return table._write(rows, mode == "overwrite", None, None, index, timestamps, options)
        return WriteReport.of(self._native.reports[-1])

    def _partitioned(self, name: str, by: list[str] | None) -> Table:
        """The table; raises if it is partitioned in another way than asked for."""
        table = self.table(name)
        if by is None:
            return table
        kept = table.partition_columns()
        if [column.lower() for column in by] == [column.lower() for column in kept]:
            return table
        raise InvalidError(
            f"{table.name} is partitioned by {kept}, not by {by}",
            reason="python.partition_by",
            hint="leave partition_by out for a table that exists",
        )

    # Transactions
    # ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Lake]:
        """`with lake.transaction() as tx:` several statements on one table become one version, or
        none."""
        self._native.sql("BEGIN TRANSACTION", {})
        try:
            yield self
        except BaseException:
            if self._native.in_transaction:
                self._native.sql("ROLLBACK", {})
            raise
        self._native.sql("COMMIT", {})

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        open_: bool = self._native.in_transaction
        return open_

    @property
    def reports(self) -> list[WriteReport]:
        """The commits of the last statement."""
        return [WriteReport.of(report) for report in self._native.reports]

    # Manners
    # ----------------------------------------------------------------------------------------------

    def __reduce__(self) -> tuple[Any, ...]:
        if self.is_temporary:
            raise InvalidError(
                "a temporary lake lives in its process and cannot be pickled",
                reason="python.pickle",
            )
        return _reconnect, (self.location, self._durability)

    def __repr__(self) -> str:
        return f"<Lake {self.location}>"


_TEMPORARY = "(temporary lake)"


@named
def connect(location: str | os.PathLike[str] = "", *, durability: str = "full") -> Lake:
    """A lake at a folder, made at the first write; without a location, a temporary one in this
    process.

    durability: "full" (an acknowledged commit survives power loss) or "none" (it survives kill -9).
    """
    if isinstance(location, Table):
        raise InvalidError(
            "connect() takes a folder of tables, and this is a table",
            reason="python.connect",
            hint="use the table itself",
        )
    if not isinstance(location, (str, os.PathLike)):
        raise InvalidError(
            f"connect() takes a path, not a {type(location).__name__}",
            reason="python.connect",
            hint='lh.connect("path/to/lake")',
        )
    path = os.fspath(location)
    if path and "://" not in path:
        path = os.path.abspath(
            path
        )  # The handle stays where it is when the process changes its folder.
    return Lake(_lakehold.Lake.connect(path, _durable(durability)), durability)


def _reconnect(location: str, durability: str) -> Lake:
    return connect(location, durability=durability)


def _is_frame(value: Any) -> bool:
    if isinstance(value, (Table, Result)) or hasattr(value, "__arrow_c_stream__"):
        return not isinstance(value, type)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return True
    return (
        type(value).__module__.partition(".")[0] == "polars" and type(value).__name__ == "LazyFrame"
    )


def _name(call: str, name: Any) -> str:
    if isinstance(name, str):
        return name
    raise InvalidError(
        f"{call}() takes the table's name first, not a {type(name).__name__}",
        reason="python.name",
        hint=f'lake.{call}("trips"{"" if call == "table" else ", ..."})',
    )


def _columns_of(schema: Any) -> tuple[str, Any]:
    """Columns as SQL text, or a source of rows that have them."""
    if isinstance(schema, str):
        return schema, None
    if isinstance(schema, Mapping) and all(isinstance(type_, str) for type_ in schema.values()):
        schema = list(schema.items())
    if isinstance(schema, Mapping) and not any(hasattr(v, "__iter__") for v in schema.values()):
        raise InvalidError(
            f"the columns are {dict(schema)!r}",
            reason="python.schema",
            hint='write SQL types, as in {"id": "BIGINT", "day": "DATE"}, or pass an Arrow schema',
        )
    if isinstance(schema, (list, tuple)):
        return ", ".join(_field(field) for field in schema), None
    return "", _schema_source(schema)


def _schema_source(schema: Any) -> Any:
    if hasattr(schema, "__arrow_c_stream__"):
        return schema.__arrow_c_stream__
    if hasattr(schema, "__arrow_c_schema__"):
        from ._inputs import _pyarrow

        pyarrow = _pyarrow("Arrow schemas")
        return pyarrow.schema(schema).empty_table().__arrow_c_stream__
    return source(schema).make


def _field(field: Any) -> str:
    if (
        not isinstance(field, (list, tuple))
        or len(field) != 2
        or not all(isinstance(part, str) for part in field)
    ):
        raise InvalidError(
            f"{field!r} is no column", reason="python.schema", hint='write it as ("fare", "DOUBLE")'
        )
    return f"{_quote(field[0])} {field[1]}"


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _nearest(name: str, names: list[str]) -> str | None:
    import difflib

    found = difflib.get_close_matches(name, names, n=1)
    return found[0] if found else None
