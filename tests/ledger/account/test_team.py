"""Stories of référents: they manage the users of their own organisation, within what they hold (rows O20–O25, E15)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.account import errors
from ledger.account import events as e
from ledger.account.aggregate import Account
from ledger.account.commands import (
    ChangeMembership,
    DisableAccount,
    EnableAccount,
    EndMembership,
    GrantMembership,
    RegisterEmployee,
    ResumeMembership,
    SetMenuRights,
    SuspendMembership,
)
from ledger.kit.command import Command
from ledger.kit.errors import Forbidden, Invalid, NotFound
from ledger.kit.ids import uuid7
from ledger.organisation.aggregate import Organisation
from ledger.organisation.events import OrganisationKind, ReferentNamed, ReferentSteppedDown
from ledger.person.aggregate import Person
from ledger.person.events import EmploymentBegan, PersonRegistered
from support.givens import DAY, Givens
from support.stories import Story, happened

PROVIDER, MEMBER = OrganisationKind.PROVIDER, OrganisationKind.MEMBER
USER, REFERENT = e.Profile.USER, e.Profile.REFERENT
HR, ACCOUNTING = e.Menu.HR, e.Menu.ACCOUNTING


@dataclass
class Team:
    """An organisation of three establishments; its référent holds the first two, its user the last two."""

    kind: OrganisationKind
    organisation_id: UUID
    places: tuple[UUID, ...]
    referent: UUID
    user: UUID

    def about(self, account_id: UUID) -> dict[str, object]:
        return {"account_id": account_id, "organisation_id": self.organisation_id, "kind": self.kind}

    def save(self, *places: UUID, profile: e.Profile = USER) -> ChangeMembership:
        return ChangeMembership(**self.about(self.user), profile=profile, establishment_ids=frozenset(places))


def make_team(fund: Givens, kind: OrganisationKind) -> Team:
    organisation_id, n = fund.organisation(kind)
    places = tuple(sorted(fund.establishment_of(organisation_id, n, nth=nth, bank=False) for nth in range(3)))
    referent = fund.referent(organisation_id, places[:2], kind=kind)
    return Team(kind, organisation_id, places, referent, fund.user(organisation_id, places[1:], kind=kind))


@pytest.fixture
def team(fund: Givens) -> Team:
    return make_team(fund, PROVIDER)


@pytest.fixture
def member(fund: Givens) -> Team:
    return make_team(fund, MEMBER)


def test_a_save_leaves_what_its_author_cannot_see(story: Story, fund: Givens, team: Team):
    """O23: the form could not show the third establishment: it stays, and the second one goes."""
    first, second, third = team.places
    saved = happened(e.MembershipChanged, establishment_ids=(first, third))
    story.when(team.save(first), actor=team.referent).then(saved)
    saved = happened(e.MembershipChanged, establishment_ids=(second, third))
    story.when(team.save(second, third), actor=team.referent).then(saved)
    story.when(team.save(second)).then(happened(e.MembershipChanged, establishment_ids=(second,)))


def test_nobody_grants_an_establishment_that_they_do_not_hold(story: Story, fund: Givens, team: Team):
    """O25: neither another of the organisation's, nor another organisation's, nor one that does not exist."""
    first, second, third = team.places
    story.when(team.save(first)).then(e.MembershipChanged)
    for foreign in (third, fund.establishment(), uuid7()):
        story.when(team.save(second, foreign), actor=team.referent).then_refused(NotFound, field="establishment_ids")


subsets = st.sets(st.integers(0, 4)).map(frozenset)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(held=subsets.filter(bool), current=subsets.filter(bool), asked=subsets.filter(bool))
def test_whatever_is_asked_the_unseen_never_changes(story: Story, fund: Givens, held, current, asked):
    """O23, O25, against the simplest model: each establishment by itself."""
    organisation_id, n = fund.organisation(PROVIDER)
    places = [fund.establishment_of(organisation_id, n, nth=nth, bank=False) for nth in range(5)]
    author = fund.referent(organisation_id, [places[i] for i in held])
    user = fund.user(organisation_id, [places[i] for i in current])
    save = ChangeMembership(
        account_id=user,
        organisation_id=organisation_id,
        kind=PROVIDER,
        profile=USER,
        establishment_ids=frozenset(places[i] for i in asked),
    )
    told = story.when(save, actor=author)
    after = set(fund.state(Account, user).memberships[organisation_id, PROVIDER].establishment_ids)
    for i, place in enumerate(places):
        accepted = told.outcome is not None and i in held
        assert (place in after) == (i in (asked if accepted else current))
    assert after, "who sees nothing is ended, not emptied"
    assert (told.refusal is None) == (asked <= held | current)


ORDERS = (ChangeMembership, EndMembership, SuspendMembership, ResumeMembership, SetMenuRights)


def order_of(command: type[Command], team: Team, account_id: UUID) -> Command:
    more: dict[type[Command], dict[str, object]] = {
        ChangeMembership: {"profile": USER, "establishment_ids": {team.places[0]}},
        SetMenuRights: {"menus": {HR}},
    }
    return command(**team.about(account_id), **more.get(command, {}))


@pytest.mark.parametrize("command", ORDERS, ids=lambda command: command.__name__)
def test_another_organisations_users_are_as_absent_as_nobody(story: Story, fund: Givens, member: Team, command):
    """O25: a référent sees and changes her own organisation's alone, as what it is; the others of it nothing at all."""
    elsewhere = make_team(fund, MEMBER)
    for actor in (elsewhere.referent, elsewhere.user, member.user):
        story.when(order_of(command, member, member.user), actor=actor).then_refused(NotFound)
    for account_id in (elsewhere.user, uuid7()):
        story.when(order_of(command, member, account_id), actor=member.referent).then_refused(NotFound)
    auditor = fund.account(e.Role.ACCOUNTANT)
    story.when(order_of(command, member, member.user), actor=auditor).then_refused(Forbidden)
    story.when(order_of(command, member, elsewhere.user)).then_refused(errors.MembershipAbsent)


