"""Neutral requests, and what is forgotten with time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway.mail import granting
from gateway.sweeping import sweep, sweeps
from ledger.account.commands import CreateAccount, DisableAccount
from ledger.kit.clock import system_clock


def asked(mailroom, email: str) -> None:
    digest = mailroom.service.keyring.digest("email", email)
    mailroom.force(
        "insert into auth.wish (wish_id, kind, email_digest) values (gen_random_uuid(), 'password-reset', %s)", digest
    )


@pytest.fixture
def known(mailroom):
    email = mailroom.somebody()
    account_id = mailroom.account(email)
    mailroom.follow()
    mailroom.force("truncate auth.mail, auth.link")
    return email, account_id


def test_a_reset_is_mailed_to_whoever_holds_the_address(mailroom, known):
    """O2; the row keeps nothing afterwards of whose address it was."""
    email, account_id = known
    asked(mailroom, email)
    mailroom.follow()
    (mail,) = mailroom.mails()
    assert mail["kind"] == "reset"
    (link,) = mailroom.rows("select account_id, purpose from auth.link")
    assert link == {"account_id": account_id, "purpose": "password"}
    assert mailroom.rows("select email_digest, facts_sealed, done_at is null as open from auth.wish") == [
        {"email_digest": None, "facts_sealed": None, "open": False}
    ]
    mailroom.deliver()
    (arrived,) = mailroom.mailbox.to(email)
    assert "Choisir mon nouveau mot de passe" in arrived.text


def test_nobody_and_whoever_may_not_sign_in_get_nothing(mailroom):
    ended = mailroom.somebody()
    mailroom.account(ended, "auditor", ends_on=system_clock().date() + timedelta(days=1))
    mailroom.follow()
    mailroom.force("update read.account set ends_on = %s where role = 'auditor'", date(2026, 1, 1))
    disabled = mailroom.somebody()
    gone = mailroom.account(disabled)
    mailroom.service.ledger.execute(DisableAccount(account_id=gone, on=system_clock().date()), actor=None)
    mailroom.engine.catch_up()
    mailroom.follow()
    mailroom.force("truncate auth.mail, auth.link")
    for email in (mailroom.somebody(), ended, disabled):
        asked(mailroom, email)
    mailroom.follow()
    assert mailroom.rows("select count(*) as n from auth.wish where done_at is null") == [{"n": 0}]
    assert mailroom.mails() == []


def test_an_account_that_the_read_model_does_not_have_yet_is_waited_for(mailroom):
    """Made a moment ago: the request is tried again rather than lost."""
    email = mailroom.somebody()
    names = {"last_name": "Quorzeul", "first_name": "Zélie", "role": "portal"}
    mailroom.service.ledger.execute(CreateAccount.model_validate({**names, "email": email}), actor=None)
    asked(mailroom, email)
    assert granting.grant_one(mailroom.service)
    assert mailroom.rows("select attempts, done_at from auth.wish") == [{"attempts": 1, "done_at": None}]
    mailroom.engine.catch_up()
    mailroom.force("update auth.wish set next_at = now()")
    mailroom.follow()
    assert "reset" in {mail["kind"] for mail in mailroom.mails()}


def test_one_request_that_fails_does_not_hold_up_the_others(mailroom, known, capsys):
    """Its facts cannot be read: it is put off, said by kind and id alone, and the next one is fulfilled."""
    email, _ = known
    mailroom.force(
        "insert into auth.wish (wish_id, kind, facts_sealed) values (gen_random_uuid(), 'registration', 'rien')"
    )
    asked(mailroom, email)
    mailroom.follow()
    assert [mail["kind"] for mail in mailroom.mails()] == ["reset"]
    assert mailroom.rows("select kind, attempts from auth.wish where done_at is null") == [
        {"kind": "registration", "attempts": 1}
    ]


def test_every_sweep_may_do_what_it_does_and_keeps_what_is_young(mailroom, known):
    """As the role of sign-in and mail: ended rows go at their age, the others stay."""
    email, _ = known
    asked(mailroom, email)
    mailroom.follow()
    mailroom.deliver()
    assert len(sweeps(mailroom.service.settings)) >= 8
    sweep(mailroom.service)
    mails, made, granted = (f"(select count(*) from auth.{table})" for table in ("mail", "link", "wish"))
    counted = f"select {mails} as m, {made} as l, {granted} as w"
    assert mailroom.rows(counted) == [{"m": 1, "l": 1, "w": 1}]
    mailroom.force("update auth.mail set sent_at = sent_at - interval '91 days'")
    mailroom.force(
        "update auth.link set made_at = made_at - interval '32 days', expires_at = expires_at - interval '32 days'"
    )
    mailroom.force("update auth.wish set done_at = done_at - interval '31 days'")
    sweep(mailroom.service)
    assert mailroom.rows(counted) == [{"m": 0, "l": 0, "w": 0}]
