"""Where sealed bytes are kept. A store knows nothing of keys, people or what the bytes mean.

What is put is never changed: a store refuses to write over a key. One contract test runs on every store.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol
from uuid import UUID

PIECE_BYTES: Final = 256 * 1024


class VaultFault(Exception):
    """Base of what goes wrong with the vault. It is a fault for the operator, never an answer to a person."""


class NotStored(VaultFault):
    """The store has no bytes under this key, though something says that it should."""


class AlreadyStored(VaultFault):
    """The store has bytes under this key, and does not write over them."""


class StoreUnavailable(VaultFault):
    """The store does not do its work just now: it is refused, slow, full; it may do so later.

    `reason` is a code, never a library's text, which may quote an access key or a URL that is signed: refused, timeout,
    tls, cut, lost, secret, denied, skew, bucket, full, disk, server.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the store is not available: {reason}")
        self.reason = reason


class StoreUnfit(VaultFault):
    """The store lacks something for good, and must not be used so.

    `lacking` is a code: hard-links (of drafts and documents, in one file system), versioning, versions (of what was
    just written), ranges, object-lock, lock-read-back, lock-not-shortened, lock-not-deleted (the refusals to do so).
    """

    def __init__(self, lacking: str) -> None:
        super().__init__(f"the store must not be used: it lacks {lacking}")
        self.lacking = lacking


class LockRefused(VaultFault):
    """A document's lock, read back, is absent or ends earlier than was asked."""


class Stored(NamedTuple):
    """What was written: SHA-256 of the stored bytes in hexadecimal, and their number."""

    sha256: str
    size: int


class Opened(Protocol):
    """One document's stored bytes, found once, of which any number of ranges may be read."""

    @property
    def size(self) -> int:
        """How many bytes are stored."""

    def read(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `offset`, `length` of them or to the end, in pieces of at most PIECE_BYTES.

        What it holds open is let go however the reading ends.
        """


class Store(Protocol):
    """Bytes by id. Every method may be called from any thread, holds 30 MiB at most, may raise StoreUnavailable."""

    @property
    def incoming(self) -> Path:
        """The private directory in which drafts are written that are to be adopted."""

    def put(self, key: UUID, chunks: Iterator[bytes]) -> Stored:
        """Write all the chunks under a new key; durable, whole and visible when this returns, else nothing is there.

        AlreadyStored where the key has bytes. What `chunks` raises comes through, with nothing kept.
        """

    def adopt(self, key: UUID, draft: Path, stored: Stored) -> None:
        """Take in a finished file, whose bytes have this hash and number; durable, whole and visible when this returns.

        AlreadyStored where the key has bytes. The file stays its owner's, to be unlinked or to be offered again.
        """

    def open(self, key: UUID) -> Opened:
        """What is under a key; NotStored where nothing is."""

    def get(self, key: UUID, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of one range of a document, as `open(key).read(…)` gives them; NotStored at the first."""

    def exists(self, key: UUID) -> bool:
        """Whether a key has bytes."""

    def stat(self, key: UUID) -> int:
        """The number of bytes under a key; NotStored where there are none."""

    def remove(self, key: UUID) -> bool:
        """Take away an orphan, which no event names; False where a lock keeps it until its day. Harmless twice.

        A document's own bytes are never removed: its key is destroyed.
        """

    def keys(self) -> Iterator[UUID]:
        """Every key that has bytes, in any order."""

    def protect(self, key: UUID, until: datetime) -> datetime | None:
        """Let nobody delete a document before `until`; a longer lock stays as it is.

        Until when it is locked, as the store says when asked again; None where this store has no locks. LockRefused,
        NotStored.
        """

    def protected_until(self, key: UUID) -> datetime | None:
        """Until when a document is locked; None where it is not. NotStored."""

    def overlaid(self, key: UUID) -> bool:
        """Whether something was written, or a deletion marked, over the document. It is read all the same."""

    def prove(self) -> None:
        """Try what this store must be able to do; StoreUnfit where it cannot, StoreUnavailable where not just now."""


def key_of(name: str) -> UUID | None:
    """The key that a file or an object is named by; None where it is no document's."""
    try:
        key = UUID(name)
    except ValueError:
        return None
    return key if str(key) == name else None
