"""Replaying dossiers of a real log (row B5): every question an auditor may ask, and nothing personal in the answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import orjson
import pytest

from gateway.audit.replay import Replay, Selection, replay
from gateway.audit.report import as_json, as_text
from ledger.application import Ledger
from ledger.dossier.commands import CancelDossier, RefuseAgreement, SettleDossier
from ledger.kit.ids import uuid7
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log.database import Database, Role
from ledger.transfer.commands import RejectTransfer
from support.fund import Fund

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def fund(ledger_url: str, keys_url: str) -> Iterator[Fund]:
    with Database(ledger_url) as database, Keyring(keys_url, MasterKey.generate()) as keyring:
        fund = Fund(Ledger(database, keyring, clock=lambda: NOW))
        fund.database = database
        yield fund


def asked(fund: Fund, dossier_id: UUID, **selection) -> Replay | None:
    with fund.database.transaction(Role.AUDITOR) as connection:
        return replay(connection, dossier_id, Selection(**selection))


def told(replayed: Replay) -> str:
    return "\n".join(as_text(replayed))


def test_a_replay_says_how_far_the_log_went(fund):
    """Asked for a position to come, it does not claim to know what the ledger will have known there."""
    dossier = fund.dossier()
    replayed = asked(fund, dossier, position=10**9)
    assert f"Registre lu jusqu'à la position {replayed.head}\n" in told(replayed)
    assert replayed.head < 10**9


def test_a_paid_dossier_is_told_event_by_event(fund):
    dossier = fund.dossier()
    fund.trainee(dossier)
    invoice = fund.approved_invoice(dossier)
    fund.paid_transfer(invoice, total_cents=100_00)
    fund.do(SettleDossier(dossier_id=dossier, on=date(2023, 7, 3)), fund.case_manager)

    now = asked(fund, dossier)
    names = [step.event.name for step in now.steps]
    assert names[:5] == [
        "dossier.opened.v1",
        "dossier.agreement-issued.v1",
        "dossier.trainee-enrolled.v1",
        "invoice.received.v1",
        "invoice.service-attested.v1",
    ]
    # One append each; within it the order of the streams is the handler's own.
    assert set(names[5:7]) == {"invoice.approved.v1", "dossier.payment-reserved.v1"}
    assert set(names[7:9]) == {"transfer.prepared.v1", "invoice.scheduled.v1"}
    assert set(names[9:12]) == {"transfer.paid.v1", "invoice.paid.v1", "dossier.payment-recorded.v1"}
    assert names[12:] == ["dossier.settled.v1"]
    assert [step.event.position for step in now.steps] == sorted(step.event.position for step in now.steps)
    assert (now.standing.financial, now.standing.paid_cents, now.standing.released_cents) == ("settled", 100_00, 50_00)
    assert now.standing.trainee_count == 1
    agreed = now.steps[1]
    assert agreed.effects == {
        "instruction": ("under-review", "agreed"),
        "agreement_cents": (0, 150_00),
        "financial": ("uncommitted", "committed"),
    }
    assert (agreed.actor.account_id, agreed.actor.role) == (fund.case_manager, "case-manager")


def test_the_two_questions_about_a_day_have_two_answers(fund):
    """Everything was recorded in November 2026; the papers are of 2023."""
    dossier = fund.dossier()
    fund.approved_invoice(dossier)
    in_2023 = asked(fund, dossier, at=date(2023, 1, 31))
    known_in_2023 = asked(fund, dossier, known_at=datetime(2023, 1, 31, tzinfo=UTC))
    assert (in_2023.standing.agreement_cents, in_2023.left_out) == (150_00, 4)
    assert not known_in_2023.standing.exists
    assert known_in_2023.steps == ()
    assert "n'existe pas encore" in told(known_in_2023)
    known_now = asked(fund, dossier, known_at=datetime.now(UTC) + timedelta(minutes=1))
    assert known_now.standing == asked(fund, dossier).standing


def test_at_a_position_only_what_was_recorded_by_then_is_known(fund):
    dossier = fund.dossier(agreement_cents=None)
    opened_at = fund.outcomes[-1].position
    fund.do(CancelDossier(dossier_id=dossier, on=date(2023, 2, 2)), fund.case_manager)
    then = asked(fund, dossier, position=opened_at)
    assert (then.standing.closing, then.left_out, len(then.steps)) == ("open", 1, 1)
    assert asked(fund, dossier).standing.closing == "cancelled"
    assert not asked(fund, dossier, position=opened_at - 1).standing.exists
    assert asked(fund, dossier, position=0).standing.exists is False


def test_one_transfer_of_two_dossiers_shows_each_its_own_line(fund):
    """O41, B5: the whole transfer is 150 euros; this dossier's line is 100."""
    mine, other = fund.dossier(), fund.dossier()
    invoices = fund.approved_invoice(mine, 100_00), fund.approved_invoice(other, 50_00)
    transfer = fund.transfer(*invoices, total_cents=150_00)
    fund.do(RejectTransfer(transfer_id=transfer, reason="AC04", on=date(2023, 3, 20)), fund.accountant)
    replayed = asked(fund, mine)
    assert replayed.standing.transfers[str(transfer)]["amount_cents"] == 100_00
    assert replayed.standing.transfers[str(transfer)]["status"] == "rejected"
    assert str(other) not in orjson.dumps(as_json(replayed)).decode()
    assert str(invoices[1]) not in told(replayed)


