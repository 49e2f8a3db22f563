"""Parquet footers taken apart and put together again: for files no writer at hand makes.

Thrift's compact protocol, read into plain values: a struct is {field id: (type, value)}, a list is
[element type, values...].
"""

from __future__ import annotations

import pathlib
import struct
from collections.abc import Callable
from typing import Any

_TRUE, _FALSE, _BYTE, _I64, _DOUBLE, _BINARY, _LIST, _STRUCT = 1, 2, 3, 6, 7, 8, 9, 12
I32, STRUCT, BINARY, LIST = 5, _STRUCT, _BINARY, _LIST

# Fields of SchemaElement, and words of its enumerations.
TYPE, TYPE_LENGTH, REPETITION, NAME, CHILDREN, CONVERTED = 1, 2, 3, 4, 5, 6
SCALE, PRECISION, FIELD_ID, LOGICAL = 7, 8, 9, 10
REPEATED = 2
DECIMAL = 5


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def zigzag(self) -> int:
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def value(self, kind: int) -> Any:
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind == _BYTE:
            return self.byte()
        if kind <= _I64:
            return self.zigzag()
        if kind == _DOUBLE:
            self.at += 8
            return struct.unpack("<d", self.data[self.at - 8 : self.at])[0]
        if kind == _BINARY:
            size = self.varint()
            self.at += size
            return self.data[self.at - size : self.at]
        if kind == _LIST:
            head = self.byte()
            count = head >> 4 if head >> 4 < 15 else self.varint()
            inner = head & 15
            read = (lambda: self.byte() == 1) if inner in (_TRUE, _FALSE) else None
            return [inner, *(read() if read else self.value(inner) for _ in range(count))]
        assert kind == _STRUCT, kind
        fields: dict[int, tuple[int, Any]] = {}
        last = 0
        while head := self.byte():
            last = last + (head >> 4) if head >> 4 else self.zigzag()
            fields[last] = (head & 15, self.value(head & 15))
        return fields


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _zigzag(value: int) -> bytes:
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _written(kind: int, value: Any) -> bytes:
    if kind in (_TRUE, _FALSE):
        return b""
    if kind == _BYTE:
        return bytes([value])
    if kind <= _I64:
        return _zigzag(value)
    if kind == _DOUBLE:
        return struct.pack("<d", value)
    if kind == _BINARY:
        return _varint(len(value)) + value
    if kind == _LIST:
        inner, items = value[0], value[1:]
        head = bytes([min(len(items), 15) << 4 | inner])
        head += _varint(len(items)) if len(items) >= 15 else b""
        if inner in (_TRUE, _FALSE):
            return head + bytes(1 if item else 2 for item in items)
        return head + b"".join(_written(inner, item) for item in items)
    out, last = b"", 0
    for number, (field_kind, field_value) in sorted(value.items()):
        if field_kind in (_TRUE, _FALSE):
            field_kind = _TRUE if field_value else _FALSE
        delta = number - last
        out += bytes([delta << 4 | field_kind]) if delta < 16 else bytes([field_kind])
        out += _zigzag(number) if delta >= 16 else b""
        out += _written(field_kind, field_value)
        last = number
    return out + b"\0"


def schema_of(footer: dict[int, Any]) -> list[dict[int, Any]]:
    """The schema's elements, the root first; to be changed in place."""
    return footer[2][1][1:]


def named(footer: dict[int, Any], name: str) -> dict[int, Any]:
    """The first schema element of this name."""
    return next(e for e in schema_of(footer) if e[NAME][1] == name.encode())


def edit_footer(path: pathlib.Path, change: Callable[[dict[int, Any]], None]) -> None:
    """Rewrites the footer after `change`; pages stay as they are."""
    data = path.read_bytes()
    size = int.from_bytes(data[-8:-4], "little")
    footer = _Reader(data[-8 - size : -8]).value(_STRUCT)
    before = _written(_STRUCT, footer)
    assert before == data[-8 - size : -8], "the footer does not survive being read and written"
    change(footer)
    new = _written(_STRUCT, footer)
    path.write_bytes(data[: -8 - size] + new + len(new).to_bytes(4, "little") + b"PAR1")


def set_path(footer: dict[int, Any], *parts: str) -> None:
    """The only column's place in the schema."""
    column = footer[4][1][1][1][1][1]
    column[3][1][3] = (LIST, [BINARY, *(part.encode() for part in parts)])
