"""Signing in and out, and one's own sessions (rows O1, O7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.api.authentication import Anonymous, Authenticated, unauthenticated
from gateway.api.bodies import json_object, parse
from gateway.api.client import facts
from gateway.api.described import body
from gateway.api.orders import refuse_parameters
from gateway.api.problems import Fault, Problem, not_found, of_refusal, problem
from gateway.api.shapes import Items
from gateway.api.signed_in import (
    JSON,
    SessionShown,
    answer_opened,
    answer_session,
    answer_signed_in,
    busy,
    csrf_token,
    device_of,
    late,
    refused,
)
from gateway.auth import cookies
from gateway.auth.caller import Caller
from gateway.auth.changing import change_password
from gateway.auth.holder import current_holder
from gateway.auth.passwords import Busy, Rule
from gateway.auth.sessions import Opened, SessionOver
from gateway.auth.sign_in import AccountLate, Refused, SignIn
from gateway.journal.journal import note
from gateway.service import Service
from ledger.kit.errors import Forbidden

router: Final = APIRouter(prefix="/v1", tags=["sign-in"])
_PASSWORD: Final = "Exemple-de-phrase-2026"  # noqa: S105 - an example's


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Password = Annotated[str, Field(max_length=1000)]


class SignInForm(Model):
    email: Annotated[str, Field(max_length=254)]
    password: Password


class NewPassword(Model):
    password: Password


class OwnSession(BaseModel):
    """One of the caller's sessions. `label` is the browser's family; `own` marks the one that asks."""

    session_id: UUID
    label: str
    method: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    own: bool


@router.post(
    "/session",
    operation_id="sign_in",
    summary="Se connecter",
    response_model=SessionShown,
    openapi_extra=body(SignInForm, {"email": "ariane@example.org", "password": _PASSWORD}),
)
async def sign_in(request: Request, _: Anonymous) -> Response:
    """By e-mail and password. Whatever is wrong, the answer is the same, and as long in coming."""
    form = await form_of(request, SignInForm)
    service: Service = request.app.state.service
    try:
        told = await SignIn(service).by_password(form.email, form.password, facts(request), device=device_of(request))
    except AccountLate:
        raise late() from None
    except Busy:
        raise busy() from None
    if isinstance(told, Refused):
        raise refused(told)
    return await answer_signed_in(request, told)


@router.get("/session", operation_id="get_session", summary="Ma session", response_model=SessionShown)
async def get_session(request: Request, caller: Authenticated) -> Response:
    """Asking does not put its end off."""
    refuse_parameters(request)
    session_id = own_session(caller)
    try:
        session = await service_of(request).sessions.get(session_id)
    except SessionOver:
        raise unauthenticated(request) from None
    return await answer_session(service_of(request), session, csrf_token(request))


@router.delete("/session", operation_id="sign_out", summary="Se déconnecter", status_code=204)
async def sign_out(request: Request, caller: Authenticated) -> Response:
    """By a frontend's token too: it ends the session that it came of, and itself. Whoever leaves a portal, leaves."""
    await nothing(request)
    service = service_of(request)
    session_id = caller.session_id
    if session_id is None:
        raise of_refusal(Forbidden())
    await service.sessions.end(session_id, "signed-out")
    await note(service, "sign-out", "accepted", **about(caller, request), target_id=session_id)
    return Response(status_code=204, headers={"Set-Cookie": cookies.NO_COOKIE, "Clear-Site-Data": '"cache", "storage"'})


@router.post(
    "/session/extension", operation_id="extend_session", summary="Prolonger ma session", response_model=SessionShown
)
async def extend_session(request: Request, caller: Authenticated) -> Response:
    """Its idle time begins anew; its end stays."""
    await nothing(request)
    try:
        session = await service_of(request).sessions.extend(own_session(caller))
    except SessionOver:
        raise unauthenticated(request) from None
    return await answer_session(service_of(request), session, csrf_token(request))


@router.get("/me/sessions", operation_id="list_sessions", summary="Mes sessions", response_model=Items[OwnSession])
async def list_sessions(request: Request, caller: Authenticated) -> Response:
    refuse_parameters(request)
    return Response((await read_sessions(request, caller)).model_dump_json(), media_type=JSON)


