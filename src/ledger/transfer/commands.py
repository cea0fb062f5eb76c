"""Orders about lots and transfers. A transfer, its lot, its invoices and their dossiers are recorded in one append."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from ledger.dossier.aggregate import Dossier
from ledger.establishment.aggregate import Establishment
from ledger.invoice.aggregate import Invoice
from ledger.kit.command import Command, handles
from ledger.kit.days import Day
from ledger.kit.errors import Invalid
from ledger.kit.identifiers import Bic, Iban, OneLine
from ledger.kit.money import PositiveCents
from ledger.kit.personal import Personal
from ledger.transfer.aggregate import Transfer
from ledger.transfer.errors import InvoiceOfAnotherBeneficiary
from ledger.transfer.events import Beneficiary, LotOpened, RejectReason, TransferLine, TransferPrepared
from ledger.transfer.lot import Lot
from ledger.work import Work


class OpenLot(Command):
    """`reference` as the avis shows it (« VIR550 »); `scheduled_on` is the day of the run."""

    reference: Annotated[OneLine, Field(max_length=35)]
    scheduled_on: Day


class PrepareTransfer(Command):
    """The account to pay is never told here: it is the beneficiary's own, as it was recorded before."""

    lot_id: UUID
    beneficiary_establishment_id: UUID
    invoice_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=5_000)]


class WithdrawTransfer(Command):
    transfer_id: UUID
    on: Day


class ReleaseLot(Command):
    """`transfer_count` and `total_cents` are control totals: what the releaser believes the lot to hold."""

    lot_id: UUID
    transfer_count: Annotated[int, Field(strict=True, ge=1)]
    total_cents: PositiveCents
    on: Day


class PayTransfer(Command):
    transfer_id: UUID
    on: Day


class RejectTransfer(Command):
    transfer_id: UUID
    reason: RejectReason
    on: Day


@handles(OpenLot)
def open_lot(command: OpenLot, work: Work) -> UUID:
    """Refused: AlreadyClaimed (lot)."""
    lot = Lot.open(
        LotOpened,
        id=work.new_id(),
        at=work.now,
        reference=command.reference,
        scheduled_on=command.scheduled_on,
    )
    work.add(lot)
    return lot.id


@handles(PrepareTransfer)
def prepare_transfer(command: PrepareTransfer, work: Work) -> UUID:
    """The beneficiary, the account and the lines are frozen as they stand now, on the lot's day.

    Refused: NotFound (lot, beneficiary, an invoice), LotAlreadyReleased, BeneficiaryAlreadyInLot, BankDetailsMissing,
    InvoiceOfAnotherBeneficiary, InvoiceNotApproved, InvoiceInDispute, InvoiceAlreadyScheduled, InvoiceAlreadyPaid,
    Invalid (an invoice named twice).
    """
    return prepare(command, work, paid=None)


def prepare(command: PrepareTransfer, work: Work, *, paid: tuple[Iban, Bic] | None) -> UUID:
    """`paid` is the account of a transfer of the past; None for the one in force on the lot's day."""
    if len(set(command.invoice_ids)) < len(command.invoice_ids):
        raise Invalid(field="invoice_ids", rule="Une facture est citée deux fois.")
    lot = work.load(Lot, command.lot_id, field="lot_id")
    beneficiary = work.load(Establishment, command.beneficiary_establishment_id, field="beneficiary_establishment_id")
    iban, bic = _account(paid, lot, beneficiary, work)
    transfer_id = work.new_id()
    lines = tuple(_line(invoice_id, transfer_id, lot, beneficiary, work) for invoice_id in command.invoice_ids)
    transfer = Transfer.open(
        TransferPrepared,
        id=transfer_id,
        at=work.now,
        lot_id=lot.id,
        lot_reference=lot.reference,
        scheduled_on=lot.scheduled_on,
        beneficiary=_frozen(beneficiary),
        iban=iban,
        bic=bic,
        lines=lines,
        total_cents=sum(line.amount_cents for line in lines),
    )
    lot.add_transfer(transfer_id, beneficiary.id, transfer.total_cents, by=work.actor, at=work.now)
    work.add(transfer)
    return transfer_id