def test_nothing_personal_and_nothing_sealed_is_shown(fund):
    dossier = fund.dossier(agreement_cents=None)
    fund.trainee(dossier, "Quetzalin", "Oriande")
    fund.do(RefuseAgreement(dossier_id=dossier, reason="Formation de M. Quetzalin", on=date(2023, 2, 2)))
    replayed = asked(fund, dossier)
    for shown in (told(replayed), orjson.dumps(as_json(replayed)).decode()):
        assert "Quetzalin" not in shown
        assert "sealed:" not in shown
        assert "scellé" in shown
    assert "par le système" in told(replayed)


def test_what_is_not_a_dossier_has_no_replay(fund):
    """A trainee's or an establishment's id is as absent as an unknown one."""
    dossier = fund.dossier()
    assert asked(fund, uuid7()) is None
    assert asked(fund, fund.provider) is None
    assert asked(fund, fund.invoice(dossier)) is None


def test_the_machine_form_is_stable(fund):
    """docs/audit.md: fields may be added to `dossier-replay.v1`, none may go or change its meaning."""
    dossier = fund.dossier()
    form = orjson.loads(orjson.dumps(as_json(asked(fund, dossier, at=date(2023, 1, 31)))))
    assert form["format"] == "dossier-replay.v1"
    assert form["selection"] == {"at": "2023-01-31", "known_at": None, "position": None}
    assert form["head"] == fund.outcomes[-1].position
    first = form["events"][0]
    assert first.keys() >= {
        "position", "recorded_at", "effective_on", "name", "label", "stream_id", "version", "actor", "correlation_id",
        "fields", "effects",
    }  # fmt: skip
    assert (first["label"], first["effective_on"], first["version"]) == ("Dossier ouvert", "2023-01-10", 1)
    assert first["effects"]["number"] == {"before": None, "after": form["state"]["number"]}
    assert form["state"].keys() >= {
        "exists", "number", "instruction", "execution", "financial", "closing", "agreement_cents", "reserved_cents",
        "paid_cents", "released_cents", "trainee_count", "trainees", "invoices", "transfers", "documents",
    }  # fmt: skip


def test_people_read_french_amounts_days_and_words(fund):
    dossier = fund.dossier(agreement_cents=87_518_50)
    text = told(asked(fund, dossier, at=date(2023, 1, 20)))
    assert "87\u202f518,50\u00a0€" in text
    assert "à la fin du 20/01/2023" in text
    assert "Accord de prise en charge  (dossier.agreement-issued.v1)" in text
    assert "Instruction : En instruction → Accordé" in text
