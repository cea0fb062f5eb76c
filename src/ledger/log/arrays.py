"""Arrays in PostgreSQL's binary form, for the one statement whose speed bounds the ledger's: the append.

A driver asks each element for its type, and each list for its elements' common one; here both are known. Of an array:
dimensions, a flag, the element's type, its length, its lower bound; then each element's length (-1 for null) and bytes,
all numbers of four bytes, big-endian (`array_send` and `array_recv` in PostgreSQL's `arrayfuncs.c`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

_HEADER: Final = struct.Struct("!iiIii")
_EMPTY: Final = struct.Struct("!iiI")
_INTEGER: Final = struct.Struct("!ii")
_NULL: Final = b"\xff\xff\xff\xff"
_UUID_LENGTH: Final = (16).to_bytes(4)
_TRUE, _FALSE = (1).to_bytes(4) + b"\1", (1).to_bytes(4) + b"\0"


def uuids(values: Sequence[UUID | None]) -> bytes:
    return _array(
        2950, len(values), [_NULL if value is None else _UUID_LENGTH + value.int.to_bytes(16) for value in values]
    )


def integers(values: Sequence[int]) -> bytes:
    return _array(23, len(values), [_INTEGER.pack(4, value) for value in values])


def booleans(values: Sequence[bool]) -> bytes:
    return _array(16, len(values), [_TRUE if value else _FALSE for value in values])


def texts(values: Sequence[str]) -> bytes:
    return _array(25, len(values), _with_lengths(value.encode() for value in values))


def byteas(values: Sequence[bytes]) -> bytes:
    return _array(17, len(values), _with_lengths(values))


OIDS: Final[dict[Callable[[Any], bytes], int]] = {
    uuids: 2951,
    integers: 1007,
    booleans: 1000,
    texts: 1009,
    byteas: 1001,
}
"""PostgreSQL's number of the array type that each of these writes."""


def _with_lengths(values: Iterable[bytes]) -> list[bytes]:
    return [len(value).to_bytes(4) + value for value in values]


def _array(element: int, length: int, elements: list[bytes]) -> bytes:
    if not elements:
        return _EMPTY.pack(0, 0, element)
    return _HEADER.pack(1, 0, element, length, 1) + b"".join(elements)
