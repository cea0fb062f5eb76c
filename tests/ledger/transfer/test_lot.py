"""Stories of lots (rows B3, O42): prepared by some, released by another, then in the bank's hands."""

from __future__ import annotations

import threading

from ledger.kit.errors import AlreadyClaimed, Invalid, NotFound, Refusal
from ledger.kit.ids import uuid7
from ledger.transfer import errors
from ledger.transfer import events as e
from ledger.transfer.commands import OpenLot, PrepareTransfer, ReleaseLot, WithdrawTransfer
from ledger.transfer.lot import Lot
from support.givens import DAY, THURSDAY, Givens
from support.stories import Story, happened


def prepared(fund: Givens, lot_id, gross_cents: int = 10_000, actor=None):
    dossier_id = fund.agreed_dossier()
    return fund.transfer(lot_id, dossier_id, [fund.approved_invoice(dossier_id, gross_cents)], actor=actor)


def test_a_lot_is_opened_once_under_its_reference(story: Story):
    open_lot = OpenLot(reference="VIR-A550", scheduled_on=THURSDAY)
    story.when(open_lot).then(happened(e.LotOpened, reference="VIR-A550", scheduled_on=THURSDAY))
    assert story.when(open_lot).then_refused(AlreadyClaimed).kind == "lot"


def test_the_system_does_not_release_what_a_person_prepared(story: Story, fund: Givens):
    """Four eyes: an import adds to a lot that an accountant began, and cannot release it in place of another one."""
    lot_id = fund.lot()
    prepared(fund, lot_id)
    prepared(fund, lot_id, actor=fund.account())
    story.when(fund.releasing(lot_id)).then_refused(errors.FourEyes)
    story.when(fund.releasing(lot_id), actor=fund.account()).then(e.LotReleased)


def test_a_lot_is_released_by_another_hand_than_any_that_prepared_it(story: Story, fund: Givens):
    """Four eyes: even one transfer among many, even one that was withdrawn since, makes its author a preparer."""
    lot_id = fund.lot()
    first, second, third = (fund.account() for _ in range(3))
    prepared(fund, lot_id, actor=first)
    withdrawn = prepared(fund, lot_id, actor=second)
    fund.do(WithdrawTransfer(transfer_id=withdrawn, on=DAY), actor=first)
    release = fund.releasing(lot_id)
    story.when(release, actor=first).then_refused(errors.FourEyes)
    story.when(release, actor=second).then_refused(errors.FourEyes)
    story.when(release, actor=third).then(happened(e.LotReleased, transfer_count=1, total_cents=10_000))
    story.when(release, actor=third).then_refused(errors.LotAlreadyReleased)


def test_only_the_system_itself_is_free_of_the_four_eyes(story: Story, fund: Givens):
    """The import of past transfers has no actor, and releases what it prepared; an account never becomes one."""
    lot_id = fund.lot()
    prepared(fund, lot_id, actor=None)
    story.when(fund.releasing(lot_id), actor=None).then(e.LotReleased)


def test_control_totals_must_match(story: Story, fund: Givens):
    lot_id = fund.lot()
    prepared(fund, lot_id, 10_000)
    prepared(fund, lot_id, 5_000)
    release = fund.releasing(lot_id)
    assert (release.transfer_count, release.total_cents) == (2, 15_000)
    for wrong in ({"transfer_count": 1}, {"total_cents": 14_999}):
        refusal = story.when(release.model_copy(update=wrong)).then_refused(errors.ControlTotalsDiffer)
        assert "150,00" in refusal.message
    story.when(release).then(e.LotReleased)


def test_an_empty_lot_is_not_released(story: Story, fund: Givens):
    lot_id = fund.lot()
    release = ReleaseLot(lot_id=lot_id, transfer_count=1, total_cents=1, on=DAY)
    story.when(release).then_refused(errors.LotEmpty)
    fund.do(WithdrawTransfer(transfer_id=prepared(fund, lot_id), on=DAY))
    story.when(release).then_refused(errors.LotEmpty)


def test_nothing_goes_in_or_out_of_a_released_lot(story: Story, fund: Givens):
    lot_id = fund.lot()
    transfer_id = prepared(fund, lot_id)
    fund.do(fund.releasing(lot_id))
    story.when(WithdrawTransfer(transfer_id=transfer_id, on=DAY)).then_refused(errors.LotAlreadyReleased)
    dossier_id = fund.agreed_dossier()
    late = fund.preparation(lot_id, dossier_id, [fund.approved_invoice(dossier_id)])
    story.when(late).then_refused(errors.LotAlreadyReleased)


def test_one_transfer_for_each_beneficiary_of_a_lot(story: Story, fund: Givens):
    """A transfer is (lot, beneficiary); once withdrawn, another may take its place."""
    lot_id, dossier_id = fund.lot(), fund.agreed_dossier()
    first, second = fund.approved_invoice(dossier_id, 1_000), fund.approved_invoice(dossier_id, 2_000)
    transfer_id = fund.transfer(lot_id, dossier_id, [first])
    again = fund.preparation(lot_id, dossier_id, [second])
    story.when(again).then_refused(errors.BeneficiaryAlreadyInLot, field="beneficiary_establishment_id")
    fund.do(WithdrawTransfer(transfer_id=transfer_id, on=DAY))
    fund.transfer(lot_id, dossier_id, [first, second])
    lot = fund.state(Lot, lot_id)
    assert (lot.transfer_count, lot.total_cents) == (1, 3_000)


def test_a_release_and_a_preparation_at_once_never_both_count(story: Story, fund: Givens):
    """Whoever comes second sees the other: the control totals no longer match, or the lot is released."""
    for _ in range(5):
        lot_id, dossier_id = fund.lot(), fund.agreed_dossier()
        prepared(fund, lot_id)
        orders = [
            fund.releasing(lot_id),
            fund.preparation(lot_id, dossier_id, [fund.approved_invoice(dossier_id, 2_000)]),
        ]
        gate, refusals = threading.Barrier(2), []

        def run(order, gate=gate, refusals=refusals):
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
        lot = fund.state(Lot, lot_id)
        expected = errors.ControlTotalsDiffer if lot.released_on is None else errors.LotAlreadyReleased
        assert refusals == [expected]


def test_an_order_about_an_absent_lot_is_not_found(story: Story):
    story.when(ReleaseLot(lot_id=uuid7(), transfer_count=1, total_cents=1, on=DAY)).then_refused(NotFound)
    prepare = PrepareTransfer(lot_id=uuid7(), beneficiary_establishment_id=uuid7(), invoice_ids=(uuid7(),))
    story.when(prepare).then_refused(NotFound, field="lot_id")


def test_a_preparation_that_names_an_invoice_twice_is_invalid(story: Story, fund: Givens):
    dossier_id = fund.agreed_dossier()
    invoice_id = fund.approved_invoice(dossier_id)
    order = fund.preparation(fund.lot(), dossier_id, [invoice_id])
    story.when(order.model_copy(update={"invoice_ids": (invoice_id, invoice_id)})).then_refused(
        Invalid, field="invoice_ids"
    )
