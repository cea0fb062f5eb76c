"""A document lent through a pair of sockets: the child asks for ranges of it, and has nothing else of ours.

On the wire: the task (length of its JSON in 4 bytes, then the JSON) to the child; from it any number of `R`, offset (8)
and length (4), each answered by a length (4) and as many bytes; last `A`, two lengths (4, 4), JSON and bytes. Numbers
are big-endian.
"""

from __future__ import annotations

import io
import os
import struct
from typing import Any, Final

import orjson

MAX_RANGE: Final = 1024 * 1024
LENGTH: Final = struct.Struct("!I")
RANGE: Final = struct.Struct("!QI")
LENGTHS: Final = struct.Struct("!II")
ASKS: Final = b"R"
ANSWERS: Final = b"A"


class Borrowed(io.RawIOBase):
    """The child's side: a seekable file over its end of the pair, whose size the task told."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at < 0:
            raise ValueError("Before the start of the file.")
        self._at = at
        return at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        length = max(0, min(len(view), MAX_RANGE, self._size - self._at))
        if length:
            tell(self._descriptor, ASKS + RANGE.pack(self._at, length))
            [length] = LENGTH.unpack(hear(self._descriptor, LENGTH.size))
            view[:length] = hear(self._descriptor, length)
            self._at += length
        return length


def tell(descriptor: int, content: bytes) -> None:
    """Write all of it. `write` and `read` alone: the child may call little else (see `fence`)."""
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def hear(descriptor: int, length: int) -> bytes:
    """Exactly so many bytes; EOFError where the other side is gone."""
    heard = bytearray()
    while len(heard) < length:
        piece = os.read(descriptor, length - len(heard))
        if not piece:
            raise EOFError
        heard += piece
    return bytes(heard)


def task(descriptor: int) -> dict[str, Any]:
    """What the child is asked to do."""
    [length] = LENGTH.unpack(hear(descriptor, LENGTH.size))
    told: dict[str, Any] = orjson.loads(hear(descriptor, length))
    return told


def answer(descriptor: int, head: dict[str, Any], body: bytes = b"") -> None:
    """The child's last words."""
    written = orjson.dumps(head)
    tell(descriptor, ANSWERS + LENGTHS.pack(len(written), len(body)) + written + body)
