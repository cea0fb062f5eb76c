"""The vault: document bytes in, sealed under a key per document, and any range of them out again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import chain
from typing import BinaryIO
from uuid import UUID

from ledger.kit.errors import RuleBroken
from ledger.kit.keyring import Keyring, SubjectErased
from ledger.vault import verification
from ledger.vault.draft import SLAB_BYTES, Deposited, Draft
from ledger.vault.reading import ClearFile, Sealed
from ledger.vault.store import Store

__all__ = ["Deposited", "DocumentErased", "Vault"]


class DocumentErased(RuleBroken):
    """The document's key was destroyed: its bytes can never be read again."""

    code = "document-erased"
    template = "Ce document a été effacé : son contenu n'est plus consultable."


class Vault:
    """Thread-safe, and streamed: no method holds more than a few mebibytes, whatever the document's size."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._keyring = keyring

    def draft(self, document_id: UUID, *, limit_bytes: int) -> Draft:
        """A new document's draft, to be written, finished, looked at, and kept or dropped.

        Its key is made and committed first: what a draft that is dropped leaves is an unused key, which costs a row.
        """
        self._keyring.ensure([document_id])
        key = self._keyring.key(document_id)
        if key is None:
            raise SubjectErased
        return Draft(document_id, key, self._store.incoming, limit_bytes=limit_bytes)

    def keep(self, draft: Draft, *, lock_until: datetime | None = None) -> None:
        """Have the store take a finished draft in; it is durable when this returns, and only then may its event be
        recorded. Where the store has locks, nobody can delete it before `lock_until`. AlreadyStored, StoreUnavailable.
        """
        self._store.adopt(draft.document_id, draft.path, draft.stored)
        if lock_until is not None:
            self._store.protect(draft.document_id, lock_until)

    def deposit(self, document_id: UUID, stream: Iterator[bytes] | BinaryIO, *, limit_bytes: int) -> Deposited:
        """Draft and keep in one, for bytes that are at hand.

        Invalid where there are more than `limit_bytes`; nothing is kept then, nor where the stream itself fails.
        """
        with self.draft(document_id, limit_bytes=limit_bytes) as draft:
            for piece in _pieces(stream):
                draft.write(piece)
            deposited = draft.finish()
            self.keep(draft)
        return deposited

    def open(self, document_id: UUID) -> ClearFile:
        """The document as a file that can be sought in: DocumentErased, NotStored, Damaged."""
        return ClearFile(self._sealed(document_id))

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
        sealed = self._sealed(document_id)
        chunks = sealed.range(start, sealed.size if end is None else min(end, sealed.size))
        first = next(chunks, b"")
        return chain([first], chunks)

    def verify(self, document_id: UUID, stored_sha256: str) -> verification.Finding:
        """See `verification.verify`, which needs no keyring; here the keyring tells what was erased."""
        erased = self._keyring.is_destroyed(document_id)
        return verification.verify(self._store, document_id, stored_sha256, erased=erased)

    def _sealed(self, document_id: UUID) -> Sealed:
        key = self._keyring.key(document_id)
        if key is None:
            raise DocumentErased
        return Sealed(key, document_id, self._store.open(document_id))


def _pieces(stream: Iterator[bytes] | BinaryIO) -> Iterator[bytes]:
    # A file is an iterator as well, of its lines: it must not be taken for one.
    read = getattr(stream, "read", None)
    return iter(partial(read, SLAB_BYTES), b"") if read else iter(stream)
