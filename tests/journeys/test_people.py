"""People, from the first mail to the last right: by HTTP, over a real mail server, with a real worker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import pytest
from httpx import Response

from ledger.kit.fictitious import fictitious_siren, fictitious_siret
from support.eventually import eventually
from support.mailbox import Mail
from support.town import PASSWORD, Person, Town, running_town

FORM = re.compile(r'name="form_token" value="([^"]+)"')
BROKEN = re.compile(r'class="broken">([^<]+)<')


@pytest.fixture(scope="module")
def town(cluster, tmp_path_factory) -> Iterator[Town]:
    with running_town(cluster, tmp_path_factory.mktemp("town")) as running:
        yield running


@pytest.fixture(scope="module")
def manager(town: Town) -> Person:
    """A case manager of the fund."""
    return town.staff("case-manager", "trufald@fonds.example")


@dataclass
class Organisation:
    """A provider with two establishments, a dossier in each."""

    organisation_id: str
    establishments: tuple[str, str]


def organised(manager: Person, n: int, kind: str = "provider", **more: str) -> Organisation:
    body = {"siren": fictitious_siren(n), "name": f"Formations du Modèle {n}", "kinds": [kind], **more}
    organisation_id = manager.done("/v1/organisations", body)["id"]
    places = []
    for number in (2 * n, 2 * n + 1):
        place = {
            "organisation_id": organisation_id,
            "number": f"{number:07d}",
            "siret": fictitious_siret(n, number),
            "name": f"Formations du Modèle {n}",
            "trade_name": f"Enseigne {number}",
            "street": "1 rue de l'Exemple",
            "postcode": "75001",
            "town": "Modèleville",
        }
        places.append(manager.done("/v1/establishments", place)["id"])
    return Organisation(organisation_id, (places[0], places[1]))


def dossier(manager: Person, n: int, provider: str, company: str) -> str:
    body = {
        "number": f"19000{n:05d}.01",
        "scheme": "PLAN",
        "title": "Lire un plan d'exécution",
        "company_establishment_id": company,
        "provider_establishment_ids": [provider],
        "starts_on": "2026-03-02",
        "ends_on": "2026-03-06",
        "on": "2026-02-01",
    }
    return str(manager.done("/v1/dossiers", body)["id"])


def invited(
    author: Person, organisation: Organisation, email: str, profile: str, *places: str, **more: str
) -> Response:
    body = {
        "civility": "Mme",
        "last_name": "Quorzeul",
        "first_name": "Zélie",
        "email": email,
        "profile": profile,
        "establishment_ids": list(places),
    }
    return author.order(f"/v1/teams/{organisation.organisation_id}/provider/invitations", {**body, **more})


def posted(person: Person, path: str, password: str) -> Response:
    """The link's page opened and its form filled in, as in a browser."""
    page = person.browser.get(path)
    found = FORM.search(page.text)
    assert found, page.text
    return person.browser.send(
        "POST", path, data={"form_token": found[1], "password": password, "confirmation": password}
    )


def joined(town: Town, person: Person, mail: Mail) -> None:
    """From the mail to a whole sign-in."""
    assert posted(person, town.path_of(mail), person.password).status_code == 200
    assert person.sign_in().status_code == 200
    person.accept_terms()


