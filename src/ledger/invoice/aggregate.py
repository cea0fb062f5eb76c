"""An invoice: received, approved, a line of one transfer at most, paid once.

What it takes of the agreement is decided by its dossier, in the same append.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.invoice import errors
from ledger.invoice import events as e
from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal


class InvoiceStatus(StrEnum):
    RECEIVED = "received"
    DISPUTED = "disputed"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PAID = "paid"


_NOT_RECEIVED = {
    InvoiceStatus.DISPUTED: errors.InvoiceInDispute,
    InvoiceStatus.APPROVED: errors.InvoiceAlreadyApproved,
    InvoiceStatus.SCHEDULED: errors.InvoiceAlreadyScheduled,
    InvoiceStatus.PAID: errors.InvoiceAlreadyPaid,
}
"""Why an invoice cannot be approved, or scheduled, as it stands."""


class Invoice(Aggregate, opens_with=e.InvoiceReceived):
    dossier_id: UUID
    beneficiary_establishment_id: UUID
    reference: str
    issued_on: date
    starts_on: date
    ends_on: date
    gross_cents: int
    status: InvoiceStatus
    service_attested_on: date | None
    approved_cents: int
    transfer_id: UUID | None

    def dossiers(self) -> tuple[UUID, ...]:
        return (self.dossier_id,)

    @property
    def reserved(self) -> bool:
        """Its amount is taken on its dossier, and not paid."""
        return self.status in {InvoiceStatus.APPROVED, InvoiceStatus.SCHEDULED}

    def attest_service(self, on: date, *, at: datetime) -> None:
        """At any time, even after an advance was paid. Refused: ServiceAlreadyAttested."""
        if self.service_attested_on is not None:
            raise errors.ServiceAlreadyAttested
        self.trigger_event(e.ServiceAttested, timestamp=at, on=on)

    def approve(self, amount_cents: int, on: date, *, at: datetime) -> None:
        """Refused: InvoiceInDispute, InvoiceAlreadyApproved, InvoiceAlreadyScheduled, InvoiceAlreadyPaid,
        ApprovalAboveInvoice.
        """
        if self.status is not InvoiceStatus.RECEIVED:
            raise _NOT_RECEIVED[self.status]
        if amount_cents > self.gross_cents:
            raise errors.ApprovalAboveInvoice(gross_cents=self.gross_cents)
        self.trigger_event(e.InvoiceApproved, timestamp=at, amount_cents=amount_cents, on=on)

    def dispute(self, reason: Personal[Any], on: date, *, at: datetime) -> None:
        """Refused: InvoiceInDispute, InvoiceAlreadyScheduled, InvoiceAlreadyPaid."""
        if self.status not in {InvoiceStatus.RECEIVED, InvoiceStatus.APPROVED}:
            raise _NOT_RECEIVED[self.status]
        self.trigger_event(e.InvoiceDisputed, timestamp=at, reason=reason, on=on)

    def resolve_dispute(self, on: date, *, at: datetime) -> None:
        """It is received again, to be approved anew. Refused: InvoiceNotInDispute."""
        if self.status is not InvoiceStatus.DISPUTED:
            raise errors.InvoiceNotInDispute
        self.trigger_event(e.DisputeResolved, timestamp=at, on=on)

    def schedule(self, lot_id: UUID, transfer_id: UUID, *, at: datetime) -> None:
        """Refused: InvoiceNotApproved, InvoiceInDispute, InvoiceAlreadyScheduled, InvoiceAlreadyPaid."""
        if self.status is InvoiceStatus.RECEIVED:
            raise errors.InvoiceNotApproved(field="invoice_ids")
        if self.status is not InvoiceStatus.APPROVED:
            raise _NOT_RECEIVED[self.status](field="invoice_ids")
        self.trigger_event(e.InvoiceScheduled, timestamp=at, lot_id=lot_id, transfer_id=transfer_id)

    def unschedule(self, transfer_id: UUID, *, at: datetime) -> None:
        """Its transfer was withdrawn or rejected: it is approved again. Refused: InvoiceNotScheduled."""
        self._check_line_of(transfer_id)
        self.trigger_event(e.InvoiceUnscheduled, timestamp=at, transfer_id=transfer_id)

    def pay(self, transfer_id: UUID, on: date, *, at: datetime) -> None:
        """Refused: InvoiceNotScheduled."""
        self._check_line_of(transfer_id)
        self.trigger_event(e.InvoicePaid, timestamp=at, transfer_id=transfer_id, on=on)

    def _check_line_of(self, transfer_id: UUID) -> None:
        if self.status is not InvoiceStatus.SCHEDULED or self.transfer_id != transfer_id:
            raise errors.InvoiceNotScheduled

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: e.InvoiceReceived) -> None:
        self.dossier_id = event.dossier_id
        self.beneficiary_establishment_id = event.beneficiary_establishment_id
        self.reference = event.reference
        self.issued_on = event.issued_on
        self.starts_on = event.starts_on
        self.ends_on = event.ends_on
        self.gross_cents = event.gross_cents
        self.status = InvoiceStatus.RECEIVED
        self.service_attested_on = None
        self.approved_cents = 0
        self.transfer_id = None

    @when.register
    def _(self, event: e.ServiceAttested) -> None:
        self.service_attested_on = event.on

    @when.register
    def _(self, event: e.InvoiceApproved) -> None:
        self.status = InvoiceStatus.APPROVED
        self.approved_cents = event.amount_cents

    @when.register
    def _(self, _event: e.InvoiceDisputed) -> None:
        self.status = InvoiceStatus.DISPUTED
        self.approved_cents = 0

    @when.register
    def _(self, _event: e.DisputeResolved) -> None:
        self.status = InvoiceStatus.RECEIVED

    @when.register
    def _(self, event: e.InvoiceScheduled) -> None:
        self.status = InvoiceStatus.SCHEDULED
        self.transfer_id = event.transfer_id

    @when.register
    def _(self, _event: e.InvoiceUnscheduled) -> None:
        self.status = InvoiceStatus.APPROVED
        self.transfer_id = None

    @when.register
    def _(self, _event: e.InvoicePaid) -> None:
        self.status = InvoiceStatus.PAID
