"""The whole vault held against the log: every document read and hashed, and what no event names found.

No key is needed: the events have the SHA-256 of the stored bytes. Memory is bounded, whatever the number of documents:
the log is read a thousand rows at a time, and asked about a thousand of the store's keys at a time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

import orjson
import psycopg
from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from ledger.document.events import DocumentDeposited
from ledger.kit.clock import system_clock
from ledger.kit.names import versions_of
from ledger.log.database import Database, Role
from ledger.log.reader import head, position_at
from ledger.vault.store import Store, StoreUnavailable
from ledger.vault.verification import Finding, verify

DAMAGING: Final = frozenset({Finding.DAMAGED, Finding.ABSENT, Finding.OVERLAID, Finding.UNREAD})
"""What an operator has to do something about at once."""

_BATCH: Final = 1_000
_THREADS: Final = 2
_ATTEMPTS: Final = 3
_YOUNG: Final = timedelta(days=1)
_DEPOSITED: Final = """
select position, recorded_at, stream_id, payload from log.events
 where position > %s and position <= %s and name = any(%s) order by position limit %s
"""
_KNOWN: Final = "select stream_id from log.events where name = any(%s) and stream_id = any(%s)"


class Recorded(NamedTuple):
    """What an event says that the store must hold."""

    document_id: UUID
    position: int
    stored_bytes: int
    stored_sha256: str
    recorded_at: datetime


class Found(NamedTuple):
    """What was found about one document; position 0 and no size where no event names it."""

    document_id: UUID
    finding: Finding
    position: int = 0
    stored_bytes: int | None = None


class Destroyed(Protocol):
    """Which documents were erased."""

    def among(self, documents: list[UUID]) -> Container[UUID]:
        """Those of them whose keys were destroyed."""


class Listed:
    """As a file says, one id a line: the list beside a backup of the keys (`destroyed.txt`)."""

    def __init__(self, path: Path) -> None:
        self._ids = frozenset(UUID(line) for line in path.read_text(encoding="ascii").split())

    def among(self, documents: list[UUID]) -> Container[UUID]:
        del documents
        return self._ids


class InDatabase:
    """As the keys' database says, which tells it without the master key; OperationalError where it does not answer."""

    def __init__(self, connection: Connection[DictRow]) -> None:
        self._connection = connection

    @classmethod
    def of(cls, url: str) -> InDatabase:
        """Opened for the length of the process's work with it."""
        return cls(psycopg.connect(url, autocommit=True, row_factory=dict_row, connect_timeout=5))

    def among(self, documents: list[UUID]) -> Container[UUID]:
        rows = self._connection.execute(
            "select subject from keys.subject_key where subject = any(%s) and destroyed_at is not null", (documents,)
        )
        return {row["subject"] for row in rows}

    def close(self) -> None:
        self._connection.close()


class NotKnown:
    """Nobody says: an erased document whose bytes are gone is told to be absent."""

    def among(self, documents: list[UUID]) -> Container[UUID]:
        del documents
        return ()


class Selection(NamedTuple):
    """Which documents are read: those recorded since an instant, and of these only a sample of so many."""

    since: datetime | None = None
    sample: int | None = None


def documents(
    database: Database, store: Store, destroyed: Destroyed, selection: Selection, passed: Callable[[int, int], None]
) -> Iterator[Found]:
    """What becomes of each document of the log, by position; `passed` is told the position reached and the head.

    StoreUnavailable where the store gives nothing at all any more.
    """
    with database.transaction(Role.AUDITOR) as connection:
        end = head(connection)
        start = position_at(connection, selection.since) if selection.since else 0
    batches = recorded(database, start, end)
    if selection.sample is not None:
        batches = iter([_sampled(batches, selection.sample)])
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="verify") as pool:
        for batch in batches:
            erased = destroyed.among([each.document_id for each in batch])
            for found in pool.map(lambda each: _look(store, each, erased), batch):  # noqa: B023 - ends within the turn
                yield found
                passed(found.position, end)
    passed(end, end)


def strangers(database: Database, store: Store, *, now: datetime | None = None) -> Iterator[Found]:
    """What the store has and no event names; young ones apart, whose deposits may be going on."""
    now = now or system_clock()
    keys = store.keys()
    while batch := list(islice(keys, _BATCH)):
        known = documents_among(database, batch)
        for key in batch:
            if key not in known:
                yield Found(key, Finding.UNDERWAY if now - made_at(key) < _YOUNG else Finding.STRANGER)


def documents_among(database: Database, keys: list[UUID]) -> set[UUID]:
    """Those of them that an event names."""
    with database.transaction(Role.AUDITOR) as connection:
        return {row["stream_id"] for row in connection.execute(_KNOWN, (versions_of(DocumentDeposited), keys))}


def recorded(database: Database, start: int, end: int) -> Iterator[list[Recorded]]:
    """The documents recorded after one position, up to another, in batches.

    A transaction for each: one that lasts as long as the reading would keep the database from tidying up.
    """
    while True:
        with database.transaction(Role.AUDITOR) as connection:
            rows = connection.execute(_DEPOSITED, (start, end, versions_of(DocumentDeposited), _BATCH)).fetchall()
        if not rows:
            return
        yield [_recorded(row) for row in rows]
        start = rows[-1]["position"]


def as_line(found: Found) -> bytes:
    """One line of the report, JSON."""
    line: dict[str, Any] = {
        "document_id": str(found.document_id),
        "position": found.position or None,
        "finding": found.finding,
        "stored_bytes": found.stored_bytes,
    }
    return orjson.dumps(line) + b"\n"


def _recorded(row: dict[str, Any]) -> Recorded:
    payload = orjson.loads(row["payload"])
    return Recorded(
        row["stream_id"], row["position"], payload["stored_bytes"], payload["stored_sha256"], row["recorded_at"]
    )


def _sampled(batches: Iterator[list[Recorded]], size: int) -> list[Recorded]:
    """So many of all, each as likely as another (Vitter's algorithm R), by position."""
    kept: list[Recorded] = []
    seen = 0
    for batch in batches:
        for each in batch:
            seen += 1
            if len(kept) < size:
                kept.append(each)
            elif (place := random.randrange(seen)) < size:  # noqa: S311 - a sample is no secret
                kept[place] = each
    return sorted(kept, key=lambda each: each.position)


def _look(store: Store, each: Recorded, erased: Container[UUID]) -> Found:
    finding = _finding(store, each, is_erased=each.document_id in erased)
    return Found(each.document_id, finding, each.position, each.stored_bytes)


def _finding(store: Store, each: Recorded, *, is_erased: bool) -> Finding:
    """One document may lie on a bad place of a disk that is else well; where the store is away, that is no finding."""
    for attempt in range(_ATTEMPTS):
        try:
            finding = verify(store, each.document_id, each.stored_sha256, erased=is_erased)
            return Finding.OVERLAID if finding is Finding.WHOLE and store.overlaid(each.document_id) else finding
        except StoreUnavailable as fault:
            if fault.reason in {"refused", "secret", "skew", "tls", "bucket"}:
                raise
            time.sleep(0.2 * 4**attempt)
    return Finding.UNREAD


def made_at(key: UUID) -> datetime:
    """The instant in a UUIDv7; an id of another kind was not made by us, and is old."""
    milliseconds = key.int >> 80 if key.version == 7 else 0
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)
