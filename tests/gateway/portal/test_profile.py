"""« Mon profil »: sessions that end at once, a password changed with a proof, a second factor enrolled and removed."""

from __future__ import annotations

import re
from itertools import count

import psycopg
import pyotp
import pytest

from ledger.account.events import Role
from support.gateway import PASSWORD, Gateway
from support.html import read, rows
from support.reader import Page, Reader
from support.signing_in import accept_terms

NUMBERS = count(1)
SESSIONS = "/profil/sessions"
CHANGE = "/profil/mot-de-passe"
FACTORS = "/profil/second-facteur"
BEGIN = f"{FACTORS}/application"
CONFIRM = f"{BEGIN}/confirmation"
OTHER = "Girafe-Bleue-2031"


@pytest.fixture
def name(gateway: Gateway) -> str:
    name = gateway.account(f"titulaire-{next(NUMBERS)}", Role.PORTAL, gateway.organisation())
    gateway.password(name)
    accept_terms(gateway, name)
    return name


@pytest.fixture
def reader(gateway: Gateway, name: str) -> Reader:
    return signed_in(gateway, name)


def signed_in(gateway: Gateway, name: str, password: str = PASSWORD) -> Reader:
    reader = Reader(gateway.browser())
    assert reader.sign_in(gateway.emails[name], password).status == 303
    return reader


def proved_long_ago(gateway: Gateway, name: str) -> None:
    """Ten minutes have gone by since the account's owner showed who she is."""
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update auth.session set proved_at = now() - interval '11 minutes' where account_id = %s",
            (gateway.accounts[name],),
        )


def key_of(page: Page) -> str:
    found = re.search(r'class="key"><code>([A-Z2-7 ]+)<', page.text)
    assert found is not None
    return found[1].replace(" ", "")


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).now()


def test_one_sees_oneself(gateway: Gateway, reader: Reader, name: str):
    """Identity, memberships by name, terms accepted; the e-mail is one's own, and the title names nobody."""
    page = reader.open("/profil")
    for told in ("Essai", gateway.emails[name], "Organisme de formation – Utilisateur", "Modèleville"):
        assert told in page.text
    assert "Essai" not in page.title


def test_a_session_that_is_ended_is_dead_at_once(gateway: Gateway, reader: Reader, name: str):
    """The other window's very next request is answered by the sign-in page; asked twice it is the same."""
    other = signed_in(gateway, name)
    page = reader.open(SESSIONS)
    assert [row[0].endswith("Celle-ci") for row in rows(read(page.answer))] == [False, True]
    ends = [each for each in page.forms if each.action.endswith("/fin")]
    assert len(ends) == 2
    assert reader.send(ends[0]).location == f"{SESSIONS}?fait=session-close"
    assert other.open("/of", follow=False).location.startswith("/connexion")
    assert reader.send(ends[0]).location == f"{SESSIONS}?fait=session-close"
    assert "La session est terminée." in reader.open(f"{SESSIONS}?fait=session-close").text


def test_ending_ones_own_session_is_signing_out(reader: Reader):
    (own,) = [each for each in reader.open(SESSIONS).forms if each.action.endswith("/fin")]
    assert reader.send(own).location == "/connexion?fait=deconnexion"
    assert reader.browser.session is None


def test_all_others_end_together(gateway: Gateway, reader: Reader, name: str):
    others = [signed_in(gateway, name) for _ in range(2)]
    form = reader.open(SESSIONS).form(f"{SESSIONS}/fin-des-autres")
    assert reader.send(form, follow=True).status == 200
    assert reader.open("/of").status == 200
    for other in others:
        assert other.open("/of", follow=False).location.startswith("/connexion")


def test_nobody_ends_anothers_session(gateway: Gateway, reader: Reader):
    """Another's session is named in the address: it lives on."""
    stranger = gateway.account(f"voisine-{next(NUMBERS)}", Role.PORTAL, gateway.organisation())
    gateway.password(stranger)
    accept_terms(gateway, stranger)
    victim = signed_in(gateway, stranger)
    (theirs,) = [each.action for each in victim.open(SESSIONS).forms if each.action.endswith("/fin")]
    mine = reader.open(SESSIONS).form(f"{SESSIONS}/{own_id(reader)}/fin")
    reader.send(mine, to=theirs)
    assert victim.open("/of").status == 200


def own_id(reader: Reader) -> str:
    (action,) = [each.action for each in reader.open(SESSIONS).forms if each.action.endswith("/fin")]
    return action.split("/")[-2]


def test_the_password_changes_and_other_windows_are_out(gateway: Gateway, reader: Reader, name: str):
    """O7's rules; just after signing in no proof is asked; the old password opens nothing any more."""
    other = signed_in(gateway, name)
    form = reader.open(CHANGE).form(CHANGE)
    assert "proof_password" not in form.fields
    done = reader.send(form, password=OTHER, confirmation=OTHER)
    assert done.location == "/profil?fait=mot-de-passe"
    assert reader.open("/profil").status == 200
    assert other.open("/of", follow=False).location.startswith("/connexion")
    refused = Reader(gateway.browser()).sign_in(gateway.emails[name], PASSWORD)
    assert refused.status == 401
    signed_in(gateway, name, OTHER)


