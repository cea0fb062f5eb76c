"""Another e-mail: confirmed at both addresses, in either order, or nothing changes; the old one may refuse."""

from __future__ import annotations

import pytest
from httpx import Response

from ledger.account.events import Role
from support.browser import Browser
from support.company import auth, fulfil, head, link_of, look, mails, use
from support.gateway import Gateway


@pytest.fixture
def someone(gateway: Gateway) -> str:
    """A portal account that is signed in nowhere yet."""
    return gateway.account(f"someone-{gateway.number()}", Role.PORTAL)


def _ask(browser: Browser, email: str) -> Response:
    return browser.post("/v1/me/email", {"email": email})


def _links(gateway: Gateway, name: str) -> dict[str, str]:
    """A link of each purpose, in place of those that are on their way."""
    with auth(gateway) as connection:
        row = connection.execute(
            "select change_id from auth.email_change where account_id = %s and done_at is null",
            (gateway.accounts[name],),
        ).fetchone()
    assert row is not None
    return {purpose: link_of(gateway, purpose, row["change_id"]) for purpose in ("email-old", "email-new")}


@pytest.mark.parametrize("order", [("email-old", "email-new"), ("email-new", "email-old")])
def test_the_address_changes_once_both_have_confirmed(gateway: Gateway, someone: str, order: tuple[str, str]):
    browser, new = gateway.session(someone), f"Nouvelle-{gateway.number()}@Example.org"
    before = head(gateway)
    assert _ask(browser, new).status_code == 202
    fulfil(gateway)
    assert {(mail["kind"], mail["to"]) for mail in mails(gateway)[-2:]} == {
        ("email-old", gateway.emails[someone]),
        ("email-new", new.casefold()),
    }
    secrets = _links(gateway, someone)
    assert look(gateway, secrets["email-old"]).json()["cancel"] == "Ce n'est pas moi"
    assert look(gateway, secrets["email-new"]).json()["cancel"] is None
    assert use(gateway, secrets[order[0]]).status_code == 200
    assert head(gateway) == before, "one address was enough"
    assert browser.get("/v1/me").json()["email"] == gateway.emails[someone]
    assert use(gateway, secrets[order[1]]).status_code == 200
    gateway.engine.catch_up()

    assert browser.get("/v1/me").status_code == 401, "a session outlived the address that it was opened with"
    old, fresh = gateway.browser(), gateway.browser()
    assert old.sign_in(gateway.emails[someone], gateway.password(someone)).status_code == 401
    assert fresh.sign_in(new, gateway.password(someone)).status_code == 200
    assert fresh.get("/v1/me").json()["email"] == new.casefold()


def test_an_address_that_is_somebodys_is_answered_as_any_other(gateway: Gateway, someone: str):
    """Only its own mailbox learns it; the old address is asked all the same, and its yes changes nothing."""
    other = gateway.account(f"other-{gateway.number()}", Role.PORTAL)
    browser = gateway.session(someone)
    free = _ask(browser, f"libre-{gateway.number()}@example.org")
    taken = _ask(browser, gateway.emails[other].upper())
    assert (free.status_code, free.json()) == (taken.status_code, taken.json())
    assert {*free.headers} == {*taken.headers}
    fulfil(gateway)
    kinds = [(mail["kind"], mail["to"]) for mail in mails(gateway)[-2:]]
    assert kinds == [("email-old", gateway.emails[someone]), ("email-new-taken", gateway.emails[other])]
    before = head(gateway)
    assert use(gateway, _links(gateway, someone)["email-old"]).status_code == 200
    assert head(gateway) == before
    assert browser.get("/v1/me").json()["email"] == gateway.emails[someone]


def test_whoever_did_not_ask_refuses_and_every_session_ends(gateway: Gateway, someone: str):
    """« Ce n'est pas moi »: somebody else holds a session."""
    browser = gateway.session(someone)
    _ask(browser, f"pirate-{gateway.number()}@example.org")
    fulfil(gateway)
    secrets, before = _links(gateway, someone), head(gateway)
    assert use(gateway, secrets["email-old"], cancel=True).status_code == 200
    assert browser.get("/v1/me").status_code == 401
    assert use(gateway, secrets["email-new"]).status_code == 410
    assert head(gateway) == before


def test_a_new_demand_makes_the_one_before_void(gateway: Gateway, someone: str):
    browser = gateway.session(someone)
    _ask(browser, f"premier-{gateway.number()}@example.org")
    fulfil(gateway)
    first = _links(gateway, someone)
    _ask(browser, f"second-{gateway.number()}@example.org")
    fulfil(gateway)
    assert {use(gateway, secret).status_code for secret in first.values()} == {410}


def test_it_is_grave_and_takes_a_well_formed_address(gateway: Gateway, someone: str):
    """A session that proved itself long ago is asked again; another alphabet is refused, in French, and not quoted."""
    browser = gateway.session(someone)
    answer = _ask(browser, "мария@example.org")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail"].startswith("L'adresse électronique s'écrit")
    with auth(gateway) as connection:
        connection.execute(
            "update auth.session set proved_at = now() - interval '11 minutes' where account_id = %s",
            (gateway.accounts[someone],),
        )
    late = _ask(browser, "plus-tard@example.org")
    assert (late.status_code, late.json()["type"]) == (403, "/problems/fresh-proof-required")
    assert browser.get("/v1/me").json()["grave"] is False
    forged = browser.post("/v1/me/email", {"email": "x@example.org"}, headers={"X-CSRF-Token": "x"})
    assert (forged.status_code, forged.json()["type"]) == (403, "/problems/csrf")
    with auth(gateway) as connection:
        waiting = connection.execute("select count(*) from auth.wish where done_at is null").fetchone()
    assert waiting == {"count": 0}
