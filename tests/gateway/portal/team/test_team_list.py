"""« Gérer les utilisateurs », the list: filters, boxes, whose it is (rows O20, O23, O25)."""

from __future__ import annotations

from io import StringIO
from urllib.parse import urlsplit

from gateway import logging
from ledger.account.commands import SuspendMembership
from support.browser import Browser
from support.company import Company, company, head
from support.forms import send, sheet
from support.gateway import Gateway
from support.html import rows
from support.team_pages import at, done, faults, listed, new_user, opened, shown, user_of


def test_the_list_shows_who_is_there(gateway: Gateway, firm: Company, referent: Browser):
    """O20: Nom Prénom with a link to the profile, Désactivé, Login, and what became of an invitation."""
    name = user_of(gateway, firm)
    invited = firm.invite(f"referent-{firm.sirets[0]}", firm.places[0], email=f"attend-{gateway.number()}@example.org")
    assert invited.status_code == 201
    page = opened(referent, at(firm))
    assert [each.text for each in page.one("table").all("th", scope="col")] == [
        "Nom Prénom", "Désactivé", "Login", "Statut",
    ]  # fmt: skip
    found = listed(referent, firm)
    assert found[gateway.emails[name]] == ["ESSAI Compte", "", gateway.emails[name], "Actif"]
    (waiting,) = [row for login, row in found.items() if login.startswith("attend-")]
    assert waiting[3].startswith("Invitation envoyée le ")
    assert "Inviter à nouveau" in waiting[3]
    links = {each.attributes["href"] for each in page.one("table").all("a")}
    assert at(firm, gateway.accounts[name]) in links
    assert at(firm, invited.json()["id"]) in links


def test_filters_find_without_an_address(gateway: Gateway, firm: Company, referent: Browser):
    """O20: Nom, Mail, Statut; a name and a mail are posted, kept, and stand in no address; a state may."""
    name = user_of(gateway, firm)
    look = at(firm, "recherche")
    form = sheet(opened(referent, at(firm)), look)
    where = done(send(referent, form.fill(email=gateway.emails[name].upper())))
    assert urlsplit(where).path == at(firm)
    assert urlsplit(where).query.startswith("recherche=")
    assert "@" not in where
    page = opened(referent, where)
    assert [row[2] for row in rows(page)] == [gateway.emails[name]]
    assert page.one("input", id="email").attributes["value"] == gateway.emails[name]
    assert done(send(referent, sheet(opened(referent, at(firm)), look).fill(state="suspended"))) == (
        f"{at(firm)}?state=suspended"
    )
    assert "Aucun utilisateur ne correspond" in opened(referent, f"{at(firm)}?state=suspended").text
    refused = shown(send(referent, sheet(opened(referent, at(firm)), look).fill(email="x" * 10_000)), 422)
    assert faults(refused)
    assert shown(referent.get(f"{at(firm)}?email={gateway.emails[name]}"), 422).all("table") == []
    second = gateway.session(f"second-{firm.sirets[0]}")
    assert second.get(where).status_code == 404


def test_nobody_is_named_in_the_log(gateway: Gateway, firm: Company, referent: Browser):
    """Security of pages: neither who is invited nor who is looked for; the addresses of the pages are there."""
    written = StringIO()
    logging.configure(stream=written)
    try:
        email = f"journal-{gateway.number()}@example.org"
        done(send(referent, new_user(referent, firm, email=email, last_name="Zéruel")))
        look = sheet(opened(referent, at(firm)), at(firm, "recherche")).fill(name="Zéruel", email=email)
        opened(referent, done(send(referent, look)))
    finally:
        logging.configure()
    assert "/of/utilisateurs" in written.getvalue()
    assert not [each for each in (email, "Zéruel", "ZÉRUEL", "%40") if each in written.getvalue()]


def test_boxes_deactivate_and_reactivate(gateway: Gateway, firm: Company, referent: Browser):
    """O20, O25: « Désactivé » saved with ✓; at once the user's open session sees nothing of the organisation."""
    name = user_of(gateway, firm)
    theirs = gateway.session(name)
    assert len(theirs.get("/v1/establishments").json()["items"]) == 2
    form = sheet(opened(referent, at(firm)), at(firm)).tick("suspended", gateway.accounts[name])
    assert done(send(referent, form)) == f"{at(firm)}?fait=utilisateurs"
    assert listed(referent, firm)[gateway.emails[name]][3] == "Inactif"
    assert theirs.get("/v1/establishments").json()["items"] == []
    before = head(gateway)
    assert done(send(referent, form)) == f"{at(firm)}?fait=rien-a-changer"
    assert head(gateway) == before, "the same form sent twice is one order"
    form = sheet(opened(referent, at(firm)), at(firm)).untick("suspended", gateway.accounts[name])
    done(send(referent, form))
    assert len(theirs.get("/v1/establishments").json()["items"]) == 2


