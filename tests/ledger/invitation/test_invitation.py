"""Stories of invitations: who invites learns nothing of the e-mail, who holds its mailbox joins (O21–O25, E1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from ledger.account import events as e
from ledger.account.aggregate import Account
from ledger.account.commands import (
    ChangeEmail,
    ChangeMembership,
    CreateAccount,
    DisableAccount,
    EndMembership,
    RegisterEmployee,
    SetMenuRights,
    SuspendMembership,
)
from ledger.account.errors import EstablishmentOfAnotherOrganisation, MenuNotHeld, OrganisationNotOfThatKind
from ledger.application import Outcome
from ledger.invitation import events as i
from ledger.invitation.commands import AcceptInvitation, SendInvitation, SendInvitationAgain, WithdrawInvitation
from ledger.invitation.errors import InvitationClosed
from ledger.kit.command import Command
from ledger.kit.errors import AlreadyClaimed, Forbidden, Invalid, NotFound
from ledger.kit.ids import uuid7
from ledger.kit.keyring import Keyring
from ledger.log.database import Database
from ledger.organisation.aggregate import Organisation
from ledger.organisation.events import OrganisationKind, ReferentNamed
from ledger.person.aggregate import Person
from ledger.person.events import EmploymentBegan, EmploymentEnded, PersonRegistered
from support.givens import DAY, Givens
from support.meeting import at_once
from support.stories import Story, happened

PROVIDER, MEMBER = OrganisationKind.PROVIDER, OrganisationKind.MEMBER
NAMES = {"civility": "Mme", "last_name": "Zébulonne", "first_name": "Ottilia"}
_numbers = count(1)


def fresh_email() -> str:
    return f"ottilia.{next(_numbers)}@invitee.example"


@dataclass
class Team:
    fund: Givens
    organisation_id: UUID
    places: tuple[UUID, ...]
    referent: UUID
    kind: OrganisationKind = PROVIDER
    email: str = field(default_factory=fresh_email)

    def invitation(self, **fields: Any) -> SendInvitation:
        given = {"establishment_ids": {self.places[0]}, "email": self.email, **fields}
        who = {} if "person_id" in given else NAMES
        return SendInvitation(organisation_id=self.organisation_id, kind=self.kind, **{**who, **given})

    def invited(self, **fields: Any) -> UUID:
        return self.fund.do(self.invitation(**fields), actor=self.referent)

    def accepted(self, **fields: Any) -> UUID:
        return self.fund.do(AcceptInvitation(invitation_id=self.invited(**fields)))

    def membership(self, account_id: UUID) -> Any:
        return self.fund.state(Account, account_id).memberships.get((self.organisation_id, self.kind))


def make_team(fund: Givens, kind: OrganisationKind = PROVIDER) -> Team:
    organisation_id, n = fund.organisation(kind)
    places = tuple(sorted(fund.establishment_of(organisation_id, n, nth=nth, bank=False) for nth in range(3)))
    return Team(fund, organisation_id, places, fund.referent(organisation_id, places[:2], kind=kind), kind)


@pytest.fixture
def team(fund: Givens) -> Team:
    return make_team(fund)


def test_somebody_new_is_invited_and_joins(story: Story, fund: Givens, team: Team):
    """O22, O24: no account until the link is used; neither name nor e-mail stands in clear."""
    told = story.when(team.invitation(), actor=team.referent)
    sent = happened(i.InvitationSent, profile=e.Profile.USER, establishment_ids=(team.places[0],), menus=None)
    invitation_id = told.then(PersonRegistered, EmploymentBegan, sent).resource_id
    log = str([each.data for each in told.events])
    assert not [text for text in (*NAMES.values(), team.email) if text in log]

    told = story.when(AcceptInvitation(invitation_id=invitation_id))
    outcome = told.then(i.InvitationAccepted, happened(e.AccountCreated, role=e.Role.PORTAL), e.MembershipGranted)
    account = fund.state(Account, outcome.resource_id)
    assert fund.ledger.keyring.open(account.email) == team.email
    assert team.membership(account.id).establishment_ids == (team.places[0],)
    assert told.events[0].data["account_id"] == str(account.id)
    story.when(AcceptInvitation(invitation_id=invitation_id)).then_refused(InvitationClosed)


def test_an_e_mail_that_is_known_is_invited_all_the_same(story: Story, fund: Givens, team: Team):
    """The same events as for an unknown one: nothing tells the sender, not even their number."""
    known = fund.do(CreateAccount(last_name="Déjà", first_name="Là", email=team.email, role=e.Role.PORTAL))
    told = story.when(team.invitation(email=team.email.upper()), actor=team.referent)
    invitation_id = told.then(PersonRegistered, EmploymentBegan, i.InvitationSent).resource_id
    typed = UUID(told.events[0].stream_id.hex)

    told = story.when(AcceptInvitation(invitation_id=invitation_id))
    outcome = told.then(i.InvitationAccepted, e.MembershipGranted, EmploymentEnded, EmploymentBegan)
    assert outcome.resource_id == known
    assert fund.state(Person, typed).teams == frozenset(), "the account's own person stands in the list from now on"
    own = fund.state(Person, fund.state(Account, known).person_id)
    assert own.teams == {(team.organisation_id, "provider")}


def test_an_employee_is_picked(story: Story, fund: Givens, team: Team):
    """O21: opening an employee grants access; another organisation's employee is as absent as nobody."""
    register = RegisterEmployee(organisation_id=team.organisation_id, kind=team.kind, birth_date=DAY, **NAMES)
    person_id = fund.do(register, actor=team.referent)
    invitation_id = (
        story.when(team.invitation(person_id=person_id), actor=team.referent)
        .then(happened(i.InvitationSent, person_id=person_id))
        .resource_id
    )
    account_id = fund.do(AcceptInvitation(invitation_id=invitation_id))
    assert fund.state(Account, account_id).person_id == person_id
    elsewhere = make_team(fund)
    for stranger in (fund.do(register.model_copy(update={"organisation_id": elsewhere.organisation_id})), uuid7()):
        order = team.invitation(person_id=stranger)
        story.when(order, actor=team.referent).then_refused(NotFound, field="person_id")


