"""Référents who go at the same instant: whatever they order, one who can manage the users stays (row O25)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from ledger.account import errors
from ledger.account.aggregate import Account
from ledger.account.commands import (
    ChangeMembership,
    DisableAccount,
    EndMembership,
    SuspendMembership,
)
from ledger.account.events import Profile
from ledger.application import Order, Outcome
from ledger.kit.command import Command
from ledger.kit.errors import NotFound, Refusal
from ledger.kit.keyring import Keyring
from ledger.log.database import Database
from ledger.organisation.aggregate import Organisation
from ledger.organisation.events import OrganisationKind
from support.givens import DAY, Givens
from support.meeting import at_once

KIND = OrganisationKind.PROVIDER


@dataclass
class Team:
    fund: Givens
    url: str
    keyring: Keyring
    organisation_id: UUID
    place: UUID
    referents: list[UUID]

    def about(self, account_id: UUID) -> dict[str, object]:
        return {"account_id": account_id, "organisation_id": self.organisation_id, "kind": KIND}

    def meet(self, *orders: tuple[Command, UUID | None]) -> list[Outcome | Refusal]:
        return at_once(self.url, self.keyring, orders)

    def remaining(self) -> set[UUID]:
        """Who can still manage the users, by the accounts themselves."""
        key = (self.organisation_id, KIND)
        return {each for each in self.referents if self.fund.state(Account, each).is_referent(key)}

    def kept(self) -> frozenset[UUID]:
        return self.fund.state(Organisation, self.organisation_id).referents_as(KIND)


@pytest.fixture
def team(fund: Givens, shared_database: Database, shared_keyring: Keyring) -> Team:
    organisation_id, n = fund.organisation(KIND)
    place = fund.establishment_of(organisation_id, n)
    referents = [fund.referent(organisation_id, [place]) for _ in range(2)]
    return Team(fund, shared_database.url, shared_keyring, organisation_id, place, referents)


def removal(command: type[Command], team: Team, account_id: UUID) -> Command:
    demotion = {"profile": Profile.USER, "establishment_ids": {team.place}} if command is ChangeMembership else {}
    return command(**team.about(account_id), **demotion)


REMOVALS = (EndMembership, SuspendMembership, ChangeMembership)


@pytest.mark.parametrize("first", REMOVALS, ids=lambda command: command.__name__)
@pytest.mark.parametrize("second", REMOVALS, ids=lambda command: command.__name__)
def test_two_referents_who_remove_each_other_at_once_leave_one(team: Team, first, second):
    """By ending, suspending or demoting: whoever comes second is no référent any more, and sees nothing there."""
    one, two = team.referents
    told = team.meet((removal(first, team, two), one), (removal(second, team, one), two))
    assert isinstance(told[0], Outcome)
    assert type(told[1]) is NotFound
    assert team.remaining() == {one} == team.kept()


@pytest.mark.parametrize("command", REMOVALS, ids=lambda command: command.__name__)
def test_two_who_step_down_at_once_leave_one(team: Team, command):
    """Neither touches the other's account: they meet on the organisation alone."""
    one, two = team.referents
    told = team.meet((removal(command, team, one), one), (removal(command, team, two), two))
    assert isinstance(told[0], Outcome)
    assert type(told[1]) is errors.LastReferent
    assert team.remaining() == {two} == team.kept()


def test_staff_and_a_referent_who_remove_one_each_at_once_leave_one(team: Team):
    one, two = team.referents
    told = team.meet((EndMembership(**team.about(one)), None), (SuspendMembership(**team.about(two)), two))
    assert [type(each) for each in told] == [Outcome, errors.LastReferent]
    assert team.remaining() == {two}


def test_three_who_remove_one_another_in_a_ring_leave_one_at_least(team: Team):
    team.referents.append(team.fund.referent(team.organisation_id, [team.place]))
    one, two, three = team.referents
    told = team.meet(
        (EndMembership(**team.about(two)), one),
        (EndMembership(**team.about(three)), two),
        (EndMembership(**team.about(one)), three),
    )
    assert [type(each) for each in told] == [Outcome, NotFound, Outcome]
    assert team.remaining() == {three} == team.kept()


def test_one_who_is_disabled_at_that_moment_is_no_other_referent(team: Team):
    """Staff may disable any account at once; then the one who would have stepped down has to stay."""
    one, two = team.referents
    told = team.meet((DisableAccount(account_id=one, on=DAY), None), (EndMembership(**team.about(two)), two))
    assert [type(each) for each in told] == [Outcome, errors.LastReferent]
    assert team.remaining() == {two}


def test_whoever_is_removed_at_that_moment_gives_nothing_any_more(team: Team):
    """The giver's own right is guarded: an order that was decided on it is decided again."""
    one, two = team.referents
    user = team.fund.user(team.organisation_id, [team.place])
    told = team.meet((EndMembership(**team.about(one)), two), (SuspendMembership(**team.about(user)), one))
    assert [type(each) for each in told] == [Outcome, NotFound]
    assert team.kept() == {two}


def test_two_who_come_at_once_are_both_kept(team: Team):
    one, _ = team.referents
    users = [team.fund.user(team.organisation_id, [team.place]) for _ in range(2)]
    promotions = [
        ChangeMembership(**team.about(user), profile=Profile.REFERENT, establishment_ids={team.place}) for user in users
    ]
    told = team.meet((promotions[0], one), (promotions[1], None))
    assert [type(each) for each in told] == [Outcome, Outcome]
    assert team.kept() == {*team.referents, *users}


def test_two_removed_in_one_append_leave_one(team: Team):
    """Orders that are written together see one another: the second is decided on what the first did."""
    orders = [Order(EndMembership(**team.about(each))) for each in team.referents]
    told = team.fund.ledger.execute_many(orders, actor=None)
    assert [type(each) for each in told] == [Outcome, errors.LastReferent]
    assert team.remaining() == {team.referents[1]} == team.kept()
