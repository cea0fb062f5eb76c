"""What is asked of a team: who sees one organisation, as provider or as member, and whom its référent may pick (rows
O20 to O25, E15).

A référent is shown her own team alone, and of its users the establishments that she holds herself: not even how many
others there are. Another's team is as absent as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from gateway.api.authentication import action_of
from gateway.api.belonging import Belonging, read_belongings
from gateway.api.codes import (
    ACTIVE,
    EXPIRED,
    INVITED,
    MENU_LABELS,
    PROFILE_LABELS,
    SUSPENDED,
    USER_STATE_LABELS,
    Coded,
    coded,
)
from gateway.api.params import PageParams, Params, Text
from gateway.api.problems import not_found
from gateway.api.reading import Call, Calling, Read, Reading
from gateway.api.shapes import Items, Listed, paging
from gateway.audiences import Scope
from gateway.mail.links import HOURS
from gateway.rights import right_of
from ledger.account.events import Menu
from ledger.kit.identifiers import Email
from ledger.organisation.events import OrganisationKind
from projections.account import teams
from projections.account.queries import Membership, memberships
from projections.account.team import team_of
from projections.account.teams import Employee, TeamEstablishment, TeamUser
from projections.establishment.organisations import organisation

State = Literal["active", "suspended", "invited", "expired"]


class UserParams(Params):
    """`state`: « Actif », « Inactif », « Invitation envoyée », « Invitation expirée »."""

    state: State | None = None


class TeamUserSearch(UserParams):
    """`name` is the beginning of words of the name; `email` the whole address, in any case."""

    name: Text | None = None
    email: Email | None = None


class GridParams(Params):
    """`user_id` is whose boxes are ticked; `all` lists the others too (« Voir tous »)."""

    user_id: UUID | None = None
    all: bool = False


class TeamUserShown(BaseModel):
    """A user, or somebody invited: `user_id` is the account's id or, while it is open, the invitation's. `menus` is
    null for all of them. An erased value is null or « effacé ».
    """

    user_id: UUID
    account_id: UUID | None
    invitation_id: UUID | None
    person_id: UUID
    civility: str | None
    last_name: str | None
    first_name: str | None
    email: str | None
    profile: Coded
    state: Coded
    invited_at: datetime | None
    establishment_ids: list[UUID]
    menus: list[Coded] | None


class EmployeeShown(BaseModel):
    """Somebody to pick (row O21). `user_id` is set where the team has them as a user, or has invited them, already."""

    person_id: UUID
    civility: str | None
    last_name: str | None
    first_name: str | None
    birth_date: date | None
    user_id: UUID | None


class GridLine(BaseModel):
    """A line of the grid of row O23. `assigned` is « Affecté »."""

    establishment_id: UUID
    assigned: bool
    siret: str
    name: str | None
    trade_name: str | None
    street: str | None
    postcode: str
    town: str


@dataclass(frozen=True)
class Team:
    """The team of the path, which the caller manages. `held` is None for a registrar, who holds all."""

    call: Call
    organisation_id: UUID
    kind: OrganisationKind

    @property
    def key(self) -> str:
        return team_of(self.organisation_id, self.kind)

    async def held(self, reading: Reading) -> frozenset[UUID] | None:
        """The establishments that the caller may see ticked, and tick."""
        if self.key not in self.call.caller.managed:
            return None
        mine = await self._own(reading)
        return frozenset(establishment_id for each in mine for establishment_id in each.establishment_ids)

    async def menus(self, reading: Reading) -> frozenset[str]:
        """The entries of a member's menu that the caller may give (row E15)."""
        if self.key not in self.call.caller.managed:
            return frozenset(Menu)
        return frozenset(menu for each in await self._own(reading) for menu in _menus_of(each))

    async def _own(self, reading: Reading) -> list[Membership]:
        found = await memberships(reading.connection, self.call.caller.account_id)
        return [each for each in found if team_of(each.organisation_id, each.kind) == self.key and not each.suspended]


def _menus_of(held: Membership) -> tuple[str, ...]:
    return tuple(Menu) if held.menus is None else held.menus


async def team_in_path(call: Calling, organisation_id: UUID, kind: str) -> Team:
    """As `managed_team`, of an address that says the kind."""
    return await managed_team(call, organisation_id, kind)


async def managed_team(call: Call, organisation_id: UUID, kind: str) -> Team:
    """Not found for whoever does not manage it, and for what is no kind."""
    if kind not in set(OrganisationKind):
        raise not_found()
    team = Team(call, organisation_id, OrganisationKind(kind))
    if right_of(call.caller, action_of(call.request)) is Scope.FUND:
        await _check_kind(team)
    elif team.key not in call.caller.managed:
        raise not_found()
    return team


async def read_managed(call: Call, kind: str) -> list[Belonging]:
    """The caller's own teams of this kind, by name: none for a registrar, who manages all there are."""
    held = (await read_belongings(call)).shown
    mine = [each for each in held if team_of(each.organisation_id, each.kind.code) in call.caller.managed]
    return [each for each in mine if each.kind.code == kind]


async def _check_kind(team: Team) -> None:
    """A registrar manages every team there is: an organisation that is not of the kind has none."""
    async with team.call.reading("establishment") as reading:
        found = await organisation(reading.connection, team.call.reader, team.organisation_id)
    if not (found.is_provider if team.kind is OrganisationKind.PROVIDER else found.is_member):
        raise not_found()


