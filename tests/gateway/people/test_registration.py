"""A member company creates its account alone (row E1): SIRET and member number ask, the contact on file decides."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import Response

from support.company import PASSWORD, Company, auth, company, fulfil, head, link_of, look, mails, use
from support.gateway import Gateway


@pytest.fixture
def member(gateway: Gateway) -> Company:
    """A member with a contact on file."""
    made = company(gateway, "member")
    gateway.done("case-manager", f"/v1/organisations/{made.organisation}/contact", {"email": _contact(made)})
    with auth(gateway) as connection:  # each test has the address's allowance to itself
        connection.execute("delete from auth.allowance")
    return made


def _contact(firm: Company) -> str:
    return f"contact-{firm.member_number}@example.org"


def _ask(firm: Company, **changed: Any) -> Response:
    told = {
        "siret": firm.sirets[0],
        "member_number": firm.member_number,
        "civility": "Monsieur",
        "last_name": "Demandeur",
        "first_name": "Amaury",
        "email": f"amaury-{firm.member_number}@example.org",
        **changed,
    }
    return firm.gateway.post(None, "/v1/registrations", told)


def _link(firm: Company) -> str:
    with auth(firm.gateway) as connection:
        row = connection.execute(
            "select registration_id from auth.registration where organisation_id = %s", (firm.organisation,)
        ).fetchone()
    assert row is not None
    return link_of(firm.gateway, "registration", row["registration_id"])


def test_the_contact_confirms_and_the_first_account_is_a_referent(gateway: Gateway, member: Company):
    """E1, E12: nothing is seen before; afterwards every establishment of the company."""
    before = head(gateway)
    asked = _ask(member)
    assert asked.status_code == 202
    fulfil(gateway)
    assert head(gateway) == before, "something was granted before the contact answered"
    queued = mails(gateway)[-1]
    assert (queued["kind"], queued["to"]) == ("registration-contact", _contact(member))

    secret = _link(member)
    page = look(gateway, secret).json()
    assert "Amaury Demandeur" in page["paragraphs"][0]
    assert page["cancel"]
    assert page["identifier"] is None
    assert use(gateway, secret).status_code == 200
    assert use(gateway, secret).status_code == 410
    gateway.engine.catch_up()

    [row] = member.users("case-manager")
    assert (row["state"]["code"], row["profile"]["code"]) == ("invited", "referent")
    assert set(row["establishment_ids"]) == {str(place) for place in member.places}
    joined = use(gateway, link_of(gateway, "invitation", row["user_id"]), password=PASSWORD)
    assert joined.status_code == 200, joined.text
    browser = gateway.browser()
    assert browser.sign_in(f"amaury-{member.member_number}@example.org", PASSWORD).status_code == 200
    me = browser.get("/v1/me").json()
    assert [team["organisation_id"] for team in me["managed"]] == [str(member.organisation)]


def test_what_does_not_agree_is_answered_the_same_and_writes_to_nobody(gateway: Gateway, member: Company):
    """A wrong number, another company's establishment, no contact on file: one answer, one row, and no mail."""
    silent = company(gateway, "member")
    stranger = company(gateway, "member")
    right = _ask(member)
    queued = len(mails(gateway))
    for answer in (
        _ask(member, member_number="9999999"),
        _ask(member, siret=stranger.sirets[0]),
        _ask(stranger, member_number=member.member_number),
        _ask(silent),
        _ask(member, siret=stranger.sirets[1], member_number="1"),
    ):
        assert (answer.status_code, answer.json()) == (202, right.json())
        assert {*answer.headers} == {*right.headers}
    with auth(gateway) as connection:
        waiting = connection.execute("select count(*) from auth.wish where done_at is null").fetchone()
    assert waiting == {"count": 6}
    fulfil(gateway)
    assert len(mails(gateway)) == queued + 1, "only the right demand is written about"
    with auth(gateway) as connection:
        rows = connection.execute("select facts_sealed, email_digest from auth.wish").fetchall()
    assert all(row == {"facts_sealed": None, "email_digest": None} for row in rows)


def test_a_contact_who_does_not_know_them_sets_the_demand_aside(gateway: Gateway, member: Company):
    _ask(member)
    fulfil(gateway)
    secret, before = _link(member), head(gateway)
    assert use(gateway, secret, cancel=True).json()["message"] == "La demande est écartée. Personne n'a reçu d'accès."
    assert look(gateway, secret).status_code == 410
    assert head(gateway) == before
    assert member.users("case-manager") == []


def test_of_a_company_that_is_managed_already_the_contact_is_only_told(gateway: Gateway, member: Company):
    member.referent(f"head-{member.member_number}")
    _ask(member)
    fulfil(gateway)
    queued = mails(gateway)[-1]
    assert (queued["kind"], queued["to"], queued["link_id"]) == ("registration-known", _contact(member), None)


def test_a_contacts_mailbox_is_not_flooded(gateway: Gateway, member: Company):
    """Whoever knows the two numbers, which are half public, has five mails a day sent, and ten demands an hour."""
    answers = [_ask(member, email=f"demande-{n}@example.org") for n in range(11)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429]
    fulfil(gateway)
    assert len([mail for mail in mails(gateway) if mail["to"] == _contact(member)]) == 5


@pytest.mark.parametrize("name", ["Jean-Étienne", "O'Brien d’Arc", "J.-P. M.", "Ngọc Lê", "M" * 80])
def test_names_as_people_have_them_pass(gateway: Gateway, member: Company, name: str):
    assert _ask(member, last_name=name, first_name=name).status_code == 202
    with auth(gateway) as connection:
        connection.execute("delete from auth.allowance")


def test_bad_input_is_named_and_nothing_is_noted(gateway: Gateway, member: Company):
    """An e-mail in another alphabet, a SIRET that fails its key, a name that the contact's mail would show as a link,
    a field too many: French, and no row.
    """
    with auth(gateway) as connection:
        before = connection.execute("select count(*) from auth.wish").fetchone()
    for changed, pointer in (
        ({"email": "амори@example.org"}, "/email"),
        ({"email": "amaury@éxample.org"}, "/email"),
        ({"siret": "99900001199001"}, "/siret"),
        ({"member_number": "ABC"}, "/member_number"),
        ({"first_name": "Confirmez vite sur https://autre.example"}, "/first_name"),
        ({"last_name": "autre.example"}, "/last_name"),
        ({"last_name": "moi@autre"}, "/last_name"),
        ({"civility": "M" * 81}, "/civility"),
        ({"role": "operator"}, "/role"),
    ):
        answer = _ask(member, **changed)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert not any(str(given) in answer.text for given in changed.values())
    elsewhere = gateway.client.post("/v1/registrations", json={}, headers={"Origin": "https://autre.example"})
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (403, "/problems/csrf")
    with auth(gateway) as connection:
        assert connection.execute("select count(*) from auth.wish").fetchone() == before