def test_a_referent_of_one_kind_manages_the_other_kinds_users_not(story: Story, fund: Givens):
    """One organisation may train and be a member: its two teams have nothing to do with each other."""
    organisation_id, n = fund.organisation(PROVIDER, MEMBER)
    place = fund.establishment_of(organisation_id, n)
    trainer = fund.referent(organisation_id, [place], kind=PROVIDER)
    company_user = fund.user(organisation_id, [place], kind=MEMBER)
    end = EndMembership(account_id=company_user, organisation_id=organisation_id, kind=MEMBER)
    story.when(end, actor=trainer).then_refused(NotFound)


@pytest.mark.parametrize("lost", ["suspended", "ended", "demoted", "disabled"])
def test_whoever_is_no_referent_any_more_manages_nobody(story: Story, fund: Givens, team: Team, lost: str):
    """O25: it ends the right at once."""
    fund.referent(team.organisation_id, team.places)
    demotion = ChangeMembership(**team.about(team.referent), profile=USER, establishment_ids=frozenset(team.places))
    story.given(
        {
            "suspended": SuspendMembership(**team.about(team.referent)),
            "ended": EndMembership(**team.about(team.referent)),
            "demoted": demotion,
            "disabled": DisableAccount(account_id=team.referent, on=DAY),
        }[lost]
    )
    refusal = Forbidden if lost == "disabled" else NotFound
    story.when(SuspendMembership(**team.about(team.user)), actor=team.referent).then_refused(refusal)


def test_a_user_is_deactivated_and_reactivated(story: Story, fund: Givens, team: Team):
    """O25: by the référent, in her organisation alone."""
    about = team.about(team.user)
    story.when(ResumeMembership(**about), actor=team.referent).then_refused(errors.MembershipNotSuspended)
    story.when(SuspendMembership(**about), actor=team.referent).then(e.MembershipSuspended)
    story.when(SuspendMembership(**about), actor=team.referent).then_refused(errors.MembershipAlreadySuspended)
    story.when(team.save(team.places[0]), actor=team.referent).then(e.MembershipChanged)
    held = fund.state(Account, team.user).memberships[team.organisation_id, PROVIDER]
    assert held.suspended, "what is saved of a deactivated user reactivates nobody"
    story.when(ResumeMembership(**about), actor=team.referent).then(e.MembershipResumed)
    assert not fund.state(Account, team.user).memberships[team.organisation_id, PROVIDER].suspended


def test_the_last_referent_stays_also_before_staff(story: Story, fund: Givens, team: Team):
    """O25. Staff name another one first; a whole account in wrong hands they disable at once all the same."""
    about = team.about(team.referent)
    demotion = ChangeMembership(**about, profile=USER, establishment_ids=frozenset(team.places[:2]))
    for order in (EndMembership(**about), SuspendMembership(**about), demotion):
        for actor in (None, team.referent):
            refusal = story.when(order, actor=actor).then_refused(errors.LastReferent)
            assert "dernier référent" in refusal.message
    story.when(team.save(*team.places, profile=REFERENT)).then(e.MembershipChanged, ReferentNamed)
    told = story.when(EndMembership(**about), actor=team.referent)
    told.then(e.MembershipEnded, happened(ReferentSteppedDown, account_id=team.referent, kind=PROVIDER))
    disable = DisableAccount(account_id=team.user, on=DAY)
    story.when(disable).then(e.AccountDisabled)


