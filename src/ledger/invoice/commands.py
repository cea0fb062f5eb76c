"""Orders about an invoice. Reasons of disputes are in clear here, and nowhere after."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from ledger.dossier.aggregate import Dossier
from ledger.establishment.aggregate import Establishment
from ledger.invoice.aggregate import Invoice
from ledger.invoice.events import InvoiceReceived
from ledger.kit.command import Command, handles
from ledger.kit.days import Day, check_period
from ledger.kit.errors import Invalid
from ledger.kit.identifiers import InvoiceReference, OneLine, normalise_reference
from ledger.kit.money import Cents, PositiveCents
from ledger.kit.text import FreeText
from ledger.work import Work

BasisPoints = Annotated[int, Field(strict=True, ge=0, le=10_000)]
"""A rate in hundredths of a percent: 2,000 is 20 %."""


class ReceiveInvoice(Command):
    """`starts_on` to `ends_on` is the period billed. An advance is billed before its period: any day of issue goes."""

    dossier_id: UUID
    beneficiary_establishment_id: UUID
    reference: InvoiceReference
    issued_on: Day
    starts_on: Day
    ends_on: Day
    net_cents: PositiveCents
    vat_rate_basis_points: BasisPoints = 0
    vat_cents: Cents = 0
    gross_cents: PositiveCents
    vat_exemption: OneLine | None = None
    on: Day


class AttestService(Command):
    invoice_id: UUID
    on: Day


class ApproveInvoice(Command):
    """Without an amount, the whole of it."""

    invoice_id: UUID
    amount_cents: PositiveCents | None = None
    on: Day


class DisputeInvoice(Command):
    invoice_id: UUID
    reason: FreeText
    on: Day


class ResolveDispute(Command):
    invoice_id: UUID
    on: Day


@handles(ReceiveInvoice)
def receive_invoice(command: ReceiveInvoice, work: Work) -> UUID:
    """Refused: NotFound (dossier, beneficiary), DossierNotOpen, AgreementMissing, NotPartyToDossier, AlreadyClaimed
    (invoice: the same beneficiary, reference, dossier and period), Invalid (period, amounts that do not add up).
    """
    check_period(command.starts_on, command.ends_on)
    _check_amounts(command)
    dossier = work.load(Dossier, command.dossier_id, field="dossier_id")
    dossier.check_agreed()
    dossier.check_party(command.beneficiary_establishment_id, field="beneficiary_establishment_id")
    beneficiary = work.read(Establishment, command.beneficiary_establishment_id, field="beneficiary_establishment_id")
    invoice = Invoice.open(
        InvoiceReceived,
        id=work.new_id(),
        at=work.now,
        duplicate_key=duplicate_key(
            beneficiary.siret, command.reference, dossier.id, command.starts_on, command.ends_on
        ),
        **dict(command),
    )
    work.add(invoice)
    return invoice.id


@handles(AttestService)
def attest_service(command: AttestService, work: Work) -> UUID:
    """Refused: NotFound, ServiceAlreadyAttested."""
    invoice = work.load(Invoice, command.invoice_id)
    invoice.attest_service(command.on, at=work.now)
    return invoice.id


@handles(ApproveInvoice)
def approve_invoice(command: ApproveInvoice, work: Work) -> UUID:
    """The approval and its reservation on the dossier, in one append.

    Refused: NotFound, InvoiceInDispute, InvoiceAlreadyApproved, InvoiceAlreadyScheduled, InvoiceAlreadyPaid,
    ApprovalAboveInvoice, DossierNotOpen, AgreementMissing, AgreementExceeded.
    """
    invoice = work.load(Invoice, command.invoice_id)
    dossier = work.load(Dossier, invoice.dossier_id)
    amount_cents = invoice.gross_cents if command.amount_cents is None else command.amount_cents
    invoice.approve(amount_cents, command.on, at=work.now)
    dossier.reserve(invoice.id, amount_cents, at=work.now)
    return invoice.id


@handles(DisputeInvoice)
def dispute_invoice(command: DisputeInvoice, work: Work) -> UUID:
    """The dispute and, where it was approved, the release of its reservation, in one append.

    Refused: NotFound, InvoiceInDispute, InvoiceAlreadyScheduled, InvoiceAlreadyPaid.
    """
    invoice = work.load(Invoice, command.invoice_id)
    reserved = invoice.reserved
    invoice.dispute(work.seal(invoice.dossier_id, command.reason), command.on, at=work.now)
    if reserved:
        work.load(Dossier, invoice.dossier_id).release(invoice.id, at=work.now)
    return invoice.id


@handles(ResolveDispute)
def resolve_dispute(command: ResolveDispute, work: Work) -> UUID:
    """Refused: NotFound, InvoiceNotInDispute."""
    invoice = work.load(Invoice, command.invoice_id)
    invoice.resolve_dispute(command.on, at=work.now)
    return invoice.id


def _check_amounts(command: ReceiveInvoice) -> None:
    """Training is often exempt of VAT (art. 261-4-4° CGI): the mention then stands in the place of a rate."""
    if command.net_cents + command.vat_cents != command.gross_cents:
        raise Invalid(field="gross_cents", rule="Le montant TTC n'est pas la somme du montant HT et de la TVA.")
    if command.vat_cents and not command.vat_rate_basis_points:
        raise Invalid(field="vat_rate_basis_points", rule="Une TVA est facturée sans son taux.")
    if command.vat_cents and command.vat_exemption:
        raise Invalid(field="vat_exemption", rule="Une facture exonérée ne porte pas de TVA.")


def duplicate_key(siret: str, reference: str, dossier_id: UUID, starts_on: date, ends_on: date) -> str:
    """What makes two invoices the same one (row B2): the beneficiary's SIRET, its reference, the dossier, the period.

    Stored, and claimed again by replay: never change its form.
    """
    return f"{siret}|{normalise_reference(reference)}|{dossier_id}|{starts_on}|{ends_on}"
