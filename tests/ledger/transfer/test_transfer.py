"""Stories of transfers: what was paid is frozen, a rejected one is paid by another, nothing is paid twice."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from ledger.application import IdempotencyKey
from ledger.dossier.aggregate import Dossier
from ledger.dossier.commands import AmendAgreement
from ledger.dossier.events import PaymentRecorded
from ledger.establishment.commands import RecordBankDetails, RenameEstablishment
from ledger.establishment.errors import BankDetailsMissing
from ledger.invoice import errors as invoice_errors
from ledger.invoice.aggregate import Invoice, InvoiceStatus
from ledger.invoice.commands import DisputeInvoice
from ledger.invoice.events import InvoicePaid, InvoiceScheduled, InvoiceUnscheduled
from ledger.kit.errors import NotFound, Refusal
from ledger.kit.fictitious import FICTITIOUS_BIC, fictitious_iban
from ledger.kit.ids import uuid7
from ledger.transfer import errors
from ledger.transfer import events as e
from ledger.transfer.aggregate import Transfer, TransferStatus
from ledger.transfer.commands import PayTransfer, RejectTransfer, WithdrawTransfer
from ledger.transfer.past import PastLine, RecordPastTransfer
from support.givens import DAY, THURSDAY, Givens
from support.stories import Story, happened

AC04 = e.RejectReason.AC04


def test_a_transfer_freezes_its_lines_its_beneficiary_and_the_account(story: Story, fund: Givens):
    """Row O34, O41: the IBAN is the one paid then; the sum of the lines is the total, always."""
    provider = fund.establishment()
    dossiers = [fund.agreed_dossier(provider_establishment_ids=(provider,)) for _ in range(2)]
    invoices = [fund.approved_invoice(dossier_id, 10_000 + n) for n, dossier_id in enumerate(dossiers)]
    lot_id = fund.lot()
    told = story.when(fund.preparation(lot_id, dossiers[0], invoices))
    outcome = told.then(
        e.TransferAdded,
        happened(InvoiceScheduled, lot_id=lot_id),
        happened(InvoiceScheduled, lot_id=lot_id),
        happened(e.TransferPrepared, total_cents=20_001, scheduled_on=THURSDAY),
    )
    assert told.events[-1].dossiers == tuple(dossiers)
    fund.do(AmendAgreement(dossier_id=dossiers[0], amount_cents=90_000, title="Autre intitulé", on=DAY))
    fund.do(RenameEstablishment(establishment_id=provider, name="Autre nom"))
    fund.do(RecordBankDetails(establishment_id=provider, iban=fictitious_iban(777), bic=FICTITIOUS_BIC, on=THURSDAY))
    transfer = fund.state(Transfer, outcome.resource_id)
    assert [line.title for line in transfer.lines] == ["Conduite de chantier"] * 2
    assert sum(line.amount_cents for line in transfer.lines) == transfer.total_cents
    assert fund.ledger.keyring.open(transfer.iban) != fictitious_iban(777)


def test_a_past_transfer_keeps_the_account_that_was_paid_then(story: Story, fund: Givens):
    provider = fund.establishment(bank=False)
    dossier_id = fund.agreed_dossier(provider_establishment_ids=(provider,))
    order = fund.preparation(fund.lot(), dossier_id, [fund.approved_invoice(dossier_id)])
    story.when(order).then_refused(BankDetailsMissing, field="beneficiary_establishment_id")
    past = RecordPastTransfer(
        lot_id=order.lot_id,
        beneficiary_establishment_id=provider,
        lines=tuple(PastLine(invoice_id=each, amount_cents=40_000) for each in order.invoice_ids),
        paid_iban=fictitious_iban(778),
        paid_bic=FICTITIOUS_BIC,
    )
    told = story.when(past)
    transfer_id = told.then(InvoiceScheduled, e.TransferAdded, e.TransferPrepared).resource_id
    assert fictitious_iban(778) not in str(told.events)
    assert fund.ledger.keyring.open(fund.state(Transfer, transfer_id).iban) == fictitious_iban(778)


def test_a_lot_run_before_the_bank_details_take_effect_pays_nobody(story: Story, fund: Givens):
    dossier_id = fund.agreed_dossier()
    order = fund.preparation(fund.lot(date(2026, 1, 1)), dossier_id, [fund.approved_invoice(dossier_id)])
    story.when(order).then_refused(BankDetailsMissing)


def test_only_approved_invoices_of_the_beneficiary_are_lines(story: Story, fund: Givens):
    dossier_id, other = fund.agreed_dossier(), fund.agreed_dossier()
    lot_id = fund.lot()
    received, disputed = fund.invoice(dossier_id), fund.invoice(dossier_id)
    fund.do(DisputeInvoice(invoice_id=disputed, reason="-", on=DAY))
    strangers = fund.approved_invoice(other)
    for invoice_id, refusal in [
        (received, invoice_errors.InvoiceNotApproved),
        (disputed, invoice_errors.InvoiceInDispute),
        (strangers, errors.InvoiceOfAnotherBeneficiary),
        (uuid7(), NotFound),
    ]:
        story.when(fund.preparation(lot_id, dossier_id, [invoice_id])).then_refused(refusal, field="invoice_ids")


def test_an_invoice_is_a_line_of_one_live_transfer(story: Story, fund: Givens):
    dossier_id = fund.agreed_dossier()
    invoice_id = fund.approved_invoice(dossier_id)
    transfer_id = fund.transfer(fund.lot(), dossier_id, [invoice_id])
    elsewhere = fund.preparation(fund.lot(), dossier_id, [invoice_id])
    story.when(elsewhere).then_refused(invoice_errors.InvoiceAlreadyScheduled)
    withdraw = WithdrawTransfer(transfer_id=transfer_id, on=DAY)
    story.when(withdraw).then(e.TransferWithdrawn, e.TransferRemoved, InvoiceUnscheduled)
    story.when(withdraw).then_refused(errors.TransferAlreadyWithdrawn)
    story.when(elsewhere).then(e.TransferAdded, InvoiceScheduled, e.TransferPrepared)


def test_a_transfer_is_paid_once_its_lot_is_released(story: Story, fund: Givens):
    """Two invoices of one dossier: both paid, both kept by the dossier, in one append."""
    dossier_id, lot_id = fund.agreed_dossier(100_000), fund.lot()
    invoices = [fund.approved_invoice(dossier_id, cents) for cents in (30_000, 20_000)]
    pay = PayTransfer(transfer_id=fund.transfer(lot_id, dossier_id, invoices), on=THURSDAY)
    story.when(pay).then_refused(errors.LotNotReleased)
    fund.do(fund.releasing(lot_id))
    told = story.when(pay)
    told.then(
        happened(e.TransferPaid, on=THURSDAY),
        InvoicePaid,
        happened(PaymentRecorded, invoice_id=invoices[0], amount_cents=30_000),
        happened(PaymentRecorded, invoice_id=invoices[1], amount_cents=20_000),
        InvoicePaid,
    )
    dossier = fund.state(Dossier, dossier_id)
    assert (dossier.reserved_cents, dossier.paid_cents) == (50_000, 50_000)
    story.when(pay).then_refused(errors.TransferAlreadyPaid)


def test_a_paid_transfer_cannot_be_rejected(story: Story, fund: Givens):
    """The bank's late reject of a paid transfer is refused and records nothing."""
    dossier_id = fund.agreed_dossier()
    transfer_id = fund.paid_transfer(dossier_id, fund.approved_invoice(dossier_id))
    reject = RejectTransfer(transfer_id=transfer_id, reason=AC04, on=DAY)
    story.when(reject).then_refused(errors.TransferAlreadyPaid)
    story.when(WithdrawTransfer(transfer_id=transfer_id, on=DAY)).then_refused(errors.TransferAlreadyPaid)


