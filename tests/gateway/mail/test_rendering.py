"""What mails say: the same in both forms, complete without images, never a password, at most one link."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.policy import SMTP
from html import unescape
from uuid import UUID

import pytest

from gateway.mail.rendering import Fund, Message, compose, render
from gateway.mail.texts import KINDS

FUND = Fund("Fonds d'essai", "L'équipe d'essai", "Direction régionale d'essai", "https://portail.example")
LINK = "https://portail.example/liens/" + "A" * 43
FACTS = {
    "organisation": "Formations <du> Modèle & Cie",
    "organisation_id": "01890a5d-ac96-774b-bcce-b302099a8001",
    "applicant": "Mme Zélie Quorzeul",
    "at": "2026-11-22T08:30:00+00:00",
    "device": "Firefox, Linux",
}
WHO = "zelie@example.org"


def made(kind: str) -> Message:
    return render(kind, FACTS, FUND, identifier=WHO, link=LINK if KINDS[kind].action else None)


def words(text: str) -> list[str]:
    return text.split()


def seen(html: str) -> str:
    """What a reader that shows no image and follows no style makes of it."""
    body = html.partition("<body")[2].partition(">")[2]
    return unescape(re.sub(r"<[^>]+>", " ", body))


@pytest.mark.parametrize("kind", KINDS)
def test_the_two_forms_say_the_same(kind):
    message = made(kind)
    assert words(seen(message.html)) == words(message.text)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_fetched_and_nobody_is_followed(kind):
    """Complete without images; the one address in it is our own."""
    message = made(kind)
    assert not re.search(r"<img|<link|<script|url\(|src=", message.html)
    addresses = set(re.findall(r"https?://[^\s\"<]+", message.html + message.text))
    assert addresses <= {LINK, FUND.site}
    assert message.text.count(LINK) == (1 if KINDS[kind].action else 0)
    assert "{" not in message.text


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_from_outside_is_text_in_html(kind):
    assert "<du>" not in made(kind).html


@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_as_french_and_names_who_writes(kind):
    message = made(kind)
    assert message.text.startswith("Bonjour,\n")
    assert FUND.team in message.text
    assert FUND.contact in message.text
    assert '<html lang="fr">' in message.html
    assert max(map(len, message.text.splitlines())) < 400


def test_an_instant_is_told_as_people_here_say_it():
    assert "Le 22/11/2026 à 09:30 (heure de Paris), avec Firefox, Linux." in made("new-device").text


def test_the_confirmation_has_the_address_and_the_identifier():
    """O24: setting the password sends a confirmation with both."""
    text = made("password-set").text
    assert "https://portail.example" in text
    assert WHO in text


def test_each_try_is_byte_for_byte_the_same_mail():
    row = {"mail_id": UUID(int=7), "made_at": datetime(2026, 11, 22, 8, 30, tzinfo=UTC)}
    whom = {"origin": "essai.example", "sender": "no-reply@example.org", "sender_name": "Fonds d'été"}
    mails = [compose(made("creation"), **row, **whom, recipient=WHO).as_bytes(policy=SMTP) for _ in range(2)]
    assert mails[0] == mails[1]
    assert b"Message-ID: <00000000-0000-0000-0000-000000000007@essai.example>" in mails[0]
    assert b"Date: Sun, 22 Nov 2026 09:30:00 +0100" in mails[0]
    assert max(map(len, mails[0].splitlines())) <= 998
    assert b"quoted-printable" in mails[0]


def test_a_fact_that_is_missing_is_an_error_and_no_gap():
    with pytest.raises(KeyError):
        render("invitation-known", {}, FUND, identifier=WHO, link=LINK)
