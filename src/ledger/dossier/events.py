"""What happened to a dossier, along its four axes: instruction, execution, financial, closing.

Free text (reasons) is sealed under the dossier's own key. Dates named `on` are the paper's (Europe/Paris).
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from ledger.dossier.scheme import Scheme
from ledger.kit.event import Claim, Event, OpeningEvent
from ledger.kit.personal import Personal


class DossierOpened(OpeningEvent):
    """`number` is opaque text (« N° de dossier »); the company's establishment employs, the providers' train."""

    NAME: ClassVar[str] = "dossier.opened.v1"

    number: str
    request_number: str | None = None
    scheme: Scheme
    title: str
    company_establishment_id: UUID
    provider_establishment_ids: tuple[UUID, ...]
    starts_on: date
    ends_on: date
    on: date

    def claims(self) -> tuple[Claim, ...]:
        return (Claim(kind="dossier-number", value=self.number),)


class TraineeEnrolled(Event):
    NAME: ClassVar[str] = "dossier.trainee-enrolled.v1"

    person_id: UUID
    starts_on: date
    ends_on: date


class TraineeWithdrawn(Event):
    NAME: ClassVar[str] = "dossier.trainee-withdrawn.v1"

    person_id: UUID
    on: date


class AgreementIssued(Event):
    """« Accord de prise en charge »: the fund commits `amount_cents`, gross; nothing is paid above it."""

    NAME: ClassVar[str] = "dossier.agreement-issued.v1"

    amount_cents: int
    on: date


class AgreementRefused(Event):
    NAME: ClassVar[str] = "dossier.agreement-refused.v1"

    reason: Personal[str]
    on: date


class AgreementAmended(Event):
    """« Avenant »: the agreement as it stands from now on, whole."""

    NAME: ClassVar[str] = "dossier.agreement-amended.v1"

    amount_cents: int
    title: str
    starts_on: date
    ends_on: date
    reason: Personal[str] | None = None
    on: date


class ExecutionStarted(Event):
    NAME: ClassVar[str] = "dossier.execution-started.v1"

    on: date


class ExecutionBrokenOff(Event):
    """« Rupture »."""

    NAME: ClassVar[str] = "dossier.execution-broken-off.v1"

    reason: Personal[str] | None = None
    on: date


class ExecutionFinished(Event):
    NAME: ClassVar[str] = "dossier.execution-finished.v1"

    on: date


class PaymentReserved(Event):
    """An approved invoice takes its part of the agreement: the sum reserved never exceeds it."""

    NAME: ClassVar[str] = "dossier.payment-reserved.v1"

    invoice_id: UUID
    amount_cents: int


class ReservationReleased(Event):
    """The invoice is no longer approved: its part of the agreement is free again."""

    NAME: ClassVar[str] = "dossier.reservation-released.v1"

    invoice_id: UUID
    amount_cents: int


class PaymentRecorded(Event):
    """A transfer paid the reserved amount of one invoice."""

    NAME: ClassVar[str] = "dossier.payment-recorded.v1"

    invoice_id: UUID
    transfer_id: UUID
    amount_cents: int
    on: date


class DossierSettled(Event):
    """« Soldé »: everything due is paid; what was committed and not paid is released."""

    NAME: ClassVar[str] = "dossier.settled.v1"

    released_cents: int
    on: date


class DossierClosed(Event):
    """Retention on line runs from `on`."""

    NAME: ClassVar[str] = "dossier.closed.v1"

    on: date


class DossierCancelled(Event):
    NAME: ClassVar[str] = "dossier.cancelled.v1"

    reason: Personal[str] | None = None
    on: date
