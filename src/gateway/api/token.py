"""Tokens for programs, made and ended by the person whose account they act as.

What is made here cannot do what asks a person for a fresh proof, and lives for 90 days at most: whoever steals such a
token changes no right and makes no other token. For more there is the command line.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.api.authentication import Authenticated
from gateway.api.bodies import json_object, parse
from gateway.api.client import facts
from gateway.api.described import body
from gateway.api.orders import path_ids, refuse_parameters
from gateway.api.params import Params
from gateway.api.problems import not_found, of_refusal
from gateway.api.reading import JSON, Calling
from gateway.api.shapes import Items
from gateway.audiences import Scope
from gateway.auth.caller import Caller
from gateway.auth.tokens import Token
from gateway.journal.journal import note
from gateway.rights import right_of
from gateway.service import Service
from ledger.kit.errors import Forbidden, NotFound

router: Final = APIRouter(prefix="/v1", tags=["tokens"])
MAX_DAYS: Final = 90
_NO_STORE: Final = {"Cache-Control": "no-store"}


class TokenShown(BaseModel):
    """A token without its secret. `grave`: it may do what asks a person for a fresh proof."""

    token_id: UUID
    account_id: UUID
    label: str
    grave: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class TokenMade(BaseModel):
    """`secret` is shown now and never again."""

    secret: str
    token: TokenShown


class CreateToken(BaseModel):
    """`label` says what the token is for: it is no place for a person's name."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    label: str = Field(min_length=1, max_length=100)
    days: int = Field(default=MAX_DAYS, ge=1, le=MAX_DAYS)


class TokenParams(Params):
    account_id: UUID | None = Field(default=None, description="Ceux de ce compte ; les siens, pour qui n'exploite pas.")


@router.get("/tokens", operation_id="list_tokens", summary="Jetons d'accès", response_model=Items[TokenShown])
async def list_tokens(call: Calling, params: Annotated[TokenParams, Query()]) -> Response:
    """One's own; an operator's list is of everybody's. Another's looks as if it were not there."""
    own = _own(call.caller, "list_tokens")
    if own is not None and params.account_id not in {None, own}:
        return _shown(Items[TokenShown](items=[]))
    found = await run_in_threadpool(partial(call.service.tokens.all, account_id=own or params.account_id))
    return _shown(Items[TokenShown](items=[_token(each) for each in found]))


@router.post(
    "/tokens",
    operation_id="create_token",
    summary="Créer un jeton d'accès",
    status_code=201,
    response_model=TokenMade,
    openapi_extra=body(CreateToken, {"label": "Export comptable", "days": 30}),
)
async def create_token(request: Request, caller: Authenticated) -> Response:
    """For oneself, whoever one is: nobody takes another's identity by the API."""
    # What ends with its session would make something that outlives it.
    if caller.via == "frontend":
        raise of_refusal(Forbidden())
    service: Service = request.app.state.service
    refuse_parameters(request)
    asked = parse(CreateToken, await json_object(request))
    create = partial(service.tokens.create, caller.account_id, label=asked.label, days=asked.days, grave=False)
    secret, token = await run_in_threadpool(create)
    await note(
        service,
        "token",
        "created",
        account_id=token.account_id,
        actor_id=caller.account_id,
        target_id=token.token_id,
        request=facts(request),
    )
    return _shown(TokenMade(secret=secret, token=_token(token)), status=201)


@router.post(
    "/tokens/{token_id}/revocation",
    operation_id="revoke_token",
    summary="Révoquer un jeton d'accès",
    response_model=TokenShown,
)
async def revoke_token(request: Request, caller: Authenticated, token_id: UUID) -> Response:
    """At once, and for good. Revoked twice is revoked once."""
    service: Service = request.app.state.service
    refuse_parameters(request)
    path_ids(request)
    revoke = partial(service.tokens.revoke, token_id, account_id=_own(caller, "revoke_token"))
    try:
        token = await run_in_threadpool(revoke)
    except NotFound:
        raise not_found() from None  # the address names it, not the body
    await note(
        service,
        "token",
        "revoked",
        account_id=token.account_id,
        actor_id=caller.account_id,
        target_id=token_id,
        request=facts(request),
    )
    return _shown(_token(token))


def _own(caller: Caller, action: str) -> UUID | None:
    """The account whose tokens alone the caller has; None for the whole fund's."""
    return None if right_of(caller, action) is Scope.FUND else caller.account_id


def _token(token: Token) -> TokenShown:
    return TokenShown.model_validate(token, from_attributes=True)


def _shown(shown: BaseModel, *, status: int = 200) -> Response:
    return Response(shown.model_dump_json(), status, headers=_NO_STORE, media_type=JSON)
