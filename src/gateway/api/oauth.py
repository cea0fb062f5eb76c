"""Authorization code with PKCE, for the portal's frontends on other origins (RFC 6749, 7636, 7009, 9207).

A frontend sends the browser to `/oauth/authorize`, where the session's cookie says who is there. The code comes back to
the frontend's own address, which alone knows the proof that `/oauth/token` asks for. There is no secret of a client, no
refresh token and no screen of consent: frontends are the fund's own, and come back for a new token while the session
lives.
"""

from __future__ import annotations

from typing import Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, RedirectResponse, Response

from gateway.api.authentication import Authenticated
from gateway.api.client import facts
from gateway.api.problems import invalid, of_refusal, problem
from gateway.auth.caller import Caller
from gateway.journal.journal import note
from gateway.oauth import codes
from gateway.oauth.requests import (
    DESCRIPTIONS,
    Asked,
    Given,
    OAuthError,
    address_with,
    frontend_of,
    read_authorization,
)
from gateway.service import Service
from ledger.kit.errors import Forbidden
from ledger.log.database import Role

router: Final = APIRouter(prefix="/v1/oauth", tags=["oauth"])
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_UNKNOWN: Final = "Cette application n'est pas connue à cette adresse : la connexion ne peut pas se poursuivre."
_FORM: Final = "application/x-www-form-urlencoded"


class FrontendToken(BaseModel):
    """A short token (`dlf_`) for the `Authorization` header; `expires_in` in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (RFC 6750's name of how it is sent)
    expires_in: int


class OAuthFault(BaseModel):
    """A refusal as RFC 6749, 5.2, has it: `error` is stable, the description is for people."""

    error: str
    error_description: str


def _described(*required: str, **more: str) -> dict[str, object]:
    """A form's fields, for the description."""
    names = [*required, *more]
    schema = {"type": "object", "required": list(required), "properties": {name: {"type": "string"} for name in names}}
    return {"requestBody": {"required": True, "content": {_FORM: {"schema": schema}}}}


