"""Passkeys on pages, answered by a device in software as a browser's script would: made, used, removed, refused."""

from __future__ import annotations

import html
import json
import re
from itertools import count
from typing import Any

import psycopg
import pytest

from ledger.account.events import Role
from support.authenticator import Authenticator
from support.gateway import PASSWORD, Gateway
from support.html import read
from support.reader import Page, Reader
from support.signing_in import accept_terms

NUMBERS = count(1)
FACTORS = "/profil/second-facteur"
BEGIN = f"{FACTORS}/cle"
ADD = f"{BEGIN}/enregistrement"
REMOVE = f"{BEGIN}/retrait"
ENTER = "/connexion/cle"


@pytest.fixture
def name(gateway: Gateway) -> str:
    name = gateway.account(f"clef-{next(NUMBERS)}", Role.PORTAL, gateway.organisation())
    gateway.password(name)
    accept_terms(gateway, name)
    return name


@pytest.fixture
def reader(gateway: Gateway, name: str) -> Reader:
    reader = Reader(gateway.browser())
    assert reader.sign_in(gateway.emails[name], PASSWORD).status == 303
    return reader


@pytest.fixture
def device(gateway: Gateway) -> Authenticator:
    return Authenticator(gateway.settings.public_origin)


def options_of(page: Page) -> dict[str, Any]:
    """What the script is given."""
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found is not None
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


def made(reader: Reader, device: Authenticator, label: str = "Téléphone") -> Page:
    page = reader.send(reader.open(FACTORS).form(BEGIN))
    credential = json.dumps(device.make(options_of(page)))
    return reader.send(page.form(ADD), credential=credential, label=label)


def shown(reader: Reader, device: Authenticator, prefix: str = "") -> dict[str, str]:
    """What the script puts into a form that shows a passkey."""
    offer = reader.browser.post("/v1/session/passkey-options").json()
    answer = json.dumps(device.answer(offer["options"]))
    return {f"{prefix}challenge_id": offer["challenge_id"], f"{prefix}credential": answer}


def proved_long_ago(gateway: Gateway, name: str) -> None:
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update auth.session set proved_at = now() - interval '11 minutes' where account_id = %s",
            (gateway.accounts[name],),
        )


def test_a_key_is_made_and_signs_in_alone(gateway: Gateway, reader: Reader, device: Authenticator):
    """Its label is in the list; from then on it opens the account without a password, and leads where one was going."""
    assert made(reader, device).location == f"{FACTORS}?fait=cle"
    assert "Téléphone" in reader.open(FACTORS).text
    other = Reader(gateway.browser())
    form = other.open("/connexion?suite=/of/dossiers").form(ENTER)
    assert other.send(form, **shown(other, device)).location == "/of/dossiers"
    assert other.open("/of").status == 200


def test_both_forms_of_the_sign_in_page_are_good(gateway: Gateway, name: str):
    """Two forms, one cookie: neither spoils the other's token, for a browser that was never here."""
    reader = Reader(gateway.browser())
    page = reader.open("/connexion")
    refused = reader.send(page.form(ENTER), challenge_id="", credential="")
    assert refused.status == 422
    assert reader.send(page.form("/connexion"), email=gateway.emails[name], password=PASSWORD).status == 303


def test_an_unknown_key_and_a_broken_answer_open_nothing(gateway: Gateway, device: Authenticator):
    """Bad input: no JSON, too deep, no challenge, another device: the page again, plainly, and nobody signed in."""
    reader = Reader(gateway.browser())
    form = reader.open("/connexion").form(ENTER)
    stranger = Authenticator(gateway.settings.public_origin)
    known = shown(reader, stranger)
    deep = "[" * 5_000
    bad = [
        {"credential": text}
        for text in ("", "abc", "[]", "1", '{"id": "\\u0000"}', deep, '{"a":' * 400 + "1" + "}" * 400)
    ]
    for given in (known, *({**known, **each} for each in bad), {**known, "challenge_id": "%'"}):
        page = reader.send(form, **given)
        assert page.status in {401, 422}, given
        assert "Il y a un problème" in page.alerts
        assert reader.browser.session is None


