"""For how long a document is locked, where the store has locks.

A deposit is locked for two days before its event is recorded, so that no recorded document is ever without a lock. The
whole term begins with the event: what no event names could else never be swept. It is given by the deposit itself, and
here once more to every document, however it came in, and to those of before locks were switched on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

import structlog
from psycopg import Connection
from psycopg.rows import DictRow

from gateway.service import Service
from gateway.settings import Settings
from ledger.document.events import DocumentDeposited
from ledger.log.recorded import Recorded
from ledger.vault.store import NotStored

GRACE: Final = timedelta(days=2)
"""For how long bytes are locked whose event is not recorded yet."""

_log: Final = structlog.get_logger(__name__)


class Locks:
    """The policy that gives every recorded document its whole lock; again and again harmless, never shorter."""

    NAME: ClassVar[str] = "locks"
    NAMES: ClassVar[frozenset[str]] = frozenset({DocumentDeposited.NAME})

    def __init__(self, service: Service) -> None:
        self._service = service

    def react(self, event: Recorded, connection: Connection[DictRow]) -> None:
        """Lock one document. A server that is away stops the policy here until it is back; an absent document does not,
        which is for `vault verify` to find.
        """
        del connection
        try:
            self._service.store.protect(event.stream_id, whole_term(self._service.settings, event.recorded_at))
        except NotStored:
            _log.error("a document is absent", document_id=str(event.stream_id), position=event.position)


def locks(service: Service) -> Iterator[Locks]:
    """The policy, where the deployment's store has locks."""
    s3 = service.settings.vault.s3
    if s3 is not None and s3.lock:
        yield Locks(service)


def whole_term(settings: Settings, since: datetime) -> datetime:
    """When the lock of a document that was deposited at this instant ends (DOCUMENT_LOCK_YEARS), UTC."""
    start = since.astimezone(UTC)
    year = start.year + settings.vault.lock_years
    try:
        return start.replace(year=year)
    except ValueError:  # 29 February
        return start.replace(year=year, month=3, day=1)
