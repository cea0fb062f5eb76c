"""A transfer: one beneficiary's lines in one lot, frozen when it was prepared, ended once.

Whether its lot is released is the lot's to say.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal
from ledger.transfer import errors
from ledger.transfer.events import (
    RejectReason,
    TransferLine,
    TransferPaid,
    TransferPrepared,
    TransferRejected,
    TransferWithdrawn,
)


class TransferStatus(StrEnum):
    PREPARED = "prepared"
    PAID = "paid"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


_ENDED = {
    TransferStatus.PAID: errors.TransferAlreadyPaid,
    TransferStatus.REJECTED: errors.TransferAlreadyRejected,
    TransferStatus.WITHDRAWN: errors.TransferAlreadyWithdrawn,
}


class Transfer(Aggregate, opens_with=TransferPrepared):
    lot_id: UUID
    beneficiary_id: UUID
    iban: Personal[str]
    bic: str
    lines: tuple[TransferLine, ...]
    total_cents: int
    status: TransferStatus
    ended_on: date | None

    def dossiers(self) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(line.dossier_id for line in self.lines))

    def pay(self, on: date, *, at: datetime) -> None:
        """Refused: TransferAlreadyPaid, TransferAlreadyRejected, TransferAlreadyWithdrawn."""
        self._check_not_ended()
        self.trigger_event(TransferPaid, timestamp=at, on=on)

    def reject(self, reason: RejectReason, on: date, *, at: datetime) -> None:
        """Refused: TransferAlreadyPaid, TransferAlreadyRejected, TransferAlreadyWithdrawn."""
        self._check_not_ended()
        self.trigger_event(TransferRejected, timestamp=at, reason=reason, on=on)

    def withdraw(self, on: date, *, at: datetime) -> None:
        """Refused: TransferAlreadyPaid, TransferAlreadyRejected, TransferAlreadyWithdrawn."""
        self._check_not_ended()
        self.trigger_event(TransferWithdrawn, timestamp=at, on=on)

    def _check_not_ended(self) -> None:
        if self.status is not TransferStatus.PREPARED:
            raise _ENDED[self.status]

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: TransferPrepared) -> None:
        self.lot_id = event.lot_id
        self.beneficiary_id = event.beneficiary.establishment_id
        self.iban = event.iban
        self.bic = event.bic
        self.lines = event.lines
        self.total_cents = event.total_cents
        self.status = TransferStatus.PREPARED
        self.ended_on = None

    @when.register
    def _(self, event: TransferPaid) -> None:
        self.status = TransferStatus.PAID
        self.ended_on = event.on

    @when.register
    def _(self, event: TransferRejected) -> None:
        self.status = TransferStatus.REJECTED
        self.ended_on = event.on

    @when.register
    def _(self, event: TransferWithdrawn) -> None:
        self.status = TransferStatus.WITHDRAWN
        self.ended_on = event.on
