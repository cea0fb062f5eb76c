"""The entrance over HTTP, without a browser: O1, O2, the second factor, leaving, staying."""

from __future__ import annotations

from itertools import count
from urllib.parse import quote

import pyotp
import pytest

from gateway.portal.spaces import page_of_ours
from ledger.account.events import Role
from ledger.log.database import Role as DatabaseRole
from support.gateway import PASSWORD, Gateway
from support.reader import Page, Reader
from support.signing_in import accept_terms, enrol_totp

WELCOME = "Bienvenue dans votre espace Organisme de formation"
NOT_RECOGNISED = "L'identifiant ou le mot de passe n'est pas reconnu."
NUMBERS = count(1)


@pytest.fixture
def name(gateway: Gateway) -> str:
    """A provider's user, with a password and the terms accepted."""
    name = gateway.account(f"lectrice-{next(NUMBERS)}", Role.PORTAL, gateway.organisation())
    gateway.password(name)
    accept_terms(gateway, name)
    return name


@pytest.fixture
def reader(gateway: Gateway) -> Reader:
    return Reader(gateway.browser())


def test_whoever_comes_is_led_to_the_sign_in_page(reader: Reader):
    """O1: the front door and every page of the portal lead there, and it says where one was going."""
    page = reader.open("/")
    assert (page.status, page.heading) == (200, WELCOME)
    assert "/mot-de-passe-oublie" in page.links
    assert set(page.form("/connexion").fields) == {"form_token", "email", "password"}
    assert reader.open("/of/dossiers", follow=False).location == "/connexion?suite=%2Fof%2Fdossiers"


def test_signing_in_leads_on(gateway: Gateway, reader: Reader, name: str):
    """O1: e-mail and password, then home; who is signed in is not asked again."""
    page = reader.sign_in(gateway.emails[name], PASSWORD)
    assert page.location == "/"
    assert reader.browser.session is not None
    assert reader.open("/connexion", follow=False).location == "/of"
    assert reader.open("/", follow=False).location == "/of"


def test_signing_in_leads_back_to_what_was_asked_for(gateway: Gateway, reader: Reader, name: str):
    """The detour forgets neither the page nor its filters."""
    asked = "/of/dossiers?scheme=PLAN"
    detour = reader.open(asked, follow=False).location
    assert detour == f"/connexion?suite={quote(asked, safe='')}"
    assert reader.sign_in(gateway.emails[name], PASSWORD, path=detour).location == asked


ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "https://evil.example/of",
    "/v1/me",
    "/%2F/evil.example",
    "/of/dossiers/../..//evil",
    "/of%0d%0aSet-Cookie:x",
    "/of\tx",
    "javascript:alert(1)",
    "/liens/" + "A" * 43,
    "/deconnexion",
    "/connexion",
    "",
    "x" * 2000,
    "/of/dossiers?a=<script>",
    "/of#//evil.example",
    "/of/dossiers/\u202e",
)


@pytest.mark.parametrize("suite", ELSEWHERE)
def test_no_detour_leaves_our_own_pages(gateway: Gateway, reader: Reader, name: str, suite: str):
    """What comes after the sign-in is a page of ours or home, whatever the address was made to say."""
    page = reader.sign_in(gateway.emails[name], PASSWORD, path=f"/connexion?suite={quote(suite, safe='')}")
    assert page.location in {"/", "/of/dossiers?number=%0d"}
    form = Reader(gateway.browser())
    told = form.send(
        form.open("/connexion").form("/connexion"), email=gateway.emails[name], password=PASSWORD, suite=suite
    )
    assert told.location in {"/", "/of/dossiers?number=%0d"}


def test_pages_of_ours_are_the_only_ones_to_go_back_to():
    """Those that are asked for with GET, with harmless queries."""
    assert page_of_ours("/of/dossiers") == "/of/dossiers"
    assert page_of_ours("/of/dossiers?scheme=PLAN&starts_from=2026-01-01") is not None
    assert page_of_ours("/of/dossiers?") is None
    assert page_of_ours("/of/reglements-de-compte") is None


