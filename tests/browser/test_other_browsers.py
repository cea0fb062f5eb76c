"""The main journey in Firefox and in WebKit, in the builds that Playwright drives (row E18; docs/accessibility.md)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from browser.conftest import Desk
from support.signing_in import accept_terms
from support.site import Site

pytestmark = pytest.mark.full


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    with sync_playwright() as driver:
        kind = getattr(driver, request.param)
        if not Path(kind.executable_path).exists() and not os.environ.get("CI"):
            pytest.skip(f"Playwright's {request.param} is not here: python -m playwright install {request.param}")
        found = kind.launch()
        try:
            yield found
        finally:
            found.close()


@pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])
def test_from_the_sign_in_to_a_reglement_and_out(site: Site, browser: Browser, script: bool):
    """O1, O10, O30 to O34, O40, O41, E18: the form, the lists, a search, a dossier, its tabs, a règlement, the end."""
    provider = site.provider()
    dossier = site.dossier(provider)
    site.agreement(dossier)
    site.paid(provider, dossier)
    password = site.gateway.password(provider.name)
    accept_terms(site.gateway, provider.name)
    desk = Desk(site, browser)
    try:
        page = desk.window(script=script, accept_downloads=True)
        page.goto("/")
        page.get_by_label("Identifiant").fill(site.gateway.emails[provider.name])
        page.locator("#password").fill(password)
        page.get_by_role("button", name="Se connecter").click()
        page.get_by_role("link", name="Suivre mes dossiers de formation").click()
        page.get_by_label("Nom du stagiaire").fill("stagiaire")
        page.get_by_role("button", name="Rechercher").click()
        assert "stagiaire" not in page.url.casefold()
        page.locator("#resultats tbody th a").click()
        page.get_by_role("link", name="Documents Fonds").click()
        with page.expect_download() as saving:
            page.get_by_role("link", name="Accord.pdf", exact=True).click()
        assert saving.value.path().read_bytes().startswith(b"%PDF-1.4")
        page.get_by_role("link", name="Règlements", exact=True).click()
        page.get_by_role("link", name=re.compile("^VIR")).click()
        expect(page.locator("tfoot")).to_contain_text("600,00")
        page.get_by_role("button", name="Se déconnecter").click()
        expect(page.get_by_text("Vous êtes déconnecté.")).to_be_visible()
    finally:
        desk.close()
    assert desk.trouble == []
