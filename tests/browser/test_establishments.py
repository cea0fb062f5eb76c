"""« Voir mes établissements » and the payments by month in Chromium, with and without script (rows O50, O51)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.conftest import Desk
from browser.ground import Ground

NAME = "Avis de virement - Lot 550 - Page 2.pdf"


@pytest.mark.parametrize("script", [True, False])
def test_from_the_menu_to_an_establishment_and_its_avis(desk: Desk, ground: Ground, script: bool):
    """Rows O50 and O51: the list with IBAN and BIC, a filter by name that the address does not tell, both tabs."""
    page = desk.window(ground.visitors["provider"], script=script, accept_downloads=True)
    page.goto("/of")
    page.get_by_role("link", name="Voir mes établissements").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("PSSTFRPP")
    page.get_by_label("Raison sociale").fill("organisme")
    page.get_by_role("button", name="Rechercher").click()
    assert "organisme" not in page.url.casefold()
    expect(page.get_by_label("Raison sociale")).to_have_value("organisme")
    page.locator("tbody th a").click()
    expect(page.locator("h1")).to_contain_text("Établissement n°")
    expect(page.get_by_role("heading", name="Coordonnées bancaires")).to_be_visible()
    page.get_by_role("link", name="Document", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("Déposé le 20/03/2026")
    with page.expect_download() as saving:
        page.get_by_role("link", name=NAME, exact=True).click()
    assert saving.value.suggested_filename == NAME
    page.go_back()
    page.go_back()
    expect(page.get_by_label("Raison sociale")).to_have_value("organisme")


@pytest.mark.parametrize("how", ["double click", "keyboard"])
def test_an_avis_opens_by_double_click_and_by_enter(desk: Desk, ground: Ground, how: str):
    """Row O51, as O33 has it for a dossier's documents."""
    page = desk.window(ground.visitors["provider"], script=how == "double click", accept_downloads=True)
    page.goto(f"/of/etablissements/{ground.provider.establishment}/documents")
    with page.expect_download() as saving:
        if how == "keyboard":
            page.get_by_role("link", name=NAME, exact=True).focus()
            page.keyboard.press("Enter")
        else:
            page.get_by_role("row", name=NAME).get_by_role("cell").nth(1).dblclick()
    assert saving.value.path().read_bytes().startswith(b"%PDF-1.4")


@pytest.mark.parametrize("script", [True, False])
def test_payments_by_month(desk: Desk, ground: Ground, script: bool):
    """The figure is named and described; the month's row has the same sum; the bars stand inside of the drawing."""
    page = desk.window(ground.visitors["provider"], script=script)
    page.goto("/of/reglements")
    page.get_by_role("link", name="Voir ces règlements par mois").click()
    page.goto("/of/reglements/par-mois?until=2026-03-31")
    expect(page.get_by_role("img", name="Montants versés par mois")).to_be_visible()
    expect(page.get_by_role("row", name="mars 2026")).to_contain_text("1 200,00")
    expect(page.locator("svg rect")).to_have_count(24)
    page.get_by_role("link", name="Mois précédents").click()
    expect(page.get_by_role("row", name="mars 2024")).to_be_visible()


def test_the_figure_is_seen_in_the_dark_and_on_paper(desk: Desk, ground: Ground):
    """Its colours are the style's own: bars differ from what they stand on, in each look."""
    for colours in ("light", "dark"):
        page = desk.window(ground.visitors["provider"], color_scheme=colours)
        page.goto("/of/reglements/par-mois?until=2026-03-31")
        bar = page.locator("svg rect").last
        fill = bar.evaluate("(each) => getComputedStyle(each).fill")
        ground_colour = page.locator("body").evaluate("(each) => getComputedStyle(each).backgroundColor")
        assert fill != ground_colour