def test_an_employee_picked_stays_one_whoever_joins(story: Story, fund: Givens, team: Team):
    """Somebody registered long before is not taken out of the list because the mailbox has an account already."""
    register = RegisterEmployee(organisation_id=team.organisation_id, kind=team.kind, birth_date=DAY, **NAMES)
    person_id = fund.do(register, actor=team.referent)
    fund.do(CreateAccount(last_name="Déjà", first_name="Là", email=team.email, role=e.Role.PORTAL))
    invitation_id = team.invited(person_id=person_id)
    told = story.when(AcceptInvitation(invitation_id=invitation_id))
    told.then(i.InvitationAccepted, e.MembershipGranted, EmploymentBegan)


def test_either_an_employee_or_three_names(story: Story, fund: Givens, team: Team):
    """O22: civilité, nom, prénom and e-mail are all required."""
    person_id = fund.do(RegisterEmployee(organisation_id=team.organisation_id, kind=team.kind, birth_date=DAY, **NAMES))
    both = team.invitation(person_id=person_id, civility="Mme")
    story.when(both, actor=team.referent).then_refused(Invalid, field="person_id")
    for name in NAMES:
        story.when(team.invitation(**{name: None}), actor=team.referent).then_refused(Invalid, field="last_name")


def test_nobody_invites_to_what_they_do_not_hold(story: Story, fund: Givens, team: Team):
    """O25: neither to an establishment, nor to an organisation, nor as what it is not."""
    beyond = team.invitation(establishment_ids={team.places[0], team.places[2]})
    story.when(beyond, actor=team.referent).then_refused(NotFound, field="establishment_ids")
    story.when(beyond).then(PersonRegistered, EmploymentBegan, i.InvitationSent)
    other = make_team(fund)
    story.when(team.invitation(), actor=other.referent).then_refused(NotFound)
    story.when(team.invitation(), actor=fund.user(team.organisation_id, team.places)).then_refused(NotFound)
    story.when(team.invitation(), actor=fund.account(e.Role.ACCOUNTANT)).then_refused(Forbidden)
    foreign = team.invitation(establishment_ids=set(other.places))
    story.when(foreign).then_refused(EstablishmentOfAnotherOrganisation, field="establishment_ids")
    as_member = team.invitation().model_copy(update={"kind": MEMBER})
    story.when(as_member).then_refused(OrganisationNotOfThatKind, field="kind")


