"""What an operator has to find when nobody gets their mail."""

from __future__ import annotations

from gateway.doctor import Level, Runbook
from gateway.mail.creation import CreationMails
from gateway.policies.runner import Runner
from ledger.account.commands import CreateAccount


def told(house, subject: str) -> str | None:
    found = {each.subject: each for each in house.found()}
    finding = found.get(subject)
    if finding is None or finding.level is not Level.WARN:
        return None
    assert finding.runbook is Runbook.MAIL
    return finding.told


def test_mails_that_wait_are_told_of_and_never_to_whom(house):
    assert told(house, "courriels") is None
    person = {"last_name": "Quorzeul", "first_name": "Zélie", "email": "zelie@example.org", "role": "portal"}
    house.service.ledger.execute(CreateAccount.model_validate(person), actor=None)
    Runner(house.service, [CreationMails(house.service)]).catch_up()
    assert told(house, "courriels") == "1 en attente, et rien ne les envoie"
    assert "zelie" not in str(house.found()).casefold()
    house.execute("update auth.mail set sent_at = now()")
    assert told(house, "courriels") is None


def test_a_policy_that_stays_behind_is_told_of_by_name(house):
    Runner(house.service, [CreationMails(house.service)]).catch_up()
    assert told(house, "politique « creation »") is None
    house.execute("update auth.policy set position = position - 30000 where name = 'creation'")
    assert "événements de retard" in (told(house, "politique « creation »") or "")
