"""Lake: a folder of tables, and one SQL session on it."""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import sys
import threading
from collections.abc import Iterator
from typing import Any

from . import _lakehold
from ._errors import InvalidError, LakeholdError, NotFoundError
from ._inputs import source
from ._reports import Explanation, WriteReport
from ._result import Result
from ._table import Table, _durable, open_table
from ._values import Parameters, bind


class Lake:
    """One session on a lake: SQL, its tables, transactions. Not for several threads at once; use `session()` for more.

    `lake["trips"]`, `"trips" in lake` and `for name in lake` work. Handles pickle as their location.
    """

    def __init__(self, native: Any) -> None:
        self._native = native

    @property
    def location(self) -> str:
        """The folder or URL of the lake."""
        location: str = self._native.location
        return location

    def session(self) -> Lake:
        """Another session on the same lake."""
        return Lake(self._native.session())

    # SQL ----------------------------------------------------------------------------------------------------------------

    def sql(self, text: str, params: Parameters = None) -> Result:
        """Runs SQL; a SELECT is bound now and read when its result is.

        `params`: a list for ?, a dict for $name. Frames and Arrow objects in the caller's variables can be named in FROM
        where the lake has no table of that name. Several statements stop at the first error; the last one's result.
        """
        return self._sql(text, params, depth=2)

    def _sql(self, text: str, params: Parameters, depth: int) -> Result:
        bound = bind(params)
        with self._local_frames(text, depth + 1) as keep:
            native = _interruptible(self._native, lambda: self._native.sql(text, bound))
        result = Result(native, lambda: self._native.explain(text, bound))
        result._inputs = keep  # type: ignore[attr-defined]
        return result

    def explain(self, text: str, params: Parameters = None) -> Explanation:
        """Which files a SELECT would read, and why the others are skipped. Never runs it."""
        bound = bind(params)
        with self._local_frames(text, 2):
            return Explanation(self._native.explain(text, bound))

    @contextlib.contextmanager
    def _local_frames(self, text: str, depth: int) -> Iterator[list[Any]]:
        """Registers the caller's frames that the text mentions, by name, for this statement."""
        keep: list[Any] = []
        frame = inspect.currentframe()
        for _ in range(depth + 1):
            frame = frame.f_back if frame else None
        if frame is None:
            yield keep
            return
        for name in dict.fromkeys(re.findall(r"[A-Za-z_]\w*", text)):
            value = frame.f_locals.get(name, frame.f_globals.get(name))
            if value is None or not _is_frame(value) or name in self:
                continue
            self.register(name, _detached(value))
            keep.append(name)
        yield keep

    def register(self, name: str, rows: Any) -> None:
        """Gives rows (anything `append` takes) a name for this session's SQL, until `unregister`."""
        make, one_shot = source(rows)
        self._native.register(name, make, one_shot)

    def unregister(self, name: str) -> None:
        """Takes the name away again."""
        self._native.unregister(name)

    def interrupt(self) -> None:
        """Stops the statement that another thread runs on this lake."""
        self._native.interrupt()

    # Tables -------------------------------------------------------------------------------------------------------------

    def tables(self) -> list[str]:
        """Names of all tables: "trips", "schema.trips"."""
        return list(self._native.tables())

    def table(self, name: str) -> Table:
        """A live handle. Raises TableNotFoundError that suggests the nearest name."""
        try:
            return Table(self._native.table(name), self)
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
        except LakeholdError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables())

    def create_table(
        self,
        name: str,
        schema: Any,
        *,
        partition_by: list[str] | None = None,
        properties: dict[str, str] | None = None,
        mode: str = "error",
        timestamps: str | None = None,
    ) -> Table:
        """Creates an empty table.

        schema: SQL column text ("id BIGINT NOT NULL, fare DOUBLE"), a list of (name, SQL type), or anything with
        `__arrow_c_schema__` or `__arrow_c_stream__`. mode: "error", "ignore" or "overwrite". timestamps="utc" stores
        zone-less timestamps as instants, so that every reader can read the table.
        """
        if isinstance(schema, str):
            columns, like = schema, None
        elif isinstance(schema, (list, tuple)):
            columns, like = ", ".join(f"{_quote(column)} {type_}" for column, type_ in schema), None
        else:
            columns, like = "", _schema_source(schema)
        native = self._native.create(
            name,
            columns,
            like,
            False,
            False,
            list(partition_by or []),
            dict(properties or {}),
            _mode(mode, {"error", "ignore", "overwrite"}),
            timestamps == "utc",
        )
        return Table(native, self)

    def write(
        self,
        name: str,
        rows: Any,
        *,
        mode: str = "error",
        partition_by: list[str] | None = None,
        properties: dict[str, str] | None = None,
        index: bool | None = None,
        timestamps: str | None = None,
    ) -> WriteReport | None:
        """Writes rows into a table, creating it if need be; see lakehold.write."""
        _mode(mode, {"error", "append", "overwrite", "ignore"})
        exists = name in self
        if exists and mode == "ignore":
            return None
        if exists and mode in ("append", "overwrite"):
            table = self.table(name)
            if mode == "append":
                return table.append(rows, index=index, timestamps=timestamps)
            return table.overwrite(rows, index=index, timestamps=timestamps)
        make, one_shot = source(rows, index=index)
        self._native.create(
            name,
            "",
            make,
            one_shot,
            True,
            list(partition_by or []),
            dict(properties or {}),
            "error",
            timestamps == "utc",
        )
        return WriteReport.of(self._native.reports[-1])

    # Transactions -------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Lake]:
        """`with lake.transaction() as tx:` several statements on one table become one version, or none."""
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

    # Manners ------------------------------------------------------------------------------------------------------------

    def __reduce__(self) -> tuple[Any, ...]:
        return connect, (self.location,)

    def __repr__(self) -> str:
        return f"<Lake {self.location}>"


