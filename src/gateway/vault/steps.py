"""The steps of a deposit that wait for disks and servers; what a kill leaves at each is told in `docs/vault.md`."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from io import BufferedReader
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
import psycopg
import structlog
from pydantic import ValidationError

from gateway.service import Service
from gateway.settings_vault import VaultSettings
from gateway.vault import intents
from gateway.vault.locks import GRACE, whole_term
from gateway.vault.scans import Judged, judge
from ledger.application import IdempotencyKey, Outcome
from ledger.document.aggregate import Document
from ledger.document.categories import CATEGORIES
from ledger.document.commands import RecordDeposit
from ledger.document.events import Analysis, Side
from ledger.kit.errors import Conflict, Invalid, Refusal
from ledger.vault.draft import SLAB_BYTES, Draft, too_large
from ledger.vault.inspection import examined
from ledger.vault.store import StoreUnavailable, VaultFault

_WITHDRAWN_AT_MOST: Final = 20
_PIECE_ROUTE: Final = "deposit_piece"
_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Asked:
    """What is said of a file: whose it is, what it is, what it belongs to. `name` as the sender has it."""

    side: Side
    category: str
    dossier_ids: tuple[UUID, ...]
    establishment_id: UUID | None
    transfer_id: UUID | None
    on: date
    name: str


class By(NamedTuple):
    """Whose order the event comes from, and in which request."""

    actor: UUID
    correlation_id: UUID


class Concluded(NamedTuple):
    """`already`: the outcome is that of an earlier deposit, of the same bytes or under the same key."""

    outcome: Outcome
    analysis: Analysis
    already: bool


class New(NamedTuple):
    """A draft that is no repeat: its type and the key that its event takes."""

    media_type: str
    key: IdempotencyKey


class Deposit:
    """One draft, from what it is to its event."""

    def __init__(
        self, service: Service, recording: threading.BoundedSemaphore, draft: Draft, asked: Asked, by: By
    ) -> None:
        """`recording` bounds how many events are recorded at a time: each holds two of the pool's connections."""
        self._service = service
        self._recording = recording
        self._draft = draft
        self._asked = asked
        self._by = by

    def look(self, key: IdempotencyKey | None) -> Concluded | New:
        """What the file is, and whether it is there already."""
        _check_size(self._service.settings.vault, self._asked.category, self._draft.size_bytes)
        kind = self._examined()
        self._command(kind, Judged("none"))  # what is said of it is looked at before anything is stored
        key, earlier = self._earlier(key)
        return New(kind, key) if earlier is None else self._already(earlier)

    def store(self, new: New) -> Concluded:
        """Scan, store, record."""
        settings = self._service.settings.vault
        judged = judge(settings, self._clear())
        document_id = self._draft.document_id
        intents.begin(self._service.database, document_id)
        self._service.vault.keep(self._draft, lock_until=self._service.ledger.clock() + GRACE)
        try:
            outcome = self._record(self._command(new.media_type, judged), new.key)
        except Refusal:
            self._take_back()
            raise
        if outcome.resource_id != document_id:
            self._take_back()  # the same was recorded a moment ago: those bytes are the document's
            return self._already(outcome)
        self._lock()
        return Concluded(outcome, Analysis(judged.analysis), already=False)

    def _examined(self) -> str:
        settings, asked = self._service.settings.vault, self._asked
        with BufferedReader(self._draft.clear()) as file:
            return examined(file, name=asked.name, category=asked.category, active_allowed=settings.pdf_active)

    def _clear(self) -> Iterator[bytes]:
        file = self._draft.clear()
        return iter(partial(file.read, SLAB_BYTES), b"")

    def _command(self, media_type: str, judged: Judged) -> RecordDeposit:
        told = {
            **asdict(self._asked),
            **self._draft.deposited._asdict(),
            **judged._asdict(),
            "document_id": self._draft.document_id,
            "media_type": media_type,
        }
        try:
            return RecordDeposit.model_validate(told)
        except ValidationError as error:
            raise _invalid(error) from None

    def _earlier(self, key: IdempotencyKey | None) -> tuple[IdempotencyKey, Outcome | None]:
        """The key that the event takes, and what is recorded under it. IdempotencyMismatch."""
        ledger = self._service.ledger
        if key is not None:
            return key, ledger.outcome_of(key)
        digest = content = _digest(self._asked, self._draft.deposited.plain_sha256)
        for _ in range(_WITHDRAWN_AT_MOST):
            key = IdempotencyKey(None, _PIECE_ROUTE, content, content.encode(), status=201)
            outcome = ledger.outcome_of(key)
            if outcome is None or self._stands(outcome.resource_id):
                return key, outcome
            content = f"{digest}:{outcome.resource_id}"
        raise Conflict

    def _stands(self, document_id: UUID) -> bool:
        """Whether it can still be the document that the same bytes are; else they are a new one."""
        if self._service.keyring.is_destroyed(document_id):
            return False
        return self._document(document_id).withdrawn_on is None

    def _already(self, outcome: Outcome) -> Concluded:
        return Concluded(outcome, self._document(outcome.resource_id).analysis, already=True)

    def _document(self, document_id: UUID) -> Document:
        document: Document = self._service.ledger.repository.get(document_id)
        return document

    def _record(self, command: RecordDeposit, key: IdempotencyKey) -> Outcome:
        """The event, under the fence. But for a refusal nothing may be taken away after: it may be recorded."""
        outcome: Outcome | None = None
        try:
            with self._recording, intents.held(self._service.database, command.document_id) as fence:
                outcome = self._service.ledger.execute(
                    command, actor=self._by.actor, key=key, correlation_id=self._by.correlation_id
                )
                if outcome.resource_id == command.document_id:
                    intents.end(fence, command.document_id)
        except intents.Condemned:
            raise StoreUnavailable("timeout") from None
        except psycopg.Error:
            if outcome is None:
                raise
            self._see_after_all(outcome)
        return outcome

    def _see_after_all(self, outcome: Outcome) -> None:
        """The fence fell while the event was recorded: it is acknowledged where its bytes are there all the same."""
        document_id = outcome.resource_id
        _log.warning("a deposit's row was lost", document_id=str(document_id), position=outcome.position)
        self._service.store.stat(document_id)

    def _take_back(self) -> None:
        """Bytes that no event names. What a lock keeps, and what a server does not take away now, a sweep takes."""
        document_id = self._draft.document_id
        try:
            if self._service.store.remove(document_id):
                with intents.held(self._service.database, document_id) as fence:
                    intents.end(fence, document_id)
        except (VaultFault, intents.Condemned, psycopg.Error) as fault:
            _log.warning(
                "a refused deposit waits for the sweep", document_id=str(document_id), fault=type(fault).__name__
            )

    def _lock(self) -> None:
        """For the whole term. Where it fails, `work` does it: the event is recorded, and the lock of two days holds."""
        until = whole_term(self._service.settings, self._service.ledger.clock())
        try:
            self._service.store.protect(self._draft.document_id, until)
        except VaultFault as fault:
            _log.warning("a lock waits for work", document_id=str(self._draft.document_id), fault=type(fault).__name__)


