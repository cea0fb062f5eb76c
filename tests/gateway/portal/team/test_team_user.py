"""A user's profile: the grid of establishments, « Voir tous », deactivation, entries (rows O22, O23, O25, E15)."""

from __future__ import annotations

from uuid import uuid4

from support.browser import Browser
from support.company import Company, company, head
from support.forms import Sheet, send, sheet
from support.gateway import PASSWORD, Gateway
from support.team_pages import at, done, faults, held, more_places, opened, proved_long_ago, shown, user_of


def test_saving_never_alters_what_its_author_cannot_see(gateway: Gateway, firm: Company):
    """O23: the référent of two establishments of five: ticks and unticks hers; the other three stay."""
    hidden = more_places(gateway, firm, 3)
    narrow = gateway.session(firm.referent(f"narrow-{gateway.number()}"))
    name = user_of(gateway, firm, firm.places[0], *hidden)
    path = at(firm, gateway.accounts[name])
    page = opened(narrow, f"{path}?tous=1")
    boxes = [each.attributes["value"] for each in page.all("input", name="establishment_ids")]
    assert sorted(boxes) == sorted(map(str, firm.places))
    assert not any(str(each) in page.text for each in hidden)
    form = sheet(page, path).tick("establishment_ids", firm.places[1])
    assert done(send(narrow, form)) == f"{path}?fait=utilisateur"
    assert held(gateway, firm, name) == {*firm.places, *hidden}
    form = sheet(opened(narrow, path), path).untick("establishment_ids", firm.places[0])
    done(send(narrow, form))
    assert held(gateway, firm, name) == {firm.places[1], *hidden}
    before = head(gateway)
    refused = send(narrow, sheet(opened(narrow, path), path).tick("establishment_ids", uuid4()))
    assert faults(shown(refused, 422))
    assert head(gateway) == before


def test_see_all_keeps_what_was_ticked(gateway: Gateway, firm: Company, referent: Browser):
    """O23, « Voir tous »: saves nothing; the boxes stay as they were left; then the form is saved as any other."""
    name = user_of(gateway, firm, firm.places[0])
    path = at(firm, gateway.accounts[name])
    page = opened(referent, path)
    assert len(page.all("input", name="establishment_ids")) == 1
    (button,) = [each for each in page.all("button") if "formaction" in each.attributes]
    before = head(gateway)
    form = sheet(page, path).untick("establishment_ids", firm.places[0]).tick("referent")
    page = shown(send(referent, form, to=button.attributes["formaction"]))
    assert head(gateway) == before
    every = sheet(page, path)
    assert len(page.all("input", name="establishment_ids")) == 2
    assert every.all("establishment_ids") == []
    assert every.all("referent") == ["1"]
    assert faults(shown(send(referent, every), 422))
    assert done(send(referent, every.tick("establishment_ids", firm.places[1]))) == f"{path}?fait=utilisateur"
    assert held(gateway, firm, name) == {firm.places[1]}
    assert firm.user(f"referent-{firm.sirets[0]}", gateway.accounts[name])["profile"]["code"] == "referent"


def test_an_old_form_undoes_nothing(gateway: Gateway, firm: Company, referent: Browser):
    """A stale grid: what another référent ticked meanwhile stays ticked, and a profile that she changed stays so."""
    name = user_of(gateway, firm, firm.places[0])
    path = at(firm, gateway.accounts[name])
    (third,) = more_places(gateway, firm, 1)
    for each in ("referent", "second"):  # both hold the new one
        firm_wide = {"organisation_id": str(firm.organisation), "kind": firm.kind, "profile": "referent"}
        told = {**firm_wide, "establishment_ids": [str(place) for place in (*firm.places, third)]}
        account = gateway.accounts[f"{each}-{firm.sirets[0]}"]
        gateway.done("case-manager", f"/v1/accounts/{account}/memberships/change", told)
    old = sheet(opened(referent, f"{path}?tous=1"), path)
    other = gateway.session(f"second-{firm.sirets[0]}")
    newer = sheet(opened(other, f"{path}?tous=1"), path).tick("establishment_ids", firm.places[1]).tick("referent")
    done(send(other, newer))
    done(send(referent, old.tick("establishment_ids", third)))
    assert held(gateway, firm, name) == {*firm.places, third}
    assert firm.user(f"referent-{firm.sirets[0]}", gateway.accounts[name])["profile"]["code"] == "referent"