def test_a_disabled_referent_is_no_other_referent_until_enabled(story: Story, fund: Givens, team: Team):
    story.given(team.save(*team.places, profile=REFERENT), DisableAccount(account_id=team.user, on=DAY))
    end = EndMembership(**team.about(team.referent))
    story.when(end).then_refused(errors.LastReferent)
    story.given(EnableAccount(account_id=team.user, on=DAY))
    story.when(end).then(e.MembershipEnded, ReferentSteppedDown)


def test_a_deactivated_referent_counts_again_when_reactivated(story: Story, fund: Givens, team: Team):
    story.given(team.save(*team.places, profile=REFERENT))
    about = team.about(team.user)
    story.when(SuspendMembership(**about), actor=team.referent).then(e.MembershipSuspended, ReferentSteppedDown)
    story.when(EndMembership(**team.about(team.referent))).then_refused(errors.LastReferent)
    story.when(EndMembership(**about)).then(e.MembershipEnded)  # deactivated already: nobody steps down
    story.when(GrantMembership(**about, profile=REFERENT, establishment_ids={team.places[0]})).then(
        e.MembershipGranted, ReferentNamed
    )  # an employee from before
    kept = fund.state(Organisation, team.organisation_id).referents_as(PROVIDER)
    assert kept == {team.referent, team.user}


def test_memberships_are_granted_by_registrars_alone(story: Story, fund: Givens, team: Team):
    """A référent invites: she could tell by a grant whether an account exists."""
    stranger = fund.account(e.Role.PORTAL)
    grant = GrantMembership(**team.about(stranger), establishment_ids={team.places[0]})
    for actor in (team.referent, team.user, fund.account(e.Role.ACCOUNTANT)):
        story.when(grant, actor=actor).then_refused(Forbidden)
    story.when(grant, actor=fund.account(e.Role.CASE_MANAGER)).then(e.MembershipGranted, EmploymentBegan)


def test_an_employee_is_registered_to_be_picked(story: Story, fund: Givens, team: Team):
    """O21: « Sélection d'un salarié », and « + » for somebody who is not in the list. Nothing names them in clear."""
    register = RegisterEmployee(
        organisation_id=team.organisation_id,
        kind=PROVIDER,
        civility="Mme",
        last_name="Zébulonne",
        first_name="Ottilia",
        birth_date=DAY,
    )
    told = story.when(register, actor=team.referent)
    employed = happened(EmploymentBegan, organisation_id=team.organisation_id, kind="provider")
    person_id = told.then(PersonRegistered, employed).resource_id
    assert not [name for name in ("Zébulonne", "Ottilia", "2026-03-02") if name in str([e.data for e in told.events])]
    assert fund.state(Person, person_id).teams == {(team.organisation_id, "provider")}
    story.when(register, actor=team.user).then_refused(NotFound)
    story.when(register.model_copy(update={"kind": MEMBER})).then_refused(errors.OrganisationNotOfThatKind)


def test_menus_are_given_within_those_that_the_giver_holds(story: Story, fund: Givens, member: Team):
    """E15: « RH » and « comptable ». Whoever was given none in particular has them all."""

    def menus(*given: e.Menu) -> SetMenuRights:
        return SetMenuRights(**member.about(member.user), menus=frozenset(given))

    def held() -> frozenset[e.Menu] | None:
        return fund.state(Account, member.user).memberships[member.organisation_id, MEMBER].menus

    assert held() is None
    story.when(menus(ACCOUNTING), actor=member.referent).then(happened(e.MenuRightsSet, menus=(ACCOUNTING,)))
    story.when(menus(ACCOUNTING), actor=member.referent).then()
    story.given(SetMenuRights(**member.about(member.referent), menus=frozenset({HR})))
    story.when(menus(HR), actor=member.referent).then(happened(e.MenuRightsSet, menus=(ACCOUNTING, HR)))
    story.when(menus(), actor=member.referent).then(happened(e.MenuRightsSet, menus=(ACCOUNTING,)))
    story.given(menus())
    story.when(menus(ACCOUNTING), actor=member.referent).then_refused(errors.MenuNotHeld, field="menus")
    assert held() == frozenset()


def test_a_providers_user_has_no_menu_rights(story: Story, team: Team):
    order = SetMenuRights(**team.about(team.user), menus=frozenset({HR}))
    story.when(order, actor=team.referent).then_refused(Invalid, field="menus")


def test_a_referent_grants_no_menu_to_herself(story: Story, fund: Givens, member: Team):
    """O25: nobody grants a right they do not hold, not even to themselves."""
    story.given(SetMenuRights(**member.about(member.referent), menus=frozenset({HR})))
    widen = SetMenuRights(**member.about(member.referent), menus=frozenset({HR, ACCOUNTING}))
    story.when(widen, actor=member.referent).then_refused(errors.MenuNotHeld)
    places = ChangeMembership(
        **member.about(member.referent), profile=REFERENT, establishment_ids=frozenset(member.places)
    )
    story.when(places, actor=member.referent).then_refused(NotFound, field="establishment_ids")
