"""What each kind of reader is shown, and that nothing else opens: menus by rights (row E4), spaces, no dead link."""

from __future__ import annotations

import pytest

from gateway.portal.spaces import SPACES
from gateway.portal.upcoming import UPCOMING
from support.html import read
from support.readers import HOMES, Readers, dead_links, everything, menu, shown, status

MEMBER = [
    "Accueil",
    "Messagerie",
    "Faire une demande de prise en charge",
    "Suivre les dossiers de formation",
    "Consulter les règlements",
    "Déclarer mes contributions",
    "Saisie de votre bordereau de collecte",
    "Suivre mes versements",
    "Voir mes établissements",
    "Gérer les utilisateurs",
    "Portail de services",
]
OWN = ["RGPD et CGU", "Mon profil"]
HR = {"Faire une demande de prise en charge", "Suivre les dossiers de formation"}
ACCOUNTING = {*MEMBER[4:8]}
USERS = {"Gérer les utilisateurs"}
SHARED = ["Dossiers de formation", "Règlements", "Établissements"]
INVOICES, LOTS, ACCOUNTS = "Factures et service fait", "Lots de virement", "Comptes et accès"
CONTROL = ["Journal de sécurité", "Modèles de lecture"]
STAFF = {
    "case-manager": ["Accueil", "Ma liste de travail", SHARED[0], INVOICES, LOTS, *SHARED[1:], ACCOUNTS],
    "accountant": ["Accueil", SHARED[0], INVOICES, LOTS, *SHARED[1:]],
    "auditor": ["Accueil", SHARED[0], LOTS, *SHARED[1:], ACCOUNTS, *CONTROL],
    "operator": ["Accueil", ACCOUNTS, *CONTROL],
}
MENUS = {
    "member": MEMBER,
    "hr": [each for each in MEMBER if each not in ACCOUNTING | USERS],
    "accounting": [each for each in MEMBER if each not in HR | USERS],
    **STAFF,
}


@pytest.mark.parametrize("who", MENUS)
def test_a_menu_is_what_the_rights_open(ground: Readers, who: str):
    """E4, E15: in the guide's order; each entry opens and is marked where one is."""
    browser = ground.browsers[who]
    found = menu(shown(browser, HOMES[who]))
    assert list(found) == [*MENUS[who], *OWN]
    for label, path in found.items():
        page = shown(browser, path)
        current = [each.text for each in page.one("nav", id="menu").all("a") if "aria-current" in each.attributes]
        assert current == ([label] if label != "Portail de services" else ["Accueil du portail"])


@pytest.mark.parametrize("who", HOMES)
def test_what_is_in_no_menu_of_ones_own_is_not_there(ground: Readers, who: str):
    """Each entry of every other menu, and each of one's own space that a right closes: 404, as for nothing at all."""
    browser = ground.browsers[who]
    homes = {"/of", "/adherent"} if who == "both" else {HOMES[who]}
    homes |= {"/services"} if "/adherent" in homes else set()
    open_ = {path for home in homes for path in menu(shown(browser, home)).values()}
    every = {entry.path for entries in everything().values() for entry in entries}
    answers = {path: status(browser, path) for path in sorted(every - open_ - {"/espaces"})}
    assert answers
    assert set(answers.values()) == {404}
    assert status(browser, "/espaces") == (200 if who == "both" else 303)


@pytest.mark.parametrize("who", HOMES)
def test_no_link_is_dead(ground: Readers, who: str):
    """E2, E18: every link that one can reach from home, through all pages, filters, tabs and files, leads somewhere."""
    dead, tried = dead_links(ground.browsers[who], HOMES[who])
    assert dead == {}
    assert tried > 15


def test_no_link_is_dead_for_a_stranger(ground: Readers):
    """E1, O1: from both entrances."""
    browser = ground.gateway.browser()
    for start in ("/connexion", "/services/connexion"):
        dead, tried = dead_links(browser, start)
        assert dead == {}
        assert tried > 10