def test_a_user_is_deactivated_reactivated_and_ended(gateway: Gateway, firm: Company, referent: Browser):
    """O25: from the profile; ended, the user is none of the organisation's, and the page is gone."""
    name = user_of(gateway, firm)
    theirs, path = gateway.session(name), at(firm, gateway.accounts[name])
    for part, said, count in (("desactivation", "desactive", 0), ("reactivation", "reactive", 2)):
        form = sheet(opened(referent, path), f"{path}/{part}")
        assert done(send(referent, form)) == f"{path}?fait=utilisateur-{said}"
        assert len(theirs.get("/v1/establishments").json()["items"]) == count
    assert done(send(referent, sheet(opened(referent, path), f"{path}/fin"))) == f"{at(firm)}?fait=utilisateur-retire"
    assert referent.get(path).status_code == 404
    assert theirs.get("/v1/establishments").json()["items"] == []


def test_a_proof_is_asked_in_the_form(gateway: Gateway, firm: Company, referent: Browser):
    """Signed in for long: the password is asked, every tick is kept, and then it is done."""
    name = user_of(gateway, firm, firm.places[0])
    path = at(firm, gateway.accounts[name])
    form = sheet(opened(referent, f"{path}?tous=1"), path).tick("establishment_ids", firm.places[1])
    proved_long_ago(gateway, f"referent-{firm.sirets[0]}")
    before = head(gateway)
    asked = shown(send(referent, form))
    assert head(gateway) == before
    (again,) = [each for each in asked.all("form") if each.all("input", name="proof_password")]
    fields = [each.attributes for each in again.all("input") if "name" in each.attributes]
    filled = Sheet(path, [(each["name"], each.get("value", "")) for each in fields]).fill(proof_password=PASSWORD)
    assert done(send(referent, filled)) == f"{path}?fait=utilisateur"
    assert held(gateway, firm, name) == set(firm.places)


def test_entries_of_a_members_menu(gateway: Gateway):
    """E15: in the member's space the same pages, with « RH » and « comptable »; nobody gives what she does not hold."""
    firm = company(gateway, "member")
    chief = firm.referent(f"head-{gateway.number()}")
    hr = firm.referent(f"hr-{gateway.number()}")
    name = user_of(gateway, firm)
    browser = gateway.session(chief)
    path = at(firm, gateway.accounts[name])
    page = opened(browser, path)
    assert "Référent portail adhérent" in page.text
    form = sheet(page, path)
    assert sorted(form.all("menus")) == ["accounting", "hr"]
    assert done(send(browser, form.untick("menus", "accounting"))) == f"{path}?fait=utilisateur"
    assert gateway.get(name, "/v1/transfers").status_code == 403
    assert gateway.get(name, "/v1/dossiers").status_code == 200

    hers = at(firm, gateway.accounts[hr])
    done(send(browser, sheet(opened(browser, hers), hers).untick("menus", "accounting")))
    theirs = gateway.session(hr)
    form = sheet(opened(theirs, path), path)
    assert [each.attributes["value"] for each in opened(theirs, path).all("input", name="menus")] == ["hr"]
    assert faults(shown(send(theirs, form.tick("menus", "accounting")), 422))
    before = head(gateway)
    done(send(theirs, sheet(opened(theirs, path), path)))
    assert head(gateway) == before, "a form that changes nothing orders nothing"
    invited = sheet(opened(browser, at(firm, "nouveau", "personne")), at(firm, "nouveau", "personne"))
    email = f"rh-{gateway.number()}@example.org"
    invited.fill(civility="Madame", last_name="Invitée", first_name="Camille", email=email)
    done(send(browser, invited.untick("menus", "accounting").tick("establishment_ids", firm.places[0])))
    (row,) = [user for user in firm.users(chief) if user["email"] == email]
    assert [menu["code"] for menu in row["menus"]] == ["hr"]
    assert "Ressources humaines" in opened(browser, at(firm, row["user_id"])).text
    assert gateway.session(name).get("/adherent/utilisateurs").status_code == 404
    assert browser.get(at(firm).replace("/adherent", "/of")).status_code == 404, "a member's team is no provider's"
