"""« Gérer les utilisateurs », as a référent has it over HTTP (rows O20 to O25, E15)."""

from __future__ import annotations

import base64
import statistics
import time
from uuid import UUID, uuid4

import psycopg
import pytest

from support.company import PASSWORD, Company, company, head, link_of, look, use
from support.gateway import Gateway


@pytest.fixture(scope="module")
def firm(gateway: Gateway) -> Company:
    """Two référents for both establishments: either may go."""
    made = company(gateway)
    made.referent("referent")
    made.referent("second-referent")
    return made


def test_an_invited_person_becomes_a_user_of_one_establishment_of_two(gateway: Gateway, firm: Company):
    """O20, O22, O23, O24: invited, listed as such, known by nothing but the link, then a user of what was ticked."""
    email = f"Jeanne-{gateway.number()}@Example.ORG"
    answer = firm.invite("referent", firm.places[0], email=email, last_name="Martinet", first_name="Jeanne")
    assert answer.status_code == 201
    invitation = answer.json()["id"]
    assert answer.headers["location"] == f"{firm.path}/users/{invitation}"

    waiting = firm.user("referent", invitation)
    assert waiting["state"] == {"code": "invited", "label": "Invitation envoyée"}
    assert (waiting["civility"], waiting["last_name"], waiting["email"]) == ("Madame", "Martinet", email.casefold())
    assert waiting["account_id"] is None
    assert waiting["establishment_ids"] == [str(firm.places[0])]

    secret = link_of(gateway, "invitation", invitation)
    page = look(gateway, secret).json()
    assert (page["identifier"], page["password"]) == (email.casefold(), True)
    weak = use(gateway, secret, password="trop-court")
    assert {fault["code"] for fault in weak.json()["errors"]} >= {"length", "upper-case", "digit"}
    assert use(gateway, secret, password="Martinet-est-mon-nom-2026").json()["errors"][0]["code"] == "own-name"
    assert use(gateway, secret, password=PASSWORD).status_code == 200
    assert use(gateway, secret, password=PASSWORD).json()["type"] == "/problems/link-not-valid"

    [user] = [each for each in firm.users("referent") if each["email"] == email.casefold()]
    assert user["state"] == {"code": "active", "label": "Actif"}
    assert user["user_id"] == user["account_id"] != invitation
    browser = gateway.browser()
    assert browser.sign_in(email, PASSWORD).status_code == 200
    assert browser.get("/v1/me").json()["terms_pending"] is True


def test_what_a_stranger_sends_changes_nothing(gateway: Gateway, firm: Company):
    """Bad input: another alphabet, no name, an establishment of another's, a kind that is none."""
    other = company(gateway)
    before = head(gateway)
    bad = [
        firm.invite("referent", firm.places[0], email="марина@example.org"),
        firm.invite("referent", firm.places[0], email="é@example.org"),
        firm.invite("referent", firm.places[0], last_name=None),
        firm.invite("referent", firm.places[0], person_id=str(uuid4())),
        firm.invite("referent", other.places[0]),
        firm.invite("referent"),
        firm.invite("referent", firm.places[0], menus=["hr"]),
    ]
    for answer in bad:
        assert answer.status_code == 422, answer.text
        assert "марина" not in answer.text
    assert bad[0].json()["errors"][0] == {
        "in": "body",
        "pointer": "/email",
        "code": "rule",
        "detail": "L'adresse électronique s'écrit nom@domaine.fr, sans accent ni espace.",
    }
    for path in (f"/v1/teams/{firm.organisation}/none/users", "/v1/teams/x/provider/users", f"{other.path}/users"):
        assert gateway.get("referent", path).status_code == 404
    assert gateway.post("referent", f"/v1/teams/{firm.organisation}/none/invitations", {}).status_code == 404
    for path in (f"/v1/teams/{firm.organisation}/member/users", f"/v1/teams/{uuid4()}/provider/employees"):
        assert gateway.get("case-manager", path).status_code == 404, "a team that there is not"
    assert head(gateway) == before