def test_an_old_list_changes_what_its_reader_changed(gateway: Gateway, firm: Company, referent: Browser):
    """Two référents at one list: the second's ✓ undoes nothing of the first's."""
    first, second = user_of(gateway, firm), user_of(gateway, firm)
    old = sheet(opened(referent, at(firm)), at(firm))
    other = gateway.session(f"second-{firm.sirets[0]}")
    done(send(other, sheet(opened(other, at(firm)), at(firm)).tick("suspended", gateway.accounts[first])))
    done(send(referent, old.tick("suspended", gateway.accounts[second])))
    states = {login: row[3] for login, row in listed(referent, firm).items()}
    assert [states[gateway.emails[each]] for each in (first, second)] == ["Inactif", "Inactif"]


def test_the_last_referent_stays(gateway: Gateway):
    """O25: refused by name, and what else was asked for is done."""
    firm = company(gateway)
    name = firm.referent(f"only-{firm.sirets[0]}")
    user = user_of(gateway, firm)
    only = gateway.session(name)
    form = sheet(opened(only, at(firm)), at(firm))
    form.tick("suspended", gateway.accounts[name]).tick("suspended", gateway.accounts[user])
    (fault,) = faults(shown(send(only, form), 422))
    assert fault.startswith("ESSAI Compte : C'est le dernier référent")
    states = {login: row[3] for login, row in listed(only, firm).items()}
    assert (states[gateway.emails[name]], states[gateway.emails[user]]) == ("Actif", "Inactif")
    profile = opened(only, at(firm, gateway.accounts[name]))
    demoted = sheet(profile, at(firm, gateway.accounts[name])).untick("referent")
    assert any("dernier référent" in each for each in faults(shown(send(only, demoted), 422)))
    ended = send(only, sheet(profile, at(firm, gateway.accounts[name], "fin")))
    assert any("dernier référent" in each for each in faults(shown(ended, 422)))


def test_an_outsider_finds_no_team(gateway: Gateway, firm: Company, referent: Browser):
    """O25: another organisation's référent, on every page and with every form of this one: 404, nothing recorded."""
    name = user_of(gateway, firm)
    done(send(referent, new_user(referent, firm, email=f"attend-{gateway.number()}@example.org")))
    other = company(gateway)
    outsider = gateway.session(other.referent(f"outsider-{gateway.number()}"))
    own = opened(outsider, at(other))
    token = sheet(own, at(other)).all("csrf_token")[0]
    pages = ["", "nouveau", "nouveau/personne", "nouveau/salarie", str(gateway.accounts[name])]
    sheets = {
        each.attributes["action"]: sheet(page, each.attributes["action"].partition("?")[0])
        for path in pages
        for page in [opened(referent, at(firm, path) if path else at(firm))]
        for each in page.all("form")
        if "/utilisateurs/" in each.attributes.get("action", "")
    }
    assert len(sheets) >= 8
    before = head(gateway)
    assert {outsider.get(at(firm, path) if path else at(firm)).status_code for path in pages} == {404}
    assert {send(outsider, each.fill(csrf_token=token)).status_code for each in sheets.values()} == {404}
    assert head(gateway) == before
    user = gateway.session(name)
    assert user.get("/of/utilisateurs").status_code == 404, "a user manages nobody"


def test_a_page_of_a_referent_who_is_none_any_more(gateway: Gateway, firm: Company, referent: Browser):
    """A stale page posted after deactivation: a page that does not exist, and nothing recorded."""
    name = user_of(gateway, firm)
    pages = [opened(referent, at(firm)), opened(referent, at(firm, gateway.accounts[name]))]
    sheets = [sheet(pages[0], at(firm)).tick("suspended", gateway.accounts[name])]
    sheets += [sheet(pages[1], at(firm, gateway.accounts[name], *more)) for more in ((), ("fin",))]
    own = gateway.accounts[f"referent-{firm.sirets[0]}"]
    told = {"account_id": own, "organisation_id": firm.organisation, "kind": firm.kind}
    gateway.service.ledger.execute(SuspendMembership.model_validate(told), actor=None)
    gateway.settle()
    before = head(gateway)
    assert [send(referent, each).status_code for each in sheets] == [404] * 3
    assert head(gateway) == before


def test_one_manages_several(gateway: Gateway, firm: Company):
    """O23: one user, several companies: a référent of two chooses which one's users she looks at."""
    other = company(gateway)
    name = f"referent-{firm.sirets[0]}"
    assert gateway.session(name).get("/of/utilisateurs").headers["location"] == at(firm)
    team = {"organisation_id": str(other.organisation), "kind": "provider", "profile": "referent"}
    told = {**team, "establishment_ids": [str(other.places[0])]}
    gateway.done("case-manager", f"/v1/accounts/{gateway.accounts[name]}/memberships", told)
    page = opened(gateway.session(name), "/of/utilisateurs")
    links = {each.attributes["href"] for each in page.one("main").all("a")}
    assert {at(firm), at(other)} <= links
    assert "Compagnie – changer d'organisation" in opened(gateway.session(name), at(other)).text
    assert "changer d'organisation" not in opened(gateway.session(f"second-{firm.sirets[0]}"), at(firm)).text