def test_from_the_creation_mail_to_a_second_user_who_sees_one_establishment_of_two(town: Town, manager: Person):
    """O1 to O7, O20 to O25: the whole way in, of a référent and of the user whom she invites."""
    provider, company = organised(manager, 1), organised(manager, 2, "member")
    first, second = (dossier(manager, n, place, company.establishments[0]) for n, place in enumerate(
        provider.establishments, 1))  # fmt: skip

    # The creation mail: no password in it, one link, which leads to us.
    answer = invited(manager, provider, "zelie@organisme.example", "referent", *provider.establishments)
    assert answer.status_code == 201, answer.text
    mail = town.mailbox.wait("zelie@organisme.example")
    assert mail.subject == "Bienvenue dans votre espace d'information de gestion"
    for said in ("zelie@organisme.example", "Créer mon mot de passe", "Direction régionale d'essai", "Formations du"):
        assert said in mail.text
    assert mail.link.startswith(f"{town.settings.public_origin}/liens/")

    # The link, then each broken rule by its name.
    zelie = town.person("zelie@organisme.example")
    path = town.path_of(mail)
    for password, rule in {
        "Orvet-2026": "De 12 à 50 caractères.",
        "Trois-petits-ours 2026" + "x" * 29: "De 12 à 50 caractères.",
        "TROIS-PETITS-OURS 2026": "Au moins une lettre minuscule.",
        "trois-petits-ours 2026": "Au moins une lettre majuscule.",
        "Trois-petits-ours gris": "Au moins un chiffre.",
        "Troispetitsours2026": "Au moins un caractère spécial, ni lettre ni chiffre.",
        "Password-1234": "Pas un mot de passe courant, même complété.",
        "Madame-Quorzeul 2026": "Ni votre nom, ni votre prénom, ni votre adresse.",
    }.items():
        refused = posted(zelie, path, password)
        assert refused.status_code == 422, password
        assert [unescape(text).strip() for text in BROKEN.findall(refused.text)] == [rule]
    assert town.rows("select count(*) from read.account where role = 'portal'") == [(0,)]

    # Accepted, and confirmed by mail with the address and the identifier.
    done = posted(zelie, path, PASSWORD)
    assert done.status_code == 200
    assert "Vous pouvez vous connecter." in unescape(done.text)
    confirmation = town.mailbox.wait("zelie@organisme.example", "mot de passe est enregistré")
    assert town.settings.public_origin in confirmation.text
    assert "zelie@organisme.example" in confirmation.text
    assert [each.subject for each in town.mailbox.to("zelie@organisme.example")] == [mail.subject, confirmation.subject]

    # The terms before anything else: refused, nothing is open; back, accepted, everything is.
    assert zelie.sign_in().json()["terms_pending"] is True
    assert zelie.browser.get("/v1/dossiers").json()["type"] == "/problems/terms-pending"
    terms = zelie.get("/v1/terms")
    stated = {"version": terms["version"], "sha256": terms["sha256"]}
    assert zelie.browser.post("/v1/terms/refusal", stated).status_code == 204
    assert zelie.browser.get("/v1/me").status_code == 401
    assert zelie.sign_in().json()["terms_pending"] is True
    zelie.accept_terms()
    me = zelie.get("/v1/me")
    assert (me["last_name"], me["email"], me["terms_pending"]) == ("Quorzeul", "zelie@organisme.example", False)
    assert [team["organisation_id"] for team in me["managed"]] == [provider.organisation_id]
    assert {"list_dossiers", "send_invitation"} <= set(me["actions"])
    assert {item["dossier_id"] for item in zelie.get("/v1/dossiers")["items"]} == {first, second}
    recorded = town.rows("select name from log.events where name like 'account.terms-%%' and actor = %s "
                         "order by position", me["account_id"])  # fmt: skip
    assert [name for (name,) in recorded] == ["account.terms-refused.v1", "account.terms-accepted.v1"]

    # A second user, on one establishment of two.
    one, _ = provider.establishments
    assert invited(zelie, provider, "oxandre@organisme.example", "user", one).status_code == 201
    oxandre = town.person("oxandre@organisme.example")
    joined(town, oxandre, town.mailbox.wait("oxandre@organisme.example", "Bienvenue"))
    assert {item["dossier_id"] for item in oxandre.get("/v1/dossiers")["items"]} == {first}
    assert [item["establishment_id"] for item in oxandre.get("/v1/establishments")["items"]] == [one]
    assert oxandre.browser.get(f"/v1/dossiers/{second}").status_code == 404
    assert oxandre.get("/v1/me")["managed"] == []
    team = f"/v1/teams/{provider.organisation_id}/provider"
    assert oxandre.browser.get(f"{team}/users").status_code in {403, 404}

    # Who is there, as the référent sees it; deactivated there, the open session has no right any more.
    users = {user["email"]: user for user in zelie.get(f"{team}/users")["items"]}
    assert {mail: user["state"]["code"] for mail, user in users.items()} == {
        "zelie@organisme.example": "active",
        "oxandre@organisme.example": "active",
    }
    account_id = users["oxandre@organisme.example"]["account_id"]
    membership = {"organisation_id": provider.organisation_id, "kind": "provider"}
    zelie.done(f"/v1/accounts/{account_id}/memberships/suspension", membership)
    gone = oxandre.browser.get("/v1/dossiers")
    assert gone.status_code == 401 or gone.json()["items"] == []
    eventually(lambda: oxandre.browser.get("/v1/me").status_code == 401)

    # Reactivated, one signs in again: what was open before stays closed.
    stolen = oxandre.browser.copy()
    zelie.done(f"/v1/accounts/{account_id}/memberships/resumption", membership)
    assert stolen.get("/v1/me").status_code == 401
    assert oxandre.sign_in().status_code == 200
    assert {item["dossier_id"] for item in oxandre.get("/v1/dossiers")["items"]} == {first}


