"""« Suivre mes dossiers de formation » in Chromium, with and without script (rows O30 to O35)."""

from __future__ import annotations

import zipfile
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import Desk
from gateway.api.codes import SCHEME_LABELS
from support.site import Provider, Site

LIST = "/of/dossiers"


@pytest.fixture(scope="module")
def provider(site: Site) -> Provider:
    """Three dossiers: one paid by an invoice, one of another scheme, one with an agreement to download."""
    found = site.provider()
    site.dossier(found, starts_on="2026-06-01", ends_on="2026-06-05")
    site.dossier(found, scheme="POEI", starts_on="2026-01-05", ends_on="2026-01-09")
    paid = site.dossier(found)
    site.agreement(paid, name="Accord é.pdf")
    site.paid(found, paid)
    return found


def found(page: Page) -> int:
    return page.locator("#resultats tbody tr").count()


@pytest.mark.parametrize("script", [True, False])
def test_filters_are_kept_by_the_back_button(desk: Desk, provider: Provider, script: bool):
    """Row O30: counters of the whole scope; each filter narrows the list; back has the filters again."""
    page = desk.window(provider.name, script=script)
    page.goto(LIST)
    expect(page).to_have_title("Suivre mes dossiers de formation – Espace Organisme de formation – Fonds de formation")
    assert page.locator(".counters dd").all_inner_texts() == ["3", "0", "3"]
    page.get_by_label("Dispositif").select_option("POEI")
    page.get_by_role("button", name="Rechercher").click()
    expect(page.get_by_text("1 dossier correspond à votre recherche")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query) == {"scheme": ["POEI"]}
    page.get_by_label("Nom du stagiaire").fill("stagiaire")
    page.get_by_role("button", name="Rechercher").click()
    assert list(parse_qs(urlsplit(page.url).query)) == ["recherche"]
    assert found(page) == 1
    assert page.locator(".counters dd").all_inner_texts() == ["3", "0", "3"]
    page.locator("#resultats tbody a").first.click()
    expect(page.locator("h1")).to_contain_text("Dossier n°")
    page.go_back()
    expect(page.get_by_label("Nom du stagiaire")).to_have_value("stagiaire")
    expect(page.get_by_label("Dispositif")).to_have_value("POEI")
    assert found(page) == 1
    page.get_by_role("link", name="Effacer", exact=True).click()
    assert found(page) == 3


def test_schemes_have_a_code_and_a_label(desk: Desk, provider: Provider):
    """Row O35: each in the filter by both; the list has the code, which says its label to who asks."""
    page = desk.window(provider.name)
    page.goto(LIST)
    offered = page.get_by_label("Dispositif").locator("option").all_text_contents()
    assert {each.partition(" – ")[0] for each in offered[1:]} == set(SCHEME_LABELS)
    assert {"ALTE – Contrat d'apprentissage", "C PRO – Contrat de professionnalisation"} <= set(offered)
    expect(page.locator("#resultats abbr", has_text="POEI")).to_have_attribute("title", SCHEME_LABELS["POEI"])


@pytest.mark.parametrize("way", ["click", "double click", "Enter"])
def test_a_document_is_opened_by_click_double_click_and_enter(desk: Desk, site: Site, provider: Provider, way: str):
    """Row O33: each of them saves the very bytes that were deposited; a double click alone needs a script.

    What is ticked comes as one archive, with a script and without, by mouse and by keyboard.
    """
    page = desk.window(provider.name, script=way == "double click", accept_downloads=True)
    page.goto(LIST)
    page.get_by_role("row").filter(has_text="Télécharger").locator("th a").click()
    page.get_by_role("link", name="Documents Fonds").click()
    row = page.get_by_role("row").filter(has_text="Accord é.pdf")
    expect(row).to_contain_text("Déposé le 10/02/2026")
    with page.expect_download() as saving:
        if way == "click":
            row.get_by_role("link", name="Accord é.pdf", exact=True).click()
        elif way == "Enter":
            row.get_by_role("link", name="Accord é.pdf", exact=True).press("Enter")
        else:
            row.get_by_text("Déposé le").dblclick()
    saved = saving.value
    assert saved.suggested_filename == "Accord é.pdf"
    assert saved.path().read_bytes().startswith(b"%PDF-1.4")
    box, button = row.get_by_role("checkbox"), page.get_by_role("button", name="Télécharger la sélection")
    use(box, "Space", way)
    with page.expect_download() as saving:
        use(button, "Enter", way)
    assert saving.value.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(saving.value.path()) as archive:
        assert archive.read("Accord é.pdf") == saved.path().read_bytes()
    expect(box).to_be_checked()


def use(control: Locator, key: str, way: str) -> None:
    """By keyboard alone where the story is."""
    if way == "Enter":
        control.press(key)
    else:
        control.click()


def test_an_agreement_is_downloaded_from_the_list(desk: Desk, provider: Provider):
    """Row O31: the agreement where there is one; absent where there is none."""
    page = desk.window(provider.name, script=False, accept_downloads=True)
    page.goto(LIST)
    expect(page.get_by_text("non renseigné")).to_have_count(2)
    with page.expect_download() as saving:
        page.get_by_role("link", name="Télécharger l'accord du dossier").click()
    assert saving.value.suggested_filename == "Accord é.pdf"


def test_by_keyboard_alone_from_the_list_to_a_reglement_and_back(desk: Desk, provider: Provider):
    """Rows O30, O32, O34, O41: nothing on the way needs a mouse, and the focus is always seen."""
    page = desk.window(provider.name)
    page.goto(LIST)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Aller au contenu")
    page.keyboard.press("Enter")
    tab_to(page, "Rechercher")
    row = page.get_by_role("row").filter(has_text="Télécharger").locator("th a").inner_text()
    tab_to(page, row)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(row)
    tab_to(page, "Règlements")
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader")).to_have_count(10)
    tab_to(page, "VIR")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Règlement n° VIR")
    page.go_back()
    page.go_back()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Suivre mes dossiers de formation")


def tab_to(page: Page, text: str) -> None:
    """Tab by tab, as somebody without a mouse; each stop is drawn with an outline."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focus = page.locator("a:focus, button:focus")
        if focus.count() and text in (focus.text_content() or ""):
            outline = focus.evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", f"the focus on « {text} » is not seen"
            return
    raise AssertionError(f"« {text} » is not reached by the keyboard")
