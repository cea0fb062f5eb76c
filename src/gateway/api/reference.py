"""What a frontend needs before anything else: who is calling, and the lists of codes with their labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.codes import CATEGORY_LABELS, PROFILE_LABELS, ROLE_LABELS, SCHEME_LABELS, Coded, coded
from gateway.api.params import Params
from gateway.api.reading import Call, Calling
from gateway.api.shapes import Items
from gateway.rights import RIGHTS, may
from ledger.account.events import Role
from projections.account.queries import Membership, memberships

router: Final = APIRouter(prefix="/v1", tags=["reference"])


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


@router.get("/me", operation_id="get_me", summary="Qui suis-je", response_model=Me)
async def get_me(call: Calling, params: Annotated[Params, Query()]) -> Response:
    async with call.reading("account", at_least=params.min_position) as reading:
        held = await memberships(reading.connection, call.caller.account_id)
    shown = Me(
        account_id=call.caller.account_id,
        person_id=call.caller.person_id,
        role=coded(call.caller.role, ROLE_LABELS),
        memberships=[membership_shown(each) for each in held],
        actions=_actions(call.caller.role),
    )
    return call.answer(shown, reading.position)


def membership_shown(held: Membership) -> MembershipShown:
    return MembershipShown(
        organisation_id=held.organisation_id,
        kind=held.kind,
        profile=coded(held.profile, PROFILE_LABELS),
        establishment_ids=list(held.establishment_ids),
    )


@router.get("/schemes", operation_id="list_schemes", summary="Dispositifs", response_model=Items[Coded])
async def list_schemes(call: Calling, params: Annotated[Params, Query()]) -> Response:
    return await _codes(call, params, SCHEME_LABELS)


@router.get(
    "/document-categories",
    operation_id="list_document_categories",
    summary="Catégories de documents",
    response_model=Items[Coded],
)
async def list_document_categories(call: Calling, params: Annotated[Params, Query()]) -> Response:
    return await _codes(call, params, CATEGORY_LABELS)


async def _codes(call: Call, params: Params, labels: Mapping[str, str]) -> Response:
    """They are the same at every position; the answer says which is visible, as every answer does."""
    items = [Coded(code=code, label=label) for code, label in labels.items()]
    async with call.reading("account", at_least=params.min_position) as reading:
        pass
    return call.answer(Items(items=items), reading.position)


def _actions(role: Role) -> list[str]:
    return sorted(action for action in RIGHTS if may(role, action))
