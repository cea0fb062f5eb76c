"""The outbox against a real mail server that also refuses, delays and drops: delivered at least once, named once."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from uuid import UUID

import pytest

from gateway.mail import delivery, outbox
from gateway.mail.delivery import Postman
from gateway.mail.transports import transport_of
from ledger.kit.personal import Personal
from ledger.log.database import Role
from support.eventually import PATIENCE_SECONDS


@pytest.fixture
def who(mailroom):
    return mailroom.somebody()


@pytest.fixture
def queued(mailroom, who):
    """A creation mail that waits."""
    mailroom.account(who)
    mailroom.follow()
    (mail,) = mailroom.mails()
    return mail


def test_a_new_account_gets_its_mail_with_one_link_that_leads_to_us(mailroom, who, queued):
    """O24: the identifier, a link « Créer mon mot de passe », the regional contact, the team's signature."""
    assert queued["kind"] == "creation"
    assert mailroom.deliver() == 1
    (mail,) = mailroom.mailbox.to(who)
    assert mail.subject == "Bienvenue dans votre espace d'information de gestion"
    for said in (who, "Créer mon mot de passe", "Direction régionale d'essai", "L'équipe d'essai"):
        assert said in mail.text, said
    assert mail.link.startswith("https://portail.example/liens/")
    assert mail.message_id == f"<{queued['mail_id']}@essai.example>"
    assert mail.message["From"] == "Fonds d'essai <no-reply@portail.example>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    (row,) = mailroom.mails()
    assert row["sent_at"] is not None
    assert row["secret_sealed"] is None
    assert mailroom.deliver() == 0


def test_neither_the_address_nor_the_secret_waits_in_clear(mailroom, who, queued):
    """A copy of the database lets nobody in, and names nobody."""
    waiting = " ".join(str(row) for table in ("mail", "link") for row in mailroom.rows(f"select * from auth.{table}"))
    assert "sealed:" in waiting
    mailroom.deliver()
    (mail,) = mailroom.mailbox.to(who)
    assert "quorzeul" not in waiting.casefold()
    assert mail.secret not in waiting
    sent = " ".join(str(row) for table in ("mail", "link") for row in mailroom.rows(f"select * from auth.{table}"))
    assert mail.secret not in sent
    assert "quorzeul" not in sent.casefold()


@pytest.mark.parametrize("answer", ["451 4.3.0 plus tard", "rcpt 450 4.2.1 liste grise", "421 4.3.2 fermeture"])
def test_what_a_server_puts_off_is_tried_again(mailroom, who, queued, answer):
    mailroom.mailbox.answers.append(answer)
    assert mailroom.deliver() == 1
    (row,) = mailroom.mails()
    assert (row["sent_at"], row["gave_up_at"]) == (None, None)
    assert row["last_code"] in answer
    assert mailroom.deliver() == 1
    (mail,) = mailroom.mailbox.to(who)
    assert mail.message_id == f"<{queued['mail_id']}@essai.example>"


def test_waits_grow_between_tries(mailroom, who, queued):
    waits = []
    for _ in range(3):
        mailroom.mailbox.answers.append("451 plus tard")
        mailroom.force("update auth.mail set next_at = now()")
        mailroom.deliver(first_delay=timedelta(seconds=30))
        (row,) = mailroom.rows("select extract(epoch from next_at - now())::int as wait from auth.mail")
        waits.append(row["wait"])
    assert [round(wait, -1) for wait in waits] == [30, 60, 120]


@pytest.mark.parametrize("answer", ["550 5.1.1 inconnu", "rcpt 550 5.1.1 inconnu", "554 5.7.1 refus"])
def test_what_a_server_refuses_for_good_is_given_up_and_its_secret_forgotten(mailroom, who, queued, answer):
    mailroom.mailbox.answers.append(answer)
    mailroom.deliver()
    (row,) = mailroom.mails()
    assert row["gave_up_at"] is not None
    assert row["last_code"] in answer
    assert row["secret_sealed"] is None
    assert mailroom.deliver() == 0
    assert mailroom.mailbox.to(who) == []


def test_a_server_that_drops_after_the_message_gets_it_again_under_the_same_name(mailroom, who, queued):
    """At least once: whether the first one went is unknown, and the receiver knows the second by its Message-ID."""
    mailroom.mailbox.answers.append("drop")
    mailroom.deliver()
    (row,) = mailroom.mails()
    assert (row["sent_at"], row["last_code"]) == (None, "dropped")
    mailroom.deliver()
    first, second = mailroom.mailbox.to(who)
    assert first.message_id == second.message_id
    assert first.message.as_bytes() == second.message.as_bytes()


