"""What a référent asks about her team (rows O20–O23, E15): as the gateway, with nothing but her teams in hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from ledger.account.commands import (
    AcceptTerms,
    ChangeEmail,
    ChangeMembership,
    CreateAccount,
    EndMembership,
    RefuseTerms,
    RegisterEmployee,
    ResumeMembership,
    SetMenuRights,
    SuspendMembership,
)
from ledger.account.events import Menu, Profile, Role
from ledger.establishment.commands import MoveEstablishment
from ledger.invitation.commands import AcceptInvitation, SendInvitation, SendInvitationAgain, WithdrawInvitation
from ledger.kit.errors import Invalid
from ledger.kit.personal import Personal
from ledger.organisation.commands import RecordContact
from ledger.organisation.events import OrganisationKind
from ledger.person.commands import RenamePerson
from projections.account.queries import account, reader_of
from projections.account.team import team_of
from projections.account.teams import employee, employees, establishments_of, team_user, team_users
from projections.page import read_cursor, write_cursor
from projections.reader import Reader
from support.givens import DAY
from support.reading import House, holder

MEMBER = OrganisationKind.MEMBER


class Team:
    """A member company of two establishments, and its référent."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.organisation_id, n = house.givens.organisation(MEMBER)
        self.places = [house.givens.establishment_of(self.organisation_id, n, nth=nth, bank=False) for nth in (0, 1)]
        self.key = team_of(self.organisation_id, MEMBER)
        self.referent = house.givens.referent(self.organisation_id, self.places, kind=MEMBER)
        self.about = {"organisation_id": self.organisation_id, "kind": MEMBER}

    def invite(self, name: str, email: str, **fields: Any) -> UUID:
        who = {} if "person_id" in fields else {"civility": "Mme", "last_name": name, "first_name": "Rose"}
        order = SendInvitation(**self.about, **who, email=email, establishment_ids={self.places[0]}, **fields)
        return self.house.do(order, actor=self.referent)

    def employ(self, name: str) -> UUID:
        who = {"civility": "M.", "last_name": name, "first_name": "Paul", "birth_date": DAY}
        return self.house.do(RegisterEmployee(**self.about, **who), actor=self.referent)

    def users(self, **filters: Any) -> list[Any]:
        return self.house.manage([self.key], team_users, self.key, **filters)

    def user(self, user_id: UUID) -> Any:
        return self.house.manage([self.key], team_user, self.key, user_id)

    def clear(self, sealed: str | None) -> object:
        assert sealed is not None
        return self.house.keyring.open(Personal.parse(sealed))


@pytest.fixture
def team(house: House) -> Team:
    return Team(house)


def test_an_invitation_looks_the_same_whether_its_e_mail_is_known_or_not(house: House, team: Team):
    """O20, O25: until the link is used, nothing in the list tells."""
    house.do(CreateAccount(last_name="Déjà", first_name="Là", email="connu@essai.example", role=Role.PORTAL))
    known, unknown = team.invite("Aubin", "connu@essai.example"), team.invite("Bastide", "inconnu@essai.example")
    for invitation_id, name, email in ((known, "Aubin", "connu"), (unknown, "Bastide", "inconnu")):
        row = team.user(invitation_id)
        assert (row.user_id, row.account_id, row.invitation_id) == (invitation_id, None, invitation_id)
        assert (row.last_name, row.first_name, row.state) == (name, "Rose", "invited")
        assert (row.profile, row.establishment_ids, row.menus) == ("user", (team.places[0],), None)
        assert team.clear(row.email_sealed) == f"{email}@essai.example"
        assert team.clear(row.civility_sealed) == "Mme"
        assert row.version == 1
        assert row.invited_at is not None