def test_a_rejected_transfer_is_reissued_as_a_new_one(story: Story, fund: Givens):
    """Its invoices are approved again, their part of the agreement stays taken; the rejected one is never edited."""
    dossier_id, lot_id = fund.agreed_dossier(), fund.lot()
    invoice_id = fund.approved_invoice(dossier_id, 40_000)
    transfer_id = fund.transfer(lot_id, dossier_id, [invoice_id])
    reject = RejectTransfer(transfer_id=transfer_id, reason=AC04, on=DAY)
    story.when(reject).then_refused(errors.LotNotReleased)
    fund.do(fund.releasing(lot_id))
    story.when(reject).then(happened(e.TransferRejected, reason=AC04), InvoiceUnscheduled)
    assert fund.state(Dossier, dossier_id).reserved_cents == 40_000
    story.when(reject).then_refused(errors.TransferAlreadyRejected)
    story.when(PayTransfer(transfer_id=transfer_id, on=DAY)).then_refused(errors.TransferAlreadyRejected)
    fund.paid_transfer(dossier_id, invoice_id)
    assert fund.state(Invoice, invoice_id).status is InvoiceStatus.PAID


def test_one_invoice_prepared_by_two_hands_at_once(story: Story, fund: Givens):
    """Two accountants put one invoice in two lots at the same moment: one transfer takes it."""
    dossier_id = fund.agreed_dossier()
    invoice_id = fund.approved_invoice(dossier_id)
    orders = [fund.preparation(fund.lot(), dossier_id, [invoice_id]) for _ in range(2)]
    gate, answers = threading.Barrier(2), []

    def run(order):
        gate.wait()
        try:
            answers.append(fund.do(order))
        except Refusal as refusal:
            answers.append(type(refusal))

    before = story.head()
    threads = [threading.Thread(target=run, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(invoice_errors.InvoiceAlreadyScheduled) == 1
    assert [event.name for event in story.events_after(before)].count(e.TransferPrepared.NAME) == 1


@pytest.mark.parametrize(
    "order",
    [
        WithdrawTransfer(transfer_id=uuid7(), on=DAY),
        PayTransfer(transfer_id=uuid7(), on=DAY),
        RejectTransfer(transfer_id=uuid7(), reason=AC04, on=DAY),
    ],
    ids=lambda order: type(order).__name__,
)
def test_an_absent_transfer_is_not_found(story: Story, order):
    story.when(order).then_refused(NotFound)


def test_the_bank_cannot_pay_and_reject_at_once(story: Story, fund: Givens):
    """Two clerks type in two answers of the bank at the same moment: one stands, the other is told."""
    dossier_id, lot_id = fund.agreed_dossier(), fund.lot()
    transfer_id = fund.transfer(lot_id, dossier_id, [fund.approved_invoice(dossier_id)])
    fund.do(fund.releasing(lot_id))
    orders = [
        PayTransfer(transfer_id=transfer_id, on=THURSDAY),
        RejectTransfer(transfer_id=transfer_id, reason=AC04, on=THURSDAY),
    ]
    gate, refusals = threading.Barrier(2), []

    def run(order):
        gate.wait()
        try:
            fund.do(order)
        except Refusal as refusal:
            refusals.append(type(refusal))

    threads = [threading.Thread(target=run, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paid = fund.state(Transfer, transfer_id).status is TransferStatus.PAID
    assert refusals == [errors.TransferAlreadyPaid if paid else errors.TransferAlreadyRejected]
    assert fund.state(Dossier, dossier_id).paid_cents == (40_000 if paid else 0)


def test_a_repeated_payment_is_paid_once(story: Story, fund: Givens):
    """The same key and order: the first answer again, and nothing recorded."""
    dossier_id, lot_id = fund.agreed_dossier(), fund.lot()
    transfer_id = fund.transfer(lot_id, dossier_id, [fund.approved_invoice(dossier_id)])
    fund.do(fund.releasing(lot_id))
    pay = PayTransfer(transfer_id=transfer_id, on=THURSDAY)
    key = IdempotencyKey(None, "transfer-payment", "once", pay.model_dump_json().encode())
    first = story.when(pay, key=key).then(e.TransferPaid, InvoicePaid, PaymentRecorded)
    again = story.when(pay, key=key).then()
    assert (again.position, again.resource_id, again.replayed) == (first.position, transfer_id, True)


def test_an_invoice_leaves_only_the_transfer_that_it_is_in(fund: Givens):
    """The invoice holds on its own, whatever a handler forgets to ask of the transfer."""
    dossier_id = fund.agreed_dossier()
    invoice_id = fund.approved_invoice(dossier_id)
    fund.transfer(fund.lot(), dossier_id, [invoice_id])
    invoice = fund.state(Invoice, invoice_id)
    with pytest.raises(invoice_errors.InvoiceNotScheduled):
        invoice.pay(uuid7(), DAY, at=invoice.modified_on)
    with pytest.raises(invoice_errors.InvoiceNotScheduled):
        invoice.unschedule(uuid7(), at=invoice.modified_on)