InTeam = Annotated[Team, Depends(team_in_path)]


async def read_team_users(team: Team, asked: TeamUserSearch) -> Read[Items[TeamUserShown]]:
    """Whole: an organisation's users are few, and an address can only be found by opening each. Invalid: `name`."""
    async with team.call.reading("account", "person", at_least=asked.min_position) as reading:
        found = await teams.team_users(reading.connection, team.key, name=asked.name)
        held = await team.held(reading)
    shown = await _shown(team.call, found, held)
    kept = [user for user in shown if asked.state in {None, user.state.code} and asked.email in {None, user.email}]
    return Read(Items(items=kept), reading.position)


async def read_team_user(team: Team, user_id: UUID, params: Params) -> Read[TeamUserShown]:
    """One of them, or an open invitation. Refused: not-found."""
    async with team.call.reading("account", "person", at_least=params.min_position) as reading:
        found = await teams.team_user(reading.connection, team.key, user_id)
        held = await team.held(reading)
    if found is None:
        raise not_found()
    [shown] = await _shown(team.call, [found], held)
    return Read(shown, reading.position)


async def read_employees(team: Team, params: PageParams) -> Read[Listed[EmployeeShown]]:
    """« Sélection d'un salarié ». Invalid: `cursor`."""
    async with team.call.reading("account", "person", at_least=params.min_position) as reading:
        page = await teams.employees(reading.connection, team.key, params.cursor, params.limit)
    shown = Listed[EmployeeShown](items=await _employees(team.call, page.items), **paging(page))
    return Read(shown, reading.position)


async def read_employee(team: Team, person_id: UUID) -> Read[EmployeeShown]:
    """Somebody to pick. Refused: not-found."""
    async with team.call.reading("account", "person") as reading:
        found = await teams.employee(reading.connection, team.key, person_id)
    if found is None:
        raise not_found()
    [shown] = await _employees(team.call, [found])
    return Read(shown, reading.position)


async def read_grid(team: Team, params: GridParams) -> Read[Items[GridLine]]:
    """The grid of row O23: of a user the ticked lines, or all that the caller holds. Refused: not-found."""
    async with team.call.reading("account", "establishment", at_least=params.min_position) as reading:
        held = await team.held(reading)
        found = await teams.establishments_of(reading.connection, team.organisation_id)
        user = await teams.team_user(reading.connection, team.key, params.user_id) if params.user_id else None
    if params.user_id and user is None:
        raise not_found()
    ticked = frozenset(user.establishment_ids) if user else frozenset()
    wanted = [
        each
        for each in found
        if (held is None or each.establishment_id in held)
        and (user is None or params.all or each.establishment_id in ticked)
    ]
    return Read(Items(items=await _grid(team.call, wanted, ticked)), reading.position)


async def read_menus(team: Team) -> list[Coded]:
    """The entries of a member's menu that the caller may give to users of the team (row E15)."""
    if team.kind is not OrganisationKind.MEMBER:
        return []
    async with team.call.reading("account") as reading:
        held = await team.menus(reading)
    return [coded(menu, MENU_LABELS) for menu in sorted(held)]


async def _shown(call: Call, users: Sequence[TeamUser], held: frozenset[UUID] | None) -> list[TeamUserShown]:
    clear = await call.opened_pairs((user.civility_sealed, user.email_sealed) for user in users)
    return [
        TeamUserShown(
            user_id=user.user_id,
            account_id=user.account_id,
            invitation_id=user.invitation_id,
            person_id=user.person_id,
            civility=civility,
            last_name=user.last_name,
            first_name=user.first_name,
            email=email,
            profile=coded(user.profile, PROFILE_LABELS),
            state=coded(_state(user, call.caller.at), USER_STATE_LABELS),
            invited_at=user.invited_at,
            establishment_ids=[each for each in user.establishment_ids if held is None or each in held],
            menus=None if user.menus is None else [coded(menu, MENU_LABELS) for menu in sorted(user.menus)],
        )
        for user, (civility, email) in zip(users, clear, strict=True)
    ]


def _state(user: TeamUser, now: datetime) -> State:
    """An invitation is over with its link, a day after it was sent."""
    if user.state == INVITED and user.invited_at is not None:
        return EXPIRED if (now - user.invited_at).total_seconds() > HOURS * 3600 else INVITED
    return SUSPENDED if user.state == SUSPENDED else ACTIVE


async def _employees(call: Call, rows: Sequence[Employee]) -> list[EmployeeShown]:
    clear = await call.opened_pairs((row.civility_sealed, row.birth_date_sealed) for row in rows)
    return [
        EmployeeShown(
            person_id=row.person_id,
            civility=civility,
            last_name=row.last_name,
            first_name=row.first_name,
            birth_date=_day(born),
            user_id=row.user_id,
        )
        for row, (civility, born) in zip(rows, clear, strict=True)
    ]


def _day(text: str | None) -> date | None:
    """None where it is not known, or erased."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None


async def _grid(call: Call, rows: Sequence[TeamEstablishment], ticked: frozenset[UUID]) -> list[GridLine]:
    streets = await call.opened([row.street_sealed for row in rows])
    return [
        GridLine(
            establishment_id=row.establishment_id,
            assigned=row.establishment_id in ticked,
            siret=row.siret,
            name=row.name,
            trade_name=row.trade_name,
            street=street,
            postcode=row.postcode,
            town=row.town,
        )
        for row, street in zip(rows, streets, strict=True)
    ]