def test_a_forgotten_password_is_chosen_anew_by_a_link(town: Town, manager: Person):
    """O2: one mail for a known address, none for an unknown one; what was open is closed; a new browser is told of."""
    provider = organised(manager, 3)
    email = "iloue@organisme.example"
    invited(manager, provider, email, "referent", *provider.establishments)
    iloue = town.person(email)
    joined(town, iloue, town.mailbox.wait(email, "Bienvenue"))

    def asked(address: str) -> tuple[int, bytes]:
        answer = town.client.post("/v1/password-reset", json={"email": address})
        return answer.status_code, answer.content

    first = asked(email)
    older = town.mailbox.wait(email, "Choisir un nouveau mot de passe")
    assert asked(email.upper()) == asked("personne@organisme.example") == first
    assert first[0] == 202
    newer = town.mailbox.wait(email, "Choisir un nouveau mot de passe", count=2)
    eventually(lambda: town.rows("select count(*) from auth.wish where done_at is null") == [(0,)])
    assert town.mailbox.to("personne@organisme.example") == []

    again = town.client.post("/v1/links/use", json={"secret": older.secret, "password": "Quatre-petits-ours 2026"})
    assert again.status_code == 410  # the later request made the link of the earlier one void
    used = town.client.post("/v1/links/use", json={"secret": newer.secret, "password": "Quatre-petits-ours 2026"})
    assert used.status_code == 200, used.text
    assert iloue.browser.get("/v1/me").status_code == 401
    assert iloue.sign_in().status_code == 401
    town.mailbox.wait(email, "mot de passe est enregistré", count=2)

    elsewhere = town.person(email)
    elsewhere.password = "Quatre-petits-ours 2026"
    assert elsewhere.sign_in().status_code == 200
    told = town.mailbox.wait(email, "nouvel appareil")
    assert "heure de Paris" in told.text


def test_an_invitation_for_a_known_address_looks_like_any_and_asks_no_password(town: Town, manager: Person):
    """O25: the référent cannot tell; whoever holds the mailbox joins with the password that is there already."""
    mine, other = organised(manager, 4), organised(manager, 5)
    email = "noxane@organisme.example"
    invited(manager, mine, email, "referent", *mine.establishments)
    noxane = town.person(email)
    joined(town, noxane, town.mailbox.wait(email, "Bienvenue"))

    known = invited(manager, other, email.title(), "user", other.establishments[0])
    unknown = invited(manager, other, "inconnue@organisme.example", "user", other.establishments[0])
    assert (
        (known.status_code, set(known.json()))
        == (unknown.status_code, set(unknown.json()))
        == (201, {"id", "position"})
    )
    team = f"/v1/teams/{other.organisation_id}/provider"
    rows = manager.get(f"{team}/users", min_position=unknown.json()["position"])["items"]
    assert {row["state"]["code"] for row in rows} == {"invited"}
    assert all(row["account_id"] is None for row in rows)

    mail = town.mailbox.wait(email, "Un accès vous est proposé")
    page = noxane.browser.get(town.path_of(mail))
    assert "Rejoindre" in page.text
    assert 'type="password"' not in page.text
    token = FORM.search(page.text)
    assert token
    done = noxane.browser.send("POST", town.path_of(mail), data={"form_token": token[1]})
    assert done.status_code == 200, done.text
    assert noxane.sign_in().status_code == 200
    held = {each["organisation_id"] for each in noxane.get("/v1/me")["memberships"]}
    assert held == {mine.organisation_id, other.organisation_id}
    assert len(town.rows("select 1 from read.account where account_id = %s", noxane.get("/v1/me")["account_id"])) == 1


def test_a_member_company_creates_its_account_alone_once_its_contact_has_confirmed(town: Town, manager: Person):
    """E1: SIRET and member number are half public; the contact on file decides, and nothing is said to who asks."""
    company = organised(manager, 6, "member", member_number="600600")
    contact, email = "direction@entreprise.example", "wexdrin@entreprise.example"
    manager.done(f"/v1/organisations/{company.organisation_id}/contact", {"email": contact})
    demand = {"civility": "Mme", "last_name": "Wexdrin", "first_name": "Iloué", "email": email}
    wrong = {**demand, "siret": fictitious_siret(6, 12), "member_number": "999999"}
    right = {**demand, "siret": fictitious_siret(6, 12), "member_number": "600600"}
    answers = [town.client.post("/v1/registrations", json=each) for each in (wrong, right)]
    assert [answer.status_code for answer in answers] == [202, 202], answers[1].text
    assert answers[0].content == answers[1].content

    asked = town.mailbox.wait(contact, "inscription")
    assert "Wexdrin" in asked.text
    assert town.mailbox.to(email) == []
    confirmed = town.client.post("/v1/links/use", json={"secret": asked.secret})
    assert confirmed.status_code == 200, confirmed.text

    wexdrin = town.person(email)
    joined(town, wexdrin, town.mailbox.wait(email, "Bienvenue"))
    (managed,) = wexdrin.get("/v1/me")["managed"]
    assert (managed["organisation_id"], managed["kind"]) == (company.organisation_id, "member")
    assert len(wexdrin.get("/v1/establishments")["items"]) == 2


