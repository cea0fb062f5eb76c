"""« Sélection d'un salarié » and the form of a new user (rows O20 to O22, O24, O25)."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import uuid4

from support.browser import Browser
from support.company import Company, company, head
from support.forms import send, sheet
from support.gateway import Gateway
from support.html import rows
from support.team_pages import at, done, faults, listed, new_user, opened, shown


def test_an_employee_is_picked(gateway: Gateway, firm: Company, referent: Browser):
    """O21: the selection by name with its pager; somebody new is added; then comes the access, and a profile."""
    picking = at(firm, "nouveau")
    form = sheet(opened(referent, at(firm, "nouveau", "salarie")), at(firm, "nouveau", "salarie"))
    form.fill(civility="Monsieur", last_name="Aubrac", first_name="Léonce", birth_date="31/02/1991")
    assert faults(shown(send(referent, form), 422))
    where = done(send(referent, form.fill(birth_date="03/02/1991")))
    assert urlsplit(where).path == at(firm, "nouveau", "personne")
    page = opened(referent, where)
    assert "Le salarié est ajouté" in page.text
    assert "03/02/1991" in page.text
    invited = sheet(page, at(firm, "nouveau", "personne")).tick("establishment_ids", firm.places[1])
    done(send(referent, invited.fill(email=f"leonce-{gateway.number()}@example.org")))
    page = opened(referent, picking)
    (row,) = [row for row in rows(page) if row[0] == "Aubrac"]
    assert row[1:3] == ["Léonce", "03/02/1991"]
    assert row[3].startswith("Voir le profil")
    assert f"Éléments 1 à {len(rows(page))} sur {len(rows(page))}" in page.text
    assert referent.get(where).headers["location"].startswith(at(firm)), "who is invited already has a profile"


def test_the_form_asks_for_everything(gateway: Gateway, firm: Company, referent: Browser):
    """O22: all four required, a profile and an establishment too; each fault at its field, what was typed stays."""
    path = at(firm, "nouveau", "personne")
    before = head(gateway)
    empty = sheet(opened(referent, path), path).untick("user")
    page = shown(send(referent, empty), 422)
    linked = {each.attributes["href"] for each in page.one("div", role="alert").all("a")}
    assert linked == {"#civility", "#last_name", "#first_name", "#email", "#user", "#establishment_ids"}
    assert {each.attributes["id"] for each in page.everything() if "id" in each.attributes} >= {
        each[1:] for each in linked
    }
    bad = new_user(referent, firm, email="x" * 10_000, last_name="\u202eeéti%'")
    page = shown(send(referent, bad), 422)
    assert page.one("input", id="last_name").attributes["value"] == "\u202eeéti%'"
    assert str(firm.places[0]) in sheet(page, path).all("establishment_ids")
    stranger = new_user(referent, firm, email="a@example.org").tick("establishment_ids", uuid4())
    assert faults(shown(send(referent, stranger), 422))
    assert head(gateway) == before


def test_an_invitation_is_sent_once(gateway: Gateway, firm: Company, referent: Browser):
    """O24: the form sent twice invites once, and says so twice; it has no field for a password."""
    email = f"une-fois-{gateway.number()}@example.org"
    form = new_user(referent, firm, email=email)
    assert not [name for name, _ in form.pairs if "password" in name]
    assert done(send(referent, form)) == f"{at(firm)}?fait=invitation"
    before = head(gateway)
    assert done(send(referent, form)) == f"{at(firm)}?fait=invitation"
    assert head(gateway) == before
    assert listed(referent, firm)[email][0] == "INVITÉE Camille"


def test_a_known_address_is_answered_as_any_other(gateway: Gateway, firm: Company, referent: Browser):
    """O25: byte for byte; nothing on the list or the profile tells that there is an account."""
    elsewhere = company(gateway)
    known = elsewhere.member(f"elsewhere-{gateway.number()}")
    emails = [gateway.emails[known], f"inconnue-{gateway.number()}@example.org"]
    answers = [send(referent, new_user(referent, firm, email=email)) for email in emails]
    told = [(each.status_code, each.content, each.headers["location"]) for each in answers]
    assert told[0] == told[1]
    assert {*answers[0].headers} == {*answers[1].headers}
    found = listed(referent, firm)
    assert [found[email][0] for email in emails] == ["INVITÉE Camille"] * 2
    assert len({found[email][3][:19] for email in emails}) == 1


def test_an_invitation_is_sent_again_and_withdrawn(gateway: Gateway, firm: Company, referent: Browser):
    """O20: from the list or from its own page; withdrawn, it is gone."""
    email = f"relance-{gateway.number()}@example.org"
    done(send(referent, new_user(referent, firm, email=email)))
    page = opened(referent, at(firm))
    (again,) = [each.attributes["action"] for each in page.all("form") if "relance" in each.attributes["action"]]
    assert done(send(referent, sheet(page, again))) == f"{at(firm)}?fait=invitation-relancee"
    user_id = again.split("/")[-2]
    profile = opened(referent, at(firm, user_id))
    assert "Utilisateur portail OF" in profile.text
    assert done(send(referent, sheet(profile, at(firm, user_id, "retrait")))) == f"{at(firm)}?fait=invitation-retiree"
    assert email not in listed(referent, firm)
    assert referent.get(at(firm, user_id)).status_code == 404
