"""A dossier: what the fund agreed to, for whom, and how much of it is taken.

The money rule lives here, and nowhere else: the sum reserved by approved invoices, paid or not, never exceeds the
agreement. Everything that approves, disputes or pays an invoice goes through this stream in the same append.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.dossier import errors
from ledger.dossier import events as e
from ledger.dossier.axes import Closing, Execution, Instruction
from ledger.dossier.scheme import Scheme
from ledger.kit.aggregate import Aggregate
from ledger.kit.days import check_period
from ledger.kit.event import Event
from ledger.kit.personal import Personal


@dataclass(frozen=True, slots=True)
class Enrolment:
    starts_on: date
    ends_on: date
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """An approved invoice's part of the agreement; it stays taken once it is paid."""

    amount_cents: int
    transfer_id: UUID | None = None

    @property
    def paid(self) -> bool:
        return self.transfer_id is not None


class Dossier(Aggregate, opens_with=e.DossierOpened):
    number: str
    request_number: str | None
    scheme: Scheme
    title: str
    company_establishment_id: UUID
    provider_establishment_ids: tuple[UUID, ...]
    starts_on: date
    ends_on: date
    instruction: Instruction
    execution: Execution
    closing: Closing
    execution_started_on: date | None
    trainees: Mapping[UUID, Enrolment]
    agreement_cents: int
    reservations: Mapping[UUID, Reservation]

    def dossiers(self) -> tuple[UUID, ...]:
        return (self.id,)

    @property
    def reserved_cents(self) -> int:
        """What approved invoices take of the agreement, paid or not."""
        return sum(reservation.amount_cents for reservation in self.reservations.values())

    @property
    def paid_cents(self) -> int:
        return sum(reservation.amount_cents for reservation in self.reservations.values() if reservation.paid)

    def enrol(self, person_id: UUID, starts_on: date, ends_on: date, *, at: datetime) -> None:
        """Refused: DossierNotOpen, AgreementAlreadyRefused, TraineeAlreadyEnrolled, Invalid (period)."""
        self._check_alive()
        check_period(starts_on, ends_on)
        if self._is_enrolled(person_id):
            raise errors.TraineeAlreadyEnrolled(field="person_id")
        self.trigger_event(e.TraineeEnrolled, timestamp=at, person_id=person_id, starts_on=starts_on, ends_on=ends_on)

    def withdraw(self, person_id: UUID, on: date, *, at: datetime) -> None:
        """Refused: DossierNotOpen, AgreementAlreadyRefused, TraineeNotEnrolled."""
        self._check_alive()
        if not self._is_enrolled(person_id):
            raise errors.TraineeNotEnrolled(field="person_id")
        self.trigger_event(e.TraineeWithdrawn, timestamp=at, person_id=person_id, on=on)

    def issue_agreement(self, amount_cents: int, on: date, *, at: datetime) -> None:
        """Refused: DossierNotOpen, AgreementAlreadyIssued, AgreementAlreadyRefused."""
        self._check_undecided()
        self.trigger_event(e.AgreementIssued, timestamp=at, amount_cents=amount_cents, on=on)

    def refuse_agreement(self, reason: Personal[Any], on: date, *, at: datetime) -> None:
        """Refused: DossierNotOpen, AgreementAlreadyIssued, AgreementAlreadyRefused."""
        self._check_undecided()
        self.trigger_event(e.AgreementRefused, timestamp=at, reason=reason, on=on)

    def amend_agreement(
        self,
        amount_cents: int,
        title: str,
        period: tuple[date, date],
        reason: Personal[Any] | None,
        on: date,
        *,
        at: datetime,
    ) -> None:
        """Refused: DossierNotOpen, AgreementMissing, AgreementBelowReserved, Invalid (period)."""
        self.check_agreed()
        starts_on, ends_on = period
        check_period(starts_on, ends_on)
        if amount_cents < self.reserved_cents:
            raise errors.AgreementBelowReserved(reserved_cents=self.reserved_cents)
        self.trigger_event(
            e.AgreementAmended,
            timestamp=at,
            amount_cents=amount_cents,
            title=title,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason,
            on=on,
        )

    def start_execution(self, on: date, *, at: datetime) -> None:
        """A training may start before the fund decides.

        Refused: DossierNotOpen, AgreementAlreadyRefused, ExecutionAlreadyStarted.
        """
        self._check_alive()
        if self.execution is not Execution.NOT_STARTED:
            raise errors.ExecutionAlreadyStarted
        self.trigger_event(e.ExecutionStarted, timestamp=at, on=on)

    def break_off(self, reason: Personal[Any] | None, on: date, *, at: datetime) -> None:
        """Before or after the start.

        Refused: DossierNotOpen, AgreementAlreadyRefused, ExecutionAlreadyOver, ExecutionEndsBeforeItStarts.
        """
        self._check_can_end(on)
        self.trigger_event(e.ExecutionBrokenOff, timestamp=at, reason=reason, on=on)

    def finish_execution(self, on: date, *, at: datetime) -> None:
        """Refused: DossierNotOpen, AgreementAlreadyRefused, ExecutionNotStarted, ExecutionAlreadyOver,
        ExecutionEndsBeforeItStarts.
        """
        self._check_can_end(on)
        if self.execution is Execution.NOT_STARTED:
            raise errors.ExecutionNotStarted
        self.trigger_event(e.ExecutionFinished, timestamp=at, on=on)

    def reserve(self, invoice_id: UUID, amount_cents: int, *, at: datetime) -> None:
        """Take an approved invoice's part of the agreement.

        Refused: DossierNotOpen, AgreementMissing, PaymentAlreadyReserved, AgreementExceeded.
        """
        self.check_agreed()
        if invoice_id in self.reservations:
            raise errors.PaymentAlreadyReserved
        left_cents = self.agreement_cents - self.reserved_cents
        if amount_cents > left_cents:
            raise errors.AgreementExceeded(left_cents=left_cents)
        self.trigger_event(e.PaymentReserved, timestamp=at, invoice_id=invoice_id, amount_cents=amount_cents)

    def release(self, invoice_id: UUID, *, at: datetime) -> None:
        """Give back the part of an invoice that is no longer approved. Refused: PaymentNotReserved (or paid)."""
        amount_cents = self._unpaid(invoice_id).amount_cents
        self.trigger_event(e.ReservationReleased, timestamp=at, invoice_id=invoice_id, amount_cents=amount_cents)

    def record_payment(self, invoice_id: UUID, transfer_id: UUID, on: date, *, at: datetime) -> None:
        """Refused: PaymentNotReserved (or paid before)."""
        self.trigger_event(
            e.PaymentRecorded,
            timestamp=at,
            invoice_id=invoice_id,
            transfer_id=transfer_id,
            amount_cents=self._unpaid(invoice_id).amount_cents,
            on=on,
        )

    def settle(self, on: date, *, at: datetime) -> None:
        """Refused: DossierNotOpen, AgreementMissing, PaymentsOutstanding."""
        self.check_agreed()
        outstanding_cents = self.reserved_cents - self.paid_cents
        if outstanding_cents:
            raise errors.PaymentsOutstanding(outstanding_cents=outstanding_cents)
        released_cents = self.agreement_cents - self.paid_cents
        self.trigger_event(e.DossierSettled, timestamp=at, released_cents=released_cents, on=on)

    def close(self, on: date, *, at: datetime) -> None:
        """A settled dossier, or a refused one. Refused: DossierNotOpen (closed or cancelled), DossierNotSettled."""
        if self.closing in {Closing.CLOSED, Closing.CANCELLED}:
            raise errors.DossierNotOpen
        if self.closing is Closing.OPEN and self.instruction is not Instruction.REFUSED:
            raise errors.DossierNotSettled
        self.trigger_event(e.DossierClosed, timestamp=at, on=on)

    def cancel(self, reason: Personal[Any] | None, on: date, *, at: datetime) -> None:
        """Refused: DossierNotOpen, AgreementAlreadyRefused, PaymentsReserved."""
        self._check_alive()
        if self.reservations:
            raise errors.PaymentsReserved(reserved_cents=self.reserved_cents)
        self.trigger_event(e.DossierCancelled, timestamp=at, reason=reason, on=on)

    def check_agreed(self) -> None:
        """Open, with an agreement: what a commitment needs. Refused: DossierNotOpen, AgreementMissing."""
        self._check_open()
        if self.instruction is not Instruction.AGREED:
            raise errors.AgreementMissing

    def check_party(self, establishment_id: UUID, *, field: str) -> None:
        """Refused: NotPartyToDossier."""
        if establishment_id not in {self.company_establishment_id, *self.provider_establishment_ids}:
            raise errors.NotPartyToDossier(field=field)

    def check_takes_pieces(self) -> None:
        """A settled dossier still takes its last papers. Refused: DossierNotOpen (closed, cancelled)."""
        if self.closing in {Closing.CLOSED, Closing.CANCELLED}:
            raise errors.DossierNotOpen

    def _check_open(self) -> None:
        if self.closing is not Closing.OPEN:
            raise errors.DossierNotOpen

    def _check_alive(self) -> None:
        self._check_open()
        if self.instruction is Instruction.REFUSED:
            raise errors.AgreementAlreadyRefused

    def _check_undecided(self) -> None:
        self._check_alive()
        if self.instruction is Instruction.AGREED:
            raise errors.AgreementAlreadyIssued

    def _check_can_end(self, on: date) -> None:
        self._check_alive()
        if self.execution in {Execution.BROKEN_OFF, Execution.FINISHED}:
            raise errors.ExecutionAlreadyOver
        if self.execution_started_on is not None and on < self.execution_started_on:
            raise errors.ExecutionEndsBeforeItStarts(field="on")

    def _is_enrolled(self, person_id: UUID) -> bool:
        enrolment = self.trainees.get(person_id)
        return enrolment is not None and enrolment.withdrawn_on is None

    def _unpaid(self, invoice_id: UUID) -> Reservation:
        reservation = self.reservations.get(invoice_id)
        if reservation is None or reservation.paid:
            raise errors.PaymentNotReserved
        return reservation

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: e.DossierOpened) -> None:
        self.number = event.number
        self.request_number = event.request_number
        self.scheme = event.scheme
        self.title = event.title
        self.company_establishment_id = event.company_establishment_id
        self.provider_establishment_ids = event.provider_establishment_ids
        self.starts_on = event.starts_on
        self.ends_on = event.ends_on
        self.instruction = Instruction.UNDER_REVIEW
        self.execution = Execution.NOT_STARTED
        self.closing = Closing.OPEN
        self.execution_started_on = None
        self.trainees = MappingProxyType({})
        self.agreement_cents = 0
        self.reservations = MappingProxyType({})

    @when.register
    def _(self, event: e.TraineeEnrolled) -> None:
        enrolment = Enrolment(event.starts_on, event.ends_on)
        self.trainees = MappingProxyType({**self.trainees, event.person_id: enrolment})

    @when.register
    def _(self, event: e.TraineeWithdrawn) -> None:
        enrolment = replace(self.trainees[event.person_id], withdrawn_on=event.on)
        self.trainees = MappingProxyType({**self.trainees, event.person_id: enrolment})

    @when.register
    def _(self, event: e.AgreementIssued) -> None:
        self.instruction = Instruction.AGREED
        self.agreement_cents = event.amount_cents

    @when.register
    def _(self, _event: e.AgreementRefused) -> None:
        self.instruction = Instruction.REFUSED

    @when.register
    def _(self, event: e.AgreementAmended) -> None:
        self.agreement_cents = event.amount_cents
        self.title = event.title
        self.starts_on = event.starts_on
        self.ends_on = event.ends_on

    @when.register
    def _(self, event: e.ExecutionStarted) -> None:
        self.execution = Execution.STARTED
        self.execution_started_on = event.on

    @when.register
    def _(self, _event: e.ExecutionBrokenOff) -> None:
        self.execution = Execution.BROKEN_OFF

    @when.register
    def _(self, _event: e.ExecutionFinished) -> None:
        self.execution = Execution.FINISHED

    @when.register
    def _(self, event: e.PaymentReserved) -> None:
        reservation = Reservation(event.amount_cents)
        self.reservations = MappingProxyType({**self.reservations, event.invoice_id: reservation})

    @when.register
    def _(self, event: e.ReservationReleased) -> None:
        kept = {invoice_id: held for invoice_id, held in self.reservations.items() if invoice_id != event.invoice_id}
        self.reservations = MappingProxyType(kept)

    @when.register
    def _(self, event: e.PaymentRecorded) -> None:
        paid = Reservation(event.amount_cents, event.transfer_id)
        self.reservations = MappingProxyType({**self.reservations, event.invoice_id: paid})

    @when.register
    def _(self, _event: e.DossierSettled) -> None:
        self.closing = Closing.SETTLED

    @when.register
    def _(self, _event: e.DossierClosed) -> None:
        self.closing = Closing.CLOSED

    @when.register
    def _(self, _event: e.DossierCancelled) -> None:
        self.closing = Closing.CANCELLED
