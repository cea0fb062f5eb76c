"""A team, as programs have it: its users, those whom its référent may pick, the grid of establishments (rows O20 to
O25, E15). What is shown of it, and to whom, is in `team_reading`.
"""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gateway.api.bodies import json_object, parse
from gateway.api.described import body
from gateway.api.orders import Orders, refuse_parameters
from gateway.api.params import PageParams, Params
from gateway.api.shapes import Items, Listed
from gateway.api.team_reading import (
    EmployeeShown,
    GridLine,
    GridParams,
    InTeam,
    TeamUserSearch,
    TeamUserShown,
    UserParams,
    read_employees,
    read_grid,
    read_team_user,
    read_team_users,
)
from ledger.account.commands import RegisterEmployee

router: Final = APIRouter(prefix="/v1/teams/{organisation_id}/{kind}", tags=["teams"])


@router.get(
    "/users",
    operation_id="list_team_users",
    summary="Gérer les utilisateurs",
    response_model=Items[TeamUserShown],
)
async def list_team_users(team: InTeam, params: Annotated[UserParams, Query()]) -> Response:
    read = await read_team_users(team, TeamUserSearch(**params.model_dump()))
    return team.call.answer(read.shown, read.position)


@router.post(
    "/users/search",
    operation_id="search_team_users",
    summary="Chercher des utilisateurs par leur nom ou leur adresse",
    response_model=Items[TeamUserShown],
    openapi_extra=body(TeamUserSearch, {"name": "exemple", "state": "active"}),
)
async def search_team_users(team: InTeam, request: Request) -> Response:
    refuse_parameters(request)
    read = await read_team_users(team, parse(TeamUserSearch, await json_object(request)))
    return team.call.answer(read.shown, read.position)


@router.get(
    "/users/{user_id}",
    operation_id="get_team_user",
    summary="Un utilisateur",
    response_model=TeamUserShown,
)
async def get_team_user(team: InTeam, user_id: UUID, params: Annotated[Params, Query()]) -> Response:
    read = await read_team_user(team, user_id, params)
    return team.call.detail(read.shown, read.position, version=None)


@router.get(
    "/employees",
    operation_id="list_team_employees",
    summary="Sélection d'un salarié",
    response_model=Listed[EmployeeShown],
)
async def list_team_employees(team: InTeam, params: Annotated[PageParams, Query()]) -> Response:
    read = await read_employees(team, params)
    return team.call.answer(read.shown, read.position)


@router.get(
    "/establishments",
    operation_id="list_team_establishments",
    summary="Établissements à affecter",
    response_model=Items[GridLine],
)
async def list_team_establishments(team: InTeam, params: Annotated[GridParams, Query()]) -> Response:
    read = await read_grid(team, params)
    return team.call.answer(read.shown, read.position)


orders: Final = Orders("teams")
orders.post(
    "/teams/{organisation_id}/{kind}/employees",
    RegisterEmployee,
    "Ajouter un salarié",
    example={"civility": "Madame", "last_name": "Exemple", "first_name": "Ariane", "birth_date": "1990-04-12"},
    location="/v1/teams/{organisation_id}/{kind}/employees",
)