def _asked(*names: str) -> dict[str, object]:
    return {"parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]}


@router.get(
    "/authorize",
    operation_id="authorize_frontend",
    summary="Obtenir un code pour une application du portail",
    status_code=303,
    response_class=Response,
    responses={303: {"description": "Retour à l'application, avec `code` ou `error`, `state` et `iss`."}},
    openapi_extra=_asked(
        "response_type", "client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state", "max_age"
    ),
)
async def authorize_frontend(request: Request, caller: Authenticated) -> Response:
    """Only a session gives a code. An application or an address that is not known is told here, and never sent to."""
    service: Service = request.app.state.service
    given = Given.of(request.query_params.multi_items())
    frontend = frontend_of(service.settings.frontends, given)
    if frontend is None:
        raise invalid("query", "/redirect_uri", "unknown-client", _UNKNOWN)
    if caller.via != "session" or caller.session_id is None:
        raise of_refusal(Forbidden())
    # Told to whoever has a part in several fates: whose answer it is (RFC 9207).
    answer = {"iss": service.settings.public_origin, **({"state": given["state"]} if given["state"] else {})}
    try:
        asked = read_authorization(frontend, given)
    except OAuthError as error:
        return _sent_back(frontend.redirect_uri, {"error": error.code, **answer})
    if _is_too_old(caller, asked):
        raise problem("fresh-proof-required")
    async with service.queries.transaction(Role.AUTH) as connection:
        code = await codes.issue(connection, asked, session_id=caller.session_id, account_id=caller.account_id)
    return _sent_back(frontend.redirect_uri, {"code": code, **answer})


@router.post(
    "/token",
    operation_id="issue_token",
    summary="Échanger un code contre un jeton court",
    response_model=FrontendToken,
    responses={400: {"model": OAuthFault, "description": "Refus"}, 401: {"model": OAuthFault, "description": "Refus"}},
    openapi_extra=_described("grant_type", "code", "redirect_uri", "client_id", "code_verifier"),
)
async def issue_token(request: Request) -> Response:
    """One answer for every code that is not good: unknown, late, used, another's, or without its proof."""
    try:
        given = await _form(request)
        _check_client(request, given)
        if given["grant_type"] != "authorization_code":
            raise OAuthError("unsupported_grant_type" if given["grant_type"] else "invalid_request")
        if not (given["code"] and given["code_verifier"] and given["redirect_uri"]):
            raise OAuthError("invalid_request")
        redeemed = await _redeem(request, given)
    except OAuthError as error:
        return _refused(error)
    token = FrontendToken(access_token=redeemed.secret, expires_in=redeemed.seconds)
    return JSONResponse(token.model_dump(), headers=_NO_STORE)


@router.post(
    "/revocation",
    operation_id="revoke_frontend_token",
    summary="Mettre fin à un jeton court",
    response_class=Response,
    responses={
        200: {"description": "Le jeton n'est plus valable, ou ne l'était pas."},
        400: {"model": OAuthFault, "description": "Refus"},
        401: {"model": OAuthFault, "description": "Refus"},
    },
    openapi_extra=_described("token", "client_id", token_type_hint=""),
)
async def revoke_frontend_token(request: Request) -> Response:
    """The same answer for a token that is not there (RFC 7009, 2.2): nobody learns what exists."""
    service: Service = request.app.state.service
    try:
        given = await _form(request)
        _check_client(request, given)
        if not given["token"]:
            raise OAuthError("invalid_request")
    except OAuthError as error:
        return _refused(error)
    async with service.queries.transaction(Role.AUTH) as connection:
        account_id = await codes.revoke(connection, given["token"], client_id=given["client_id"])
    if account_id is not None:
        await note(service, "token", "revoked", account_id=account_id, request=facts(request))
    return Response(headers=_NO_STORE)


async def _form(request: Request) -> Given:
    if request.query_params:
        raise OAuthError("invalid_request")  # a code in an address is a code in somebody's log
    given = Given.of_form(request.headers.get("content-type", ""), await request.body())
    if given.repeated:
        raise OAuthError("invalid_request")
    return given


def _check_client(request: Request, given: Given) -> None:
    """A client that we know, asking from its own page: where a browser says from where, it is believed."""
    service: Service = request.app.state.service
    origins = {each.origin for each in service.settings.frontends if each.client_id == given["client_id"]}
    if not origins:
        raise OAuthError("invalid_client")
    origin = request.headers.get("origin")
    if origin is not None and origin not in origins:
        raise OAuthError("unauthorized_client")


async def _redeem(request: Request, given: Given) -> codes.Redeemed:
    service: Service = request.app.state.service
    async with service.queries.transaction(Role.AUTH) as connection:
        redeemed = await codes.redeem(
            connection,
            given["code"],
            client_id=given["client_id"],
            redirect_uri=given["redirect_uri"],
            verifier=given["code_verifier"],
        )
    if redeemed.account_id is not None:  # texts that are no code are nobody's: they would only fill the journal
        account_id, outcome = redeemed.account_id, str(redeemed.outcome)
        await note(service, "token", outcome, account_id=account_id, request=facts(request), via="frontend")
    if redeemed.outcome is not codes.Outcome.ISSUED:
        raise OAuthError("invalid_grant")
    return redeemed


def _is_too_old(caller: Caller, asked: Asked) -> bool:
    """Whether the proof of who is there is older than the frontend wants it, for what is grave (RFC 9470)."""
    if asked.max_age_seconds is None:
        return False
    return caller.proved_at is None or (caller.at - caller.proved_at).total_seconds() > asked.max_age_seconds


def _sent_back(redirect_uri: str, parameters: dict[str, str]) -> Response:
    headers = {**_NO_STORE, "Referrer-Policy": "no-referrer"}
    return RedirectResponse(address_with(redirect_uri, **parameters), status_code=303, headers=headers)


def _refused(error: OAuthError) -> Response:
    status = 401 if error.code == "invalid_client" else 400
    fault = OAuthFault(error=error.code, error_description=DESCRIPTIONS[error.code])
    return JSONResponse(fault.model_dump(), status, headers=_NO_STORE)