def test_a_proof_is_asked_in_the_same_form(gateway: Gateway, reader: Reader, name: str):
    """Signed in for long: the present password is a field of the form; a wrong one changes nothing."""
    proved_long_ago(gateway, name)
    form = reader.open(CHANGE).form(CHANGE)
    assert "proof_password" in form.fields
    wrong = reader.send(form, proof_password="Pas-le-bon-2031", password=OTHER, confirmation=OTHER)
    assert wrong.status == 401
    signed_in(gateway, name)
    proved_long_ago(gateway, name)
    assert reader.send(form, proof_password=PASSWORD, password=OTHER, confirmation=OTHER).location.startswith("/profil")
    signed_in(gateway, name, OTHER)


@pytest.mark.parametrize(
    ("password", "marked"),
    [
        ("court", ["length", "upper-case", "digit", "special", "common"]),
        ("Essai-Compte-2031", ["own-name"]),
        ("a" * 1_001, []),
    ],
)
def test_each_broken_rule_is_marked(reader: Reader, password: str, marked: list[str]):
    """O7: by name, in the summary and at the rule; nothing that was typed comes back, and nothing has changed."""
    page = reader.send(reader.open(CHANGE).form(CHANGE), password=password, confirmation=password)
    assert page.status == 422
    assert page.title.startswith("Erreur : ")
    assert re.findall(r'data-rule="([a-z-]+)" class="broken"', page.text) == marked
    assert password not in page.text
    assert "Il y a un problème" in page.alerts


def test_two_inputs_that_differ_change_nothing(gateway: Gateway, reader: Reader, name: str):
    page = reader.send(reader.open(CHANGE).form(CHANGE), password=OTHER, confirmation=f"{OTHER}!")
    assert (page.status, "Les deux saisies sont différentes." in page.alerts) == (422, True)
    signed_in(gateway, name)


def test_an_application_is_enrolled_tried_again_and_removed(gateway: Gateway, reader: Reader, name: str):
    """A mistyped code shows the same key once more; a code is good with its spaces; removed, it is asked no more."""
    shown = reader.send(reader.open(FACTORS).form(BEGIN))
    key = key_of(shown)
    wrong = reader.send(shown.form(CONFIRM), totp="000000" if code_of(key) != "000000" else "000001")
    assert (wrong.status, key_of(wrong)) == (422, key)
    code = code_of(key)
    done = reader.send(wrong.form(CONFIRM), totp=f"{code[:3]} {code[3:]}")
    assert done.location == f"{FACTORS}?fait=application"
    page = reader.open(FACTORS)
    assert "Enregistrée" in page.text
    assert Reader(gateway.browser()).sign_in(gateway.emails[name], PASSWORD).location.startswith("/connexion/second")
    assert reader.send(page.form(f"{BEGIN}/retrait")).location == f"{FACTORS}?fait=application-retiree"
    assert Reader(gateway.browser()).sign_in(gateway.emails[name], PASSWORD).location == "/"


def test_recovery_codes_are_shown_once(gateway: Gateway, reader: Reader, name: str):
    """Ten, on a page that nobody keeps; new ones void those before; without a factor there are none."""
    assert not [each for each in reader.open(FACTORS).forms if each.action.endswith("/codes")]
    shown = reader.send(reader.open(FACTORS).form(BEGIN))
    reader.send(shown.form(CONFIRM), totp=code_of(key_of(shown)))
    codes = []
    for _ in range(2):
        page = reader.send(reader.open(FACTORS).form(f"{FACTORS}/codes"))
        assert page.answer.headers["cache-control"] == "no-store"
        codes.append(re.findall(r"<li><code>([^<]+)</code>", page.text))
    assert [len(each) for each in codes] == [10, 10]
    assert "Il vous en reste 10" in reader.open(FACTORS).text
    for code, expected in ((codes[0][0], 401), (codes[1][0], 303)):
        again = Reader(gateway.browser())
        again.sign_in(gateway.emails[name], PASSWORD)
        step = again.open("/connexion/second-facteur").form("/connexion/second-facteur")
        assert again.send(step, recovery_code=code, totp=None).status == expected


def test_staff_enrol_at_their_first_sign_in(gateway: Gateway):
    """Nothing is open before: every page leads there, and after the first code the terms come next."""
    name = gateway.account(f"gestionnaire-{next(NUMBERS)}", Role.CASE_MANAGER)
    gateway.password(name)
    reader = Reader(gateway.browser())
    assert reader.sign_in(gateway.emails[name], PASSWORD).location == FACTORS
    assert reader.open("/profil", follow=False).location == f"{FACTORS}?suite=%2Fprofil"
    page = reader.open(FACTORS)
    assert page.heading == "Un second facteur est nécessaire"
    shown = reader.send(page.form(BEGIN))
    assert reader.send(shown.form(CONFIRM), totp=code_of(key_of(shown)), follow=True).heading == "RGPD et CGU"


def test_the_last_factor_of_staff_stays(gateway: Gateway):
    """It is compulsory: refused in its own words, and the codes still serve."""
    name = gateway.account(f"comptable-{next(NUMBERS)}", Role.ACCOUNTANT)
    reader = Reader(gateway.session(name))
    page = reader.send(reader.open(FACTORS).form(f"{BEGIN}/retrait"))
    assert page.status == 409
    assert "Il y a un problème" in page.alerts
    assert "Enregistrée" in reader.open(FACTORS).text
