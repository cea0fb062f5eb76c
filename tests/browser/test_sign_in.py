"""The entrance in Chromium: O1, O2 and O7, with and without scripts, and what stays in the browser afterwards."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Desk
from gateway.mail import links
from ledger.account.commands import DisableAccount
from ledger.log.database import Role
from support.gateway import PASSWORD
from support.signing_in import accept_terms
from support.site import Provider, Site

WELCOME = "Bienvenue dans votre espace Organisme de formation"
NEW = "Lanterne-Bleue-2031"
SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])


def _provider(site: Site) -> Provider:
    """A provider whose user has a password and has accepted the terms."""
    provider = site.provider()
    site.gateway.password(provider.name)
    accept_terms(site.gateway, provider.name)
    return provider


def _sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("Identifiant").fill(email)
    page.locator("#password").fill(password)
    page.get_by_role("button", name="Se connecter").click()


@SCRIPTS
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_one_signs_in(desk: Desk, script: bool, theme: str):
    """O1: identifiant, mot de passe, SE CONNECTER, then home; in both themes, with and without scripts."""
    provider = _provider(desk.site)
    page = desk.window(script=script, color_scheme=theme)
    page.goto("/")
    expect(page.locator("h1")).to_have_text(WELCOME)
    _sign_in(page, desk.site.gateway.emails[provider.name])
    expect(page).to_have_url(f"{desk.site.origin}/of")
    expect(page.get_by_role("navigation", name="Menu principal")).to_be_visible()


def test_a_password_can_be_shown_and_is_kept_nowhere(desk: Desk):
    """O1: show and hide by one button; what was typed is in no storage, no address and no page that follows."""
    provider = _provider(desk.site)
    page = desk.window()
    page.goto("/connexion")
    page.locator("#password").fill(PASSWORD)
    button = page.get_by_role("button", name=re.compile("Afficher"))
    button.click()
    expect(page.locator("#password")).to_have_attribute("type", "text")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(page.locator("#password")).to_have_attribute("type", "password")
    _sign_in(page, desk.site.gateway.emails[provider.name])
    expect(page).to_have_url(f"{desk.site.origin}/of")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, location.href, document.cookie])")
    assert PASSWORD not in kept
    assert PASSWORD not in page.content()


@SCRIPTS
def test_a_wrong_password_is_told_and_the_identifier_stays(desk: Desk, script: bool):
    """O1: one sentence, at the head of the page and in its title; the password field is empty again."""
    provider = _provider(desk.site)
    desk.expected.add(401)
    page = desk.window(script=script)
    page.goto("/connexion")
    _sign_in(page, desk.site.gateway.emails[provider.name], "Faux-1234567")
    expect(page.get_by_role("alert")).to_contain_text("n'est pas reconnu")
    expect(page).to_have_title(re.compile("^Erreur : "))
    expect(page.get_by_label("Identifiant")).to_have_value(desk.site.gateway.emails[provider.name])
    expect(page.locator("#password")).to_have_value("")


def test_the_keyboard_is_enough(desk: Desk):
    """From the address bar: skip link, fields in their order, Enter signs in."""
    provider = _provider(desk.site)
    page = desk.window()
    page.goto("/connexion")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.get_by_label("Identifiant").focus()
    page.keyboard.type(desk.site.gateway.emails[provider.name])
    page.keyboard.press("Tab")
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{desk.site.origin}/of")


def test_back_after_signing_out_shows_the_sign_in(desk: Desk):
    """Bad input of the issue: pages with somebody's data are not kept; the back button asks the server again."""
    provider = _provider(desk.site)
    page = desk.window(provider.name)
    page.goto("/of")
    page.goto("/of/dossiers")
    page.get_by_role("button", name="Se déconnecter").first.click()
    expect(page.locator("h1")).to_have_text(WELCOME)
    page.go_back()
    expect(page.locator("h1")).to_have_text(WELCOME)
    assert "/connexion" in page.url
    page.go_back()
    expect(page.locator("h1")).to_have_text(WELCOME)


def test_a_page_left_open_leads_to_the_sign_in_after_deactivation(desk: Desk):
    """Bad input of the issue: the account is disabled while its page is open; the next step shows nothing more."""
    provider = _provider(desk.site)
    page = desk.window(provider.name)
    page.goto("/of/dossiers")
    account_id = desk.site.gateway.accounts[provider.name]
    command = DisableAccount.model_validate({"account_id": account_id, "on": "2026-03-01"})
    desk.site.gateway.service.ledger.execute(command, actor=None)
    desk.site.gateway.settle()
    page.locator("#trainee_name").fill("Stagiaire")
    page.get_by_role("button", name="Rechercher").click()
    expect(page.locator("h1")).to_have_text(WELCOME)
    expect(page.get_by_role("status").first).to_contain_text("rien n'a été enregistré")
    assert "Stagiaire" not in page.url


@SCRIPTS
def test_a_forgotten_password_is_asked_for(desk: Desk, script: bool):
    """O2: from the sign-in page; known and unknown address read the same page."""
    provider = _provider(desk.site)
    texts = []
    for email in (desk.site.gateway.emails[provider.name], "personne@example.org"):
        page = desk.window(script=script)
        page.goto("/connexion")
        page.get_by_role("link", name="J'ai oublié mon mot de passe").click()
        page.get_by_label("Adresse électronique").fill(email)
        page.get_by_role("button", name="Recevoir un lien").click()
        expect(page.locator("h1")).to_have_text("Consultez votre messagerie")
        texts.append(page.locator("main").text_content())
    assert texts[0] == texts[1]


@SCRIPTS
def test_a_link_sets_the_password(desk: Desk, script: bool):
    """O7: each rule shown as it is met, a broken one told, ANNULER and VALIDER; then one signs in with it."""
    provider = _provider(desk.site)
    gateway = desk.site.gateway
    with gateway.service.database.transaction(Role.AUTH) as connection:
        secret = links.make(connection, "password", account_id=gateway.accounts[provider.name]).secret
    desk.expected.add(422)
    page = desk.window(script=script)
    page.goto(f"/liens/{secret}")
    rule = page.locator("[data-rule=digit]")
    page.locator("#password").fill("Lanterne-Bleue")
    if script:
        expect(rule).not_to_have_class(re.compile("met"))
        page.locator("#password").fill(NEW)
        expect(rule).to_have_class(re.compile("met"))
        page.locator("#password").fill("Lanterne-Bleue")
    page.locator("#confirmation").fill("Lanterne-Bleue")
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("alert")).to_contain_text("Au moins un chiffre.")
    expect(rule).to_have_class(re.compile("broken"))
    page.locator("#password").fill(NEW)
    page.locator("#confirmation").fill(NEW)
    page.get_by_role("button", name="Valider").click()
    expect(page.locator("h1")).to_have_text("C'est fait")
    page.get_by_role("link", name="Aller à la connexion").click()
    _sign_in(page, gateway.emails[provider.name], NEW)
    expect(page).to_have_url(f"{desk.site.origin}/of")


def test_a_second_window_signs_in_too(desk: Desk):
    """Two windows of one browser, each with its form: neither spoils the other's."""
    provider = _provider(desk.site)
    first = desk.window()
    first.goto("/connexion")
    second = first.context.new_page()
    second.goto("/connexion")
    _sign_in(first, desk.site.gateway.emails[provider.name])
    expect(first).to_have_url(f"{desk.site.origin}/of")
    _sign_in(second, desk.site.gateway.emails[provider.name])
    expect(second).to_have_url(f"{desk.site.origin}/of")