def test_whatever_is_wrong_the_page_is_the_same(gateway: Gateway, name: str):
    """O1, bad input: a wrong password, an unknown e-mail and one that is none read alike; the password is not kept."""
    pages = []
    for email, password in ((gateway.emails[name], "Faux-1234567"), ("inconnue@example.org", PASSWORD), ("%'", "x")):
        reader = Reader(gateway.browser())
        page = reader.sign_in(email, password)
        assert page.status == 401
        assert page.title.startswith("Erreur : ")
        assert NOT_RECOGNISED in page.alerts
        assert page.form("/connexion").fields["email"] == email
        assert f'value="{password}"' not in page.text
        assert reader.browser.session is None
        pages.append(_plain(page, email))
    assert pages[0] == pages[1] == pages[2]


def _plain(page: Page, email: str) -> str:
    """The page without what is each request's own."""
    text = page.text.replace(email.replace("'", "&#39;"), "")
    for form in page.forms:
        text = text.replace(form.fields["form_token"], "")
    return text


@pytest.mark.parametrize("text", ["x" * 10_000, "\u202eelgoog@example.org", "<script>alert(1)</script>", "a'b%c\"d"])
def test_odd_identifiers_are_shown_plainly(reader: Reader, text: str):
    """Bad input: a long, a right-to-left and a marked-up identifier come back as text, and nobody is signed in."""
    page = reader.sign_in(text, "Quelconque-2027")
    assert page.status in {401, 422}
    assert page.form("/connexion").fields["email"] == text
    assert "<script>alert" not in page.text
    assert reader.browser.session is None


def test_too_many_attempts_say_when_to_come_back(gateway: Gateway):
    """The page says the wait in words, and in the header that programs read."""
    name = gateway.account(f"assaillie-{next(NUMBERS)}", Role.PORTAL, gateway.organisation())
    gateway.password(name)
    for _ in range(40):
        page = Reader(gateway.browser()).sign_in(gateway.emails[name], "Faux-1234567")
        if page.status == 429:
            break
    assert page.status == 429
    assert int(page.answer.headers["retry-after"]) >= 1
    assert any("patientez" in text for text in page.alerts)


def test_two_windows_of_one_browser_both_work(gateway: Gateway, name: str):
    """A second sign-in form does not spoil the first one's; a form of another browser is refused."""
    first = Reader(gateway.browser())
    early = first.open("/connexion").form("/connexion")
    late = first.open("/connexion").form("/connexion")
    assert first.send(late, email=gateway.emails[name], password="Faux-1234567").status == 401
    assert first.send(early, email=gateway.emails[name], password=PASSWORD).location == "/"
    stranger = Reader(gateway.browser())
    stranger.open("/connexion")
    refused = stranger.send(early, email=gateway.emails[name], password=PASSWORD)
    assert (refused.status, refused.heading) == (403, "La page a expiré")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_sent_from_elsewhere_is_refused(gateway: Gateway, reader: Reader, name: str, headers: dict[str, str]):
    """Nobody is signed in by another site's page, token or not."""
    form = reader.open("/connexion").form("/connexion")
    page = reader.send(form, headers=headers, email=gateway.emails[name], password=PASSWORD)
    assert page.status == 403
    assert reader.browser.session is None


def test_leaving_ends_the_session_at_once(gateway: Gateway, reader: Reader, name: str):
    """« Se déconnecter »: the cookie is of no use to whoever kept it, and the browser is told to forget."""
    reader.sign_in(gateway.emails[name], PASSWORD)
    thief = reader.copy()
    page = reader.send(reader.open("/of/dossiers").form("/deconnexion"))
    assert page.location == "/connexion?fait=deconnexion"
    assert page.answer.headers["clear-site-data"] == '"cache", "storage"'
    assert "Vous êtes déconnecté." in reader.open(page.location).text
    assert thief.open("/of/dossiers", follow=False).location.startswith("/connexion")
    again = thief.send(reader.open("/connexion").form("/connexion"), to="/deconnexion")
    assert again.location.startswith("/connexion?fait=")