def connect(location: str | os.PathLike[str] = "", *, durability: str = "full") -> Lake:
    """A lake at a folder, made at the first write; without a location, a temporary one in this process.

    durability: "full" (an acknowledged commit survives power loss) or "none" (it survives kill -9).
    """
    if not isinstance(location, (str, os.PathLike)):
        raise InvalidError(
            f"connect() takes a path, not a {type(location).__name__}",
            reason="python.connect",
            hint='lh.connect("path/to/lake")',
        )
    return Lake(_lakehold.Lake.connect(os.fspath(location), _durable(durability)))


def _interruptible(native: Any, call: Any) -> Any:
    """Runs a native call so that Ctrl+C reaches it: the call works on another thread while this one listens."""
    if threading.current_thread() is not threading.main_thread():
        return call()
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append((True, call()))
        except BaseException as error:
            outcome.append((False, error))

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    try:
        worker.join()
    except KeyboardInterrupt:
        native.interrupt()
        worker.join()
        raise
    ok, value = outcome[0]
    if ok:
        return value
    raise value


def _is_frame(value: Any) -> bool:
    if isinstance(value, (Table, Result)) or hasattr(value, "__arrow_c_stream__"):
        return not isinstance(value, type)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return True
    return type(value).__module__.partition(".")[0] == "polars" and type(value).__name__ == "LazyFrame"


def _detached(value: Any) -> Any:
    """The same rows from outside this session: a session cannot be asked while it is running a statement."""
    if isinstance(value, Table):
        return open_table(value.location, version=value.version())
    if isinstance(value, Result):
        return value.to_arrow()
    return value


def _schema_source(schema: Any) -> Any:
    if hasattr(schema, "__arrow_c_stream__"):
        return schema.__arrow_c_stream__
    if hasattr(schema, "__arrow_c_schema__"):
        from ._inputs import _pyarrow

        pyarrow = _pyarrow("Arrow schemas")
        return pyarrow.schema(schema).empty_table().__arrow_c_stream__
    return source(schema).make


def _mode(mode: str, allowed: set[str]) -> str:
    if mode not in allowed:
        raise InvalidError(f"mode={mode!r}", reason="python.mode", hint="use one of " + ", ".join(sorted(allowed)))
    return mode


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _nearest(name: str, names: list[str]) -> str | None:
    import difflib

    found = difflib.get_close_matches(name, names, n=1)
    return found[0] if found else None