def test_an_invitation_carries_the_menus_that_its_sender_holds(story: Story, fund: Givens):
    """E15: what is not said is what the sender has, never more."""
    team = make_team(fund, MEMBER)
    assert team.membership(team.accepted()).menus is None
    about = {"organisation_id": team.organisation_id, "kind": MEMBER}
    fund.do(SetMenuRights(account_id=team.referent, **about, menus=frozenset({e.Menu.HR})))
    assert team.membership(team.accepted(email=fresh_email())).menus == {e.Menu.HR}
    more = team.invitation(menus=frozenset(e.Menu))
    story.when(more, actor=team.referent).then_refused(MenuNotHeld, field="menus")
    provider = make_team(fund)
    story.when(provider.invitation(menus=frozenset({e.Menu.HR}))).then_refused(Invalid, field="menus")


def test_an_invitation_is_sent_again_or_withdrawn(story: Story, fund: Givens, team: Team):
    """O20: « invitation envoyée » can be invited again, by any référent of the organisation."""
    invitation_id = team.invited()
    again, withdraw = SendInvitationAgain(invitation_id=invitation_id), WithdrawInvitation(invitation_id=invitation_id)
    colleague = fund.referent(team.organisation_id, [team.places[2]])
    stranger = make_team(fund).referent
    for order in (again, withdraw):
        story.when(order, actor=stranger).then_refused(NotFound)
        story.when(order.model_copy(update={"invitation_id": uuid7()}), actor=colleague).then_refused(NotFound)
    story.when(again, actor=colleague).then(i.InvitationSentAgain)
    story.when(withdraw, actor=colleague).then(i.InvitationWithdrawn)
    for order in (again, withdraw, AcceptInvitation(invitation_id=invitation_id)):
        actor = None if isinstance(order, AcceptInvitation) else team.referent
        story.when(order, actor=actor).then_refused(InvitationClosed)


def test_an_invitation_is_accepted_by_the_link_alone(story: Story, fund: Givens, team: Team):
    """Not even its sender, or an operator, can accept it in the place of whoever holds the mailbox."""
    order = AcceptInvitation(invitation_id=team.invited())
    for actor in (team.referent, fund.account(e.Role.OPERATOR)):
        story.when(order, actor=actor).then_refused(Forbidden)
    story.when(AcceptInvitation(invitation_id=uuid7())).then_refused(NotFound)


def test_what_its_sender_gave_holds_when_the_sender_has_gone(story: Story, fund: Givens, team: Team):
    invitation_id = team.invited()
    fund.referent(team.organisation_id, team.places)
    fund.do(EndMembership(account_id=team.referent, organisation_id=team.organisation_id, kind=team.kind))
    story.when(AcceptInvitation(invitation_id=invitation_id)).then(
        i.InvitationAccepted, e.AccountCreated, e.MembershipGranted
    )


