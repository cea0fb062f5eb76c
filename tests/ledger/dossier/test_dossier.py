"""Stories of a dossier: what it accepts along its axes, and what it refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.dossier import errors
from ledger.dossier import events as e
from ledger.dossier.aggregate import Dossier
from ledger.dossier.axes import Closing, Execution, Instruction
from ledger.dossier.commands import (
    AmendAgreement,
    BreakOffExecution,
    CancelDossier,
    CloseDossier,
    FinishExecution,
    IssueAgreement,
    RefuseAgreement,
    SettleDossier,
    StartExecution,
)
from ledger.kit.errors import AlreadyClaimed, Invalid, NotFound
from ledger.kit.ids import uuid7
from support.givens import DAY, ENDS, STARTS, Givens
from support.stories import Story, happened


def test_a_dossier_is_opened_once_under_its_number(story: Story, fund: Givens):
    opening = fund.opening(number="D-unique 1")
    opened = story.when(opening).then(happened(e.DossierOpened, number="D-unique 1", title="Conduite de chantier"))
    dossier = fund.state(Dossier, opened.resource_id)
    assert (dossier.instruction, dossier.execution, dossier.closing) == (
        Instruction.UNDER_REVIEW,
        Execution.NOT_STARTED,
        Closing.OPEN,
    )
    assert story.when(opening).then_refused(AlreadyClaimed).kind == "dossier-number"


def test_a_dossier_needs_establishments_that_exist(story: Story, fund: Givens):
    nobody = uuid7()
    company = fund.opening(company_establishment_id=nobody)
    story.when(company).then_refused(NotFound, field="company_establishment_id")
    providers = fund.opening(provider_establishment_ids=(nobody,))
    story.when(providers).then_refused(NotFound, field="provider_establishment_ids")
    # A stream of another noun is as absent as one that does not exist.
    organisation_id, _ = fund.organisation()
    other = fund.opening(company_establishment_id=organisation_id)
    story.when(other).then_refused(NotFound, field="company_establishment_id")


def test_a_dossier_does_not_end_before_it_starts_nor_names_a_provider_twice(story: Story, fund: Givens):
    reversed_period = fund.opening(starts_on=ENDS, ends_on=STARTS)
    story.when(reversed_period).then_refused(Invalid, field="ends_on")
    provider = fund.establishment()
    twice = fund.opening(provider_establishment_ids=(provider, provider))
    story.when(twice).then_refused(Invalid, field="provider_establishment_ids")


def test_an_agreement_is_issued_once(story: Story, fund: Givens):
    issue = IssueAgreement(dossier_id=fund.dossier(), amount_cents=87_518_50, on=DAY)
    story.when(issue).then(happened(e.AgreementIssued, amount_cents=87_518_50, on=DAY))
    story.when(issue).then_refused(errors.AgreementAlreadyIssued)
    refuse = RefuseAgreement(dossier_id=issue.dossier_id, reason="Hors champ", on=DAY)
    story.when(refuse).then_refused(errors.AgreementAlreadyIssued)


def test_a_refused_dossier_is_only_closed(story: Story, fund: Givens):
    """The reason is sealed under the dossier's own key."""
    dossier_id = fund.dossier()
    refuse = RefuseAgreement(dossier_id=dossier_id, reason="Hors champ\nVoir le courrier", on=DAY)
    told = story.when(refuse)
    told.then(e.AgreementRefused)
    sealed = e.AgreementRefused.model_validate(
        {**told.events[0].data, "originator_id": dossier_id, "originator_version": 2}, strict=False
    ).reason
    assert sealed.subject == dossier_id
    assert fund.ledger.keyring.open(sealed) == "Hors champ\nVoir le courrier"
    for order in (
        refuse,
        IssueAgreement(dossier_id=dossier_id, amount_cents=1, on=DAY),
        StartExecution(dossier_id=dossier_id, on=DAY),
        CancelDossier(dossier_id=dossier_id, on=DAY),
    ):
        story.when(order).then_refused(errors.AgreementAlreadyRefused)
    story.when(SettleDossier(dossier_id=dossier_id, on=DAY)).then_refused(errors.AgreementMissing)
    story.when(CloseDossier(dossier_id=dossier_id, on=DAY)).then(e.DossierClosed)


