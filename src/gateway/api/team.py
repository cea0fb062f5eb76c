"""A team: who sees one organisation, as provider or as member, and whom its référent may pick (rows O20 to O25, E15).

A référent is shown her own team alone, and of its users the establishments that she holds herself: not even how many
others there are. Another's team is as absent as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.authentication import action_of
from gateway.api.bodies import json_object, parse
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
from gateway.api.described import body
from gateway.api.orders import Orders, refuse_parameters
from gateway.api.params import PageParams, Params, Text
from gateway.api.problems import not_found
from gateway.api.reading import Call, Calling, Reading
from gateway.api.shapes import Items, Listed, paging
from gateway.audiences import Scope
from gateway.mail.links import HOURS
from gateway.rights import right_of
from ledger.account.commands import RegisterEmployee
from ledger.kit.identifiers import Email
from ledger.organisation.events import OrganisationKind
from projections.account import teams
from projections.account.queries import memberships
from projections.account.team import team_of
from projections.account.teams import Employee, TeamEstablishment, TeamUser
from projections.establishment.organisations import organisation

router: Final = APIRouter(prefix="/v1/teams/{organisation_id}/{kind}", tags=["teams"])
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
        found = await memberships(reading.connection, self.call.caller.account_id)
        mine = (each for each in found if team_of(each.organisation_id, each.kind) == self.key and not each.suspended)
        return frozenset(establishment_id for each in mine for establishment_id in each.establishment_ids)


async def team_in_path(request: Request, call: Calling, organisation_id: UUID, kind: str) -> Team:
    """Not found for whoever does not manage it, and for what is no kind."""
    if kind not in set(OrganisationKind):
        raise not_found()
    team = Team(call, organisation_id, OrganisationKind(kind))
    if right_of(call.caller, action_of(request)) is Scope.FUND:
        await _check_kind(team)
    elif team.key not in call.caller.managed:
        raise not_found()
    return team


async def _check_kind(team: Team) -> None:
    """A registrar manages every team there is: an organisation that is not of the kind has none."""
    async with team.call.reading("establishment") as reading:
        found = await organisation(reading.connection, team.call.reader, team.organisation_id)
    if not (found.is_provider if team.kind is OrganisationKind.PROVIDER else found.is_member):
        raise not_found()


InTeam = Annotated[Team, Depends(team_in_path)]


@router.get(
    "/users",
    operation_id="list_team_users",
    summary="Gérer les utilisateurs",
    response_model=Items[TeamUserShown],
)
async def list_team_users(team: InTeam, params: Annotated[UserParams, Query()]) -> Response:
    return await _list(team, TeamUserSearch(**params.model_dump()))


@router.post(
    "/users/search",
    operation_id="search_team_users",
    summary="Chercher des utilisateurs par leur nom ou leur adresse",
    response_model=Items[TeamUserShown],
    openapi_extra=body(TeamUserSearch, {"name": "exemple", "state": "active"}),
)
async def search_team_users(team: InTeam, request: Request) -> Response:
    refuse_parameters(request)
    asked = parse(TeamUserSearch, await json_object(request))
    return await _list(team, asked)


@router.get(
    "/users/{user_id}",
    operation_id="get_team_user",
    summary="Un utilisateur",
    response_model=TeamUserShown,
)
async def get_team_user(team: InTeam, user_id: UUID, params: Annotated[Params, Query()]) -> Response:
    async with team.call.reading("account", "person", at_least=params.min_position) as reading:
        found = await teams.team_user(reading.connection, team.key, user_id)
        held = await team.held(reading)
    if found is None:
        raise not_found()
    [shown] = await _shown(team.call, [found], held)
    return team.call.detail(shown, reading.position, version=None)


@router.get(
    "/employees",
    operation_id="list_team_employees",
    summary="Sélection d'un salarié",
    response_model=Listed[EmployeeShown],
)
async def list_team_employees(team: InTeam, params: Annotated[PageParams, Query()]) -> Response:
    async with team.call.reading("account", "person", at_least=params.min_position) as reading:
        page = await teams.employees(reading.connection, team.key, params.cursor, params.limit)
    shown = Listed[EmployeeShown](items=await _employees(team.call, page.items), **paging(page))
    return team.call.answer(shown, reading.position)


@router.get(
    "/establishments",
    operation_id="list_team_establishments",
    summary="Établissements à affecter",
    response_model=Items[GridLine],
)
async def list_team_establishments(team: InTeam, params: Annotated[GridParams, Query()]) -> Response:
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
    return team.call.answer(Items(items=await _grid(team.call, wanted, ticked)), reading.position)


async def _list(team: Team, asked: TeamUserSearch) -> Response:
    """Whole: an organisation's users are few, and an address can only be found by opening each."""
    async with team.call.reading("account", "person", at_least=asked.min_position) as reading:
        found = await teams.team_users(reading.connection, team.key, name=asked.name)
        held = await team.held(reading)
    shown = await _shown(team.call, found, held)
    kept = [user for user in shown if asked.state in {None, user.state.code} and asked.email in {None, user.email}]
    return team.call.answer(Items(items=kept), reading.position)


async def _shown(call: Call, users: Sequence[TeamUser], held: frozenset[UUID] | None) -> list[TeamUserShown]:
    clear = await call.opened([sealed for user in users for sealed in (user.civility_sealed, user.email_sealed)])
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
        for user, civility, email in zip(users, clear[::2], clear[1::2], strict=True)
    ]


def _state(user: TeamUser, now: datetime) -> State:
    """An invitation is over with its link, a day after it was sent."""
    if user.state == INVITED and user.invited_at is not None:
        return EXPIRED if (now - user.invited_at).total_seconds() > HOURS * 3600 else INVITED
    return SUSPENDED if user.state == SUSPENDED else ACTIVE


async def _employees(call: Call, rows: Sequence[Employee]) -> list[EmployeeShown]:
    clear = await call.opened([sealed for row in rows for sealed in (row.civility_sealed, row.birth_date_sealed)])
    return [
        EmployeeShown(
            person_id=row.person_id,
            civility=civility,
            last_name=row.last_name,
            first_name=row.first_name,
            birth_date=_day(born),
            user_id=row.user_id,
        )
        for row, civility, born in zip(rows, clear[::2], clear[1::2], strict=True)
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


orders: Final = Orders("teams")
orders.post(
    "/teams/{organisation_id}/{kind}/employees",
    RegisterEmployee,
    "Ajouter un salarié",
    example={"civility": "Madame", "last_name": "Exemple", "first_name": "Ariane", "birth_date": "1990-04-12"},
    location="/v1/teams/{organisation_id}/{kind}/employees",
)
