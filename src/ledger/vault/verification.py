"""Whether the vault holds what the log says, without any key: by the SHA-256 of the stored bytes alone."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator
from enum import StrEnum
from uuid import UUID

from ledger.vault.store import NotStored, Store


class Finding(StrEnum):
    """What became of a document's bytes."""

    WHOLE = "whole"
    DAMAGED = "damaged"
    ABSENT = "absent"
    ERASED = "erased"
    """Its key was destroyed: nobody can read it again. Its bytes, where they are still there, are the recorded ones."""
    OVERLAID = "overlaid"
    """It is whole, and something was written over it, or a deletion marked, which is not read."""
    UNREAD = "unread"
    """The store did not give it, though it answers otherwise: nothing is known of it."""
    STRANGER = "stranger"
    """The store has it, and no event names it."""
    UNDERWAY = "underway"
    """As a stranger, but so young that its deposit may be going on."""


def verify(store: Store, document_id: UUID, stored_sha256: str, *, erased: bool = False) -> Finding:
    """Compare a document's stored bytes with the hash (hexadecimal) in its event, in bounded memory."""
    digest = hashlib.sha256()
    try:
        for piece in store.get(document_id):
            digest.update(piece)
    except NotStored:
        return Finding.ERASED if erased else Finding.ABSENT
    if digest.hexdigest() != stored_sha256:
        return Finding.DAMAGED
    return Finding.ERASED if erased else Finding.WHOLE


def strangers(store: Store, known: Container[UUID]) -> Iterator[UUID]:
    """What the store holds and no event names: left by a deposit that was never recorded, or put there by somebody."""
    return (key for key in store.keys() if key not in known)  # noqa: SIM118 - a store is no mapping