def limit_of(settings: VaultSettings, category: str) -> int:
    """The largest file of a category, in bytes: its own, or what the deployment raises all of them to; of a category
    that there is not, the largest of all.
    """
    kinds = [CATEGORIES[category]] if category in CATEGORIES else CATEGORIES.values()
    return max(*(kind.limit_bytes for kind in kinds), settings.max_bytes or 0)


def _check_size(settings: VaultSettings, category: str, size_bytes: int) -> None:
    limit_bytes = limit_of(settings, category)
    if size_bytes > limit_bytes:
        raise too_large(limit_bytes)


def _digest(asked: Asked, plain_sha256: str) -> str:
    """What makes two files the same: not their names. Only an HMAC of it is kept."""
    same: dict[str, Any] = {
        "side": asked.side,
        "category": asked.category,
        "dossier_ids": asked.dossier_ids,
        "establishment_id": asked.establishment_id,
        "sha256": plain_sha256,
    }
    if asked.transfer_id is not None:
        same["transfer_id"] = asked.transfer_id  # filed once without, an avis would never reach its transfer
    return hashlib.sha256(orjson.dumps(same, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _invalid(error: ValidationError) -> Invalid:
    """What is said of the file breaks a rule: the first of them, and not what was said."""
    first = error.errors(include_url=False, include_input=False)[0]
    rule = first["msg"] if first["type"] == "rule" else "La valeur n'est pas acceptée."
    return Invalid(field=str(first["loc"][0]), rule=rule)