def test_an_e_mail_that_exists_elsewhere_is_answered_as_any_other(gateway: Gateway, firm: Company):
    """O25: neither the answer, nor the list, nor the profile, nor the time it takes tells that there is an account."""
    elsewhere = company(gateway)
    elsewhere.member("elsewhere")
    gateway.password("elsewhere")
    known = firm.invite("referent", firm.places[0], email=gateway.emails["elsewhere"].upper())
    unknown = firm.invite("referent", firm.places[0])
    assert known.status_code == unknown.status_code == 201
    assert {*known.headers} == {*unknown.headers}
    assert known.json().keys() == unknown.json().keys()
    assert UUID(known.json()["id"]).version == UUID(unknown.json()["id"]).version == 7

    rows = {each["user_id"]: each for each in firm.users("referent")}
    seen = [rows[answer.json()["id"]] for answer in (known, unknown)]
    personal = {"user_id", "invitation_id", "person_id", "last_name", "first_name", "email", "invited_at"}
    first, second = ({name: told for name, told in each.items() if name not in personal} for each in seen)
    assert first == second
    tags = [gateway.get("referent", f"{firm.path}/users/{each['user_id']}").headers["etag"] for each in seen]
    assert len({len(tag) for tag in tags}) == 1
    assert not any(tag.strip('"')[0].isdigit() and "." in tag for tag in tags), "an ETag told a version"

    # Only the mailbox is told: its page asks for no password, and joins the account that is there.
    page = look(gateway, link_of(gateway, "invitation", known.json()["id"])).json()
    assert page["password"] is False
    assert use(gateway, link_of(gateway, "invitation", known.json()["id"])).status_code == 200
    assert gateway.get("elsewhere", "/v1/me").json()["memberships"][-1]["establishment_ids"]
    held = gateway.get("elsewhere", "/v1/me").json()["memberships"]
    assert {each["organisation_id"] for each in held} == {str(elsewhere.organisation), str(firm.organisation)}


def test_a_known_e_mail_takes_no_other_time(gateway: Gateway, firm: Company):
    """The same class: the fastest of many, interleaved, differ by less than the work of looking for an account."""
    elsewhere = company(gateway)
    elsewhere.member("timed")
    spent: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(5):  # the recipient's own limit answers the sixth
        for known in (True, False):
            email = gateway.emails["timed"] if known else f"timed-{gateway.number()}@example.org"
            began = time.perf_counter()
            assert firm.invite("second-referent", firm.places[0], email=email).status_code == 201
            spent[known].append(time.perf_counter() - began)
    assert min(spent[True]) < 2 * statistics.median(spent[False])
    assert min(spent[False]) < 2 * statistics.median(spent[True])


def test_saving_the_form_never_alters_what_its_author_cannot_see(gateway: Gateway, firm: Company):
    """O23: the référent of one establishment ticks and unticks that one; the other stays as it was, and unseen."""
    firm.referent("narrow", firm.places[0])
    firm.member("both")
    account = gateway.accounts["both"]
    told = {"organisation_id": str(firm.organisation), "kind": firm.kind, "profile": "user"}
    assert firm.user("narrow", account)["establishment_ids"] == [str(firm.places[0])]
    grid = gateway.get("narrow", f"{firm.path}/establishments", user_id=str(account), all=True).json()["items"]
    assert [(line["establishment_id"], line["assigned"]) for line in grid] == [(str(firm.places[0]), True)]

    change = f"/v1/accounts/{account}/memberships/change"
    saved = gateway.post("narrow", change, {**told, "establishment_ids": [str(firm.places[0])]})
    assert saved.status_code == 200
    assert set(firm.user("referent", account)["establishment_ids"]) == {str(place) for place in firm.places}
    refused = gateway.post("narrow", change, {**told, "establishment_ids": [str(uuid4())]})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/unknown-reference")

    # Nobody grants an establishment that they do not hold (O25).
    before = head(gateway)
    assert firm.invite("narrow", firm.places[1]).status_code == 422
    assert head(gateway) == before


def test_the_grid_shows_all_that_the_author_holds(gateway: Gateway, firm: Company):
    """O23: Affecté, Siret, Raison sociale, Adresse, Code postal, Ville, « Voir tous »."""
    firm.member("one", firm.places[1])
    path = f"{firm.path}/establishments"
    mine = gateway.get("referent", path, user_id=str(gateway.accounts["one"])).json()["items"]
    assert [line["siret"] for line in mine] == [firm.sirets[1]]
    every = gateway.get("referent", path, user_id=str(gateway.accounts["one"]), all=True).json()["items"]
    assert {line["siret"]: line["assigned"] for line in every} == {firm.sirets[0]: False, firm.sirets[1]: True}
    assert every[0]["street"] == "2 rue de l'Exemple"
    assert gateway.get("referent", path, user_id=str(uuid4())).status_code == 404
    assert len(gateway.get("case-manager", path).json()["items"]) == 2