def test_an_amendment_states_the_agreement_whole(story: Story, fund: Givens):
    dossier_id = fund.agreed_dossier(100_000)
    longer = ENDS + timedelta(days=30)
    amend = AmendAgreement(dossier_id=dossier_id, amount_cents=120_000, ends_on=longer, reason="Prolongation", on=DAY)
    story.when(amend).then(
        happened(
            e.AgreementAmended, amount_cents=120_000, title="Conduite de chantier", starts_on=STARTS, ends_on=longer
        )
    )
    assert fund.state(Dossier, dossier_id).agreement_cents == 120_000


def test_an_amendment_needs_an_agreement_and_a_period(story: Story, fund: Givens):
    under_review = AmendAgreement(dossier_id=fund.dossier(), amount_cents=1, on=DAY)
    story.when(under_review).then_refused(errors.AgreementMissing)
    reversed_period = AmendAgreement(
        dossier_id=fund.agreed_dossier(), amount_cents=1, ends_on=STARTS - timedelta(days=1), on=DAY
    )
    story.when(reversed_period).then_refused(Invalid, field="ends_on")


def test_an_amendment_keeps_what_is_already_approved(story: Story, fund: Givens):
    """An agreement is never amended below what approved or paid invoices have taken of it."""
    dossier_id = fund.agreed_dossier(100_000)
    fund.approved_invoice(dossier_id, 60_000)
    below = AmendAgreement(dossier_id=dossier_id, amount_cents=59_999, on=DAY)
    story.when(below).then_refused(errors.AgreementBelowReserved, field="amount_cents")
    story.when(below.model_copy(update={"amount_cents": 60_000})).then(e.AgreementAmended)


def test_a_training_starts_and_finishes_once(story: Story, fund: Givens):
    """The fund may decide after the start: the axes are apart."""
    dossier_id = fund.dossier()
    finish = FinishExecution(dossier_id=dossier_id, on=ENDS)
    story.when(finish).then_refused(errors.ExecutionNotStarted)
    start = StartExecution(dossier_id=dossier_id, on=STARTS)
    story.when(start).then(e.ExecutionStarted)
    story.when(start).then_refused(errors.ExecutionAlreadyStarted)
    early = FinishExecution(dossier_id=dossier_id, on=STARTS - timedelta(days=1))
    story.when(early).then_refused(errors.ExecutionEndsBeforeItStarts, field="on")
    story.when(finish).then(e.ExecutionFinished)
    story.when(finish).then_refused(errors.ExecutionAlreadyOver)
    story.when(BreakOffExecution(dossier_id=dossier_id, on=ENDS)).then_refused(errors.ExecutionAlreadyOver)


def test_a_broken_off_dossier_can_still_be_paid_for(story: Story, fund: Givens):
    dossier_id = fund.agreed_dossier(100_000)
    story.when(BreakOffExecution(dossier_id=dossier_id, reason="Démission", on=STARTS)).then(e.ExecutionBrokenOff)
    assert fund.state(Dossier, dossier_id).execution is Execution.BROKEN_OFF
    fund.approved_invoice(dossier_id, 40_000)