def test_staying_puts_the_end_off(gateway: Gateway, reader: Reader, name: str):
    """The foot's button: 303 without a script, 204 and the new end with one; its foreign forgery is refused."""
    reader.sign_in(gateway.emails[name], PASSWORD)
    form = reader.open("/of/dossiers").form("/session/prolongation")
    assert reader.send(form).status == 303
    told = reader.send(form, headers={"Accept": "application/json"})
    assert told.status == 204
    assert told.answer.headers["session-ends"] > "2026"
    assert reader.send(form, csrf_token="A" * 43).status == 403


def test_a_second_factor_is_asked_for_and_given(gateway: Gateway):
    """After the password a code; until then every page leads to that question, and a wrong code changes nothing."""
    name = gateway.account(f"double-{next(NUMBERS)}", Role.CASE_MANAGER)
    gateway.password(name)
    secret = enrol_totp(gateway, name)
    accept_terms(gateway, name)
    reader = Reader(gateway.browser())
    assert reader.sign_in(gateway.emails[name], PASSWORD).location == "/connexion/second-facteur"
    assert reader.open("/of/dossiers", follow=False).location == "/connexion/second-facteur?suite=%2Fof%2Fdossiers"
    page = reader.open("/connexion/second-facteur?suite=%2Fof%2Fdossiers")
    assert "Menu principal" not in page.text
    wrong = reader.send(page.form("/connexion/second-facteur"), totp="000000")
    assert wrong.status == 401
    assert wrong.alerts
    empty = reader.send(page.form("/connexion/second-facteur"))
    assert empty.status == 422
    done = reader.send(page.form("/connexion/second-facteur"), totp=pyotp.TOTP(secret).now(), recovery_code="")
    assert done.location == "/of/dossiers"
    assert reader.open("/connexion/second-facteur", follow=False).location == "/"


def test_ten_wrong_codes_end_the_session(gateway: Gateway):
    """The tenth leads back to the beginning, and says why; the throttle may come first and says when."""
    name = gateway.account(f"devinette-{next(NUMBERS)}", Role.CASE_MANAGER)
    gateway.password(name)
    enrol_totp(gateway, name)
    reader = Reader(gateway.browser())
    reader.sign_in(gateway.emails[name], PASSWORD)
    form = reader.open("/connexion/second-facteur").form("/connexion/second-facteur")
    pages = []
    for _ in range(12):
        with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
            connection.execute("delete from auth.throttle where kind = 'second-factor'")
        pages.append(reader.send(form, totp="000000"))
        if pages[-1].status == 303:
            break
    assert [page.status for page in pages] == [401] * 9 + [303]
    assert pages[-1].location == "/connexion?fait=trop-d-essais"
    assert reader.browser.session is None


def test_a_forgotten_password_is_answered_alike_for_everybody(gateway: Gateway, name: str):
    """O2: known and unknown address, the same page byte for byte; a text that is no address is mended in place."""
    texts = []
    for email in (gateway.emails[name], "personne@example.org"):
        reader = Reader(gateway.browser())
        page = reader.send(reader.open("/mot-de-passe-oublie").form("/mot-de-passe-oublie"), email=email)
        assert page.status == 200
        assert "Si cette adresse est celle d'un compte" in page.text
        assert email not in page.text
        texts.append(page.text)
    assert texts[0] == texts[1]
    reader = Reader(gateway.browser())
    for email in ("pas une adresse", "", "x" * 10_000):
        wrong = reader.send(reader.open("/mot-de-passe-oublie").form("/mot-de-passe-oublie"), email=email)
        assert (wrong.status, wrong.form("/mot-de-passe-oublie").fields["email"]) == (422, email)
