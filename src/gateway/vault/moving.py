"""Documents moved from the directory into the bucket, one by one in the log's order, each read back before it counts.

It can be stopped at any moment and run again: a document that is in the bucket whole is not written again. Everything
works meanwhile, with VAULT_FORMER: deposits go into the bucket, readings look into the directory for what it lacks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from gateway.settings import Settings
from gateway.vault.locks import whole_term
from gateway.vault.verifying import Recorded, recorded
from ledger.log.database import Database, Role
from ledger.log.reader import head
from ledger.vault.former import StoreWithFormer
from ledger.vault.store import AlreadyStored, NotStored
from ledger.vault.verification import Finding, verify

PROGRESS: Final = "vault-move.json"
_NOTED_EVERY: Final = 100
_THREADS: Final = 2


class Outcome(StrEnum):
    """What became of one document."""

    MOVED = "moved"
    THERE = "there"
    """The bucket had it already, whole."""
    REMOVED = "removed"
    """The bucket has it whole, and the directory no longer has it."""
    ABSENT = "absent"
    DAMAGED = "damaged"


FAILED: Final = frozenset({Outcome.ABSENT, Outcome.DAMAGED})


class Moved(NamedTuple):
    """One document and what became of it."""

    document_id: UUID
    position: int
    outcome: Outcome


class Progress:
    """How far every document is known to be in the bucket: kept in a file, that a later run need not read them again.

    It never passes a document that failed, and means nothing for another bucket.
    """

    def __init__(self, settings: Settings) -> None:
        s3 = settings.vault.s3
        self._file = settings.data_dir / PROGRESS
        self._bucket = f"{s3.server}/{s3.bucket}/{s3.prefix}" if s3 else ""
        self._passed = 0
        self._is_stopped = False

    def read(self) -> int:
        """The position after which there is something to do; 0 where nothing is known."""
        try:
            noted = orjson.loads(self._file.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return 0
        return int(noted["position"]) if noted.get("bucket") == self._bucket else 0

    def passed(self, moved: Moved) -> None:
        """Take note of one document, in the log's order."""
        self._is_stopped = self._is_stopped or moved.outcome in FAILED
        self._passed += 1
        if self._passed % _NOTED_EVERY == 0:
            self.note(moved.position)

    def note(self, position: int) -> None:
        """Everything up to a position is there: written aside, synced, put in place."""
        if self._is_stopped:
            return
        aside = self._file.with_suffix(".aside")
        _write(aside, orjson.dumps({"bucket": self._bucket, "position": position}))
        aside.replace(self._file)


def move(
    database: Database, store: StoreWithFormer, settings: Settings, progressed: Callable[[int, int], None]
) -> Iterator[Moved]:
    """Copy into the new store what it lacks, and lock it there for its whole term. StoreUnavailable stops it."""
    progress, end = Progress(settings), _head(database)
    for moved in _each(database, progress.read(), end, lambda each: _move(store, settings, each)):
        progress.passed(moved)
        progressed(moved.position, end)
        yield moved
    progress.note(end)
    progressed(end, end)


def remove_moved(database: Database, store: StoreWithFormer, progressed: Callable[[int, int], None]) -> Iterator[Moved]:
    """Take out of the former store what the new one has; each is read there once more, whole, before."""
    end = _head(database)
    for moved in _each(database, 0, end, lambda each: _remove(store, each)):
        progressed(moved.position, end)
        yield moved
    progressed(end, end)


def _each(database: Database, start: int, end: int, do: Callable[[Recorded], Outcome]) -> Iterator[Moved]:
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="move") as pool:
        for batch in recorded(database, start, end):
            for each, outcome in zip(batch, pool.map(do, batch), strict=True):
                yield Moved(each.document_id, each.position, outcome)


def _move(store: StoreWithFormer, settings: Settings, each: Recorded, *, again: bool = True) -> Outcome:
    key, outcome = each.document_id, Outcome.THERE
    if not store.new.exists(key):
        outcome = Outcome.MOVED
        try:
            copied = store.new.put(key, store.former.get(key))
        except NotStored:
            return Outcome.ABSENT
        except AlreadyStored:
            return _move(store, settings, each, again=again)  # another run was quicker
        if copied.sha256 != each.stored_sha256:
            store.new.remove(key)  # not locked yet: what is damaged in the directory may yet be put right there
            return Outcome.DAMAGED
    if verify(store.new, key, each.stored_sha256) is not Finding.WHOLE:
        # What a run left that was killed before it compared, or what a line spoiled: written anew, where it can be.
        can_be = again and verify(store.former, key, each.stored_sha256) is Finding.WHOLE and store.new.remove(key)
        return _move(store, settings, each, again=False) if can_be else Outcome.DAMAGED
    store.new.protect(key, whole_term(settings, each.recorded_at))
    return outcome


def _remove(store: StoreWithFormer, each: Recorded) -> Outcome:
    if not store.former.exists(each.document_id):
        return Outcome.THERE
    finding = verify(store.new, each.document_id, each.stored_sha256)
    if finding is not Finding.WHOLE:
        return Outcome.ABSENT if finding is Finding.ABSENT else Outcome.DAMAGED
    store.former.remove(each.document_id)
    return Outcome.REMOVED


def _head(database: Database) -> int:
    with database.transaction(Role.AUDITOR) as connection:
        return head(connection)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
