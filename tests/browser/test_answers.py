"""Pages that only a form's answer shows: an application's key, recovery codes, a passkey, a proof, a mail asked for.

They have no address of their own, so that no list of screens has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pyotp
import pytest
from playwright.sync_api import Page, expect

from browser import findings
from browser.conftest import Desk
from support.gateway import PASSWORD
from support.site import Site


@pytest.fixture
def page(desk: Desk, site: Site) -> Page:
    """A provider's user, who has just signed in."""
    return desk.window(site.provider().name, reduced_motion="reduce")


def checked(page: Page) -> Iterator[str]:
    """All that is asked of a page with an address, but its weight."""
    for check in (findings.accessible, findings.in_the_dark, findings.walked, findings.zoomed, findings.printed):
        yield from (f"{page.locator('h1').text_content()}: {each}" for each in check(page))


def test_an_application_and_its_codes(page: Page):
    """The key, a wrong code, then the codes that are shown once: on paper too, for this is a page to print."""
    page.goto("/profil/second-facteur")
    page.get_by_role("button", name="Enregistrer une application").click()
    secret = page.locator(".key").inner_text().replace(" ", "")
    wrong = list(checked(page))
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Enregistrer").click()
    page.goto("/profil/second-facteur")
    page.get_by_role("button", name="Faire dix codes de secours").click()
    expect(page.locator(".codes li")).to_have_count(10)
    wrong += checked(page)
    assert not wrong, "\n".join(wrong)


def test_a_passkey_is_begun(page: Page):
    page.goto("/profil/second-facteur")
    page.get_by_role("button", name="Enregistrer une clé d'accès").click()
    expect(page.locator("form[data-passkey]")).to_be_visible()
    wrong = list(checked(page))
    assert not wrong, "\n".join(wrong)


def test_a_proof_is_asked_for(desk: Desk, site: Site):
    """Eleven minutes after the sign-in: the same form once more, whose field is the first thing that Tab reaches. The
    session begins anew with the proof, and goes on to what was asked for.
    """
    name = site.provider().name
    site.gateway.password(name)
    page = desk.window(name, reduced_motion="reduce")
    page.goto("/profil/second-facteur")
    with closing(psycopg.connect(site.gateway.settings.database_url, autocommit=True)) as connection:
        connection.execute(
            "update auth.session set proved_at = now() - interval '11 minutes' where account_id = %s",
            (site.gateway.accounts[name],),
        )
    page.get_by_role("button", name="Enregistrer une application").click()
    expect(page.locator("h1")).to_have_text("Confirmez votre identité")
    wrong = list(checked(page))
    assert not wrong, "\n".join(wrong)
    page.locator("#proof_password").fill(PASSWORD)
    page.get_by_role("button", name="Confirmer").click()
    expect(page.locator(".key")).to_be_visible()


def test_a_forgotten_password_was_asked_for(desk: Desk):
    """O2: the answer that is the same for everybody."""
    page = desk.window(reduced_motion="reduce")
    page.goto("/mot-de-passe-oublie")
    page.get_by_label("Adresse électronique").fill("personne@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Consultez votre messagerie")
    wrong = list(checked(page))
    assert not wrong, "\n".join(wrong)
