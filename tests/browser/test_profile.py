"""« Mon profil » in Chromium: sessions, password, second factor, and the end of a session, told before it comes."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

import psycopg
import pyotp
import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Desk
from ledger.account.events import Role
from support.gateway import PASSWORD
from support.signing_in import accept_terms
from support.site import Provider, Site

OTHER = "Girafe-Bleue-2031"
IDLE_MS = 1_800_000
"""How long a session lasts without a request."""


@pytest.fixture
def provider(site: Site) -> Provider:
    return site.provider()


def idle(site: Site, name: str, *, seconds: int) -> None:
    """The account's open sessions are over after so many seconds without a request."""
    with closing(psycopg.connect(site.gateway.settings.database_url, autocommit=True)) as connection:
        connection.execute(
            "update auth.session set idle_seconds = %s, seen_at = now() where account_id = %s",
            (seconds, site.gateway.accounts[name]),
        )


def seen_at(site: Site, name: str) -> datetime:
    with closing(psycopg.connect(site.gateway.settings.database_url, autocommit=True)) as connection:
        row = connection.execute(
            "select max(seen_at) from auth.session where account_id = %s", (site.gateway.accounts[name],)
        ).fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def test_the_end_of_the_session_is_told_and_put_off(desk: Desk, site: Site, provider: Provider):
    """WCAG 2.2.1: told two minutes before, whatever one is doing; « Rester connecté » by keyboard puts it off."""
    page = desk.window(provider.name)
    page.clock.install()
    page.goto("/profil")
    told = page.get_by_role("alert").filter(has_text="Votre session se termine à")
    expect(told).to_have_count(0)
    page.clock.fast_forward(IDLE_MS - 180_000)
    expect(told).to_have_count(0)
    page.clock.fast_forward(65_000)
    expect(told).to_be_visible()
    idle(site, provider.name, seconds=7_200)  # by its own clock the window is half an hour ahead
    before = seen_at(site, provider.name)
    told.get_by_role("button", name="Rester connecté").focus()
    page.keyboard.press("Enter")
    expect(told).to_have_count(0)
    assert seen_at(site, provider.name) > before


def test_without_a_script_the_foot_says_when_and_puts_it_off(desk: Desk, site: Site, provider: Provider):
    page = desk.window(provider.name, script=False)
    page.goto("/profil")
    expect(page.get_by_text("Sans activité, votre session se termine à")).to_be_visible()
    before = seen_at(site, provider.name)
    page.get_by_role("button", name="Rester connecté").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert seen_at(site, provider.name) > before


def test_a_session_that_is_over_leaves_nothing_on_the_screen(desk: Desk, site: Site, provider: Provider):
    """What was shown is somebody's: the sign-in page takes its place by itself."""
    desk.expected.add(401)
    page = desk.window(provider.name)
    page.clock.install()
    page.goto("/of")
    idle(site, provider.name, seconds=0)
    page.clock.fast_forward(IDLE_MS)
    page.wait_for_url("**/connexion?fait=session-finie")
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_another_window_is_out_at_once(desk: Desk, provider: Provider, script: bool):
    """The session that is ended is dead at the other window's next click."""
    here, there = desk.window(provider.name, script=script), desk.window(provider.name)
    there.goto("/of")
    here.goto("/profil/sessions")
    expect(here.get_by_text("Celle-ci")).to_be_visible()
    here.get_by_role("button", name="Mettre fin à mes autres sessions").click()
    expect(here.get_by_text("Vos autres sessions sont terminées.")).to_be_visible()
    there.get_by_role("link", name="Mon profil").click()
    expect(there.get_by_role("button", name="Se connecter")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_password_is_changed(desk: Desk, provider: Provider, script: bool):
    """O7: rules are ticked as they are met where there is a script, and judged by the server in any case."""
    desk.expected.add(422)
    page = desk.window(provider.name, script=script)
    page.goto("/profil/mot-de-passe")
    new, again = page.locator("#password"), page.locator("#confirmation")
    new.fill("girafe")
    if script:
        expect(page.locator("[data-rule=lower-case]")).to_have_class("met")
        expect(page.locator("[data-rule=upper-case]")).not_to_have_class("met")
        button = page.get_by_role("button", name="Afficher : Nouveau mot de passe")
        button.click()
        expect(new).to_have_attribute("type", "text")
    again.fill("girafe")
    page.get_by_role("button", name="Changer mon mot de passe").click()
    expect(page.get_by_role("heading", name="Il y a un problème")).to_be_visible()
    expect(page.locator("[data-rule=upper-case]")).to_contain_text("non respectée")
    assert page.title().startswith("Erreur : ")
    if script:
        expect(page.get_by_role("heading", name="Il y a un problème")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").first.click()
    expect(page.locator("#password")).to_be_focused()
    page.locator("#password").fill(OTHER)
    page.locator("#confirmation").fill(OTHER)
    page.get_by_role("button", name="Changer mon mot de passe").click()
    expect(page.get_by_text("Votre mot de passe est changé")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_staff_enrol_a_telephone_at_their_first_sign_in(desk: Desk, site: Site, script: bool):
    """The key, a wrong code, the right one, then the terms; the recovery codes are made once inside."""
    desk.expected.add(422)
    gateway = site.gateway
    name = gateway.account(f"staff-{gateway.number()}", Role.CASE_MANAGER)
    gateway.password(name)
    accept_terms(gateway, name)
    page = desk.window(script=script)
    sign_in(page, gateway.emails[name], PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Un second facteur est nécessaire")
    page.get_by_role("button", name="Enregistrer une application").click()
    secret = page.locator(".key").inner_text().replace(" ", "")
    right = pyotp.TOTP(secret).now()
    page.get_by_label("Code").fill("000000" if right != "000000" else "111111")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="Il y a un problème")).to_be_visible()
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bienvenue, Compte Essai")
    page.get_by_role("link", name="Mon profil").click()
    page.get_by_role("link", name="Second facteur").click()
    page.get_by_role("button", name="Faire dix codes de secours").click()
    expect(page.locator(".codes li")).to_have_count(10)


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/connexion")
    page.get_by_label("Identifiant").fill(email)
    page.get_by_role("textbox", name="Mot de passe").fill(password)
    page.get_by_role("button", name="Se connecter").click()