@handles(WithdrawTransfer)
def withdraw_transfer(command: WithdrawTransfer, work: Work) -> UUID:
    """Its invoices are approved again.

    Refused: NotFound, LotAlreadyReleased, TransferAlreadyPaid, TransferAlreadyRejected, TransferAlreadyWithdrawn.
    """
    transfer = work.load(Transfer, command.transfer_id)
    transfer.withdraw(command.on, at=work.now)
    work.load(Lot, transfer.lot_id).remove_transfer(transfer.id, transfer.total_cents, at=work.now)
    _unschedule_lines(transfer, work)
    return transfer.id


@handles(ReleaseLot)
def release_lot(command: ReleaseLot, work: Work) -> UUID:
    """Refused: NotFound, LotAlreadyReleased, LotEmpty, ControlTotalsDiffer, FourEyes."""
    lot = work.load(Lot, command.lot_id)
    lot.release(command.transfer_count, command.total_cents, command.on, by=work.actor, at=work.now)
    return lot.id


@handles(PayTransfer)
def pay_transfer(command: PayTransfer, work: Work) -> UUID:
    """The bank paid: the invoices are paid, and each dossier keeps the payment of its reservation.

    Refused: NotFound, LotNotReleased, TransferAlreadyPaid, TransferAlreadyRejected, TransferAlreadyWithdrawn.
    """
    transfer = _released_transfer(command.transfer_id, work)
    transfer.pay(command.on, at=work.now)
    for line in transfer.lines:
        work.load(Invoice, line.invoice_id).pay(transfer.id, command.on, at=work.now)
        dossier = work.load(Dossier, line.dossier_id)
        dossier.record_payment(line.invoice_id, transfer.id, command.on, at=work.now)
    return transfer.id


@handles(RejectTransfer)
def reject_transfer(command: RejectTransfer, work: Work) -> UUID:
    """The bank refused: the invoices are approved again, for a new transfer, in another lot.

    Refused: NotFound, LotNotReleased, TransferAlreadyPaid, TransferAlreadyRejected, TransferAlreadyWithdrawn.
    """
    transfer = _released_transfer(command.transfer_id, work)
    transfer.reject(command.reason, command.on, at=work.now)
    _unschedule_lines(transfer, work)
    return transfer.id


def _released_transfer(transfer_id: UUID, work: Work) -> Transfer:
    transfer = work.load(Transfer, transfer_id)
    work.read(Lot, transfer.lot_id).check_released()
    return transfer


def _unschedule_lines(transfer: Transfer, work: Work) -> None:
    for line in transfer.lines:
        work.load(Invoice, line.invoice_id).unschedule(transfer.id, at=work.now)


def _account(
    paid: tuple[Iban, Bic] | None, lot: Lot, beneficiary: Establishment, work: Work
) -> tuple[Personal[Any], str]:
    if paid is not None:
        return work.seal(beneficiary.id, paid[0]), paid[1]
    details = beneficiary.account_on(lot.scheduled_on)
    return details.iban, details.bic


def _line(invoice_id: UUID, transfer_id: UUID, lot: Lot, beneficiary: Establishment, work: Work) -> TransferLine:
    invoice = work.load(Invoice, invoice_id, field="invoice_ids")
    if invoice.beneficiary_establishment_id != beneficiary.id:
        raise InvoiceOfAnotherBeneficiary(field="invoice_ids")
    invoice.schedule(lot.id, transfer_id, at=work.now)
    # Its unpaid reservation keeps the dossier open; the number, scheme and title are only copied: no guard.
    dossier = work.read(Dossier, invoice.dossier_id)
    return TransferLine(
        invoice_id=invoice.id,
        dossier_id=dossier.id,
        dossier_number=dossier.number,
        invoice_reference=invoice.reference,
        invoice_issued_on=invoice.issued_on,
        starts_on=invoice.starts_on,
        ends_on=invoice.ends_on,
        scheme=dossier.scheme,
        title=dossier.title,
        amount_cents=invoice.approved_cents,
    )


def _frozen(beneficiary: Establishment) -> Beneficiary:
    return Beneficiary(
        establishment_id=beneficiary.id,
        siret=beneficiary.siret,
        name=beneficiary.name,
        postcode=beneficiary.address.postcode,
        town=beneficiary.address.town,
    )
