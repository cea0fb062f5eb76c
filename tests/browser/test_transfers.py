"""« Consulter mes règlements » in Chromium, with and without script (rows O34, O40 to O42)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.conftest import Desk
from browser.ground import Ground


@pytest.mark.parametrize("script", [True, False])
def test_from_a_reglement_to_the_dossier_and_back(desk: Desk, ground: Ground, script: bool):
    """Rows O40 and O41: the list, one règlement whose lines add up, and from a line the dossier's own RÈGLEMENTS."""
    page = desk.window(ground.visitors["provider"], script=script)
    page.goto("/of")
    page.get_by_role("link", name="Consulter mes règlements").click()
    page.get_by_label("Établissement").select_option(str(ground.provider.establishment))
    page.get_by_role("button", name="Rechercher").click()
    page.locator("#resultats tbody th a").click()
    expect(page.locator("h1")).to_contain_text("Règlement n° VIR")
    expect(page.locator("tfoot")).to_contain_text("1 200,00")
    lines = page.locator("tbody td.num").all_text_contents()
    assert [each.replace("\u202f", " ") for each in lines] == ["600,00", "600,00"]
    page.locator("tbody a").first.click()
    expect(page.get_by_role("link", name="Règlements", exact=True)).to_have_attribute("aria-current", "page")
    expect(page.locator("tfoot")).to_contain_text("600,00")
    page.get_by_role("link", name=re.compile("^VIR")).click()
    expect(page.locator("h1")).to_contain_text("Règlement n° VIR")
    page.go_back()
    page.go_back()
    page.go_back()
    expect(page.get_by_label("Établissement")).to_have_value(str(ground.provider.establishment))


@pytest.mark.parametrize(("link", "name"), [("Avis du règlement", "Page 1.pdf"), ("Avis – page 2 du", "Page 2.pdf")])
def test_each_page_of_an_avis_is_downloaded(desk: Desk, ground: Ground, link: str, name: str):
    """Rows O40 and O42: an establishment may hold several avis of one lot, each under its own name."""
    page = desk.window(ground.visitors["provider"], script=False, accept_downloads=True)
    page.goto("/of/reglements")
    with page.expect_download() as saving:
        page.get_by_role("link", name=link).click()
    assert saving.value.suggested_filename == f"Avis de virement - Lot 550 - {name}"
    assert saving.value.path().read_bytes().startswith(b"%PDF-1.4")