def test_an_employee_is_registered_picked_and_invited(gateway: Gateway, firm: Company):
    """O21: « Sélection d'un salarié »: name, first name, birth date; opening one completes the record."""
    told = {"civility": "Monsieur", "last_name": "Aubrac", "first_name": "Léonce", "birth_date": "1991-02-03"}
    answer = gateway.post("referent", f"{firm.path}/employees", told)
    assert answer.status_code == 201
    person = answer.json()["id"]
    listed = gateway.get("referent", f"{firm.path}/employees").json()["items"]
    [row] = [each for each in listed if each["person_id"] == person]
    assert row == {**told, "person_id": person, "user_id": None}

    picked = {"civility": None, "last_name": None, "first_name": None, "person_id": person}
    invitation = firm.invite("referent", firm.places[0], **picked).json()["id"]
    listed = gateway.get("referent", f"{firm.path}/employees").json()["items"]
    assert [each["user_id"] for each in listed if each["person_id"] == person] == [invitation]

    first = gateway.get("referent", f"{firm.path}/employees", limit=1).json()
    assert first["total"] == len(listed)
    cursor = base64.urlsafe_b64decode(first["next_cursor"] + "==").decode()
    assert cursor == f'["employees","{first["items"][0]["person_id"]}"]', "a name stood in an address"
    second = gateway.get("referent", f"{firm.path}/employees", limit=1, cursor=first["next_cursor"]).json()
    assert second["items"] == [listed[1]]

    # Somebody else's employee is as absent as one who does not exist.
    other = company(gateway)
    other.referent("other-referent")
    stranger = other.invite("other-referent", other.places[0], **picked)
    assert (stranger.status_code, stranger.json()["type"]) == (422, "/problems/unknown-reference")


def test_users_are_found_by_the_beginning_of_a_name_and_by_an_address_in_any_case(gateway: Gateway, firm: Company):
    """O20: the filters Nom, Mail, Statut; Nom and Mail only in a body."""
    email = f"yseult-{gateway.number()}@example.org"
    firm.invite("referent", firm.places[0], last_name="Étiévant", first_name="Yseult", email=email)
    search = f"{firm.path}/users/search"
    for asked in (
        {"name": "etiev"},
        {"name": "ys éti"},
        {"email": email.upper()},
        {"email": email, "state": "invited"},
    ):
        [found] = gateway.post("referent", search, asked).json()["items"]
        assert found["last_name"] == "Étiévant"
    assert gateway.post("referent", search, {"email": email, "state": "active"}).json()["items"] == []
    assert gateway.get("referent", f"{firm.path}/users", email=email).status_code == 422
    assert {each["state"]["code"] for each in firm.users("referent", state="active")} == {"active"}


def test_an_invitation_is_sent_again_withdrawn_and_expires(gateway: Gateway, firm: Company):
    """O20: « envoyée » or « expirée », and invited again; a link of a withdrawn one opens nothing."""
    invitation = firm.invite("referent", firm.places[0]).json()["id"]
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update read.team_user set invited_at = now() - interval '25 hours' where user_id = %s", (invitation,)
        )
    assert firm.user("referent", invitation)["state"]["code"] == "expired"
    assert firm.users("referent", state="expired")[0]["user_id"] == invitation
    assert gateway.post("referent", f"/v1/invitations/{invitation}/again", {}).status_code == 200
    assert firm.user("referent", invitation)["state"]["code"] == "invited"
    secret = link_of(gateway, "invitation", invitation)
    assert gateway.post("referent", f"/v1/invitations/{invitation}/withdrawal", {}).status_code == 200
    assert gateway.get("referent", f"{firm.path}/users/{invitation}").status_code == 404
    assert look(gateway, secret).status_code == use(gateway, secret, password=PASSWORD).status_code == 410
    again = gateway.post("referent", f"/v1/invitations/{invitation}/again", {})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/invitation-closed")


def test_a_user_is_deactivated_and_reactivated_at_once(gateway: Gateway, firm: Company):
    """O25: the very next request sees nothing of the organisation; elsewhere nothing changes."""
    elsewhere = company(gateway)
    firm.member("leaving")
    grant = {"organisation_id": str(elsewhere.organisation), "kind": "provider"}
    grant |= {"establishment_ids": [str(elsewhere.places[0])]}
    gateway.done("case-manager", f"/v1/accounts/{gateway.accounts['leaving']}/memberships", grant)
    path = f"/v1/accounts/{gateway.accounts['leaving']}/memberships"
    told = {"organisation_id": str(firm.organisation), "kind": firm.kind}

    assert len(gateway.get("leaving", "/v1/establishments").json()["items"]) == 3
    assert gateway.post("referent", f"{path}/suspension", told).status_code == 200
    assert [each["establishment_id"] for each in gateway.get("leaving", "/v1/establishments").json()["items"]] == [
        str(elsewhere.places[0])
    ]
    assert firm.user("referent", gateway.accounts["leaving"])["state"] == {"code": "suspended", "label": "Inactif"}
    twice = gateway.post("referent", f"{path}/suspension", told)
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/membership-already-suspended")
    assert gateway.post("referent", f"{path}/resumption", told).status_code == 200
    assert len(gateway.get("leaving", "/v1/establishments").json()["items"]) == 3


