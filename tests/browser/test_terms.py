"""« RGPD et CGU » in Chromium, with and without script (rows O4 to O6)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Desk
from support.eventually import eventually
from support.gateway import PASSWORD
from support.site import Site

PAGE = "**/conditions*"


def first_sign_in(desk: Desk, site: Site, *, script: bool) -> Page:
    """A provider's user who has a password and has answered nothing."""
    name = site.provider().name
    site.gateway.password(name)
    page = desk.window(script=script)
    page.goto("/of/dossiers")
    page.get_by_label("Identifiant").fill(site.gateway.emails[name])
    page.get_by_role("textbox", name="Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    return page


@pytest.mark.parametrize("script", [True, False])
def test_accepting_leads_to_what_was_asked_for(desk: Desk, site: Site, script: bool):
    """O4, O5, O6: asked before anything; accepted, the dossiers open; the text stays to be read in the menu."""
    page = first_sign_in(desk, site, script=script)
    expect(page.get_by_role("heading", name="RGPD et CGU")).to_be_visible()
    expect(page.get_by_text("Je ne communique mes identifiants à personne.").last).to_be_visible()
    expect(page.get_by_role("navigation", name="Menu principal")).to_have_count(0)
    page.goto("/of")
    expect(page.get_by_role("heading", name="RGPD et CGU")).to_be_visible()
    page.goto("/conditions?suite=%2Fof%2Fdossiers")
    page.get_by_role("button", name="Accepter").dblclick()
    expect(page.get_by_role("heading", name="Suivre mes dossiers de formation")).to_be_visible()
    page.get_by_role("link", name="RGPD et CGU").click()
    expect(page.get_by_text("Version acceptée")).to_be_visible()
    expect(page.get_by_role("button", name="Accepter")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False])
def test_refusing_leads_out(desk: Desk, site: Site, script: bool):
    """O5: signed out; the back button and every address show the sign-in page."""
    page = first_sign_in(desk, site, script=script)
    page.get_by_role("button", name="Refuser").click()
    expect(page.get_by_text("Vous avez refusé les conditions d'utilisation")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()
    page.goto("/of")
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()


def until_scrolled(page: Page) -> None:
    """Asked again from here: what waits inside of the page evaluates a text there, which the content policy forbids."""
    eventually(lambda: page.evaluate("document.querySelector('.sheet').scrollTop") > 0, "the text did not scroll")


def test_the_text_is_read_by_keyboard_alone(desk: Desk, site: Site):
    """The box of the text scrolls by keys, and the answers come after it."""
    page = first_sign_in(desk, site, script=True)
    box = page.get_by_role("region", name="Texte des conditions")
    box.focus()
    page.keyboard.press("End")
    until_scrolled(page)
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "Accepter":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Suivre mes dossiers de formation")).to_be_visible()
