"""Python values as SQL parameters, and points in time as milliseconds."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import uuid
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
    if hasattr(value, "dtype") and hasattr(value, "item"):
        value = value.item()
    if value is None:
        return None, "VARCHAR"
    if isinstance(value, bool):
        return ("true" if value else "false"), "BOOLEAN"
    if isinstance(value, int):
        return str(value), "BIGINT" if -(2**63) <= value < 2**63 else "HUGEINT"
    if isinstance(value, float):
        return _float_text(value), "DOUBLE"
    if isinstance(value, str):
        return value, "VARCHAR"
    if isinstance(value, (bytes, bytearray)):
        return bytes(value), "BLOB"
    if isinstance(value, decimal.Decimal):
        return _decimal(value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            return value.isoformat(" "), "TIMESTAMP"
        return value.astimezone(_UTC).isoformat(" "), "TIMESTAMPTZ"
    if isinstance(value, dt.date):
        return value.isoformat(), "DATE"
    if isinstance(value, uuid.UUID):
        return str(value), "UUID"
    raise InvalidError(
        f"a {type(value).__name__} cannot be a parameter",
        reason="python.parameters",
        hint="pass None, bool, int, float, str, bytes, Decimal, date, datetime or UUID",
    )


def _float_text(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(value)


def _decimal(value: decimal.Decimal) -> tuple[str, str]:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise InvalidError("a decimal NaN or infinity cannot be a parameter", reason="python.parameters")
    scale = max(0, -exponent)
    precision = max(len(digits) + max(0, exponent), scale, 1)
    return format(value, "f"), f"DECIMAL({precision},{scale})"


def time_ms(moment: dt.datetime | dt.date | str) -> int:
    """A point in time as milliseconds since 1970 UTC; what has no zone is UTC."""
    if isinstance(moment, str):
        try:
            moment = dt.datetime.fromisoformat(moment)
        except ValueError:
            raise InvalidError(
                f"{moment!r} is not a time", reason="python.time", hint='write it as "2026-11-01T00:00Z"'
            ) from None
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_UTC)
    return int((moment - _EPOCH) / dt.timedelta(milliseconds=1))