def test_a_member_companys_users_have_the_entries_that_they_are_given(gateway: Gateway):
    """E15: « RH » without « comptable » opens the dossiers and not the règlements; a référent gives what she has."""
    firm = company(gateway, "member")
    firm.referent("head")
    firm.referent("rh-referent")
    firm.member("employee")
    told = {"organisation_id": str(firm.organisation), "kind": firm.kind}

    def menus(who: str, whom: str, *chosen: str) -> int:
        path = f"/v1/accounts/{gateway.accounts[whom]}/memberships/menus"
        return gateway.post(who, path, {**told, "menus": list(chosen)}).status_code

    assert menus("head", "employee", "hr") == 200
    assert gateway.get("employee", "/v1/dossiers").status_code == 200
    assert gateway.get("employee", "/v1/transfers").status_code == 403
    me = gateway.get("employee", "/v1/me").json()
    assert [menu["code"] for menu in me["menus"]] == ["hr"]
    assert "list_dossiers" in me["actions"]
    assert "list_transfers" not in me["actions"]

    assert menus("head", "rh-referent", "hr") == 200
    assert menus("rh-referent", "employee", "hr", "accounting") == 409
    assert menus("head", "employee", "hr", "accounting") == 200
    assert gateway.get("employee", "/v1/transfers").status_code == 200


def test_an_entry_is_open_for_the_companies_that_gave_it(gateway: Gateway):
    """E12, E15: « RH » of one company opens no other's dossiers, nor do an unbounded membership's rights spread."""
    given, bounded = company(gateway, "member"), company(gateway, "member")
    _, buyer = gateway.organisation("member")
    for firm in (given, bounded):  # both train as well, so that dossiers are in sight of their establishments
        gateway.done("case-manager", f"/v1/organisations/{firm.organisation}/kinds", {"kind": "provider"})
    given.member("both-companies")
    grant = {"organisation_id": str(bounded.organisation), "kind": "member"}
    told = {**grant, "establishment_ids": [str(place) for place in bounded.places]}
    path = f"/v1/accounts/{gateway.accounts['both-companies']}/memberships"
    gateway.done("case-manager", path, told)
    dossiers = {str(gateway.dossier(firm.places[0], buyer)) for firm in (given, bounded)}

    def seen() -> set[str]:
        items = gateway.get("both-companies", "/v1/dossiers").json()["items"]
        return {each["dossier_id"] for each in items}

    assert seen() == dossiers
    gateway.done("case-manager", f"{path}/menus", {**grant, "menus": ["accounting"]})
    [left] = seen()
    for dossier in dossiers:
        expected = 200 if dossier == left else 404
        assert gateway.get("both-companies", f"/v1/dossiers/{dossier}").status_code == expected
    assert gateway.get("both-companies", "/v1/transfers").status_code == 200
    assert len(gateway.get("both-companies", "/v1/establishments").json()["items"]) == 4


def test_a_referent_shows_and_is_shown_no_version(gateway: Gateway, firm: Company):
    """A version would tell what happens to the account elsewhere: none that she sends can be the right one."""
    firm.member("versioned")
    account = gateway.accounts["versioned"]
    tag = gateway.get("referent", f"{firm.path}/users/{account}").headers["etag"]
    again = gateway.get("referent", f"{firm.path}/users/{account}", headers={"If-None-Match": tag})
    assert again.status_code == 304
    told = {"organisation_id": str(firm.organisation), "kind": firm.kind}
    path = f"/v1/accounts/{account}/memberships/suspension"
    for version in ('"2.AAAAAAAAAAAAAAAA"', tag):
        assert gateway.post("referent", path, told, headers={"If-Match": version}).status_code == 412


def test_invitations_are_limited(gateway: Gateway):
    """Five mails an hour to one mailbox: the sixth is answered 429, and the ledger records nothing."""
    firm = company(gateway)
    firm.referent("eager")
    for _ in range(5):
        assert firm.invite("eager", firm.places[0], email="boite@example.org").status_code == 201
    before = head(gateway)
    answer = firm.invite("eager", firm.places[0], email="BOITE@example.org")
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too-many-attempts")
    assert int(answer.headers["retry-after"]) > 0
    assert head(gateway) == before


def test_an_invitation_that_is_repeated_costs_what_it_cost(gateway: Gateway):
    """A key makes repeats harmless: a browser that asks seven times wrote one mail, and is never put off."""
    firm = company(gateway)
    firm.referent("patient")
    names = {"civility": "Madame", "last_name": "Aubrac", "first_name": "Léonce"}
    told = {**names, "email": "encore@example.org", "establishment_ids": [str(firm.places[0])]}
    answers = [gateway.post("patient", f"{firm.path}/invitations", told, key="encore") for _ in range(7)]
    assert {(each.status_code, each.json().get("id")) for each in answers} == {(201, answers[0].json()["id"])}
    assert firm.invite("patient", firm.places[0], email="encore@example.org").status_code == 201
