"""`GET /v1/me` (rows O10, E4, E15): who is calling, how far they have come in, and what they may do now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ledger.account.events import Role
from support.company import Company, company
from support.gateway import Gateway
from support.signing_in import enrol_totp


@pytest.fixture(scope="module")
def firm(gateway: Gateway) -> Company:
    made = company(gateway)
    made.referent("head")
    made.member("hand", made.places[0])
    return made


def test_a_referent_is_told_her_name_her_team_and_her_rights(gateway: Gateway, firm: Company):
    browser = gateway.session("head")
    answer = browser.get("/v1/me")
    gateway.description.check(answer)
    me = answer.json()
    assert (me["last_name"], me["first_name"], me["email"]) == ("Essai", "Compte", gateway.emails["head"])
    assert (me["via"], me["stage"]["code"], me["terms_pending"]) == ("session", "full", False)
    assert me["managed"] == [{"organisation_id": str(firm.organisation), "kind": "provider"}]
    assert {"list_team_users", "send_invitation", "list_dossiers"} <= set(me["actions"])
    assert "create_account" not in me["actions"]
    until = datetime.fromisoformat(me["grave_until"])
    assert me["grave"] is True
    assert timedelta(minutes=9) < until - datetime.now(UTC) <= timedelta(minutes=10)
    assert answer.headers["cache-control"] == "no-store"


def test_a_user_manages_nobody(gateway: Gateway, firm: Company):
    me = gateway.session("hand").get("/v1/me").json()
    assert me["managed"] == []
    assert me["memberships"][0]["establishment_ids"] == [str(firm.places[0])]
    assert not {"list_team_users", "send_invitation"} & set(me["actions"])


def test_before_the_sign_in_is_whole_it_tells_nothing_but_what_to_do(gateway: Gateway):
    """Whoever knows a password alone learns neither the name, nor the address, nor the organisations."""
    gateway.account("half", Role.CASE_MANAGER)
    gateway.totp["half"] = enrol_totp(gateway, "half")
    browser = gateway.browser()
    browser.sign_in(gateway.emails["half"], gateway.password("half"))
    me = browser.get("/v1/me").json()
    assert me["stage"] == {"code": "second-factor", "label": "Second facteur attendu"}
    assert (me["last_name"], me["email"], me["memberships"], me["spaces"]) == (None, None, [], [])
    assert set(me["actions"]) == {"get_me", "get_session", "get_terms", "prove_second_factor", "sign_out"}


def test_a_referents_password_alone_tells_no_organisation(gateway: Gateway, firm: Company):
    """Row O1: what she manages names her company; a second factor of her own choosing guards it as well."""
    firm.referent("guarded")
    gateway.totp["guarded"] = enrol_totp(gateway, "guarded")
    browser = gateway.browser()
    browser.sign_in(gateway.emails["guarded"], gateway.password("guarded"))
    answer = browser.get("/v1/me")
    assert (answer.json()["stage"]["code"], answer.json()["managed"]) == ("second-factor", [])
    assert str(firm.organisation) not in answer.text


def test_the_terms_come_before_the_rest(gateway: Gateway, firm: Company):
    """O4, O5: until they are accepted, the actions are those of signing in, of the terms and of leaving."""
    firm.member("newcomer")
    browser = gateway.browser()
    browser.sign_in(gateway.emails["newcomer"], gateway.password("newcomer"))
    me = browser.get("/v1/me").json()
    assert me["terms_pending"] is True
    assert {"accept_terms", "refuse_terms", "get_terms", "sign_out"} <= set(me["actions"])
    assert not {"list_dossiers", "list_schemes", "change_password"} & set(me["actions"])
    assert browser.get("/v1/dossiers").json()["type"] == "/problems/terms-pending"


def test_a_programs_token_is_asked_for_no_terms(gateway: Gateway, firm: Company):
    me = gateway.get("hand", "/v1/me").json()
    assert (me["via"], me["terms_pending"], me["grave"], me["grave_until"]) == ("machine", False, True, None)


def test_the_menu_of_a_space_is_the_portals_own(gateway: Gateway, firm: Company):
    """E4: another frontend shows the same entries under the same rights, each with its first operation."""
    spaces = {each["path"]: each for each in gateway.session("head").get("/v1/me").json()["spaces"]}
    menu = {each["name"]: each for each in spaces["/of"]["entries"]}
    assert spaces["/of"]["kind"] == "provider"
    assert (menu["show_dossiers"]["action"], menu["show_dossiers"]["path"]) == ("list_dossiers", "/of/dossiers")
    assert menu["show_users"]["label"] == "Gérer mes utilisateurs"
    hers = gateway.session("hand").get("/v1/me").json()
    of = next(each for each in hers["spaces"] if each["path"] == "/of")
    assert "show_users" not in {each["name"] for each in of["entries"]}
    assert {each["action"] for each in of["entries"]} <= set(hers["actions"])


def test_what_is_not_built_is_not_counted(gateway: Gateway, firm: Company):
    """There are no messages yet: null, and not an invented zero."""
    assert gateway.get("hand", "/v1/me").json()["unread"] is None