def test_a_key_is_removed(gateway: Gateway, reader: Reader, device: Authenticator):
    """Gone, it opens nothing; asked twice it is the same; another's is not there."""
    made(reader, device)
    form = reader.open(FACTORS).form(REMOVE)
    for _ in range(2):
        again = reader.open(FACTORS)
        form = next((each for each in again.forms if each.action == REMOVE), form)
        form.fields["csrf_token"] = again.forms[-1].fields["csrf_token"]
        assert reader.send(form).location == f"{FACTORS}?fait=cle-retiree"
    other = Reader(gateway.browser())
    entry = other.open("/connexion").form(ENTER)
    assert other.send(entry, **shown(other, device)).status == 401


def test_the_last_factor_of_staff_stays(gateway: Gateway, device: Authenticator):
    """Compulsory: enrolled by a key at the first sign-in, which is whole then; it cannot be taken away."""
    name = gateway.account(f"clef-{next(NUMBERS)}", Role.CASE_MANAGER)
    gateway.password(name)
    accept_terms(gateway, name)
    reader = Reader(gateway.browser())
    assert reader.sign_in(gateway.emails[name], PASSWORD).location == FACTORS
    assert made(reader, device).location == "/"
    page = reader.send(reader.open(FACTORS).form(REMOVE))
    assert page.status == 409
    assert "Il y a un problème" in page.alerts
    assert "Téléphone" in reader.open(FACTORS).text


def test_a_key_is_a_second_factor_and_a_proof(gateway: Gateway, reader: Reader, name: str, device: Authenticator):
    """After the password, and later inside of the form of what is grave: whoever has nothing else is not locked out."""
    made(reader, device)
    other = Reader(gateway.browser())
    assert other.sign_in(gateway.emails[name], PASSWORD).location.startswith("/connexion/second-facteur")
    step = other.open("/connexion/second-facteur").forms[-1]
    wrong = other.send(step, challenge_id="x", credential="{}")
    assert (wrong.status, "Il y a un problème" in wrong.alerts) == (422, True)
    assert other.send(wrong.forms[-1], **shown(other, device)).location == "/"
    proved_long_ago(gateway, name)
    asked = other.send(other.open(FACTORS).form(f"{FACTORS}/codes"))
    assert asked.heading == "Confirmez votre identité"
    page = other.send(asked.forms[-1], to=f"{FACTORS}/codes", **shown(other, device, "proof_"))
    assert page.heading == "Mes codes de secours"


def test_the_label_is_asked_for_and_kept(reader: Reader, device: Authenticator):
    """Bad input: an empty, a long, a marked-up label; the challenge of the page again is a new one."""
    page = reader.send(reader.open(FACTORS).form(BEGIN))
    credential = json.dumps(device.make(options_of(page)))
    for label in ("", "x" * 10_000, "a\nb"):
        again = reader.send(page.form(ADD), credential=credential, label=label)
        assert again.status == 422
        assert read(again.answer).one("input", id="label").attributes.get("aria-invalid") == "true"
        assert options_of(again)["challenge"] != options_of(page)["challenge"]
    assert made(reader, device, "<b>'عربي</b>").status == 303
    assert "&lt;b&gt;" in reader.open(FACTORS).text


def test_the_key_of_an_application_is_drawn(reader: Reader):
    """The QR code is an inline drawing of the very address that is linked below it; nothing is loaded for it."""
    page = read(reader.send(reader.open(FACTORS).form(f"{FACTORS}/application")).answer)
    drawing = page.one("svg", **{"class": "qr"})
    assert drawing.attributes["role"] == "img"
    assert drawing.one("path").attributes["d"].startswith("M4 4h7v1h-7z")
    [link] = [each for each in page.one("main").all("a") if each.attributes["href"].startswith("otpauth:")]
    assert "secret=" in link.attributes["href"]
