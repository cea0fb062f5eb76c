"""From the référent's form to the invited person's own space, in Chromium, by a real mail (rows O22, O24, O7, O4)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.kit.fictitious import fictitious_siren, fictitious_siret
from support.town import PASSWORD, Person, Town, running_town

REFERENT = "zelie@organisme.example"
INVITED = "oxandre@organisme.example"
N = 41


@pytest.fixture(scope="module")
def town(cluster, tmp_path_factory) -> Iterator[Town]:
    with running_town(cluster, tmp_path_factory.mktemp("invited")) as running:
        yield running


def organised(manager: Person) -> tuple[str, list[str]]:
    """A provider with two establishments, by their SIRETs, and a référent of both who is invited."""
    told = {"siren": fictitious_siren(N), "name": "Formations du Modèle", "kinds": ["provider"]}
    organisation = manager.done("/v1/organisations", told)["id"]
    sirets = [fictitious_siret(N, place) for place in range(2)]
    place = {"organisation_id": organisation, "name": "Formations du Modèle", "street": "1 rue de l'Exemple"}
    place |= {"postcode": "75001", "town": "Modèleville"}
    ids = [
        manager.done("/v1/establishments", {**place, "number": f"000{number}", "siret": siret})["id"]
        for number, siret in enumerate(sirets, 1)
    ]
    names = {"civility": "Madame", "last_name": "Quorzeul", "first_name": "Zélie"}
    asked = {**names, "email": REFERENT, "profile": "referent", "establishment_ids": ids}
    manager.done(f"/v1/teams/{organisation}/provider/invitations", asked)
    return organisation, sirets


def joined(town: Town, page: Page, email: str) -> None:
    """The mail's link, the password, the sign-in, the terms: all in this window."""
    mail = town.mailbox.wait(email, "Bienvenue")
    page.goto(mail.link)
    expect(page.get_by_text(email).first).to_be_visible()
    page.locator("#password").fill(PASSWORD)
    page.locator("#confirmation").fill(PASSWORD)
    page.locator("#confirmation").press("Enter")
    page.get_by_role("link", name="Aller à la connexion").click()
    page.get_by_label("Identifiant").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("button", name="Accepter").click()
    expect(page.get_by_role("navigation", name="Menu principal")).to_be_visible()


def test_from_the_form_to_the_new_users_space(town: Town, chromium: Browser):
    """O24: the mail is complete, the password is set by its link alone, a second mail confirms it; what was ticked is
    what the new user sees, without any script, and no menu to manage others.
    """
    organisation, sirets = organised(town.staff("case-manager", "trufald@fonds.example"))
    contexts = [
        chromium.new_context(base_url=town.settings.public_origin, locale="fr-FR", java_script_enabled=script)
        for script in (True, False)
    ]
    try:
        hers, theirs = (context.new_page() for context in contexts)
        joined(town, hers, REFERENT)
        hers.goto(f"/of/utilisateurs/{organisation}/nouveau/personne")
        hers.get_by_label("Civilité").select_option("Monsieur")
        hers.locator("#last_name").fill("Brindezingue")
        hers.locator("#first_name").fill("Oxandre")
        hers.locator("#email").fill(INVITED)
        hers.get_by_role("checkbox", name=sirets[0]).check()
        hers.get_by_role("button", name="Valider").click()
        expect(hers.get_by_text("L'invitation est envoyée")).to_be_visible()

        mail = town.mailbox.wait(INVITED, "Bienvenue")
        for said in (INVITED, "Créer mon mot de passe", "Direction régionale d'essai", "L'équipe d'essai"):
            assert said in mail.text
        joined(town, theirs, INVITED)
        assert town.mailbox.wait(INVITED, "mot de passe est enregistré").text.count(INVITED)
        expect(theirs.get_by_role("link", name="Gérer mes utilisateurs")).to_have_count(0)
        theirs.goto("/profil")
        expect(theirs.locator("main .card")).to_contain_text("1 établissement")
        hers.goto(f"/of/utilisateurs/{organisation}")
        expect(hers.get_by_role("row").filter(has_text=INVITED)).to_contain_text("Actif")
    finally:
        for context in contexts:
            context.close()
