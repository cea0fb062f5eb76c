"""Another e-mail from one's profile: asked for on a page, confirmed at both addresses, told alike whoever's it is."""

from __future__ import annotations

import pytest

from ledger.account.events import Role
from support.company import auth, fulfil, head, link_of, mails
from support.gateway import Gateway
from support.reader import Reader

CHANGE = "/profil/adresse"


@pytest.fixture
def name(gateway: Gateway) -> str:
    return gateway.account(f"adresse-{gateway.number()}", Role.PORTAL, gateway.organisation())


@pytest.fixture
def reader(gateway: Gateway, name: str) -> Reader:
    return Reader(gateway.session(name))


def links(gateway: Gateway, name: str) -> list[str]:
    with auth(gateway) as connection:
        row = connection.execute(
            "select change_id from auth.email_change where account_id = %s and done_at is null",
            (gateway.accounts[name],),
        ).fetchone()
    assert row is not None
    return [link_of(gateway, purpose, row["change_id"]) for purpose in ("email-old", "email-new")]


def test_the_address_changes_once_both_links_were_followed(gateway: Gateway, name: str, reader: Reader):
    """By pages alone: the demand, the two links, the sign-in with the new address."""
    new = f"nouvelle-{gateway.number()}@example.org"
    page = reader.open(CHANGE)
    assert gateway.emails[name] in page.text
    done = reader.send(page.form(CHANGE), email=new.upper())
    assert done.location == "/profil?fait=adresse-demandee"
    assert "confirmée aux deux" in reader.open(done.location).text
    fulfil(gateway)
    assert {mail["to"] for mail in mails(gateway)[-2:]} == {gateway.emails[name], new}
    for secret in links(gateway, name):
        assert reader.open("/profil").status == 200, "one address was enough"
        visitor = Reader(gateway.browser())
        link = visitor.open(f"/liens/{secret}")
        assert visitor.send(link.forms[0], to=link.forms[0].action or f"/liens/{secret}").status in {200, 303}
    gateway.engine.catch_up()
    assert reader.open("/profil", follow=False).location.startswith("/connexion")
    password = gateway.password(name)
    assert Reader(gateway.browser()).sign_in(gateway.emails[name], password).status == 401
    assert Reader(gateway.browser()).sign_in(new, password).status == 303


def test_a_known_and_an_unknown_address_are_answered_alike(gateway: Gateway, name: str, reader: Reader):
    other = gateway.account(f"adresse-{gateway.number()}", Role.PORTAL)
    before = head(gateway)
    answers = [
        reader.send(reader.open(CHANGE).form(CHANGE), email=email)
        for email in (f"libre-{gateway.number()}@example.org", gateway.emails[other])
    ]
    assert len({(each.status, each.location, each.text) for each in answers}) == 1
    assert head(gateway) == before


@pytest.mark.parametrize(
    "email", ["", "personne", "a@b", "x" * 10_000, "\u202eelgoog@example", "%'", "<b>@example.org"]
)
def test_what_is_no_address_is_said_at_its_field(gateway: Gateway, reader: Reader, email: str):
    """Bad input: given back as text, and nobody is written to."""
    fulfil(gateway)
    sent = len(mails(gateway))
    page = reader.send(reader.open(CHANGE).form(CHANGE), email=email)
    assert (page.status, page.title.startswith("Erreur : ")) == (422, True)
    assert page.form(CHANGE).fields["email"] == email
    fulfil(gateway)
    assert len(mails(gateway)) == sent


def test_ones_own_address_is_no_change(gateway: Gateway, name: str, reader: Reader):
    page = reader.send(reader.open(CHANGE).form(CHANGE), email=gateway.emails[name].upper())
    assert page.status == 422
    assert "C'est déjà l'adresse de votre compte." in page.alerts
