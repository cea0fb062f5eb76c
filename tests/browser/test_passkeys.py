"""Passkeys in Chromium, answered by its own virtual authenticator: made, used to sign in, refused by the device."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Desk
from support.gateway import PASSWORD
from support.signing_in import accept_terms
from support.site import Provider, Site


@pytest.fixture
def provider(site: Site) -> Provider:
    found = site.provider()
    site.gateway.password(found.name)
    accept_terms(site.gateway, found.name)
    return found


def authenticator(page: Page, *, verified: bool = True) -> None:
    """A device with a place for passkeys, whose owner unlocks it at once, or never."""
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page: Page, site: Site, name: str) -> None:
    page.goto("/connexion")
    page.get_by_label("Identifiant").fill(site.gateway.emails[name])
    page.get_by_role("textbox", name="Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()


def test_a_key_is_made_then_opens_the_account_alone(desk: Desk, site: Site, provider: Provider):
    """From the profile; signed out, one button of the sign-in page is enough."""
    page = desk.window()
    authenticator(page)
    sign_in(page, site, provider.name)
    page.goto("/profil/second-facteur")
    page.get_by_role("button", name="Enregistrer une clé d'accès").click()
    page.get_by_label("Nom de l'appareil").fill("Ordinateur du bureau")
    page.get_by_role("button", name="Créer la clé d'accès").click()
    expect(page.get_by_text("La clé d'accès est enregistrée.")).to_be_visible()
    expect(page.get_by_text("Ordinateur du bureau").first).to_be_visible()
    page.get_by_role("button", name="Se déconnecter").click()
    page.get_by_role("button", name="Utiliser ma clé d'accès").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bienvenue, Compte Essai")


def test_a_device_that_is_not_unlocked_is_said(desk: Desk, site: Site, provider: Provider):
    """Nothing is sent; the page says what to do, and is not left."""
    page = desk.window()
    authenticator(page, verified=False)
    sign_in(page, site, provider.name)
    page.goto("/profil/second-facteur")
    page.get_by_role("button", name="Enregistrer une clé d'accès").click()
    page.get_by_label("Nom de l'appareil").fill("Téléphone")
    page.get_by_role("button", name="Créer la clé d'accès").click()
    expect(page.get_by_role("status").filter(has_text="L'appareil n'a pas donné de clé d'accès")).to_be_visible()


def test_without_a_script_it_is_said_and_an_application_is_offered(desk: Desk, provider: Provider):
    """No dead button: the form is not there, and a link leads to what works."""
    page = desk.window(provider.name, script=False)
    page.goto("/profil/second-facteur")
    page.get_by_role("button", name="Enregistrer une clé d'accès").click()
    expect(page.get_by_role("button", name="Créer la clé d'accès")).to_have_count(0)
    page.get_by_role("link", name="Enregistrez plutôt une application").click()
    page.get_by_role("button", name="Enregistrer une application", exact=True).click()
    expect(page.get_by_role("img", name="Image QR")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/connexion")
    expect(page.get_by_role("button", name="Utiliser ma clé d'accès")).to_have_count(0)
