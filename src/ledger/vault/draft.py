"""One deposit on its way in: sealed as it comes, into a local file of its own, until the store has it or it is dropped.

No clear byte is ever on a disk: what looks at a draft reads it through the key again, chunk by chunk.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self
from uuid import UUID

from ledger.kit.errors import Invalid
from ledger.vault.disk import on_disk
from ledger.vault.reading import ClearFile, Sealed
from ledger.vault.sealing import CHUNK_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES, ChunkCipher
from ledger.vault.store import PIECE_BYTES, Stored

SLAB_BYTES: Final = 16 * CHUNK_BYTES
"""How much is gathered before it is sealed and written: one call of the system for each."""

DRAFT_SECONDS: Final = 6 * 3_600.0
"""A file that nobody has written to for so long is no deposit that goes on."""

_beside: Final = ThreadPoolExecutor(2, thread_name_prefix="draft")
_SEALED_SLAB_BYTES: Final = 16 * SEALED_CHUNK_BYTES
_MEBIBYTE: Final = 1024 * 1024


class Deposited(NamedTuple):
    """What the document's event says of its bytes. Hashes are hexadecimal; the event holds `plain_sha256` sealed."""

    size_bytes: int
    stored_bytes: int
    stored_sha256: str
    plain_sha256: str


class Draft:
    """A new file `incoming/<document id>`, private, of format 1. As a context manager it drops itself at the end.

    Not thread-safe. It holds two slabs of a mebibyte, whatever the document's size. StoreUnavailable where the disk is
    full or broken.
    """

    def __init__(self, document_id: UUID, key: bytes, incoming: Path, *, limit_bytes: int) -> None:
        self.document_id = document_id
        self.path = incoming / str(document_id)
        self.size_bytes = 0
        self._key = key
        self._limit_bytes = limit_bytes
        self._cipher = ChunkCipher.new(key, document_id)
        self._clear, self._sealed = bytearray(SLAB_BYTES), bytearray(_SEALED_SLAB_BYTES)
        self._filled = self._index = self._stored_bytes = 0
        self._plain, self._stored = hashlib.sha256(), hashlib.sha256()
        self._deposited: Deposited | None = None
        self._descriptor = _new_file(self.path)
        try:
            self._write(memoryview(self._cipher.header))
        except BaseException:
            self.drop()
            raise

    @property
    def deposited(self) -> Deposited:
        """What `finish` returned; ValueError before."""
        if self._deposited is None:
            raise ValueError("the draft is not finished")
        return self._deposited

    @property
    def stored(self) -> Stored:
        """The same, as a store counts it."""
        return Stored(self.deposited.stored_sha256, self.deposited.stored_bytes)

    @property
    def is_dropped(self) -> bool:
        return self._descriptor < 0

    def write(self, clear: bytes | bytearray | memoryview) -> None:
        """Add clear bytes, any number of them; Invalid, naming `file`, over the limit."""
        if self._deposited is not None:
            raise ValueError("the draft is finished")
        rest = memoryview(clear).cast("B")
        self.size_bytes += len(rest)
        if self.size_bytes > self._limit_bytes:
            raise too_large(self._limit_bytes)
        while rest:
            # A full slab waits for what follows: only then is it known that its last chunk is not the document's.
            if self._filled == SLAB_BYTES:
                self._seal(last=False)
            taken = min(SLAB_BYTES - self._filled, len(rest))
            self._clear[self._filled : self._filled + taken] = rest[:taken]
            self._filled += taken
            rest = rest[taken:]

    def finish(self) -> Deposited:
        """Seal what is left: nothing may be written after. It is the store that makes it durable, by `adopt`."""
        if self._deposited is None:
            self._seal(last=True)
            self._clear = self._sealed = bytearray()
            hashes = self._stored.hexdigest(), self._plain.hexdigest()
            self._deposited = Deposited(self.size_bytes, self._stored_bytes, *hashes)
        return self._deposited

    def clear(self) -> ClearFile:
        """What was written, to be looked at; any number of them, once finished and until dropped."""
        return ClearFile(Sealed(self._key, self.document_id, _Written(self._descriptor, self.deposited.stored_bytes)))

    def drop(self) -> None:
        """Take the file away: what a store adopted is the store's own. Harmless twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
            # A draft that cannot be taken away is one that the sweep finds: nobody's answer depends on it.
            with suppress(OSError):
                self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    def _seal(self, *, last: bool) -> None:
        clear = memoryview(self._clear)[: self._filled]
        # The clear bytes are hashed while they are sealed and these are hashed: the two hashes are what costs.
        hashed = _beside.submit(self._plain.update, clear) if self._filled == SLAB_BYTES else None
        try:
            self._write(self._sealed_from(clear, last=last))
        finally:
            if hashed is None:
                self._plain.update(clear)
            else:
                hashed.result()
        self._filled = 0

    def _sealed_from(self, clear: memoryview, *, last: bool) -> memoryview:
        """An empty document has one chunk, of nothing; a slab that is not the last is a whole number of them."""
        sealed, written = memoryview(self._sealed), 0
        for start in range(0, max(len(clear), 1), CHUNK_BYTES):
            chunk = clear[start : start + CHUNK_BYTES]
            is_last = last and start + CHUNK_BYTES >= len(clear)
            self._cipher.seal_into(self._index, chunk, sealed[written : written + len(chunk) + TAG_BYTES], last=is_last)
            written += len(chunk) + TAG_BYTES
            self._index += 1
        return sealed[:written]

    def _write(self, sealed: memoryview) -> None:
        self._stored.update(sealed)
        self._stored_bytes += len(sealed)
        with on_disk():
            while sealed:
                sealed = sealed[os.write(self._descriptor, sealed) :]


class _Written(NamedTuple):
    """The draft's own file, read where it is open: it may have lost its name meanwhile."""

    descriptor: int
    size: int

    def read(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        end = self.size if length is None else min(offset + length, self.size)
        while offset < end:
            with on_disk():
                piece = os.pread(self.descriptor, min(end - offset, PIECE_BYTES), offset)
            if not piece:
                return
            offset += len(piece)
            yield piece


def sweep_drafts(incoming: Path) -> int:
    """Take away the files that nobody has written to for DRAFT_SECONDS; how many there were."""
    before, gone = time.time() - DRAFT_SECONDS, 0
    for entry in os.scandir(incoming) if incoming.is_dir() else ():
        # Another process may sweep as well, or the depositor drop it.
        with suppress(FileNotFoundError):
            if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < before:
                Path(entry.path).unlink()
                gone += 1
    return gone


def _new_file(path: Path) -> int:
    with on_disk():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def too_large(limit_bytes: int) -> Invalid:
    """As people say it: limits are whole mebibytes, which they call « Mo »."""
    size = f"{limit_bytes // _MEBIBYTE} Mo" if limit_bytes >= _MEBIBYTE else f"{limit_bytes} octets"
    return Invalid(field="file", rule=f"Le fichier dépasse {size}.")
