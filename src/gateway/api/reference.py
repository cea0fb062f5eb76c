"""What a frontend needs before anything else: who is calling, and the lists of codes with their labels."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.codes import CATEGORY_LABELS, PROFILE_LABELS, ROLE_LABELS, Coded
from gateway.api.params import Params
from gateway.api.reading import Calling
from gateway.rights import RIGHTS
from ledger.account.events import Role
from ledger.dossier.scheme import Scheme

router: Final = APIRouter(prefix="/v1", tags=["reference"])

_MEMBERSHIPS: Final = (
    "select organisation_id, kind, profile, establishment_ids from read.membership "
    "where account_id = %s order by organisation_id, kind"
)


class MembershipShown(BaseModel):
    organisation_id: UUID
    kind: str
    profile: Coded
    establishment_ids: list[UUID]


class Me(BaseModel):
    """The caller: `actions` are the operationIds that its role has."""

    account_id: UUID
    person_id: UUID
    role: Coded
    memberships: list[MembershipShown]
    actions: list[str]


class Codes(BaseModel):
    items: list[Coded]


@router.get("/me", operation_id="get_me", summary="Qui suis-je", response_model=Me)
async def get_me(call: Calling, params: Annotated[Params, Query()]) -> Response:
    async with call.reading("account", at_least=params.min_position) as reading:
        cursor = await reading.connection.execute(_MEMBERSHIPS, (call.caller.account_id,))
        rows = await cursor.fetchall()
    shown = Me(
        account_id=call.caller.account_id,
        person_id=call.caller.person_id,
        role=Coded(code=call.caller.role, label=ROLE_LABELS[call.caller.role]),
        memberships=[
            MembershipShown(**{**row, "profile": Coded(code=row["profile"], label=PROFILE_LABELS[row["profile"]])})
            for row in rows
        ],
        actions=_actions(call.caller.role),
    )
    return call.answer(shown, reading.position)


@router.get("/schemes", operation_id="list_schemes", summary="Dispositifs", response_model=Codes)
async def list_schemes(call: Calling, params: Annotated[Params, Query()]) -> Response:
    return await _codes(call, params, [Coded(code=scheme, label=scheme.label) for scheme in Scheme])


@router.get(
    "/document-categories",
    operation_id="list_document_categories",
    summary="Catégories de documents",
    response_model=Codes,
)
async def list_document_categories(call: Calling, params: Annotated[Params, Query()]) -> Response:
    return await _codes(call, params, [Coded(code=code, label=label) for code, label in CATEGORY_LABELS.items()])


async def _codes(call: Calling, params: Params, items: list[Coded]) -> Response:
    async with call.reading("account", at_least=params.min_position) as reading:
        return call.answer(Codes(items=items), reading.position)


def _actions(role: Role) -> list[str]:
    return sorted(action for action, roles in RIGHTS.items() if role in roles)