def test_an_address_changes_once_both_mailboxes_have_confirmed(town: Town, manager: Person):
    provider = organised(manager, 7)
    old, new = "berylle@organisme.example", "berylle.jolmquerte@organisme.example"
    invited(manager, provider, old, "referent", *provider.establishments)
    berylle = town.person(old)
    joined(town, berylle, town.mailbox.wait(old, "Bienvenue"))
    berylle.done("/v1/me/email", {"email": new.upper()})

    at_new = town.mailbox.wait(new, "Confirmer votre nouvelle adresse")
    at_old = town.mailbox.wait(old, "Confirmer le changement")
    assert town.client.post("/v1/links/use", json={"secret": at_new.secret}).status_code == 200
    assert berylle.get("/v1/me")["email"] == old
    assert town.client.post("/v1/links/use", json={"secret": at_old.secret}).status_code == 200
    town.mailbox.wait(old, "Votre identifiant a changé")
    again = town.person(new)
    assert again.sign_in().status_code == 200
    assert again.get("/v1/me")["email"] == new
    assert town.person(old).sign_in().status_code == 401


def test_a_host_of_another_site_neither_gets_an_answer_nor_gets_into_a_mail(town: Town, manager: Person):
    """The link of a mail is built from PUBLIC_URL, whatever a request claims."""
    email = manager.email
    foreign = town.client.post("/v1/password-reset", json={"email": email}, headers={"Host": "ailleurs.example"})
    assert foreign.status_code == 421
    assert town.rows("select count(*) from auth.wish where done_at is null") == [(0,)]
    claimed = town.client.post(
        "/v1/password-reset",
        json={"email": email},
        headers={"X-Forwarded-Host": "ailleurs.example", "Forwarded": "host=ailleurs.example"},
    )
    assert claimed.status_code == 202
    mail = town.mailbox.wait(email, "Choisir un nouveau mot de passe")
    assert "ailleurs" not in mail.text + mail.html
    assert mail.link.startswith(town.settings.public_origin)
    asked = [each for each in town.mailbox.to(email) if each.subject == mail.subject]
    assert asked == [mail]


def test_a_worker_killed_between_the_message_and_its_note_sends_it_again(town: Town, manager: Person):
    """kill -9 after DATA: the mail goes again, under the same Message-ID, and its link works once."""
    provider = organised(manager, 9)
    email = "vadimion@organisme.example"
    town.mailbox.answers.append("hold 20")
    invited(manager, provider, email, "referent", *provider.establishments)
    first = town.mailbox.wait(email, "Bienvenue")
    town.worker.kill()
    assert town.rows("select sent_at from auth.mail where mail_id::text = %s", first.message_id[1:37]) == [(None,)]

    town.force("update auth.mail set claimed_until = now()")  # as if the three minutes of its claim had passed
    town.worker.start()
    second = town.mailbox.wait(email, "Bienvenue", count=2)
    assert (second.message_id, second.secret) == (first.message_id, first.secret)
    eventually(
        lambda: town.rows("select count(*) from auth.mail where sent_at is null and gave_up_at is null") == [(0,)]
    )
    assert posted(town.person(email), town.path_of(second), PASSWORD).status_code == 200
    assert town.client.get(town.path_of(first)).status_code == 410


def test_neither_logs_nor_tables_have_kept_an_address_or_a_secret(town: Town, manager: Person):
    """E14: after all of the above, in what the processes wrote and in every table of sign-in and mail."""
    logs = town.api.log_file.read_text() + town.worker.log_file.read_text()
    tables = [name for (name,) in town.rows("select tablename from pg_tables where schemaname = 'auth'")]
    kept = "\n".join(str(row) for table in tables for row in town.rows(f"select * from auth.{table}"))
    assert town.mailbox.mails
    secrets = {mail.secret for mail in town.mailbox.mails if "/liens/" in mail.text}
    addresses = {mail.recipient for mail in town.mailbox.mails}
    for said in (logs, kept):
        assert not [secret for secret in secrets if secret in said]
        assert not [address for address in addresses if address in said.casefold()]
        assert "quorzeul" not in said.casefold()
        assert PASSWORD not in said
