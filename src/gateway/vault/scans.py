"""What is to be analysed, and the worker that has it analysed: a queue of codes in `auth.scan`, filled from the log.

A deposit asks clamd itself for some seconds (`judge`); whatever could not be answered then waits here. A scan that
fails is tried again, at longer and longer intervals: nothing is ever taken for clean because nobody answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import ClassVar, Final, Literal, NamedTuple
from uuid import UUID

import structlog
from psycopg import Connection
from psycopg.rows import DictRow

from gateway.patience import patience
from gateway.service import Service
from gateway.settings_vault import VaultSettings
from gateway.vault.clamd import Clamd, ScanFailed, Scanned
from gateway.vault.rescans import make_rescans_due, remember
from ledger.document.commands import RecordAnalysis
from ledger.document.errors import AnalysisUnchanged
from ledger.document.events import Analysis, DocumentDeposited
from ledger.kit.errors import NotFound
from ledger.kit.keyring import Damaged
from ledger.log.database import Role
from ledger.log.recorded import Recorded
from ledger.vault.inspection import DocumentInfected
from ledger.vault.store import NotStored, StoreUnavailable
from ledger.vault.vault import DocumentErased

POLL_SECONDS: Final = 1.0
LOOK_EVERY_SECONDS: Final = 3_600.0

_LEASE: Final = "greatest(interval '15 minutes', 2 * make_interval(secs => %(seconds)s))"
_LATER_SECONDS: Final = 86_400.0  # of what another try in a minute would not change
_SLOWEST_SECONDS: Final = 600.0
_QUIET: Final = frozenset({"erased", "absent"})
_log = structlog.get_logger(__name__)

_WAIT: Final = "insert into auth.scan (document_id, position) values (%s, %s) on conflict do nothing"
_NOTE: Final = """
insert into auth.scan (document_id, position, due_at, scanned_at, engine, verdict)
values (%s, %s, null, %s, %s, 'clean') on conflict do nothing
"""
# What was never analysed goes first: a rescan of everything must not keep a new document waiting.
_TAKE: Final = f"""
update auth.scan set taken_until = now() + {_LEASE} where document_id = (
  select document_id from auth.scan
   where due_at <= now() and (taken_until is null or taken_until < now()) and {{which}}
   order by due_at limit 1 for update skip locked)
returning document_id, attempts
"""
_DONE: Final = """
update auth.scan set due_at = null, taken_until = null, attempts = 0, failure = %(failure)s,
       scanned_at = coalesce(%(at)s, scanned_at), engine = coalesce(%(engine)s, engine),
       verdict = coalesce(%(verdict)s, verdict)
 where document_id = %(document_id)s
"""
_FAILED: Final = """
update auth.scan set due_at = now() + make_interval(secs => %(seconds)s), taken_until = null, attempts = attempts + 1,
       failure = %(failure)s
 where document_id = %(document_id)s
"""


class Judged(NamedTuple):
    """What a deposit's event says of its analysis."""

    analysis: Literal["none", "awaited", "clean"]
    engine: str | None = None


def judge(settings: VaultSettings, pieces: Iterable[bytes]) -> Judged:
    """Ask clamd about a deposit on its way in, for CLAMD_INLINE_SECONDS. Refused: DocumentInfected.

    Where it cannot say, the document waits for `work`; where no clamd is configured, nothing is analysed.
    """
    if settings.clamd is None:
        return Judged("none")
    if not settings.clamd_inline_seconds:
        return Judged("awaited")
    try:
        found = Clamd(settings.clamd, timeout_seconds=settings.clamd_inline_seconds).scan(pieces)
    except ScanFailed as failure:
        _log.warning("a deposit waits for its analysis", failure=failure.code)
        return Judged("awaited")
    if found.verdict == "infected":
        _log.warning("an infected file was refused", threat=found.threat, engine=found.engine)
        raise DocumentInfected(field="file", threat=found.threat)
    return Judged("clean", found.engine)


