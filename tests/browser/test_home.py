"""The provider's home and the regional directory in Chromium (rows O3, O10, O11)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.conftest import Desk
from support.site import Provider, Site


@pytest.fixture(scope="module")
def provider(site: Site) -> Provider:
    found = site.provider()
    site.paid(found, site.dossier(found))
    return found


@pytest.mark.parametrize("script", [True, False])
def test_home_leads_everywhere(desk: Desk, provider: Provider, script: bool):
    """O10, O11: welcome, bank details, figures; each entry of the menu opens and is marked; then one signs out."""
    page = desk.window(provider.name, script=script)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bienvenue, Compte Essai")
    expect(page.get_by_text("aucun règlement n'est possible")).to_be_visible()
    menu = page.get_by_role("navigation", name="Menu principal")
    for entry in (
        "Suivre mes dossiers de formation",
        "Consulter mes règlements",
        "RGPD et CGU",
        "Mon profil",
        "Accueil",
    ):
        menu.get_by_role("link", name=entry).click()
        expect(menu.locator("[aria-current=page]")).to_have_text(entry)
    page.locator("#dossiers + .counters").wait_for()
    page.get_by_role("link", name="Suivre tous mes dossiers").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_text("Vous êtes déconnecté.")).to_be_visible()


def test_the_menu_folds_and_the_page_stays(desk: Desk, provider: Provider):
    """O10: collapsible by its own button, by keyboard too, without script of ours."""
    page = desk.window(provider.name, script=False)
    page.goto("/of")
    summary = page.locator(".menu summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Consulter mes règlements", exact=True)).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Consulter mes règlements", exact=True)).to_be_visible()


def test_a_phone_is_enough(desk: Desk, provider: Provider):
    """320 pixels, or a zoom of 400 %: one column, rows that stack and keep their heads, nothing beside the page."""
    page = desk.window(provider.name, viewport={"width": 320, "height": 640})
    for path in ("/of", "/profil", "/profil/sessions", "/profil/mot-de-passe", "/conditions", "/contacts"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    page.goto("/of")
    label = "getComputedStyle(document.querySelector('tbody td'), '::before').content"
    assert "Entreprise" in page.evaluate(label)
    expect(page.get_by_role("table").first).to_be_visible()


def test_whoever_comes_finds_the_directory(desk: Desk):
    """O3: from the sign-in page to the one office that answers for a department."""
    page = desk.window()
    page.goto("/connexion")
    page.get_by_role("link", name="Pas encore de compte ?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vos contacts en région")
    page.get_by_label("Votre département").select_option(label="31 – Haute-Garonne")
    page.get_by_role("button", name="Voir").click()
    expect(page.locator(".card h2")).to_have_text(["Direction régionale Sud-Ouest"])
