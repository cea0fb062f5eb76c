"""What deposits that were cut have left: bytes that no event names, rows, drafts. Documents are never touched.

The log is asked about every id before its bytes are taken away, and a deposit that may still go on keeps them: its row
is young, or held; or else it finds, before its event, that it was condemned. A log that ends before a deposit began
(an older one, restored beside the documents of a newer one) says nothing of it: nothing is taken then.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import structlog

from gateway.service import Service
from gateway.vault import intents
from gateway.vault.verifying import documents_among, made_at, strangers
from ledger.kit.clock import system_clock
from ledger.log.database import Database, Role
from ledger.vault.draft import sweep_drafts
from ledger.vault.store import Store, StoreUnavailable

DEPOSIT_AGE: Final = timedelta(hours=24)
STRANGER_AGE: Final = timedelta(days=7)

_BATCH: Final = 500
_FIRST: Final = UUID(int=0)
_LAST_RECORDED: Final = "select recorded_at from log.events order by position desc limit 1"
_log: Final = structlog.get_logger(__name__)


class Swept(NamedTuple):
    """`ended`: rows of recorded deposits; `removed`: deposits given up, their bytes gone; `kept`: given up, their bytes
    still locked; `drafts`: files; `strangers`: bytes that no deposit's row named.
    """

    ended: int = 0
    removed: int = 0
    kept: int = 0
    drafts: int = 0
    strangers: int = 0


def sweep(service: Service, *, with_strangers: bool = False) -> Swept:
    """Once. Any number of processes may do it at the same time. StoreUnavailable, with what was done before done."""
    database, store = service.database, service.store
    drafts = sweep_drafts(store.incoming)
    ended = _condemn(database, before=_horizon(database) - DEPOSIT_AGE)
    removed, kept = _remove_condemned(database, store)
    taken = _remove_strangers(database, store) if with_strangers else 0
    swept = Swept(ended, removed, kept, drafts, taken)
    if any(swept):
        _log.info("deposits that were cut are swept", **swept._asdict())
    return swept


def sweep_quietly(service: Service) -> None:
    """The same for a worker, which comes again in an hour."""
    try:
        sweep(service)
    except StoreUnavailable as unavailable:
        _log.warning("what was cut waits to be swept", reason=unavailable.reason)


def _horizon(database: Database) -> datetime:
    """Until when the log tells what was recorded: its last event's instant, or long ago where it has none."""
    with database.transaction(Role.AUDITOR) as connection:
        row = connection.execute(_LAST_RECORDED).fetchone()
    return min(row["recorded_at"], system_clock()) if row else made_at(_FIRST)


def _condemn(database: Database, before: datetime) -> int:
    """End the rows of what was recorded after all, and give up the other ones that are old."""
    ended, last = 0, _FIRST
    while True:
        with database.transaction(Role.AUTH) as connection:
            documents = intents.old(connection, before, last, _BATCH)
            recorded = documents_among(database, documents)
            intents.end_all(connection, list(recorded))
            intents.condemn(connection, [each for each in documents if each not in recorded])
        if not documents:
            return ended
        ended, last = ended + len(recorded), documents[-1]


def _remove_condemned(database: Database, store: Store) -> tuple[int, int]:
    """How many deposits' bytes are gone, and how many a lock keeps for now: their rows stay."""
    removed = kept = 0
    for document_id in _condemned(database):
        if documents_among(database, [document_id]):
            # Its depositor lost its fence between a look at the log and the event.
            _log.error("a condemned deposit was recorded", document_id=str(document_id))
        elif not store.remove(document_id):
            kept += 1
            continue
        else:
            removed += 1
        with database.transaction(Role.AUTH) as connection:
            intents.end(connection, document_id)
    return removed, kept


def _condemned(database: Database) -> Iterator[UUID]:
    last = _FIRST
    while True:
        with database.transaction(Role.AUTH) as connection:
            documents = intents.condemned(connection, last, _BATCH)
        yield from documents
        if not documents:
            return
        last = documents[-1]


def _remove_strangers(database: Database, store: Store) -> int:
    """Bytes older than a week by their own ids, which neither the log nor a deposit's row names."""
    before, removed = _horizon(database) - STRANGER_AGE, 0
    for found in strangers(database, store):
        if made_at(found.document_id) < before and not _is_underway(database, found.document_id):
            removed += store.remove(found.document_id)
    return removed


def _is_underway(database: Database, document_id: UUID) -> bool:
    with database.transaction(Role.AUTH) as connection:
        return intents.exists(connection, document_id)