def test_settling_releases_what_was_not_paid(story: Story, fund: Givens):
    """« Soldé »: what was committed and not paid is released; then nothing moves any more."""
    dossier_id = fund.agreed_dossier(100_000)
    invoice_id = fund.approved_invoice(dossier_id, 40_000)
    settle = SettleDossier(dossier_id=dossier_id, on=DAY)
    refusal = story.when(settle).then_refused(errors.PaymentsOutstanding)
    assert "400,00" in refusal.message
    fund.paid_transfer(dossier_id, invoice_id)
    story.when(settle).then(happened(e.DossierSettled, released_cents=60_000))
    story.when(settle).then_refused(errors.DossierNotOpen)
    story.when(AmendAgreement(dossier_id=dossier_id, amount_cents=90_000, on=DAY)).then_refused(errors.DossierNotOpen)
    story.when(CancelDossier(dossier_id=dossier_id, on=DAY)).then_refused(errors.DossierNotOpen)
    story.when(CloseDossier(dossier_id=dossier_id, on=DAY)).then(e.DossierClosed)
    story.when(CloseDossier(dossier_id=dossier_id, on=DAY)).then_refused(errors.DossierNotOpen)


def test_only_a_settled_dossier_is_closed(story: Story, fund: Givens):
    dossier_id = fund.agreed_dossier()
    story.when(CloseDossier(dossier_id=dossier_id, on=DAY)).then_refused(errors.DossierNotSettled)
    story.when(SettleDossier(dossier_id=fund.dossier(), on=DAY)).then_refused(errors.AgreementMissing)


def test_a_dossier_with_approved_invoices_is_not_cancelled(story: Story, fund: Givens):
    dossier_id = fund.agreed_dossier()
    fund.approved_invoice(dossier_id)
    story.when(CancelDossier(dossier_id=dossier_id, on=DAY)).then_refused(errors.PaymentsReserved)
    free_id = fund.agreed_dossier()
    story.when(CancelDossier(dossier_id=free_id, reason="Doublon", on=DAY)).then(e.DossierCancelled)
    for order in (
        CancelDossier(dossier_id=free_id, on=DAY),
        CloseDossier(dossier_id=free_id, on=DAY),
        StartExecution(dossier_id=free_id, on=DAY),
    ):
        story.when(order).then_refused(errors.DossierNotOpen)


@pytest.mark.parametrize(
    "order",
    [
        IssueAgreement(dossier_id=uuid7(), amount_cents=1, on=DAY),
        RefuseAgreement(dossier_id=uuid7(), reason="-", on=DAY),
        AmendAgreement(dossier_id=uuid7(), amount_cents=1, on=DAY),
        StartExecution(dossier_id=uuid7(), on=DAY),
        BreakOffExecution(dossier_id=uuid7(), on=DAY),
        FinishExecution(dossier_id=uuid7(), on=DAY),
        SettleDossier(dossier_id=uuid7(), on=DAY),
        CloseDossier(dossier_id=uuid7(), on=DAY),
        CancelDossier(dossier_id=uuid7(), on=DAY),
    ],
    ids=lambda order: type(order).__name__,
)
def test_an_absent_dossier_is_not_found(story: Story, order):
    story.when(order).then_refused(NotFound)


def test_a_reservation_is_taken_once_and_paid_once(fund: Givens):
    """The dossier holds on its own, whatever a handler forgets to ask of the invoice."""
    dossier = fund.state(Dossier, fund.agreed_dossier(100_000))
    invoice_id, transfer_id, at = uuid7(), uuid7(), dossier.modified_on
    with pytest.raises(errors.PaymentNotReserved):
        dossier.record_payment(invoice_id, transfer_id, DAY, at=at)
    dossier.reserve(invoice_id, 10_000, at=at)
    with pytest.raises(errors.PaymentAlreadyReserved):
        dossier.reserve(invoice_id, 10_000, at=at)
    dossier.record_payment(invoice_id, transfer_id, DAY, at=at)
    with pytest.raises(errors.PaymentNotReserved):
        dossier.record_payment(invoice_id, transfer_id, DAY, at=at)
    with pytest.raises(errors.PaymentNotReserved):
        dossier.release(invoice_id, at=at)
    assert (dossier.reserved_cents, dossier.paid_cents) == (10_000, 10_000)
