"""« RGPD et CGU » as pages (rows O4 to O6): asked before anything, answered once, to be read again."""

from __future__ import annotations

import hashlib
from itertools import count

import pytest

from gateway.terms.texts import Terms
from ledger.account.events import Role
from ledger.log.database import Role as DatabaseRole
from support.gateway import PASSWORD, Gateway
from support.reader import Page, Reader

PAGE = "/conditions"
NUMBERS = count(1)
EVENTS = "select count(*) as n from log.events where stream_id = %s"


@pytest.fixture
def name(gateway: Gateway) -> str:
    """A provider's user at her first sign-in: a password, and nothing answered yet."""
    name = gateway.account(f"nouvelle-{next(NUMBERS)}", Role.PORTAL, gateway.organisation())
    gateway.password(name)
    return name


@pytest.fixture
def reader(gateway: Gateway, name: str) -> Reader:
    reader = Reader(gateway.browser())
    reader.sign_in(gateway.emails[name], PASSWORD)
    return reader


def answers(gateway: Gateway, name: str) -> int:
    """What the log holds of the account."""
    with gateway.service.database.transaction(DatabaseRole.AUDITOR) as connection:
        row = connection.execute(EVENTS, (gateway.accounts[name],)).fetchone()
    assert row is not None
    return int(row["n"])


def answer(reader: Reader, said: str | None, **changed: str | None) -> Page:
    return reader.send(reader.open(PAGE).form(PAGE), answer=said, **changed)


@pytest.mark.parametrize("path", ["/of", "/of/dossiers", "/of/reglements", "/profil", "/profil/sessions"])
def test_they_come_before_anything_else(reader: Reader, path: str):
    """O4: whatever is asked for leads there, and the page says where one was going."""
    page = reader.open(path, follow=False)
    assert page.location.startswith(PAGE)
    asked = reader.open(page.location)
    assert asked.heading == "RGPD et CGU"
    assert asked.form(PAGE).fields["suite"] == path
    assert not any(link.startswith("/of") for link in asked.links)


def test_the_page_shows_what_is_answered(gateway: Gateway, reader: Reader):
    """O4: text, undertakings, hash, and in whose name and of which organisation one answers; the document is the
    very bytes that are hashed.
    """
    page = reader.open(PAGE)
    text = gateway.service.terms.current
    for told in ("Politique de confidentialité", *text.undertakings, text.sha256, "ESSAI Compte", "rue de l"):
        assert told.replace("'", "&#39;") in page.text
    assert page.form(PAGE).fields["sha256"] == text.sha256
    document = reader.open(f"{PAGE}/{text.version}.md").answer
    assert hashlib.sha256(document.content).hexdigest() == text.sha256
    assert document.headers["content-disposition"].startswith("attachment")
    assert reader.open(f"{PAGE}/1999-01-01.md").status == 404


def test_accepting_leads_on_and_is_recorded_once(gateway: Gateway, reader: Reader, name: str):
    """O5: recorded, then what was asked for; O6: to be read again, without another answer."""
    before = answers(gateway, name)
    form = reader.open(reader.open("/of/dossiers", follow=False).location).form(PAGE)
    window = reader.copy()
    assert reader.send(form, answer="accept").location == "/of/dossiers"
    gateway.settle()
    assert answers(gateway, name) == before + 1
    assert reader.open("/of").status == 200
    again = reader.open(PAGE)
    assert [each.action for each in again.forms if each.action == PAGE] == []
    assert "Version acceptée" in again.text
    # A double click: the second request has what the first had, and leads to the same place.
    assert window.send(form, answer="accept").location == "/of/dossiers"
    gateway.settle()
    assert answers(gateway, name) == before + 1
    assert window.open("/of").status == 200


def test_refusing_ends_the_session(gateway: Gateway, reader: Reader, name: str):
    """O5: recorded too, signed out, and nothing is open; at the next sign-in it is asked again."""
    before = answers(gateway, name)
    assert answer(reader, "refuse").location == "/connexion?fait=conditions-refusees"
    gateway.settle()
    assert answers(gateway, name) == before + 1
    assert reader.browser.session is None
    assert "Vous avez refusé" in reader.open("/connexion?fait=conditions-refusees").text
    assert reader.sign_in(gateway.emails[name], PASSWORD).location == PAGE


@pytest.mark.parametrize("said", [None, "", "peut-être", "accept\u202e"])
def test_no_answer_is_no_answer(gateway: Gateway, reader: Reader, name: str, said: str | None):
    before = answers(gateway, name)
    page = answer(reader, said)
    assert (page.status, "Choisissez une réponse." in page.alerts) == (422, True)
    assert answers(gateway, name) == before


@pytest.mark.parametrize("changed", [{"sha256": "0" * 64}, {"version": "1999-01-01"}])
def test_another_text_is_asked_again(gateway: Gateway, reader: Reader, name: str, changed: dict[str, str]):
    """A page of yesterday answers yesterday's text: today's is shown, and nothing is recorded."""
    before = answers(gateway, name)
    assert answer(reader, "accept", **changed).location == f"{PAGE}?fait=conditions-changees"
    assert answers(gateway, name) == before
    assert "Le texte des conditions a changé" in reader.open(f"{PAGE}?fait=conditions-changees").text


def test_a_new_version_asks_again(gateway: Gateway, reader: Reader, name: str, monkeypatch: pytest.MonkeyPatch):
    """O5: whoever accepted the version before reads the new one first."""
    assert answer(reader, "accept").location == "/of"
    gateway.settle()
    assert reader.open("/of").status == 200
    old = gateway.service.terms.current
    newer = type(old)("2099-01-01", hashlib.sha256(b"# Nouveau").hexdigest(), "# Nouveau\n", ())
    monkeypatch.setattr(Terms, "current", newer)
    page = reader.open("/of", follow=False)
    assert page.location.startswith(PAGE)
    assert "Nouveau" in reader.open(page.location).text
