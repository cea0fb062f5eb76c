"""Stories of invoices (row B2): received, checked, approved or disputed; never above the agreement, never twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from ledger.dossier.aggregate import Dossier
from ledger.dossier.commands import CancelDossier, SettleDossier
from ledger.dossier.errors import AgreementExceeded, AgreementMissing, DossierNotOpen, NotPartyToDossier
from ledger.dossier.events import PaymentReserved, ReservationReleased
from ledger.invoice import errors
from ledger.invoice import events as e
from ledger.invoice.aggregate import Invoice, InvoiceStatus
from ledger.invoice.commands import ApproveInvoice, AttestService, DisputeInvoice, ResolveDispute
from ledger.kit.errors import AlreadyClaimed, Invalid, NotFound, Refusal
from ledger.kit.ids import uuid7
from support.givens import DAY, ENDS, STARTS, Givens
from support.stories import Story, happened


def test_an_invoice_is_received_once(story: Story, fund: Givens):
    """Duplicates refused: beneficiary SIRET, normalised reference, dossier, period, however it is typed."""
    dossier_id = fund.agreed_dossier()
    bill = fund.bill(dossier_id, 40_000, reference="Fac. n° É-12")
    story.when(bill).then(happened(e.InvoiceReceived, reference="Fac. n° É-12", gross_cents=40_000))
    typed_again = bill.model_copy(update={"reference": "FAC N° e12", "net_cents": 39_000, "gross_cents": 39_000})
    assert story.when(typed_again).then_refused(AlreadyClaimed).kind == "invoice"
    next_period = bill.model_copy(update={"starts_on": ENDS, "ends_on": ENDS + timedelta(days=1)})
    story.when(next_period).then(e.InvoiceReceived)
    other_dossier = fund.agreed_dossier(provider_establishment_ids=(bill.beneficiary_establishment_id,))
    story.when(bill.model_copy(update={"dossier_id": other_dossier})).then(e.InvoiceReceived)


def test_an_invoice_needs_an_open_dossier_with_an_agreement(story: Story, fund: Givens):
    story.when(fund.bill(fund.dossier())).then_refused(AgreementMissing)
    settled, cancelled = fund.agreed_dossier(), fund.agreed_dossier()
    fund.do(SettleDossier(dossier_id=settled, on=DAY))
    fund.do(CancelDossier(dossier_id=cancelled, on=DAY))
    story.when(fund.bill(settled)).then_refused(DossierNotOpen)
    story.when(fund.bill(cancelled)).then_refused(DossierNotOpen)
    absent = fund.bill(settled).model_copy(update={"dossier_id": uuid7()})
    story.when(absent).then_refused(NotFound, field="dossier_id")


def test_only_the_parties_of_a_dossier_bill_it(story: Story, fund: Givens):
    """The provider, or the company, where the employer is reimbursed."""
    dossier_id = fund.agreed_dossier()
    stranger = fund.bill(dossier_id, beneficiary_establishment_id=fund.establishment())
    story.when(stranger).then_refused(NotPartyToDossier, field="beneficiary_establishment_id")
    company = fund.state(Dossier, dossier_id).company_establishment_id
    story.when(fund.bill(dossier_id, beneficiary_establishment_id=company)).then(e.InvoiceReceived)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"gross_cents": 39_999}, "gross_cents"),
        ({"vat_cents": 8_000, "gross_cents": 48_000}, "vat_rate_basis_points"),
        (
            {"vat_cents": 8_000, "gross_cents": 48_000, "vat_rate_basis_points": 2_000, "vat_exemption": "art. 261"},
            "vat_exemption",
        ),
        ({"starts_on": ENDS, "ends_on": STARTS}, "ends_on"),
    ],
    ids=["sum", "no rate", "exempt yet taxed", "period"],
)
def test_amounts_that_do_not_add_up_are_refused(story: Story, fund: Givens, wrong, field):
    bill = fund.bill(fund.agreed_dossier(), 40_000).model_copy(update=wrong)
    story.when(bill).then_refused(Invalid, field=field)


def test_an_approval_reserves_its_part_of_the_agreement(story: Story, fund: Givens):
    """In the same append: there is no moment at which one stands without the other."""
    dossier_id = fund.agreed_dossier(100_000)
    invoice_id = fund.invoice(dossier_id, 40_000)
    approve = ApproveInvoice(invoice_id=invoice_id, on=DAY)
    told = story.when(approve)
    told.then(
        happened(e.InvoiceApproved, amount_cents=40_000),
        happened(PaymentReserved, invoice_id=invoice_id, amount_cents=40_000),
    )
    assert [event.dossiers for event in told.events] == [(dossier_id,)] * 2
    assert fund.state(Dossier, dossier_id).reserved_cents == 40_000
    story.when(approve).then_refused(errors.InvoiceAlreadyApproved)


def test_less_may_be_approved_never_more(story: Story, fund: Givens):
    invoice_id = fund.invoice(fund.agreed_dossier(100_000), 40_000)
    more = ApproveInvoice(invoice_id=invoice_id, amount_cents=40_001, on=DAY)
    story.when(more).then_refused(errors.ApprovalAboveInvoice, field="amount_cents")
    less = ApproveInvoice(invoice_id=invoice_id, amount_cents=1, on=DAY)
    story.when(less).then(happened(e.InvoiceApproved, amount_cents=1), PaymentReserved)


def test_approvals_never_exceed_the_agreement(story: Story, fund: Givens):
    dossier_id = fund.agreed_dossier(100_000)
    fund.approved_invoice(dossier_id, 60_000)
    second = fund.invoice(dossier_id, 40_001)
    refusal = story.when(ApproveInvoice(invoice_id=second, on=DAY)).then_refused(AgreementExceeded)
    assert "400,00" in refusal.message
    within = ApproveInvoice(invoice_id=second, amount_cents=40_000, on=DAY)
    story.when(within).then(e.InvoiceApproved, PaymentReserved)


def test_a_dispute_gives_the_reservation_back(story: Story, fund: Givens):
    dossier_id = fund.agreed_dossier(100_000)
    invoice_id = fund.approved_invoice(dossier_id, 100_000)
    dispute = DisputeInvoice(invoice_id=invoice_id, reason="Heures en trop", on=DAY)
    told = story.when(dispute)
    told.then(e.InvoiceDisputed, happened(ReservationReleased, invoice_id=invoice_id, amount_cents=100_000))
    assert "Heures" not in str(told.events)
    story.when(dispute).then_refused(errors.InvoiceInDispute)
    story.when(ApproveInvoice(invoice_id=invoice_id, on=DAY)).then_refused(errors.InvoiceInDispute)
    story.when(ResolveDispute(invoice_id=invoice_id, on=DAY)).then(e.DisputeResolved)
    story.when(ResolveDispute(invoice_id=invoice_id, on=DAY)).then_refused(errors.InvoiceNotInDispute)
    story.when(ApproveInvoice(invoice_id=invoice_id, on=DAY)).then(e.InvoiceApproved, PaymentReserved)


def test_an_invoice_is_disputed_before_any_approval(story: Story, fund: Givens):
    invoice_id = fund.invoice(fund.agreed_dossier())
    story.when(DisputeInvoice(invoice_id=invoice_id, reason="Illisible", on=DAY)).then(e.InvoiceDisputed)


def test_the_service_is_attested_once_even_after_payment(story: Story, fund: Givens):
    """An apprenticeship's advance is due at the term's start: the certificate comes after."""
    dossier_id = fund.agreed_dossier()
    invoice_id = fund.approved_invoice(dossier_id)
    fund.paid_transfer(dossier_id, invoice_id)
    attest = AttestService(invoice_id=invoice_id, on=DAY)
    story.when(attest).then(e.ServiceAttested)
    story.when(attest).then_refused(errors.ServiceAlreadyAttested)


def test_a_scheduled_or_paid_invoice_is_neither_approved_nor_disputed(story: Story, fund: Givens):
    dossier_id = fund.agreed_dossier()
    scheduled, paid = fund.approved_invoice(dossier_id, 1_000), fund.approved_invoice(dossier_id, 2_000)
    fund.transfer(fund.lot(), dossier_id, [scheduled])
    fund.paid_transfer(dossier_id, paid)
    assert fund.state(Invoice, paid).status is InvoiceStatus.PAID
    for invoice_id, refusal in [
        (scheduled, errors.InvoiceAlreadyScheduled),
        (paid, errors.InvoiceAlreadyPaid),
    ]:
        story.when(ApproveInvoice(invoice_id=invoice_id, on=DAY)).then_refused(refusal)
        story.when(DisputeInvoice(invoice_id=invoice_id, reason="-", on=DAY)).then_refused(refusal)


def test_two_approvals_at_once_that_together_exceed_the_agreement(story: Story, fund: Givens):
    """Four threads approve 60 % each: one is accepted, whatever the interleaving, and the others are told why."""
    dossier_id = fund.agreed_dossier(100_000)
    orders = [ApproveInvoice(invoice_id=fund.invoice(dossier_id, 60_000), on=DAY) for _ in range(4)]
    gate, answers = threading.Barrier(4), []

    def run(order: ApproveInvoice):
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
    assert len(answers) == 4
    assert answers.count(AgreementExceeded) == 3
    assert [event.name for event in story.events_after(before)] == [e.InvoiceApproved.NAME, PaymentReserved.NAME]
    assert fund.state(Dossier, dossier_id).reserved_cents == 60_000


@pytest.mark.parametrize(
    "order",
    [
        AttestService(invoice_id=uuid7(), on=DAY),
        ApproveInvoice(invoice_id=uuid7(), on=DAY),
        DisputeInvoice(invoice_id=uuid7(), reason="-", on=DAY),
        ResolveDispute(invoice_id=uuid7(), on=DAY),
    ],
    ids=lambda order: type(order).__name__,
)
def test_an_absent_invoice_is_not_found(story: Story, order):
    story.when(order).then_refused(NotFound)
