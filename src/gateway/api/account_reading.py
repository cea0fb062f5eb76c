"""One account with its memberships, for those who manage accounts. The e-mail is shown to nobody here."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.codes import ROLE_LABELS, Coded, coded
from gateway.api.me import MembershipShown, membership_shown
from gateway.api.params import Params
from gateway.api.problems import not_found
from gateway.api.reading import Calling
from projections.account import queries

router: Final = APIRouter(prefix="/v1/accounts", tags=["accounts"])


class AccountShown(BaseModel):
    """`ends_on` is the last day of an auditor's mandate."""

    account_id: UUID
    person_id: UUID
    role: Coded
    disabled: bool
    ends_on: date | None
    memberships: list[MembershipShown]


@router.get("/{account_id}", operation_id="get_account", summary="Un compte", response_model=AccountShown)
async def get_account(call: Calling, account_id: UUID, params: Annotated[Params, Query()]) -> Response:
    async with call.reading("account", at_least=params.min_position) as reading:
        found = await queries.account(reading.connection, account_id)
        held = await queries.memberships(reading.connection, account_id)
    if found is None:
        raise not_found()
    shown = AccountShown(
        account_id=found.account_id,
        person_id=found.person_id,
        role=coded(found.role, ROLE_LABELS),
        disabled=found.disabled,
        ends_on=found.ends_on,
        memberships=[membership_shown(each) for each in held],
    )
    return call.answer(shown, reading.position)