def test_an_invitation_to_a_user_of_the_team_adds_to_what_they_hold(story: Story, fund: Givens, team: Team):
    """Nothing is taken away, and whoever was deactivated stays so until a référent reactivates them."""
    account_id = team.accepted()
    about = {"account_id": account_id, "organisation_id": team.organisation_id, "kind": team.kind}
    fund.do(SuspendMembership(**about), actor=team.referent)
    more = team.invited(establishment_ids={team.places[1]}, profile=e.Profile.REFERENT)
    story.when(AcceptInvitation(invitation_id=more)).then(i.InvitationAccepted, e.MembershipChanged, EmploymentEnded)
    held = team.membership(account_id)
    assert set(held.establishment_ids) == set(team.places[:2])
    assert (held.profile, held.suspended) == (e.Profile.REFERENT, True)
    assert account_id not in fund.state(Organisation, team.organisation_id).referents_as(team.kind)


def _less(team: Team, account_id: UUID) -> dict[str, Command]:
    about = {"account_id": account_id, "organisation_id": team.organisation_id, "kind": team.kind}
    user, referent = e.Profile.USER, e.Profile.REFERENT
    return {
        "ended": EndMembership(**about),
        "lowered": ChangeMembership(**about, profile=user, establishment_ids=set(team.places[:2])),
        "narrowed": ChangeMembership(**about, profile=referent, establishment_ids={team.places[0]}),
        "menus": SetMenuRights(**about, menus={e.Menu.HR}),
    }


@pytest.mark.parametrize("loss", ["ended", "lowered", "narrowed", "menus"])
def test_nobody_keeps_an_invitation_in_reserve(story: Story, fund: Givens, loss: str):
    """O25: a référent who sees her end coming invites herself; what is taken from her meanwhile is not given back."""
    team = make_team(fund, MEMBER)
    held = set(team.places[:2])
    account_id = team.accepted(profile=e.Profile.REFERENT, establishment_ids=held)
    reserve = fund.do(team.invitation(profile=e.Profile.REFERENT, establishment_ids=held), actor=account_id)
    fund.do(_less(team, account_id)[loss], actor=team.referent)
    left = team.membership(account_id)
    story.when(AcceptInvitation(invitation_id=reserve)).then_refused(InvitationClosed)
    assert team.membership(account_id) == left
    fund.do(SendInvitationAgain(invitation_id=reserve), actor=team.referent)
    fund.do(AcceptInvitation(invitation_id=reserve))
    assert team.membership(account_id) is not None, "whoever may give it back does so by sending it again"


def test_a_referent_who_joins_is_named(story: Story, fund: Givens, team: Team):
    """E1: a member's first référent comes by the system, once the contact on file has confirmed."""
    outcome = story.when(team.invitation(profile=e.Profile.REFERENT, establishment_ids=set(team.places))).then(
        PersonRegistered, EmploymentBegan, i.InvitationSent
    )
    told = story.when(AcceptInvitation(invitation_id=outcome.resource_id))
    told.then(i.InvitationAccepted, e.AccountCreated, e.MembershipGranted, ReferentNamed)


@pytest.mark.parametrize("role", [e.Role.CASE_MANAGER, e.Role.OPERATOR])
def test_who_works_for_the_fund_joins_nothing(story: Story, fund: Givens, team: Team, role: e.Role):
    fund.do(CreateAccount(last_name="Du", first_name="Fonds", email=team.email, role=role))
    story.when(AcceptInvitation(invitation_id=team.invited())).then_refused(InvitationClosed)


def test_an_account_that_staff_disabled_joins_nothing(story: Story, fund: Givens, team: Team):
    known = fund.do(CreateAccount(last_name="Déjà", first_name="Là", email=team.email, role=e.Role.PORTAL))
    fund.do(DisableAccount(account_id=known, on=DAY))
    story.when(AcceptInvitation(invitation_id=team.invited())).then_refused(InvitationClosed)


def test_an_erased_persons_invitation_opens_nothing(story: Story, fund: Givens, team: Team):
    told = story.when(team.invitation(), actor=team.referent)
    person_id = told.events[0].stream_id
    assert told.outcome
    fund.ledger.keyring.destroy(person_id)
    story.when(AcceptInvitation(invitation_id=told.outcome.resource_id)).then_refused(InvitationClosed)