class Scans:
    """The policy that puts each deposited document into the queue, or notes when it was analysed."""

    NAME: ClassVar[str] = "scans"
    NAMES: ClassVar[frozenset[str]] = frozenset({DocumentDeposited.NAME})

    def react(self, event: Recorded, connection: Connection[DictRow]) -> None:
        """What was deposited where nothing is analysed has no row: an import of millions writes nothing here."""
        analysis = event.data["analysis"]
        if analysis == Analysis.AWAITED:
            connection.execute(_WAIT, (event.stream_id, event.position))
        elif analysis == Analysis.CLEAN:
            connection.execute(_NOTE, (event.stream_id, event.position, event.recorded_at, event.data["engine"]))


class Scanner:
    """The duty of `work` that has documents analysed, one at a time. Any number of workers may share the queue."""

    def __init__(self, service: Service) -> None:
        settings = service.settings.vault
        if settings.clamd is None:
            raise ValueError("CLAMD is not set")
        self._service = service
        self._settings = settings
        self._clamd = Clamd(settings.clamd, timeout_seconds=settings.clamd_seconds)
        self._look_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set."""
        while not stop.is_set():
            with patience("scans", stop):
                self._look_after()
                if not self.run_once():
                    stop.wait(POLL_SECONDS)

    def run_once(self) -> bool:
        """Have one document analysed; False where none is due."""
        row = self._take()
        if row is None:
            return False
        document_id, attempts = row
        try:
            found = self._clamd.scan(self._service.vault.read(document_id))
            self._record(document_id, found)
        except (ScanFailed, StoreUnavailable, NotStored, DocumentErased, Damaged, NotFound) as error:
            self._failed(document_id, attempts, _code(error))
        else:
            self._done(document_id, found)
        return True

    def _take(self) -> tuple[UUID, int] | None:
        """A due document, for this worker alone until its lease ends."""
        with self._service.database.transaction(Role.AUTH) as connection:
            for which in ("verdict is null", "verdict is not null"):
                taken = connection.execute(_TAKE.format(which=which), {"seconds": self._settings.clamd_seconds})
                if row := taken.fetchone():
                    return row["document_id"], row["attempts"]
        return None

    def _record(self, document_id: UUID, found: Scanned) -> None:
        """The same verdict again is no event: whoever recorded it before us, or whatever was lost of our own answer."""
        order = RecordAnalysis(document_id=document_id, verdict=found.verdict, engine=found.engine, threat=found.threat)
        try:
            self._service.ledger.execute(order, actor=None)
        except AnalysisUnchanged:
            return
        if found.verdict == "infected":
            _log.error("a document is quarantined", document_id=str(document_id), threat=found.threat)
        else:
            _log.info("a document is transmitted", document_id=str(document_id), engine=found.engine)

    def _done(self, document_id: UUID, found: Scanned | None, failure: str | None = None) -> None:
        noted = {
            "document_id": document_id,
            "failure": failure,
            "at": found and datetime.now(UTC),
            "engine": found and found.engine,
            "verdict": found and found.verdict,
        }
        with self._service.database.transaction(Role.AUTH) as connection:
            connection.execute(_DONE, noted)

    def _failed(self, document_id: UUID, attempts: int, code: str) -> None:
        """Tried again, but what is not there any more, or never was."""
        if code in _QUIET:
            self._done(document_id, None, code)
            return
        later = code in {"too-large", "damaged"}
        seconds = _LATER_SECONDS if later else min(5.0 * 2 ** min(attempts, 10), _SLOWEST_SECONDS)
        _log.warning("an analysis failed", document_id=str(document_id), failure=code, again_in_seconds=seconds)
        with self._service.database.transaction(Role.AUTH) as connection:
            connection.execute(_FAILED, {"document_id": document_id, "failure": code, "seconds": seconds})

    def _look_after(self) -> None:
        """Once an hour: what is to be scanned again, and what the queue has lost."""
        if time.monotonic() < self._look_at:
            return
        remember(self._service.database)
        if self._settings.rescan_days:
            with self._service.database.transaction(Role.AUTH) as connection:
                make_rescans_due(connection, self._settings.rescan_days)
        self._look_at = time.monotonic() + LOOK_EVERY_SECONDS


def _code(error: Exception) -> str:
    match error:
        case ScanFailed(code=code):
            return code
        case DocumentErased():
            return "erased"
        case NotStored() | NotFound():
            return "absent"
        case Damaged():
            return "damaged"
    return "store"
