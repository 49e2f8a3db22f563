"""Python values as SQL parameters, and points in time as milliseconds."""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ._errors import InvalidError

Parameters = Mapping[str, Any] | Sequence[Any] | None

_UTC = dt.timezone.utc
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=_UTC)


def bind(parameters: Parameters) -> dict[str, tuple[str | bytes | None, str]]:
    """{"f": 5} or [5] -> {"f": ("5", "BIGINT")}: texts and the SQL types they are cast to."""
    if parameters is None:
        return {}
    if isinstance(parameters, Mapping):
        return {str(name): sql_value(value) for name, value in parameters.items()}
    if isinstance(parameters, (str, bytes)) or not isinstance(parameters, Sequence):
        raise InvalidError(
            f"parameters are a {type(parameters).__name__}",
            reason="python.parameters",
            hint='pass a list for "?" or a dict for "$name"',
        )
    return {str(position): sql_value(value) for position, value in enumerate(parameters, start=1)}


def sql_value(value: Any) -> tuple[str | bytes | None, str]:
    if type(value).__name__ in ("NaTType", "NAType"):  # pandas' words for a missing value.
        return None, "VARCHAR"
    if hasattr(value, "dtype") and hasattr(value, "item"):
        value = _plain(value)
    if value is None:
        return None, "VARCHAR"
    if isinstance(value, bool):
        return ("true" if value else "false"), "BOOLEAN"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _float_text(value), "DOUBLE"
    if isinstance(value, str):
        return str.__str__(value), "VARCHAR"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value), "BLOB"
    if _is(value, "decimal", "Decimal"):
        return _decimal(value)
    if isinstance(value, dt.datetime):
        return _datetime(value)
    if isinstance(value, dt.date):
        return value.isoformat(), "DATE"
    if isinstance(value, dt.time) and value.tzinfo is None:
        return value.isoformat(), "TIME"
    if isinstance(value, dt.timedelta):
        return (
            f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds",
            "INTERVAL",
        )
    if _is(value, "uuid", "UUID"):
        return str(value), "UUID"
    raise InvalidError(
        f"a {type(value).__name__} cannot be a parameter",
        reason="python.parameters",
        hint="pass None, bool, int, float, str, bytes, Decimal, date, time, datetime, timedelta or UUID",
    )


def _plain(value: Any) -> Any:
    """A numpy scalar as the Python value it stands for. Its nanoseconds would come out as a number:
    microseconds, or none."""
    if getattr(value.dtype, "kind", "") not in ("M", "m"):
        return value.item()
    micros = value.astype(f"{value.dtype.kind}8[us]")
    if micros.astype(value.dtype) != value and value == value:
        raise InvalidError(
            f"{value} has nanoseconds, SQL timestamps have microseconds",
            reason="python.nanoseconds",
            hint="floor it to us",
        )
    return micros.item()


def _integer(value: int) -> tuple[str, str]:
    if -(2**63) <= value < 2**63:
        return str(int(value)), "BIGINT"
    if -(2**127) <= value < 2**127:
        return str(int(value)), "HUGEINT"
    raise InvalidError(
        "an integer parameter has at most 128 bits",
        reason="python.parameters",
        hint="pass it as text",
    )


def _datetime(value: dt.datetime) -> tuple[str, str]:
    if getattr(value, "nanosecond", 0):  # A pandas.Timestamp.
        raise InvalidError(
            f"{value} has nanoseconds, SQL timestamps have microseconds",
            reason="python.nanoseconds",
            hint="floor it to us",
        )
    if value.tzinfo is None:
        return value.isoformat(" "), "TIMESTAMP"
    return value.astimezone(_UTC).isoformat(" "), "TIMESTAMPTZ"


def _float_text(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(value)


def _is(value: Any, module: str, name: str) -> bool:
    """isinstance without importing: a value of the class cannot exist where its module was never
    imported."""
    known = sys.modules.get(module)
    return known is not None and isinstance(value, getattr(known, name))


def _decimal(value: Any) -> tuple[str, str]:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise InvalidError(
            "a decimal NaN or infinity cannot be a parameter", reason="python.parameters"
        )
    scale = max(0, -exponent)
    precision = max(len(digits) + max(0, exponent), scale, 1)
    if precision > 38:
        raise InvalidError("a decimal parameter has at most 38 digits", reason="python.parameters")
    return format(value, "f"), f"DECIMAL({precision},{scale})"


def time_ms(moment: dt.datetime | dt.date | str) -> int:
    """A point in time as milliseconds since 1970 UTC; what has no zone is UTC."""
    if isinstance(moment, str):
        try:
            moment = dt.datetime.fromisoformat(moment)
        except ValueError:
            raise InvalidError(
                f"{moment!r} is not a time",
                reason="python.time",
                hint='write it as "2026-11-01T00:00Z"',
            ) from None
    if not isinstance(moment, dt.date):
        raise InvalidError(
            f"{moment!r} is not a time",
            reason="python.time",
            hint='give a datetime, a date, or a text such as "2026-11-01T00:00Z"',
        )
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_UTC)
    return (moment - _EPOCH) // dt.timedelta(milliseconds=1)