@dataclass
class Rush:
    fund: Givens
    url: str
    keyring: Keyring

    def meet(self, *commands: Command) -> list[Any]:
        return at_once(self.url, self.keyring, [(command, None) for command in commands])


@pytest.fixture
def rush(fund: Givens, shared_database: Database, shared_keyring: Keyring) -> Rush:
    return Rush(fund, shared_database.url, shared_keyring)


def test_one_e_mail_invited_twice_in_two_spellings_is_one_account(rush: Rush, story: Story, fund: Givens, team: Team):
    """Two organisations' links, used at the same instant: the second finds the account that the first made."""
    other = make_team(fund)
    spelled = "".join(c.upper() if n % 2 else c for n, c in enumerate(team.email))
    invitations = [team.invited(), other.invited(email=f" {spelled} ")]
    before = story.head()
    told = rush.meet(*(AcceptInvitation(invitation_id=each) for each in invitations))
    assert [type(each) for each in told] == [Outcome, Outcome]
    assert told[0].resource_id == told[1].resource_id
    created = [event for event in story.events_after(before) if event.name == e.AccountCreated.NAME]
    assert len(created) == 1
    held = fund.state(Account, told[0].resource_id).memberships
    assert held.keys() == {(each.organisation_id, PROVIDER) for each in (team, other)}


def test_one_e_mail_created_by_staff_and_by_its_link_at_once_is_one_account(rush: Rush, fund: Givens, team: Team):
    create = CreateAccount(last_name="Essai", first_name="P", email=team.email.upper(), role=e.Role.PORTAL)
    told = rush.meet(create, AcceptInvitation(invitation_id=team.invited()))
    assert [type(each) for each in told] == [Outcome, Outcome]
    assert told[0].resource_id == told[1].resource_id
    late = make_team(fund)
    told = rush.meet(AcceptInvitation(invitation_id=late.invited()), create.model_copy(update={"email": late.email}))
    assert [type(each) for each in told] == [Outcome, AlreadyClaimed]


def test_one_e_mail_created_twice_at_once_in_two_spellings_is_one_account(rush: Rush, story: Story):
    email = fresh_email()
    before = story.head()
    told = rush.meet(
        *(
            CreateAccount(last_name="Essai", first_name="P", email=spelled, role=e.Role.PORTAL)
            for spelled in (email.title(), f"{email.upper()} ")
        )
    )
    assert [type(each) for each in told] == [Outcome, AlreadyClaimed]
    assert told[1].kind == "email"
    assert [event.name for event in story.events_after(before)] == [PersonRegistered.NAME, e.AccountCreated.NAME]


def test_one_link_used_twice_at_once_joins_once(rush: Rush, team: Team):
    order = AcceptInvitation(invitation_id=team.invited())
    assert [type(each) for each in rush.meet(order, order)] == [Outcome, InvitationClosed]


def test_two_links_of_one_team_used_at_once_are_one_membership(rush: Rush, team: Team):
    links = [team.invited(establishment_ids={place}) for place in team.places[:2]]
    told = rush.meet(*(AcceptInvitation(invitation_id=each) for each in links))
    assert [type(each) for each in told] == [Outcome, Outcome]
    assert set(team.membership(told[0].resource_id).establishment_ids) == set(team.places[:2])


def test_an_address_given_up_at_that_moment_is_the_new_holders(rush: Rush, fund: Givens, team: Team):
    """An account that changes its address sets the old one free; a link to that mailbox then makes another account."""
    held = fund.do(CreateAccount(last_name="Déjà", first_name="Là", email=team.email, role=e.Role.PORTAL))
    told = rush.meet(ChangeEmail(account_id=held, email=fresh_email()), AcceptInvitation(invitation_id=team.invited()))
    assert [type(each) for each in told] == [Outcome, Outcome]
    assert told[1].resource_id != held
    assert team.membership(told[1].resource_id) is not None
    assert team.membership(held) is None
