"""The auditor's fold and the read model share no code: where they agree, both are likely right (row B5)."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.application import Ledger
from ledger.dossier.commands import (
    AmendAgreement,
    BreakOffExecution,
    CancelDossier,
    CloseDossier,
    FinishExecution,
    RefuseAgreement,
    SettleDossier,
    StartExecution,
    WithdrawTrainee,
)
from ledger.invoice.commands import ApproveInvoice, DisputeInvoice, ResolveDispute
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log.database import Database
from ledger.transfer.commands import RejectTransfer
from projections.engine.engine import Engine
from projections.engine.schema import install
from projections.registry import ALL
from support.fund import ENDS_ON, Fund
from support.second_opinion import read, replayed

ON = date(2023, 7, 3)


def refused_then_closed(fund, dossier):
    fund.do(RefuseAgreement(dossier_id=dossier, reason="Hors critères", on=date(2023, 2, 2)))
    fund.do(CloseDossier(dossier_id=dossier, on=ON))


def cancelled_after_the_agreement(fund, dossier):
    fund.do(CancelDossier(dossier_id=dossier, on=ON))


def broken_off_and_amended(fund, dossier):
    fund.do(StartExecution(dossier_id=dossier, on=date(2023, 2, 1)))
    fund.do(BreakOffExecution(dossier_id=dossier, on=date(2023, 3, 1)))
    fund.do(AmendAgreement(dossier_id=dossier, amount_cents=40_00, ends_on=date(2023, 3, 1), on=date(2023, 3, 2)))


def paid_settled_and_closed(fund, dossier):
    trainee = fund.trainee(dossier)
    fund.trainee(dossier)
    fund.do(WithdrawTrainee(dossier_id=dossier, person_id=trainee, on=date(2023, 3, 1)))
    fund.do(StartExecution(dossier_id=dossier, on=date(2023, 2, 1)))
    fund.paid_transfer(fund.approved_invoice(dossier), total_cents=100_00)
    fund.do(FinishExecution(dossier_id=dossier, on=ENDS_ON))
    fund.do(SettleDossier(dossier_id=dossier, on=ON))
    fund.do(CloseDossier(dossier_id=dossier, on=date(2024, 1, 2)))


def disputed_approved_again_and_rejected(fund, dossier):
    invoice = fund.approved_invoice(dossier)
    fund.do(DisputeInvoice(invoice_id=invoice, reason="Heures non faites", on=date(2023, 4, 1)))
    fund.do(ResolveDispute(invoice_id=invoice, on=date(2023, 4, 5)))
    fund.do(ApproveInvoice(invoice_id=invoice, on=date(2023, 4, 6)), fund.accountant)
    transfer = fund.transfer(invoice, total_cents=100_00)
    fund.do(RejectTransfer(transfer_id=transfer, reason="AC04", on=date(2023, 3, 20)))


def partly_paid(fund, dossier):
    fund.paid_transfer(fund.approved_invoice(dossier, 60_00), total_cents=60_00)
    fund.approved_invoice(dossier, 50_00)


def nothing_yet(fund, dossier):
    """Opened, or agreed."""


@pytest.fixture
def deployment(ledger_url, keys_url):
    install(ledger_url, ALL)
    with Database(ledger_url) as database, Keyring(keys_url, MasterKey.generate()) as keyring:
        yield Fund(Ledger(database, keyring)), database, Engine(database, keyring, ALL)


def test_the_replay_to_the_last_position_is_the_read_model(deployment):
    fund, database, engine = deployment
    stories = (
        (refused_then_closed, None),
        (cancelled_after_the_agreement, 150_00),
        (broken_off_and_amended, 150_00),
        (paid_settled_and_closed, 150_00),
        (disputed_approved_again_and_rejected, 150_00),
        (partly_paid, 150_00),
        (nothing_yet, 150_00),
        (nothing_yet, None),
    )
    told = {}
    for story, agreement_cents in stories:
        dossier = fund.dossier(agreement_cents=agreement_cents)
        story(fund, dossier)
        told[dossier] = story.__name__
    with engine:
        engine.catch_up()
    for dossier, story in told.items():
        assert replayed(database, dossier) == read(database, dossier), story