def test_a_user_goes_from_invited_to_active_to_suspended(house: House, team: Team):
    """O20, O25: the row follows each step, and keeps no trace of the ones before."""
    invitation_id = team.invite("Aubin", "rose@essai.example", menus=frozenset({Menu.HR}))
    first = team.user(invitation_id).invited_at
    house.do(SendInvitationAgain(invitation_id=invitation_id), actor=team.referent)
    assert team.user(invitation_id).invited_at > first

    account_id = house.do(AcceptInvitation(invitation_id=invitation_id))
    assert team.user(invitation_id) is None
    row = team.user(account_id)
    assert (row.account_id, row.invitation_id, row.state, row.invited_at) == (account_id, None, "active", None)
    assert (row.last_name, row.menus) == ("Aubin", ("hr",))

    about = {"account_id": account_id, **team.about}
    house.do(SuspendMembership(**about), actor=team.referent)
    assert [each.user_id for each in team.users(state="suspended")] == [account_id]
    assert [each.user_id for each in team.users(state="active")] == [team.referent]
    house.do(ResumeMembership(**about), actor=team.referent)
    change = ChangeMembership(**about, profile=Profile.REFERENT, establishment_ids=frozenset(team.places))
    house.do(change, actor=team.referent)
    house.do(ChangeEmail(account_id=account_id, email="nouvelle@essai.example"))
    row = team.user(account_id)
    assert (row.state, row.profile, set(row.establishment_ids)) == ("active", "referent", set(team.places))
    assert team.clear(row.email_sealed) == "nouvelle@essai.example"
    house.do(EndMembership(**about), actor=team.referent)
    assert team.user(account_id) is None


def test_a_known_account_joins_under_its_own_name(house: House, team: Team):
    """The name that the sender typed goes; whoever holds the mailbox stands in its place, in both lists."""
    known = house.do(CreateAccount(last_name="Cœur", first_name="Inès", email="c@essai.example", role=Role.PORTAL))
    invitation_id = team.invite("Tapé", "C@essai.example")
    assert {each.last_name for each in team.users()} == {"Essai", "Tapé"}
    assert house.do(AcceptInvitation(invitation_id=invitation_id)) == known
    assert {each.last_name for each in team.users()} == {"Essai", "Cœur"}
    page = house.manage([team.key], employees, team.key)
    assert {each.last_name for each in page.items} == {"Essai", "Cœur"}


def test_a_withdrawn_invitation_leaves_the_list(house: House, team: Team):
    invitation_id = team.invite("Aubin", "rose@essai.example")
    house.do(WithdrawInvitation(invitation_id=invitation_id), actor=team.referent)
    assert [each.user_id for each in team.users()] == [team.referent]


def test_users_are_found_by_the_beginning_of_names(house: House, team: Team):
    """O20: « Nom », without case or accents; by name in the list."""
    names = ("Zéphirin-Aubin", "Bastide", "Éloi")
    invited = {name: team.invite(name, f"u{n}@essai.example") for n, name in enumerate(names)}
    assert [each.last_name for each in team.users()] == ["Bastide", "Éloi", "Essai", "Zéphirin-Aubin"]
    assert [each.user_id for each in team.users(name="aub")] == [invited["Zéphirin-Aubin"]]
    assert [each.user_id for each in team.users(name="ELOI rose")] == [invited["Éloi"]]
    assert team.users(name="eloi", state="active") == []
    with pytest.raises(Invalid):
        team.users(name="a")


def test_another_teams_list_is_empty_to_her(house: House, team: Team):
    """O25: even where the code would ask for it."""
    other = Team(house)
    user_id = other.invite("Aubin", "rose@essai.example")
    assert house.manage([team.key], team_users, other.key) == []
    assert house.manage([team.key], team_user, other.key, user_id) is None
    assert house.manage([team.key], employees, other.key).items == ()
    assert house.manage([team.key], employee, other.key, other.employ("Aubin")) is None
    assert house.manage([], team_users, team.key) == []


