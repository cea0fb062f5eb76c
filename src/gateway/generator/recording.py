"""Which events a generated life leaves in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from uuid import UUID

from gateway.generator.fund import Establishment
from gateway.generator.life import Decided, Dossier, Invoice, Lot, Trainee, Transfer
from gateway.generator.size import FIRST_MONDAY
from gateway.generator.streams import Fact, Streams
from gateway.importer.kinds import Decision
from ledger.dossier import events as d
from ledger.establishment.events import Address, BankDetailsRecorded, EstablishmentRegistered
from ledger.invoice import events as i
from ledger.invoice.commands import duplicate_key
from ledger.kit.event import Event
from ledger.kit.fictitious import FICTITIOUS_BIC
from ledger.kit.ids import uuid7
from ledger.organisation.events import OrganisationRegistered
from ledger.person.events import PersonRegistered
from ledger.transfer import events as t

_Step = Callable[[Dossier, type[Event], date], Iterable[Fact]]
Moments = Iterator[tuple[date, Callable[[], Iterable[Fact]]]]


class Recording:
    """Remembers the ids of what it recorded."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._organisations: dict[int, UUID] = {}
        self._establishments: dict[int, UUID] = {}
        self._persons: dict[int, UUID] = {}
        self._dossiers: dict[int, UUID] = {}
        self._invoices: dict[str, UUID] = {}

    def register(self, each: Establishment) -> Iterator[Fact]:
        """The establishment, after its organisation where that is new."""
        organisation = each.organisation
        if organisation.number not in self._organisations:
            id_ = self._organisations[organisation.number] = self._streams.subject()
            about = {
                "siren": organisation.siren,
                "kinds": organisation.kinds,
                "member_number": organisation.member_number,
            }
            name = self._streams.seal(id_, organisation.name)
            yield self._streams.fact(OrganisationRegistered, id_, FIRST_MONDAY, name=name, **about)
        id_ = self._establishments[each.number] = self._streams.subject()
        yield self._streams.fact(
            EstablishmentRegistered,
            id_,
            FIRST_MONDAY,
            organisation_id=self._organisations[organisation.number],
            number=str(each.number),
            siret=each.siret,
            name=self._streams.seal(id_, each.name),
            trade_name=self._streams.seal_given(id_, each.trade_name),
            nda=each.nda,
            address=Address(street=self._streams.seal_given(id_, each.street), postcode=each.postcode, town=each.town),
        )
        iban = self._streams.seal(id_, each.iban)
        yield self._streams.fact(BankDetailsRecorded, id_, FIRST_MONDAY, iban=iban, bic=FICTITIOUS_BIC, on=FIRST_MONDAY)

    def life(self, dossier: Dossier) -> Moments:
        """What happens to a dossier, apart from its payments and what follows them."""
        yield dossier.opened_on, partial(self._open, dossier)
        for decided in dossier.decisions:
            yield decided.on, partial(self._decide, dossier, decided)
        for step, event_class, on in self._steps(dossier):
            if on is not None:
                yield on, partial(step, dossier, event_class, on)
        for invoice in dossier.invoices:
            yield from self._billing(invoice)

    def _steps(self, dossier: Dossier) -> Iterator[tuple[_Step, type[Event], date | None]]:
        yield self._step, d.ExecutionStarted, dossier.started_on
        yield self._step, d.ExecutionFinished, dossier.finished_on
        yield self._step_with_reason, d.ExecutionBrokenOff, dossier.broken_off_on
        yield self._step_with_reason, d.DossierCancelled, dossier.cancelled_on

    def end(self, dossier: Dossier) -> Moments:
        if dossier.settled_on is not None:
            yield dossier.settled_on, partial(self._settle, dossier, dossier.settled_on)
        if dossier.closed_on is not None:
            yield dossier.closed_on, partial(self._step, dossier, d.DossierClosed, dossier.closed_on)

    def run(self, lot: Lot) -> Iterator[Fact]:
        """A lot: opened, filled, and where the bank answered, released, paid or sent back."""
        lot_id, day = uuid7(), lot.scheduled_on
        yield self._streams.fact(t.LotOpened, lot_id, day, reference=lot.reference, scheduled_on=day)
        prepared = []
        for transfer in lot.transfers:
            transfer_id = uuid7()
            prepared.append((transfer_id, transfer))
            yield from self._prepare(lot, lot_id, transfer_id, transfer)
        if all(transfer.paid_on is None and transfer.rejected_on is None for transfer in lot.transfers):
            return
        totals = {"transfer_count": len(prepared), "total_cents": sum(each.total_cents for each in lot.transfers)}
        yield self._streams.fact(t.LotReleased, lot_id, day, **totals, on=day)
        for transfer_id, transfer in prepared:
            yield from self._answer(transfer_id, transfer)

    def _open(self, dossier: Dossier) -> Iterator[Fact]:
        # Only a dossier that free text is written about needs a key.
        written = dossier.reason is not None or any(each.reason for each in dossier.decisions)
        disputed = any(invoice.disputed_on for invoice in dossier.invoices)
        id_ = self._dossiers[dossier.index] = self._streams.subject() if written or disputed else uuid7()
        yield self._of(
            dossier,
            d.DossierOpened,
            dossier.opened_on,
            number=dossier.number,
            request_number=dossier.request_number,
            scheme=dossier.scheme,
            title=dossier.title,
            company_establishment_id=self._establishments[dossier.company.number],
            provider_establishment_ids=tuple(self._establishments[each.number] for each in dossier.providers),
            starts_on=dossier.starts_on,
            ends_on=dossier.ends_on,
            on=dossier.opened_on,
        )
        for trainee in dossier.trainees:
            yield from self._enrol(dossier, id_, trainee)

    def _enrol(self, dossier: Dossier, dossier_id: UUID, trainee: Trainee) -> Iterator[Fact]:
        person_id = self._persons.get(trainee.person) if trainee.nir else None
        if person_id is None:
            person_id = self._streams.subject()
            if trainee.nir:
                self._persons[trainee.person] = person_id
            about = {"last_name": trainee.last_name, "first_name": trainee.first_name, "nir": trainee.nir}
            sealed = {name: self._streams.seal_given(person_id, text) for name, text in about.items()}
            birth_date = self._streams.seal(person_id, trainee.birth_date.isoformat())
            yield self._streams.fact(PersonRegistered, person_id, dossier.opened_on, birth_date=birth_date, **sealed)
        period = {"starts_on": trainee.starts_on, "ends_on": trainee.ends_on}
        enrolled = {"person_id": person_id, **period}
        yield self._streams.fact(d.TraineeEnrolled, dossier_id, dossier.opened_on, dossier_id, **enrolled)

    def _decide(self, dossier: Dossier, decided: Decided) -> Iterator[Fact]:
        on, amount = decided.on, decided.amount_cents
        reason = self._streams.seal_given(self._dossiers[dossier.index], decided.reason)
        if decided.decision is Decision.REFUSED:
            yield self._of(dossier, d.AgreementRefused, on, reason=reason, on=on)
        elif decided.decision is Decision.ISSUED:
            yield self._of(dossier, d.AgreementIssued, on, amount_cents=amount, on=on)
        else:
            whole = {"title": dossier.title, "starts_on": dossier.starts_on, "ends_on": dossier.ends_on}
            yield self._of(dossier, d.AgreementAmended, on, amount_cents=amount, reason=reason, on=on, **whole)

    def _step(self, dossier: Dossier, event_class: type[Event], on: date) -> Iterator[Fact]:
        yield self._of(dossier, event_class, on, on=on)

    def _step_with_reason(self, dossier: Dossier, event_class: type[Event], on: date) -> Iterator[Fact]:
        reason = self._streams.seal_given(self._dossiers[dossier.index], dossier.reason)
        yield self._of(dossier, event_class, on, on=on, reason=reason)

    def _settle(self, dossier: Dossier, on: date) -> Iterator[Fact]:
        paid_cents = sum(invoice.approved_cents for invoice in dossier.invoices)
        yield self._of(dossier, d.DossierSettled, on, released_cents=dossier.agreement_cents - paid_cents, on=on)

    def _billing(self, invoice: Invoice) -> Moments:
        yield invoice.received_on, partial(self._receive, invoice)
        if invoice.attested_on is not None:
            yield invoice.attested_on, partial(self._attest, invoice, invoice.attested_on)
        if invoice.approved_on is not None:
            yield invoice.approved_on, partial(self._approve, invoice, invoice.approved_on)
        if invoice.disputed_on is not None:
            yield invoice.disputed_on, partial(self._dispute, invoice, invoice.disputed_on)

    def _receive(self, invoice: Invoice) -> Iterator[Fact]:
        id_ = self._invoices[invoice.reference] = uuid7()
        dossier_id = self._dossiers[invoice.dossier.index]
        period = {"starts_on": invoice.starts_on, "ends_on": invoice.ends_on}
        yield self._streams.fact(
            i.InvoiceReceived,
            id_,
            invoice.received_on,
            dossier_id,
            dossier_id=dossier_id,
            beneficiary_establishment_id=self._establishments[invoice.beneficiary.number],
            reference=invoice.reference,
            duplicate_key=duplicate_key(invoice.beneficiary.siret, invoice.reference, dossier_id, **period),
            issued_on=invoice.issued_on,
            **period,
            net_cents=invoice.net_cents,
            vat_rate_basis_points=invoice.vat_rate_basis_points,
            vat_cents=invoice.vat_cents,
            gross_cents=invoice.gross_cents,
            on=invoice.received_on,
        )

    def _attest(self, invoice: Invoice, on: date) -> Iterator[Fact]:
        yield self._about(invoice, i.ServiceAttested, on, on=on)

    def _approve(self, invoice: Invoice, on: date) -> Iterator[Fact]:
        amount = {"amount_cents": invoice.approved_cents}
        yield self._about(invoice, i.InvoiceApproved, on, on=on, **amount)
        reserved = {"invoice_id": self._invoices[invoice.reference], **amount}
        yield self._of(invoice.dossier, d.PaymentReserved, on, **reserved)

    def _dispute(self, invoice: Invoice, on: date) -> Iterator[Fact]:
        reason = self._streams.seal(self._dossiers[invoice.dossier.index], "Feuilles d'émargement manquantes.")
        yield self._about(invoice, i.InvoiceDisputed, on, on=on, reason=reason)

    def _prepare(self, lot: Lot, lot_id: UUID, transfer_id: UUID, transfer: Transfer) -> Iterator[Fact]:
        day, payee = lot.scheduled_on, transfer.beneficiary
        establishment_id = self._establishments[payee.number]
        for invoice in transfer.invoices:
            yield self._about(invoice, i.InvoiceScheduled, day, lot_id=lot_id, transfer_id=transfer_id)
        beneficiary = t.Beneficiary(
            establishment_id=establishment_id,
            siret=payee.siret,
            name=self._streams.seal(establishment_id, payee.name),
            postcode=payee.postcode,
            town=payee.town,
        )
        yield self._streams.fact(
            t.TransferPrepared,
            transfer_id,
            day,
            *self._dossiers_of(transfer),
            lot_id=lot_id,
            lot_reference=lot.reference,
            scheduled_on=day,
            beneficiary=beneficiary,
            iban=self._streams.seal(establishment_id, transfer.iban),
            bic=FICTITIOUS_BIC,
            lines=tuple(self._line(invoice) for invoice in transfer.invoices),
            total_cents=transfer.total_cents,
        )
        added = {"transfer_id": transfer_id, "beneficiary_establishment_id": establishment_id}
        yield self._streams.fact(t.TransferAdded, lot_id, day, total_cents=transfer.total_cents, **added)

    def _line(self, invoice: Invoice) -> t.TransferLine:
        dossier = invoice.dossier
        return t.TransferLine(
            invoice_id=self._invoices[invoice.reference],
            dossier_id=self._dossiers[dossier.index],
            dossier_number=dossier.number,
            invoice_reference=invoice.reference,
            invoice_issued_on=invoice.issued_on,
            starts_on=invoice.starts_on,
            ends_on=invoice.ends_on,
            scheme=dossier.scheme,
            title=dossier.title,
            amount_cents=invoice.approved_cents,
        )

    def _answer(self, transfer_id: UUID, transfer: Transfer) -> Iterator[Fact]:
        dossiers = self._dossiers_of(transfer)
        if transfer.rejected_on is not None and transfer.reject_reason is not None:
            day = transfer.rejected_on
            reason = t.RejectReason(transfer.reject_reason)
            yield self._streams.fact(t.TransferRejected, transfer_id, day, *dossiers, reason=reason, on=day)
            for invoice in transfer.invoices:
                yield self._about(invoice, i.InvoiceUnscheduled, day, transfer_id=transfer_id)
        elif transfer.paid_on is not None:
            day = transfer.paid_on
            yield self._streams.fact(t.TransferPaid, transfer_id, day, *dossiers, on=day)
            for invoice in transfer.invoices:
                yield self._about(invoice, i.InvoicePaid, day, transfer_id=transfer_id, on=day)
                paid = {"invoice_id": self._invoices[invoice.reference], "transfer_id": transfer_id}
                amount = {"amount_cents": invoice.approved_cents, "on": day}
                yield self._of(invoice.dossier, d.PaymentRecorded, day, **paid, **amount)

    def _dossiers_of(self, transfer: Transfer) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(self._dossiers[invoice.dossier.index] for invoice in transfer.invoices))

    def _of(self, dossier: Dossier, event_class: type[Event], day: date, **fields: object) -> Fact:
        id_ = self._dossiers[dossier.index]
        return self._streams.fact(event_class, id_, day, id_, **fields)

    def _about(self, invoice: Invoice, event_class: type[Event], day: date, **fields: object) -> Fact:
        id_, dossier_id = self._invoices[invoice.reference], self._dossiers[invoice.dossier.index]
        return self._streams.fact(event_class, id_, day, dossier_id, **fields)
