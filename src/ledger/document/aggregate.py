"""A document: deposited whole, never changed, analysed as often as signatures change, withdrawn at most once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.document.errors import AnalysisUnchanged, DocumentAlreadyWithdrawn
from ledger.document.events import Analysis, DocumentAnalysed, DocumentDeposited, DocumentWithdrawn, Side
from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal


class Document(Aggregate, opens_with=DocumentDeposited):
    side: Side
    category: str
    analysis: Analysis
    name: Personal[str]
    dossier_ids: tuple[UUID, ...]
    establishment_id: UUID | None
    transfer_id: UUID | None
    stored_sha256: str
    deposited_on: date
    withdrawn_on: date | None

    @property
    def subject(self) -> UUID:
        """Whose key seals the texts about it: its first dossier's, else its establishment's."""
        return subject_of(self.dossier_ids, self.establishment_id)

    def dossiers(self) -> tuple[UUID, ...]:
        return self.dossier_ids

    def analysed(self, verdict: Literal["clean", "infected"], engine: str, threat: str | None, *, at: datetime) -> None:
        """Refused: AnalysisUnchanged. A withdrawn document may still be found infected: it stays traceable."""
        if self.analysis == verdict:
            raise AnalysisUnchanged
        self.trigger_event(DocumentAnalysed, timestamp=at, verdict=verdict, engine=engine, threat=threat)

    def withdraw(self, reason: Personal[Any], on: date, *, at: datetime) -> None:
        """Refused: DocumentAlreadyWithdrawn."""
        if self.withdrawn_on is not None:
            raise DocumentAlreadyWithdrawn
        self.trigger_event(DocumentWithdrawn, timestamp=at, reason=reason, on=on)

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: DocumentDeposited) -> None:
        self.side = event.side
        self.category = event.category
        self.analysis = Analysis(event.analysis)
        self.name = event.name
        self.dossier_ids = event.dossier_ids
        self.establishment_id = event.establishment_id
        self.transfer_id = event.transfer_id
        self.stored_sha256 = event.stored_sha256
        self.deposited_on = event.on
        self.withdrawn_on = None

    @when.register
    def _(self, event: DocumentAnalysed) -> None:
        self.analysis = Analysis(event.verdict)

    @when.register
    def _(self, event: DocumentWithdrawn) -> None:
        self.withdrawn_on = event.on


def subject_of(dossier_ids: tuple[UUID, ...], establishment_id: UUID | None) -> UUID:
    """ValueError (a programming error) for a document that belongs to nothing."""
    subject = dossier_ids[0] if dossier_ids else establishment_id
    if subject is None:
        raise ValueError("a document belongs to a dossier or to an establishment")
    return subject
