"""Where sealed bytes are kept. A store knows nothing of keys, people or what the bytes mean.

What is put is never changed: a store refuses to write over a key. One contract test runs on every store.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol
from uuid import UUID


class VaultFault(Exception):
    """Base of what goes wrong with the vault. It is a fault for the operator, never an answer to a person."""


class NotStored(VaultFault):
    """The store has no bytes under this key, though something says that it should."""


class AlreadyStored(VaultFault):
    """The store has bytes under this key, and does not write over them."""


class Stored(NamedTuple):
    """What was written: SHA-256 of the stored bytes in hexadecimal, and their number."""

    sha256: str
    size: int


class Store(Protocol):
    """Bytes by id. Every method may be called from any thread."""

    def put(self, key: UUID, chunks: Iterator[bytes]) -> Stored:
        """Write all the chunks under a new key; durable, whole and visible when this returns, else nothing is there.

        AlreadyStored where the key has bytes. What `chunks` raises comes through, with nothing kept.
        """

    def get(self, key: UUID, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `offset`, `length` of them or to the end, in pieces of any size; NotStored at the first."""

    def exists(self, key: UUID) -> bool:
        """Whether a key has bytes."""

    def stat(self, key: UUID) -> int:
        """The number of bytes under a key; NotStored where there are none."""

    def remove(self, key: UUID) -> None:
        """Take away an orphan, which no event names. A document's own bytes are never removed: its key is destroyed."""

    def keys(self) -> Iterator[UUID]:
        """Every key that has bytes, in any order."""
