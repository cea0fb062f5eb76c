"""Stored documents opened chunk by chunk: as ranges, and as a file that can be sought in."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from uuid import UUID

from ledger.vault.sealing import CHUNK_BYTES, HEADER_BYTES, SEALED_CHUNK_BYTES, ChunkCipher, clear_size, regroup
from ledger.vault.store import Opened

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_KEPT_CHUNKS: Final = 2


class Sealed:
    """One document's stored bytes with its key; Damaged where they are no sealed document's. `size`: clear bytes."""

    def __init__(self, key: bytes, document_id: UUID, opened: Opened) -> None:
        self.size = clear_size(opened.size)
        self._opened = opened
        self._cipher = ChunkCipher(key, document_id, b"".join(opened.read(0, HEADER_BYTES)))
        self._final = max(self.size - 1, 0) // CHUNK_BYTES

    def range(self, start: int, end: int) -> Iterator[bytes]:
        """The clear bytes from `start` to before `end`, at most `size`; each chunk is verified before it is given.

        An empty document has one chunk all the same, whose opening proves that it is empty.
        """
        if start >= max(end, 1):
            return
        first, last = start // CHUNK_BYTES, max(end - 1, 0) // CHUNK_BYTES
        for index, clear in enumerate(self._chunks(first, last), first):
            base = index * CHUNK_BYTES
            yield clear[max(start - base, 0) : end - base]

    def chunk(self, index: int) -> bytes:
        """The clear bytes of one chunk."""
        return next(self._chunks(index, index))

    def _chunks(self, first: int, last: int) -> Iterator[bytes]:
        offset, length = HEADER_BYTES + first * SEALED_CHUNK_BYTES, (last + 1 - first) * SEALED_CHUNK_BYTES
        sealed = regroup(self._opened.read(offset, length), SEALED_CHUNK_BYTES)
        for index in range(first, last + 1):
            yield self._cipher.open(index, next(sealed, b""), last=index == self._final)


class ClearFile(io.RawIOBase):
    """A document's clear bytes as a read-only, seekable file; no clear byte is ever on a disk.

    What is small is served from the last two chunks, what spans several is fetched in one reading of the store.
    Damaged where a chunk that is asked for does not open: not one byte of it is given. Not thread-safe.
    """

    def __init__(self, sealed: Sealed) -> None:
        super().__init__()
        self.size = sealed.size
        self._sealed = sealed
        self._position = 0
        self._kept: dict[int, bytes] = {}

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a position is counted from the start of the document")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        into = memoryview(buffer).cast("B")
        end = min(self._position + len(into), self.size)
        filled = 0
        for piece in self._pieces(end) if self._position < end else ():
            into[filled : filled + len(piece)] = piece
            filled += len(piece)
        self._position += filled
        return filled

    def readall(self) -> bytes:
        """Everything from here to the end, in memory: for documents that are known to be small."""
        start, self._position = self._position, max(self._position, self.size)
        return b"".join(self._sealed.range(start, self.size)) if start < self.size else b""

    def _pieces(self, end: int) -> Iterator[bytes]:
        first, last = self._position // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
        if last - first >= _KEPT_CHUNKS:
            yield from self._sealed.range(self._position, end)
            return
        for index in range(first, last + 1):
            base = index * CHUNK_BYTES
            yield self._chunk(index)[max(self._position - base, 0) : end - base]

    def _chunk(self, index: int) -> bytes:
        if index not in self._kept:
            chunk = self._sealed.chunk(index)
            if len(self._kept) == _KEPT_CHUNKS:
                del self._kept[next(iter(self._kept))]
            self._kept[index] = chunk
        return self._kept[index]
