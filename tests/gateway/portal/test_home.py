"""The provider's home and the pages for whoever comes: O3, O10, O11."""

from __future__ import annotations

from uuid import UUID

import pytest

from gateway.fund.departments import DEPARTMENTS
from gateway.fund.fund import Fund, demo_file
from gateway.settings import Settings
from ledger.account.events import Role
from ledger.kit.fictitious import fictitious_siret
from support.gateway import Gateway, World
from support.html import Node, read, rows
from support.reader import Reader

HOME = "/of"


def without_bank(gateway: Gateway) -> tuple[UUID, UUID, UUID]:
    """An organisation, its establishment that can be paid, and one more that has no account."""
    n = gateway.number() + 1
    organisation, establishment = gateway.organisation()
    body = {"number": f"{n:06d}1", "siret": fictitious_siret(n, 1), "name": f"Site {n}", "town": "Toulouse"}
    told = {"organisation_id": str(organisation), "postcode": "31000", **body}
    return organisation, establishment, gateway.done("case-manager", "/v1/establishments", told)


def home(gateway: Gateway, name: str) -> Node:
    answer = gateway.session(name).get(HOME)
    assert answer.status_code == 200
    return read(answer)


def menu(page: Node) -> list[str]:
    return [link.text for link in page.one("nav", id="menu").all("a")]


def test_the_menu_is_the_guides(gateway: Gateway, world: World):
    """O10: in its order, each entry open, the current one marked; signing out is a form, since it changes something."""
    browser = gateway.session("provider")
    page = read(browser.get(HOME))
    assert menu(page) == [
        "Accueil",
        "Suivre mes dossiers de formation",
        "Consulter mes règlements",
        "Voir mes établissements / mes avis de virement",
        "RGPD et CGU",
        "Mon profil",
    ]
    for link in page.one("nav", id="menu").all("a"):
        there = browser.get(link.attributes["href"])
        assert there.status_code == 200
        (current,) = [each for each in read(there).one("nav", id="menu").all("a") if "aria-current" in each.attributes]
        assert current.text == link.text
    assert page.one("form", action="/deconnexion").attributes["method"] == "post"


def test_home_welcomes_and_counts(gateway: Gateway, world: World):
    """O10: « Bienvenue »; counters and the newest dossiers, of one's own scope; the title names nobody."""
    page = home(gateway, "provider")
    assert page.one("h1").text == "Bienvenue, Compte Essai"
    assert "Essai" not in page.one("title").text
    assert page.one("dl", **{"class": "counters"}).text == "En cours1 Soldés0 Total1"
    other = home(gateway, "other-provider")
    assert rows(page) != rows(other)


def test_home_says_which_establishments_cannot_be_paid(gateway: Gateway):
    """O11: how many wait for bank details, and where these are sent; in the singular and in the plural."""
    organisation, *places = without_bank(gateway)
    name = gateway.account("directrice", Role.PORTAL, (organisation, places[0]))
    assert "Vérifiez que vos coordonnées bancaires" in home(gateway, name).text
    both = gateway.account("directrice-2", Role.PORTAL)
    body = {"organisation_id": str(organisation), "kind": "provider", "establishment_ids": [str(one) for one in places]}
    gateway.done("operator", f"/v1/accounts/{gateway.accounts[both]}/memberships", body)
    told = home(gateway, both).text
    assert "1 établissement sur 2 n'a pas de coordonnées bancaires" in told
    assert "aucun règlement n'est possible" in told


def test_who_holds_nothing_is_told_whom_to_ask(gateway: Gateway):
    """Row O11, before any membership: a word, and no empty figures of others."""
    name = gateway.account("sans-rien", Role.PORTAL)
    page = home(gateway, name)
    assert "adressez-vous à votre référent" in page.text
    assert page.one("dl", **{"class": "counters"}).text == "En cours0 Soldés0 Total0"


def test_staff_have_another_space(gateway: Gateway, world: World):
    """The provider's space is not theirs to look at as if they were one: 404, as for what is not there."""
    browser = gateway.session("case-manager")
    assert browser.get(HOME).status_code == 404
    assert Reader(browser).open("/").answer.request.url.path == "/gestion"


@pytest.mark.parametrize(
    "path", ["/accessibilite", "/mentions-legales", "/donnees-personnelles", "/plan-du-site", "/contacts"]
)
def test_the_foot_leads_somewhere(gateway: Gateway, path: str):
    """Every link of a page's foot, for whoever comes; nothing that a fund has not said is invented."""
    page = read(gateway.browser().get(path))
    assert page.one("h1").text
    found = {link.attributes["href"] for link in page.one("footer").all("a")}
    assert path in found
    for link in page.one("main").all("a"):
        href = link.attributes["href"]
        assert href.startswith("https://") or gateway.browser().get(href).status_code in {200, 303}, href


def test_a_fund_without_a_directory_says_so(gateway: Gateway):
    """O3: nothing invented, nothing broken."""
    page = read(gateway.browser().get("/contacts"))
    assert "n'a pas publié l'annuaire" in page.text
    assert page.all("select") == []


def test_the_directory_answers_for_a_department(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    """O3: one office for a department, all of them without a choice, all and a word for one that none answers for."""
    fund = Fund.of(Settings("ledger", "keys", fund_file=demo_file()))
    monkeypatch.setattr(Fund, "of", classmethod(lambda cls, settings: fund))
    object.__setattr__(gateway.service, "fund", fund)
    browser = gateway.browser()
    everything = read(browser.get("/contacts"))
    assert len(everything.all("li", **{"class": "card"})) == len(fund.offices)
    assert len(everything.one("select").all("option")) == len(DEPARTMENTS) + 1
    (card,) = read(browser.get("/contacts", departement="31")).all("li", **{"class": "card"})
    assert card.one("h2").text == "Direction régionale Sud-Ouest"
    unknown = read(browser.get("/contacts", departement="%'\u202e" + "9" * 10_000))
    assert "Aucune direction régionale" in unknown.text
    assert len(unknown.all("li", **{"class": "card"})) == len(fund.offices)
