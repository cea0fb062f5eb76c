"""The services portal, the members' space and the appearance in Chromium, with and without scripts (rows E1 to E4, E12,
E18).
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Desk
from support.company import Company, auth, company
from support.site import Site

SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def firm(site: Site) -> Company:
    """A member company whose employee a provider trains."""
    made = company(site.gateway, "member")
    site.gateway.dossier(site.provider().establishment, made.places[0])
    return made


def tools(page: Page) -> list[str]:
    return page.locator("section[aria-labelledby=outils] h3").all_text_contents()


@SCRIPTS
def test_a_company_asks_for_its_account(desk: Desk, site: Site, script: bool):
    """E1, E18: from the door on a telephone; a wrong SIRET is said at its field, what was typed stays."""
    made = company(site.gateway, "member")
    with auth(site.gateway) as connection:
        connection.execute("delete from auth.allowance")
    desk.expected.add(422)
    page = desk.window(script=script, viewport=PHONE)
    page.goto("/services/connexion")
    expect(page.get_by_text("01 99 00 00 10")).to_be_visible()
    page.get_by_role("link", name="créez-le avec vos numéros").click()
    page.get_by_label("Siret").fill("99900001199001")
    page.get_by_label("Numéro d'adhérent").fill(str(made.member_number))
    page.get_by_label("Civilité").select_option("Madame")
    page.get_by_label("Nom (obligatoire)", exact=True).fill("Demandeuse")
    page.get_by_label("Prénom").fill("Ariane")
    page.get_by_label("Adresse électronique").fill("ariane@example.org")
    page.get_by_role("button", name="Demander mon compte").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_attribute("href", "#siret")
    expect(page.get_by_label("Siret")).to_have_attribute("aria-invalid", "true")
    assert "ariane" not in page.url
    page.get_by_label("Siret").fill(made.sirets[0])
    page.get_by_role("button", name="Demander mon compte").click()
    expect(page.locator("h1")).to_have_text("Votre demande est enregistrée")
    page.go_back()
    page.get_by_role("link", name="Annuler").click()
    expect(page.locator("h1")).to_have_text("Bienvenue sur votre portail de services")


@SCRIPTS
def test_from_the_door_to_a_dossier(desk: Desk, site: Site, firm: Company, script: bool):
    """E2 to E4: one sign-in; favourites in one's own order; a theme; the members' space, a dossier."""
    name = firm.member(f"browsing-{site.gateway.number()}")
    site.gateway.session(name)  # the terms are accepted
    page = desk.window(script=script)
    page.goto("/services/connexion")
    page.get_by_label("Identifiant").fill(site.gateway.emails[name])
    page.get_by_label("Mot de passe").first.fill(site.gateway.password(name))
    page.get_by_role("button", name="Se connecter").click()
    expect(page.locator("h1")).to_have_text("Bienvenue, Compte Essai")
    assert tools(page) == ["Espace adhérent", "Espace tutoriels", "Espace compétences"]
    page.get_by_role("main").get_by_role("link", name="Gérer mes favoris").click()
    page.get_by_role("checkbox", name="Espace tutoriels").uncheck()
    page.get_by_role("checkbox", name="Annuaire régional").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Vos outils favoris sont enregistrés.")).to_be_visible()
    page.get_by_role("button", name="Monter Annuaire régional").click()
    page.get_by_role("button", name="Monter Annuaire régional").click()
    page.get_by_role("link", name="Revenir à mes services").click()
    assert tools(page) == ["Annuaire régional", "Espace adhérent", "Espace compétences"]
    page.get_by_role("link", name="Gérer les entretiens").click()
    expect(page.locator("h1")).to_have_text("Piloter l'activité RH")
    page.go_back()
    page.get_by_role("link", name="Accéder à l'outil Espace adhérent").click()
    expect(page.get_by_text("Vous n'avez pas de nouveaux messages")).to_be_visible()
    menu = page.get_by_role("navigation", name="Menu principal")
    for entry in ("Messagerie", "Consulter les règlements", "Suivre les dossiers de formation"):
        menu.get_by_role("link", name=entry).click()
        expect(menu.locator("[aria-current=page]")).to_have_text(entry)
        expect(page.locator("h1")).to_have_text(entry)
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("row").filter(has_text="Stagiaire")).to_be_visible()


@SCRIPTS
def test_the_appearance_is_chosen(desk: Desk, script: bool):
    """Dark on a device that is light, and back: on the very next page, kept by the browser."""
    page = desk.window(script=script, color_scheme="light")
    page.goto("/connexion")
    paper = "getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()"
    assert page.evaluate(paper) == "#fbfaf7"
    page.get_by_role("link", name="Apparence").click()
    page.get_by_role("radio", name="Sombre").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("L'apparence est enregistrée")).to_be_visible()
    page.goto("/connexion")
    expect(page.locator("html")).to_have_attribute("data-look", "dark")
    assert page.evaluate(paper) == "#14191c"
    page.goto("/apparence")
    page.get_by_role("radio", name="Comme mon appareil").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("L'apparence est enregistrée")).to_be_visible()
    page.wait_for_load_state()  # its text is there before its style
    assert page.evaluate(paper) == "#fbfaf7"
