"""What an operator has to find when documents are not transmitted."""

from __future__ import annotations

from dataclasses import replace

from gateway.doctor import Level, Runbook
from gateway.settings_vault import VaultSettings


def told(house, subject: str) -> tuple[Level, str] | None:
    found = {each.subject: each for each in house.found()}.get(subject)
    if found is None:
        return None
    assert found.level is Level.OK or found.runbook is Runbook.SCANNING
    return found.level, found.told


def test_documents_that_wait_are_told_of_by_their_number(house):
    assert told(house, "antivirus") == (Level.OK, "aucun : les documents sont « non analysés »")
    house.execute(
        "insert into auth.scan (document_id, position, asked_at) "
        "values ('0199a3c0-0000-7000-8000-000000000001', 1, now() - interval '1 hour')"
    )
    assert told(house, "antivirus") == (Level.FAIL, "1 document(s) en attente, et rien ne les analyse")
    house.settings = replace(house.settings, vault=VaultSettings(clamd="127.0.0.1:1"))
    assert told(house, "antivirus") == (Level.FAIL, "clamd ne répond pas (unreachable)")
    assert told(house, "analyses") == (
        Level.WARN,
        "1 en attente, dont 0 en échec, le plus ancien depuis 60 minutes",
    )
    house.execute("update auth.scan set due_at = null")
    assert told(house, "analyses") == (Level.OK, "0 en attente")
