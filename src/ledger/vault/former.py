"""Two stores while documents move from one to the other: what the new one lacks as yet is read in the former one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from ledger.vault.store import AlreadyStored, NotStored, Opened, Store, Stored


class StoreWithFormer:
    """A store whose documents may still be in a former one, to which nothing is written any more.

    A new store that does not answer is never taken for one that does not have a document: its fault comes through.
    """

    def __init__(self, new: Store, former: Store) -> None:
        self.new = new
        self.former = former

    @property
    def incoming(self) -> Path:
        return self.new.incoming

    def put(self, key: UUID, chunks: Iterator[bytes]) -> Stored:
        self._refuse_former(key)
        return self.new.put(key, chunks)

    def adopt(self, key: UUID, draft: Path, stored: Stored) -> None:
        self._refuse_former(key)
        self.new.adopt(key, draft, stored)

    def open(self, key: UUID) -> Opened:
        try:
            return self.new.open(key)
        except NotStored:
            return self.former.open(key)

    def get(self, key: UUID, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        yield from self.open(key).read(offset, length)

    def exists(self, key: UUID) -> bool:
        return self.new.exists(key) or self.former.exists(key)

    def stat(self, key: UUID) -> int:
        return self.open(key).size

    def remove(self, key: UUID) -> bool:
        removed = self.former.remove(key)
        return self.new.remove(key) and removed

    def keys(self) -> Iterator[UUID]:
        yield from self.new.keys()
        for key in self.former.keys():  # noqa: SIM118 - a store is no mapping
            if not self.new.exists(key):
                yield key

    def protect(self, key: UUID, until: datetime) -> datetime | None:
        try:
            return self.new.protect(key, until)
        except NotStored:
            return self.former.protect(key, until)

    def protected_until(self, key: UUID) -> datetime | None:
        try:
            return self.new.protected_until(key)
        except NotStored:
            return self.former.protected_until(key)

    def overlaid(self, key: UUID) -> bool:
        return self.new.overlaid(key)

    def prove(self) -> None:
        self.new.prove()

    def _refuse_former(self, key: UUID) -> None:
        if self.former.exists(key):
            raise AlreadyStored(f"document {key} is in the former store")
