"""What happened to an invoice: one beneficiary's claim on one dossier for one period. Amounts are whole cents."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from ledger.kit.event import Claim, Event, OpeningEvent
from ledger.kit.personal import Personal


class InvoiceReceived(OpeningEvent):
    """`starts_on` to `ends_on` is the period billed (« Du », « Au »). `vat_exemption` quotes the legal mention, where
    there is one (art. 261-4-4° CGI). `duplicate_key` is beneficiary SIRET, normalised reference, dossier and period.
    """

    NAME: ClassVar[str] = "invoice.received.v1"

    dossier_id: UUID
    beneficiary_establishment_id: UUID
    reference: str
    duplicate_key: str
    issued_on: date
    starts_on: date
    ends_on: date
    net_cents: int
    vat_rate_basis_points: int
    vat_cents: int
    gross_cents: int
    vat_exemption: str | None = None
    on: date

    def claims(self) -> tuple[Claim, ...]:
        return (Claim(kind="invoice", value=self.duplicate_key),)


class ServiceAttested(Event):
    """« Service fait »: the certificate shows that the period's training took place."""

    NAME: ClassVar[str] = "invoice.service-attested.v1"

    on: date


class InvoiceApproved(Event):
    """To be paid for `amount_cents`, gross, reserved on the dossier in the same append."""

    NAME: ClassVar[str] = "invoice.approved.v1"

    amount_cents: int
    on: date


class InvoiceDisputed(Event):
    """« En litige »; an approval given before is taken back in the same append."""

    NAME: ClassVar[str] = "invoice.disputed.v1"

    reason: Personal[str]
    on: date


class DisputeResolved(Event):
    NAME: ClassVar[str] = "invoice.dispute-resolved.v1"

    on: date


class InvoiceScheduled(Event):
    """It is a line of a transfer, in a lot; no other transfer can take it."""

    NAME: ClassVar[str] = "invoice.scheduled.v1"

    lot_id: UUID
    transfer_id: UUID


class InvoiceUnscheduled(Event):
    """Its transfer was withdrawn, or rejected by the bank: it is approved again."""

    NAME: ClassVar[str] = "invoice.unscheduled.v1"

    transfer_id: UUID


class InvoicePaid(Event):
    NAME: ClassVar[str] = "invoice.paid.v1"

    transfer_id: UUID
    on: date