def test_who_has_two_spaces_chooses(ground: Readers):
    """E12: one account, a provider's space and a member's; the menu leads back to the choice."""
    browser = ground.browsers["both"]
    assert browser.get("/", headers={"Accept": "text/html"}).headers["location"] == "/espaces"
    page = shown(browser, "/espaces")
    assert [each.text for each in page.all("h2")] == [
        "Espace Organisme de formation", "Espace adhérent", "Portail de services",
    ]  # fmt: skip
    assert menu(page) == {"Changer d'espace": "/espaces", "RGPD et CGU": "/conditions", "Mon profil": "/profil"}
    for home in ("/of", "/adherent"):
        assert "Changer d'espace" in menu(shown(browser, home))
    assert "Changer d'espace" not in menu(shown(ground.browsers["member"], "/adherent"))


def test_a_space_shows_its_own_side(ground: Readers):
    """O30, E7: the same screens: the provider's dossier in one space, nothing in the other for who has both; the member
    sees it from its side, the staff the fund's.
    """
    counted = {
        path: shown(ground.browsers[who], f"{path}/dossiers").one("dl", **{"class": "counters"}).text
        for who, path in (("provider", "/of"), ("member", "/adherent"), ("case-manager", "/gestion"))
    }
    assert counted == dict.fromkeys(("/of", "/adherent", "/gestion"), "En cours1 Soldés0 Total1")


def test_what_is_to_come_says_whom_to_ask(ground: Readers):
    """E4: honest pages: what it will do, what to do meanwhile, the fund's number, the regional office."""
    for who, prefix in (("member", "/adherent"), ("case-manager", "/gestion")):
        own = {path for path in menu(shown(ground.browsers[who], prefix)).values() if "/a-venir/" in path}
        for part in UPCOMING[prefix]:
            path = f"{prefix}/a-venir/{part.code}"
            if path not in own:
                continue
            page = shown(ground.browsers[who], path)
            assert page.one("h1").text == part.label
            assert all(text in page.text for text in (part.what, part.meanwhile, "01 99 00 00 10"))
    assert status(ground.browsers["member"], "/adherent/a-venir/autre") == 404
    assert status(ground.browsers["member"], "/adherent/a-venir/lots") == 404


def test_the_plan_of_the_site_is_the_menus(ground: Readers):
    """Made for whoever reads it: a member's has the member's pages, a stranger's those for all; no page twice."""
    for who, home in (("member", "/adherent"), ("operator", "/gestion"), ("both", "/of")):
        page = shown(ground.browsers[who], "/plan-du-site").one("main")
        links = [each.attributes["href"] for each in page.all("a")]
        assert set(menu(shown(ground.browsers[who], home)).values()) - {"/espaces"} <= set(links)
        assert len(links) == len(set(links))
    told = shown(ground.gateway.browser(), "/plan-du-site")
    assert not [each for each in told.one("main").all("a") if each.attributes["href"] in {s.prefix for s in SPACES}]
    assert "quand vous êtes connecté" in told.text


def test_the_homes_are_of_their_readers(ground: Readers):
    """E3: messages, the fund's notices, the offices of one's own establishments; counters only where they are open."""
    page = shown(ground.browsers["member"], "/adherent")
    assert "Vous n'avez pas de nouveaux messages" in page.text
    assert [each.text for each in page.all("h2")] == [
        "Messages", "Mes dossiers de formation", "Informations", "Mes contacts", "Besoin d'aide sur le portail ?",
    ]  # fmt: skip
    assert page.one("li", **{"class": "card"}).one("h3").text == "Direction régionale Île-de-France"
    assert "01 99 00 10 03" in page.text
    assert "Où retrouver un message ?" in page.text
    assert "Mes dossiers" not in shown(ground.browsers["accounting"], "/adherent").text
    assert "Gestionnaire de dossiers" in shown(ground.browsers["case-manager"], "/gestion").text
    assert not shown(ground.browsers["operator"], "/gestion").all("table")


def test_a_suspended_member_has_the_space_no_more(ground: Readers):
    """A right that ended, with the page still open: the space is not there any more."""
    gateway, name = ground.gateway, f"leaving-{ground.gateway.number()}"
    ground.member.member(name)
    browser = gateway.session(name)
    assert status(browser, "/adherent") == 200
    told = {"organisation_id": str(ground.member.organisation), "kind": "member"}
    gateway.done("case-manager", f"/v1/accounts/{gateway.accounts[name]}/memberships/suspension", told)
    gateway.settle()
    assert status(browser, "/adherent") == 404
    answer = browser.get("/of", headers={"Accept": "text/html"})
    assert "adressez-vous à votre référent" in read(answer).text