async def read_sessions(request: Request, caller: Caller) -> Items[OwnSession]:
    """The caller's open sessions, newest first."""
    found = await service_of(request).sessions.of(caller.account_id)
    items = [
        OwnSession(
            session_id=each.session_id,
            label=each.label,
            method=each.method,
            created_at=each.created_at,
            seen_at=each.seen_at,
            ends_at=each.ends_at,
            own=each.session_id == caller.session_id,
        )
        for each in found
    ]
    return Items[OwnSession](items=items)


@router.post(
    "/me/sessions/{session_id}/end", operation_id="end_session", summary="Mettre fin à une session", status_code=204
)
async def end_session(request: Request, session_id: UUID, caller: Authenticated) -> Response:
    await nothing(request)
    await end_own(request, caller, session_id)
    return _gone(caller, session_id)


async def end_own(request: Request, caller: Caller, session_id: UUID) -> None:
    """End one of the caller's sessions at once. The problem `not-found` where there is none open."""
    service = service_of(request)
    if not await service.sessions.end(session_id, "ended-by-owner", account_id=caller.account_id):
        raise not_found()
    await note(service, "session", "ended", **about(caller, request), target_id=session_id)


@router.post(
    "/me/sessions/end-others", operation_id="end_other_sessions", summary="Mettre fin à mes autres sessions",
    status_code=204,
)  # fmt: skip
async def end_other_sessions(request: Request, caller: Authenticated) -> Response:
    await nothing(request)
    await end_others(request, caller)
    return Response(status_code=204)


async def end_others(request: Request, caller: Caller) -> None:
    """End the caller's sessions but the one that asks."""
    service = service_of(request)
    await service.sessions.end_all(caller.account_id, but=caller.session_id, why="ended-by-owner")
    await note(service, "session", "others-ended", **about(caller, request))


@router.post(
    "/me/password",
    operation_id="change_password",
    summary="Changer mon mot de passe",
    response_model=SessionShown,
    openapi_extra=body(NewPassword, {"password": _PASSWORD}),
)
async def change_own_password(request: Request, caller: Authenticated) -> Response:
    """The other sessions end, and this one has a new secret. Each rule that is not met is named (row O7)."""
    form: NewPassword = await form_of(request, NewPassword)
    opened = await set_own_password(request, caller, form.password)
    return await answer_opened(service_of(request), opened)


async def set_own_password(request: Request, caller: Caller, password: str) -> Opened:
    """The caller's session with its new secret. The problem `weak-password` names each rule that is not met; 503."""
    service, session_id = service_of(request), own_session(caller)
    holder = await current_holder(service, caller.account_id)
    try:
        rules = await change_password(service, holder, password, but=session_id)
        if rules:
            raise weak(rules)
        opened = await service.sessions.rise(session_id)
    except Busy:
        raise busy() from None
    except SessionOver:
        raise unauthenticated(request) from None
    await note(service, "password", "changed", **about(caller, request))
    return opened


def weak(rules: Sequence[Rule]) -> Problem:
    """Each broken rule by name."""
    return problem("weak-password", *(Fault("body", "/password", rule.code, rule.text) for rule in rules))


def own_session(caller: Caller) -> UUID:
    """The caller's own session. A token has none, and a frontend's token is not what its session is."""
    if caller.session_id is None or caller.via != "session":
        raise of_refusal(Forbidden())
    return caller.session_id


async def form_of(request: Request, model: type[Any]) -> Any:
    refuse_parameters(request)
    return parse(model, await json_object(request))


async def nothing(request: Request) -> None:
    """An order without anything to say; a body would be passed over."""
    refuse_parameters(request)
    if await request.body():
        raise problem("invalid", Fault("body", "", "extra-forbidden", "Aucun corps n'est attendu."))


def _gone(caller: Caller, session_id: UUID) -> Response:
    own = {"Set-Cookie": cookies.NO_COOKIE} if session_id == caller.session_id else None
    return Response(status_code=204, headers=own)


def about(caller: Caller, request: Request) -> dict[str, Any]:
    return {"account_id": caller.account_id, "actor_id": caller.account_id, "request": facts(request)}


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service
