"""« Gérer les utilisateurs » in Chromium, with and without scripts (rows O20 to O25, E15)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import Desk
from support.company import Company, company
from support.site import Site

SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])
MENU = "Gérer mes utilisateurs"


@dataclass
class Team:
    """A company of two establishments, its référent's name, and a user's of the first one."""

    firm: Company
    referent: str
    user: str

    @property
    def path(self) -> str:
        return f"/of/utilisateurs/{self.firm.organisation}"


def team(site: Site, kind: str = "provider") -> Team:
    made = company(site.gateway, kind)
    n = site.gateway.number()
    made.referent(f"second-{n}")
    return Team(made, made.referent(f"referent-{n}"), made.member(f"user-{n}", made.places[0]))


def row_of(page: Page, login: str) -> Locator:
    return page.get_by_role("row").filter(has_text=login)


@SCRIPTS
def test_a_user_is_invited_found_and_changed(desk: Desk, site: Site, script: bool):
    """O20 to O23: the list, « + », the form with its grid, then the profile with « Voir tous »."""
    made = team(site)
    page = desk.window(made.referent, script=script)
    page.goto("/of")
    page.get_by_role("link", name=MENU).click()
    expect(page.locator("h1")).to_have_text(MENU)
    page.get_by_role("link", name="Ajouter un utilisateur").click()
    expect(page.get_by_text("Éléments 1 à 3 sur 3")).to_be_visible()
    page.get_by_role("link", name="Inviter une personne qui n'est pas dans la liste").click()
    email = f"chromium-{site.gateway.number()}@example.org"
    page.get_by_label("Civilité").select_option("Madame")
    page.get_by_label("Nom (obligatoire)", exact=True).fill("Quorzeul")
    page.get_by_label("Prénom").fill("Zélie")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("checkbox", name=f"Affecter Compagnie {made.firm.sirets[1]}").check()
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_role("status").filter(has_text="L'invitation est envoyée")).to_be_visible()
    expect(row_of(page, email)).to_contain_text("Invitation envoyée")

    page.get_by_label("Mail").fill(site.gateway.emails[made.user])
    page.get_by_role("button", name="Rechercher").click()
    assert "@" not in page.url
    row_of(page, site.gateway.emails[made.user]).get_by_role("link").click()
    page.get_by_role("checkbox", name="Référent portail OF").check()
    page.get_by_role("button", name="Voir tous les établissements (1 de plus)").click()
    expect(page.get_by_role("checkbox", name="Référent portail OF")).to_be_checked()
    page.get_by_role("checkbox", name=f"Affecter Compagnie {made.firm.sirets[1]}").check()
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_text("Les modifications de l'utilisateur sont enregistrées.")).to_be_visible()
    shown = made.firm.user(made.referent, site.gateway.accounts[made.user])
    assert (shown["profile"]["code"], len(shown["establishment_ids"])) == ("referent", 2)


@SCRIPTS
def test_a_user_is_out_at_the_next_click(desk: Desk, site: Site, script: bool):
    """O25: « Désactivé » saved with ✓: the other's open window has nothing left; reactivated it has all again."""
    made = team(site)
    login = site.gateway.emails[made.user]
    here, there = desk.window(made.referent, script=script), desk.window(made.user)
    there.goto("/of")
    expect(there.get_by_text("Aucun établissement ne vous est affecté")).to_have_count(0)
    for ticked, state in ((True, "Inactif"), (False, "Actif")):
        here.goto(made.path)
        row_of(here, login).get_by_role("checkbox").set_checked(ticked)
        here.get_by_role("button", name="Enregistrer").click()
        expect(row_of(here, login)).to_contain_text(state)
        there.goto("/of")
        expect(there.get_by_text("Aucun établissement ne vous est affecté")).to_have_count(int(ticked))


def test_the_last_referent_is_told(desk: Desk, site: Site):
    """O25: the summary has the focus, the title says so, and the list is as it was."""
    made = company(site.gateway)
    only = made.referent(f"only-{site.gateway.number()}")
    desk.expected.add(422)
    page = desk.window(only)
    page.goto(f"/of/utilisateurs/{made.organisation}")
    row_of(page, site.gateway.emails[only]).get_by_role("checkbox").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("alert")).to_contain_text("C'est le dernier référent")
    expect(page.get_by_role("heading", name="Il y a un problème")).to_be_focused()
    assert page.title().startswith("Erreur : ")
    expect(row_of(page, site.gateway.emails[only])).to_contain_text("Actif")


@SCRIPTS
def test_a_members_entries(desk: Desk, site: Site, script: bool):
    """E15: « RH » without « comptable »."""
    made = team(site, "member")
    page = desk.window(made.referent, script=script)
    page.goto("/profil")
    page.get_by_role("link", name="Gérer les utilisateurs").click()
    row_of(page, site.gateway.emails[made.user]).get_by_role("link").click()
    page.get_by_role("checkbox", name="Comptabilité").uncheck()
    page.get_by_role("button", name="Valider").click()
    expect(page.get_by_text("Les modifications de l'utilisateur sont enregistrées.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Comptabilité")).not_to_be_checked()
    assert site.gateway.get(made.user, "/v1/transfers").status_code == 403
