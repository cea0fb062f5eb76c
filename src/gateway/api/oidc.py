"""Signing in with the fund's OpenID provider, for its staff. Without one configured, these addresses do not exist."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gateway.api.client import address, facts
from gateway.api.problems import Problem, not_found, problem, too_many
from gateway.api.signed_in import device_of, end_brought, late
from gateway.auth import cookies, sessions
from gateway.auth.limits import Allowance, spend
from gateway.auth.sign_in import AccountLate, SignedIn, SignIn
from gateway.journal.journal import note
from gateway.oidc import attempts
from gateway.oidc.attempts import Attempt
from gateway.oidc.provider import NotBelieved, Provider, ProviderUnavailable
from gateway.oidc.sign_in import holder_by
from gateway.service import Service
from ledger.log.database import Role

router: Final = APIRouter(prefix="/v1/oidc", tags=["sign-in"])
COOKIE: Final = "__Host-oidc"
CALLBACK: Final = "/v1/oidc/callback"
HOME: Final = "/"
_ATTEMPTS: Final = Allowance("oidc", 3600, 120)  # an office behind one address begins its day at once
_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_MAX_PARAMETER: Final = 2048
_NO_ATTEMPT: Final = frozenset({"malformed", "no-attempt"})


@router.get(
    "/start",
    operation_id="start_oidc",
    summary="Se connecter avec le fournisseur d'identité du fonds",
    status_code=303,
    response_class=Response,
    responses={303: {"description": "Vers le fournisseur d'identité."}},
)
async def start_oidc(request: Request) -> Response:
    """The attempt is bound to this browser by a cookie, which only the way back from the provider uses."""
    service, provider = _provider(request)
    wait = await spend(service, _ATTEMPTS, str(address(request)))
    if wait:
        raise too_many(wait)
    async with service.queries.transaction(Role.AUTH) as connection:
        attempt = await attempts.begin(connection)
    try:
        where = await provider.address(attempt)
    except ProviderUnavailable:
        raise _unavailable() from None
    response = RedirectResponse(where, status_code=303, headers=_HEADERS)
    response.headers.append("Set-Cookie", cookies.cookie_header(COOKIE, attempt.browser, max_age=attempts.SECONDS))
    return response


@router.get(
    "/callback",
    operation_id="finish_oidc",
    summary="Retour du fournisseur d'identité",
    status_code=303,
    response_class=Response,
    responses={303: {"description": "Vers l'accueil, avec une session ; son étape dit ce qui manque encore."}},
    openapi_extra={
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("state", "code", "iss")]
    },
)
async def finish_oidc(request: Request) -> Response:
    """Whatever is wrong, the answer is the same: the journal alone says why."""
    service, provider = _provider(request)
    try:
        signed_in = await _signed_in(request, service, provider)
    except NotBelieved as error:
        if error.code not in _NO_ATTEMPT:  # nobody began anything: it would only fill the journal
            await note(service, "oidc", "refused", request=facts(request), why=error.code)
        raise _refused() from None
    except ProviderUnavailable:
        raise _unavailable() from None
    except AccountLate:
        raise late() from None
    await end_brought(request, but=signed_in.opened)
    return _home(signed_in)


async def _signed_in(request: Request, service: Service, provider: Provider) -> SignedIn:
    attempt = Attempt(_parameter(request, "state"), _browser(request))
    async with service.queries.transaction(Role.AUTH) as connection:
        begun = await attempts.take(connection, attempt)
    if not begun:
        raise NotBelieved("no-attempt")
    if "error" in request.query_params:
        raise NotBelieved("provider-refused")
    issuer = _parameter(request, "iss") if "iss" in request.query_params else None
    identity = await provider.identity(_parameter(request, "code"), attempt, issuer=issuer)
    holder = await holder_by(service, identity)
    return await SignIn(service).open(holder, "oidc", facts(request), device=device_of(request), whole=identity.strong)


def _provider(request: Request) -> tuple[Service, Provider]:
    """The process's one provider, made at the first request: it keeps the description and the keys."""
    service: Service = request.app.state.service
    settings = service.settings.oidc
    if settings is None:
        raise not_found()
    state = request.app.state
    if not hasattr(state, "oidc_provider"):
        state.oidc_provider = Provider(settings, service.settings.public_origin + CALLBACK)
    return service, state.oidc_provider


def _parameter(request: Request, name: str) -> str:
    """A parameter given once; others than ours are passed over (RFC 6749, 4.1.2)."""
    values = request.query_params.getlist(name)
    if len(values) != 1 or not 0 < len(values[0]) <= _MAX_PARAMETER:
        raise NotBelieved("malformed")
    return values[0]


def _browser(request: Request) -> str:
    found = cookies.cookies_named(request, COOKIE)
    if len(found) != 1:
        raise NotBelieved("no-attempt")
    return found[0]


def _home(signed_in: SignedIn) -> Response:
    response = RedirectResponse(HOME, status_code=303, headers=_HEADERS)
    response.headers.append("Set-Cookie", sessions.cookie(signed_in.opened))
    response.headers.append("Set-Cookie", cookies.cookie_header(COOKIE, "", max_age=0))
    if signed_in.device is not None:
        age = cookies.DEVICE_DAYS * 86_400
        response.headers.append("Set-Cookie", cookies.cookie_header(cookies.DEVICE, signed_in.device, max_age=age))
    return response


def _refused() -> Problem:
    return problem("sign-in-refused", headers={"Set-Cookie": cookies.cookie_header(COOKIE, "", max_age=0)})


def _unavailable() -> Problem:
    return problem("unavailable", headers={"Retry-After": "30"})