def test_a_server_that_answers_too_late_is_not_waited_for(mailroom, who, queued):
    mailroom.mailbox.answers.append("delay 3")
    mailroom.deliver(timeout_seconds=0.5)
    (row,) = mailroom.mails()
    assert (row["sent_at"], row["last_code"]) == (None, "timeout")
    mailroom.deliver()
    assert len({mail.message_id for mail in mailroom.mailbox.to(who)}) == 1


def test_a_delay_that_can_be_borne_is(mailroom, who, queued):
    mailroom.mailbox.answers.append("delay 1")
    mailroom.deliver()
    (row,) = mailroom.mails()
    assert row["sent_at"] is not None


def test_after_two_days_of_tries_it_is_given_up(mailroom, who, queued):
    mailroom.force("update auth.mail set made_at = now() - interval '49 hours'")
    mailroom.mailbox.answers.append("451 plus tard")
    mailroom.deliver()
    (row,) = mailroom.mails()
    assert row["gave_up_at"] is not None


def test_a_link_that_waited_for_a_day_is_made_anew(mailroom, who, queued):
    """A server that was down over a day: what arrives can be used, what was made before cannot."""
    mailroom.force("update auth.link set made_at = now() - interval '1 day', expires_at = now()")
    mailroom.deliver()
    (mail,) = mailroom.mailbox.to(who)
    old, new = mailroom.rows("select * from auth.link order by made_at")
    assert old["link_id"] == queued["link_id"]
    assert old["void_at"] is not None
    assert new["expires_at"] - new["made_at"] == timedelta(hours=24)
    (row,) = mailroom.mails()
    assert (row["link_id"], row["sent_at"] is not None) == (new["link_id"], True)
    assert mail.secret


def test_a_link_that_a_newer_one_replaced_is_not_sent(mailroom, who, queued):
    mailroom.force("update auth.link set void_at = now()")
    mailroom.deliver()
    (row,) = mailroom.mails()
    assert (row["gave_up_at"] is not None, row["last_code"]) == (True, "superseded")
    assert mailroom.mailbox.mails == []


def test_nothing_is_sent_to_who_was_erased(mailroom, who, queued):
    """E14: the key is gone, and with it the address and the secret."""
    subject = queued["recipient_sealed"].split(":")[1]
    mailroom.service.keyring.destroy(UUID(subject))
    mailroom.deliver()
    (row,) = mailroom.mails()
    assert row["last_code"] == "erased"
    assert mailroom.mailbox.mails == []


def test_a_cause_is_queued_once(mailroom, who, queued):
    """What repeats (a policy after a crash, an order given twice) sends nothing twice."""
    recipient = Personal.parse(queued["recipient_sealed"])
    with mailroom.service.database.transaction(Role.AUTH) as connection:
        for _ in range(2):
            outbox.enqueue(
                connection, mailroom.service.keyring, cause="essai:1", kind="password-set", recipient=recipient
            )
    assert [mail["cause"] for mail in mailroom.mails()].count("essai:1") == 1


def test_many_mails_go_by_several_postmen_and_each_once(mailroom):
    for n in range(9):
        mailroom.account(f"personne-{n}@example.org")
    mailroom.follow()
    while mailroom.deliver():
        pass
    assert sorted(mail.recipient for mail in mailroom.mailbox.mails) == [f"personne-{n}@example.org" for n in range(9)]


def test_a_worker_that_is_told_to_stop_does_not_wait_for_a_slow_server(mailroom, who, queued, monkeypatch):
    """Its claim ends by itself, and whoever comes next sends the mail under the same name."""
    monkeypatch.setattr(delivery, "LINGER_SECONDS", 0.2)
    mailroom.mailbox.answers.append("hold 120")
    transport = transport_of(mailroom.service.settings)
    assert transport is not None
    stop = threading.Event()
    working = threading.Thread(target=lambda: asyncio.run(Postman(mailroom.service, transport).run(stop)))
    working.start()
    mailroom.mailbox.wait(who)
    stop.set()
    working.join(PATIENCE_SECONDS)
    assert not working.is_alive()
    mailroom.force("update auth.mail set claimed_until = now()")
    mailroom.deliver()
    first, second = mailroom.mailbox.to(who)
    assert first.message_id == second.message_id
