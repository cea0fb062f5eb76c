"""The vault: document bytes in, sealed under a key per document, and any range of them out again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import BinaryIO, Final, NamedTuple
from uuid import UUID

from ledger.kit.errors import Invalid, RuleBroken
from ledger.kit.keyring import Keyring, SubjectErased
from ledger.vault import verification
from ledger.vault.sealing import (
    CHUNK_BYTES,
    HEADER_BYTES,
    SEALED_CHUNK_BYTES,
    ChunkCipher,
    clear_size,
    regroup,
    seal,
)
from ledger.vault.store import Opened, Store

_MEBIBYTE: Final = 1024 * 1024


class DocumentErased(RuleBroken):
    """The document's key was destroyed: its bytes can never be read again."""

    code = "document-erased"
    template = "Ce document a été effacé : son contenu n'est plus consultable."


class Deposited(NamedTuple):
    """What the document's event says of its bytes. Hashes are hexadecimal; the event holds `plain_sha256` sealed."""

    size_bytes: int
    stored_bytes: int
    stored_sha256: str
    plain_sha256: str


class Vault:
    """Thread-safe, and streamed: no method holds more than some chunks of 64 KiB in memory."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._keyring = keyring

    def deposit(self, document_id: UUID, stream: Iterator[bytes] | BinaryIO, *, limit_bytes: int) -> Deposited:
        """Store a new document whole; it is durable when this returns, and only then may its event be recorded.

        Invalid where it has more than `limit_bytes`; nothing is kept then, nor where the stream itself fails. What
        such a deposit leaves is an unused key, which costs a row.
        """
        self._keyring.ensure([document_id])
        key = self._keyring.key(document_id)
        if key is None:
            raise SubjectErased
        meter = _Meter(_pieces(stream), limit_bytes)
        stored = self._store.put(document_id, seal(key, document_id, meter))
        return Deposited(meter.size, stored.size, stored.sha256, meter.digest.hexdigest())

    def discard(self, document_id: UUID) -> None:
        """Take out again what was deposited and is named by no event: its order was refused, or was a repeat."""
        self._store.remove(document_id)

    def read(self, document_id: UUID, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The clear bytes from `start` to before `end`, cut to the document's size as a slice is.

        Each chunk is verified before any of it is given, and the first before this returns: DocumentErased, NotStored
        and most damage are known before an answer is begun.
        """
        if start < 0 or (end is not None and end < 0):
            raise ValueError("a range is counted from the start of the document")
        key = self._keyring.key(document_id)
        if key is None:
            raise DocumentErased
        chunks = self._open(key, document_id, start, end)
        first = next(chunks, b"")
        return chain([first], chunks)

    def verify(self, document_id: UUID, stored_sha256: str) -> verification.Finding:
        """See `verification.verify`, which needs no keyring; here the keyring tells what was erased."""
        erased = self._keyring.is_destroyed(document_id)
        return verification.verify(self._store, document_id, stored_sha256, erased=erased)

    def _open(self, key: bytes, document_id: UUID, start: int, end: int | None) -> Iterator[bytes]:
        opened = self._store.open(document_id)
        size = clear_size(opened.size)
        cipher = ChunkCipher(key, document_id, b"".join(opened.read(0, HEADER_BYTES)))
        end = size if end is None else min(end, size)
        # An empty document has one chunk all the same, whose opening proves that it is empty.
        if start >= max(end, 1):
            return
        first, last = start // CHUNK_BYTES, max(end - 1, 0) // CHUNK_BYTES
        final = max(size - 1, 0) // CHUNK_BYTES
        sealed = _sealed_chunks(opened, first, last)
        for index in range(first, last + 1):
            clear = cipher.open(index, next(sealed, b""), last=index == final)
            base = index * CHUNK_BYTES
            yield clear[max(start - base, 0) : end - base]


class _Meter:
    """The clear bytes on their way in: counted, hashed, and stopped at the limit."""

    def __init__(self, pieces: Iterable[bytes], limit_bytes: int) -> None:
        self._pieces = pieces
        self._limit_bytes = limit_bytes
        self.size = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.size += len(piece)
            if self.size > self._limit_bytes:
                raise Invalid(field="file", rule=f"Le fichier dépasse {_size(self._limit_bytes)}.")
            self.digest.update(piece)
            yield piece


def _sealed_chunks(opened: Opened, first: int, last: int) -> Iterator[bytes]:
    offset = HEADER_BYTES + first * SEALED_CHUNK_BYTES
    return regroup(opened.read(offset, (last + 1 - first) * SEALED_CHUNK_BYTES), SEALED_CHUNK_BYTES)


def _pieces(stream: Iterator[bytes] | BinaryIO) -> Iterator[bytes]:
    # A file is an iterator as well, of its lines: it must not be taken for one.
    read = getattr(stream, "read", None)
    return iter(partial(read, CHUNK_BYTES), b"") if read else iter(stream)


def _size(size_bytes: int) -> str:
    """As people say it: limits are whole mebibytes, which they call « Mo »."""
    return f"{size_bytes // _MEBIBYTE} Mo" if size_bytes >= _MEBIBYTE else f"{size_bytes} octets"
