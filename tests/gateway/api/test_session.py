"""Signing in by password, and what becomes of a session (rows O1, O7, O25)."""

from __future__ import annotations

import psycopg
import pytest

from ledger.account.commands import DisableAccount
from ledger.account.events import Role
from support.browser import DEVICE, SESSION, Browser
from support.gateway import PASSWORD, Gateway, World
from support.signing_in import accept_terms

pytestmark = pytest.mark.usefixtures("world")


def _problem(answer) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.json()["type"].removeprefix("/problems/")


def test_a_user_signs_in_with_the_e_mail_and_the_password(gateway: Gateway, world: World):
    """O1: the e-mail, in any case, and the password; what is asked for next is said."""
    gateway.password("provider")
    browser = gateway.browser()
    answer = browser.sign_in(gateway.emails["provider"].upper(), PASSWORD)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["stage"], shown["terms_pending"], shown["factors"]) == ("full", True, [])
    assert browser.get("/v1/dossiers").json()["type"] == "/problems/terms-pending"
    accept_terms(gateway, "provider")
    assert [each["dossier_id"] for each in browser.get("/v1/dossiers").json()["items"]] == [str(world.dossier)]
    assert browser.get("/v1/session").json()["terms_pending"] is False
