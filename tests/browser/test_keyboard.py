"""Keyboard alone, journey by journey: what one opens, sends and mends without ever touching a mouse.

That every control of every page is reached, in order, and drawn, is asked of each screen in test_every_screen.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Desk
from browser.ground import Ground
from support.company import company
from support.site import Site

SUMMARY = "Il y a un problème"
NAMED = """() => {
  const here = document.activeElement;
  if (here === document.body) return "";
  const labels = [...(here.labels ?? [])].map((each) => each.textContent).join(" ");
  return labels || here.getAttribute("aria-label") || here.textContent;
}"""


def tab_to(page: Page, text: str, *, most: int = 90) -> None:
    """Tab by tab to what is called so: a label, a link or a button."""
    page.wait_for_load_state()
    for _ in range(most):
        page.keyboard.press("Tab")
        name = page.evaluate(NAMED)
        if text in " ".join(name.split()):
            return
    raise AssertionError(f"« {text} » is not reached by the keyboard")


def to_the_content(page: Page) -> None:
    """By the skip link, which is the first stop and leads past the menu."""
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Aller au contenu")
    page.keyboard.press("Enter")
    expect(page.locator("#contenu")).to_be_focused()


@pytest.mark.parametrize(
    ("menu", "row", "heading"),
    [
        ("Consulter mes règlements", "VIR", "Règlement n° VIR"),
        ("Voir mes établissements", "Organisme", "Établissement n°"),
    ],
)
def test_from_the_menu_through_a_list_into_a_row(desk: Desk, ground: Ground, menu: str, row: str, heading: str):
    """O10, O40, O41, O50, O51: the second skip link, the menu, the skip link, Enter on the row."""
    page = desk.window(ground.visitors["provider"])
    page.goto("/of")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Aller au menu")
    page.keyboard.press("Enter")
    tab_to(page, menu)
    page.keyboard.press("Enter")
    expect(page.locator("[aria-current=page]").first).to_contain_text(menu)
    to_the_content(page)
    tab_to(page, "Rechercher")
    tab_to(page, row)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(heading)


def test_tabs_files_and_downloads(desk: Desk, ground: Ground):
    """O33, O34, O42, O51: each tab by Enter, then a file."""
    page = desk.window(ground.visitors["provider"], accept_downloads=True)
    page.goto(f"/of/dossiers/{ground.dossier}")
    for tab in ("Règlements", "Documents", "Historique"):
        to_the_content(page)
        tab_to(page, tab)
        page.keyboard.press("Enter")
        expect(page.locator(".tabs [aria-current=page]")).to_contain_text(tab)
    page.goto(f"/of/dossiers/{ground.dossier}/documents")
    to_the_content(page)
    tab_to(page, "Sélectionner Accord.pdf")
    tab_to(page, "Accord.pdf")
    with page.expect_download() as saving:
        page.keyboard.press("Enter")
    assert saving.value.suggested_filename == "Accord.pdf"


def test_a_fault_has_the_focus_and_leads_to_its_field(desk: Desk, ground: Ground):
    """O30: the summary first, Tab and Enter to the field, mended there and sent by Enter."""
    desk.expected.add(422)
    page = desk.window(ground.visitors["provider"])
    page.goto("/of/dossiers?starts_from=abc&number=" + "1" * 300)
    expect(page.get_by_role("heading", name=SUMMARY)).to_be_focused()
    assert page.title().startswith("Erreur : ")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#number")).to_be_focused()
    described = page.locator("#number").get_attribute("aria-describedby") or ""
    assert "number-erreur" in described
    expect(page.locator("#number")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Control+a")
    page.keyboard.type("1900")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=SUMMARY)).to_have_count(0)
    expect(page).to_have_url(re.compile("number=1900$"))


def test_a_user_is_invited_by_keyboard(desk: Desk, site: Site):
    """O20 to O23: the form is sent empty, the faults are said, then it is filled in from field to field."""
    desk.expected.add(422)
    firm = company(site.gateway)
    page = desk.window(firm.referent(f"clavier-{site.gateway.number()}"))
    page.goto(f"/of/utilisateurs/{firm.organisation}")
    to_the_content(page)
    tab_to(page, "Ajouter un utilisateur")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/nouveau$"))
    tab_to(page, "Inviter une personne")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Nouvel utilisateur")
    page.evaluate("document.querySelectorAll('form').forEach((each) => { each.noValidate = true; })")
    tab_to(page, "Valider")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=SUMMARY)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[aria-invalid=true]:focus, fieldset:focus-within")).to_have_count(1)
    tab_to(page, "Civilité")
    page.keyboard.press("ArrowDown")
    for text in ("Quorzeul", "Zélie", f"clavier-{site.gateway.number()}@example.org"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    tab_to(page, "Affecter")
    page.keyboard.press("Space")
    tab_to(page, "Valider")
    page.keyboard.press("Enter")
    expect(page.get_by_text("L'invitation est envoyée")).to_be_visible()
    # O25: « Désactivé » is a box like any other.
    tab_to(page, "Désactivé :")
    page.keyboard.press("Space")
    tab_to(page, "Enregistrer")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=SUMMARY)).to_be_focused()


def test_the_way_in_and_out(desk: Desk, ground: Ground):
    """O2, O3, O10: from the sign-in to the directory and the forgotten password; signing out is a button."""
    page = desk.window()
    page.goto("/connexion")
    tab_to(page, "J'ai oublié mon mot de passe")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("J'ai oublié mon mot de passe")
    page.go_back()
    tab_to(page, "Pas encore de compte")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/contacts$"))
    tab_to(page, "Votre département")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("departement=[0-9]"))
    inside = desk.window(desk.site.provider().name)
    inside.goto("/of")
    tab_to(inside, "Se déconnecter")
    inside.keyboard.press("Enter")
    expect(inside.get_by_text("Vous êtes déconnecté.")).to_be_visible()