def test_employees_are_picked_from_pages_by_name(house: House, team: Team):
    """O21: Nom, Prénom, Date de naissance; whoever is a user already is told, so that nobody is invited twice."""
    ids = [team.employ(name) for name in ("Dubois", "Aubin", "Éblé", "Bastide")]
    first = house.manage([team.key], employees, team.key, None, 3)
    second = house.manage([team.key], employees, team.key, first.next_cursor, 3)
    found = [*first.items, *second.items]
    assert [each.last_name for each in found] == ["Aubin", "Bastide", "Dubois", "Éblé", "Essai"]
    assert second.next_cursor is None
    assert read_cursor(first.next_cursor, "employees", UUID) == (ids[0],), "an id, no name: it stands in a URL"
    assert team.clear(found[0].birth_date_sealed) == DAY.isoformat()
    assert team.clear(found[0].civility_sealed) == "M."
    assert [each.user_id for each in found] == [None] * 4 + [team.referent]
    assert [house.manage([team.key], employee, team.key, each.person_id) for each in found] == found

    stranger = write_cursor("employees", house.givens.account())
    with pytest.raises(Invalid):
        house.manage([team.key], employees, team.key, stranger)

    invitation_id = team.invite("", "aubin@essai.example", person_id=ids[1])
    house.do(RenamePerson(person_id=ids[1], last_name="Avril", first_name="Paul"))
    (avril, *_) = house.manage([team.key], employees, team.key).items
    assert (avril.last_name, avril.user_id) == ("Avril", invitation_id)


def test_the_grid_names_every_establishment_and_the_street_of_those_that_are_held(house: House, team: Team):
    """O23: Siret, Raison sociale, Adresse, Code postal, Ville."""
    for place in team.places:
        house.do(MoveEstablishment(establishment_id=place, street="1 rue Fictive", postcode="29200", town="Brest"))
    grid = house.manage([team.key], establishments_of, team.organisation_id, scope=[team.places[0]])
    assert {each.establishment_id for each in grid} == set(team.places)
    assert {(each.postcode, each.town) for each in grid} == {("29200", "Brest")}
    streets = {each.establishment_id: each.street_sealed for each in grid}
    assert team.clear(streets[team.places[0]]) == "1 rue Fictive"
    assert streets[team.places[1]] is None


def test_a_suspended_membership_shows_nothing(house: House, team: Team):
    """O25: out of sight at once, and in sight again."""
    account_id = house.givens.user(team.organisation_id, team.places, kind=MEMBER)

    def seen() -> tuple[UUID, ...]:
        async def reader(connection: Any, _: Reader) -> Reader | None:
            return await reader_of(connection, account_id, DAY)

        return house.ask(holder(), reader).scope

    assert set(seen()) == set(team.places)
    about = {"account_id": account_id, **team.about}
    house.do(SuspendMembership(**about), actor=team.referent)
    assert seen() == ()
    house.do(ResumeMembership(**about), actor=team.referent)
    assert set(seen()) == set(team.places)


def test_the_terms_that_were_accepted_last_are_known(house: House, team: Team):
    """O5: refusing a newer text does not undo an older acceptance; refusing the same does."""

    def answer(command: type[AcceptTerms | RefuseTerms], version: str) -> str | None:
        order = command(account_id=team.referent, version=version, sha256="a" * 64)
        house.do(order, actor=team.referent)

        async def found(connection: Any, _: Reader) -> Any:
            return await account(connection, team.referent)

        return house.ask(holder(), found).terms_version

    told = [
        answer(RefuseTerms, "1"),
        answer(AcceptTerms, "1"),
        answer(RefuseTerms, "2"),
        answer(AcceptTerms, "2"),
        answer(RefuseTerms, "2"),
    ]
    assert told == [None, "1", "1", "2", None]


def test_menus_are_set_and_seen(house: House, team: Team):
    """E15: none set is all of them (null); set to none is none."""
    assert team.user(team.referent).menus is None
    house.do(SetMenuRights(account_id=team.referent, **team.about, menus=frozenset()))
    assert team.user(team.referent).menus == ()
    house.do(SetMenuRights(account_id=team.referent, **team.about, menus=frozenset(Menu)))
    assert team.user(team.referent).menus == ("accounting", "hr")


def test_the_contact_on_file_is_the_last_recorded_and_staffs_to_see(house: House, team: Team):
    """E1."""
    for email in ("ancien@cabinet.example", "nouveau@cabinet.example"):
        house.do(RecordContact(organisation_id=team.organisation_id, email=email))
    house.catch_up()
    with house.database.transaction("ledger_staff") as connection:
        (row,) = connection.execute("select * from read.organisation_contact").fetchall()
    assert row["organisation_id"] == team.organisation_id
    assert team.clear(row["email_sealed"]) == "nouveau@cabinet.example"
