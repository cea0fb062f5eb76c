"""Who calls, and whether it has the action now. A secret that is absent, unknown, expired or ended, and one whose
account is disabled or over, get one and the same answer.

A program sends its token in `Authorization`; a browser its session in a cookie, and with whatever is no mere question
the token that no other site can read. A request with both counts by the header alone.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from fastapi import Depends, Request

from gateway.api.client import facts
from gateway.api.problems import CODES, Problem, not_found, of_refusal, problem
from gateway.auth import cookies, csrf, opaque
from gateway.auth.caller import LATE, Caller, caller_of, note_use
from gateway.journal.journal import note
from gateway.rights import refusal
from gateway.service import Service
from ledger.kit.errors import Forbidden

_SCHEME: Final = "bearer "
_POLLED: Final = frozenset({"get_session", "follow_changes"})
"""What a page asks by itself, to warn of the end or to hear of news: it must not put the session's end off."""


class Presented(NamedTuple):
    """What a request shows of itself, and whether the browser added it unasked."""

    secret: str
    by_cookie: bool


async def authenticated(request: Request) -> Caller:
    """The caller of a route that it may use; a problem otherwise."""
    return await let_in(request, presented(request), request.headers.get(csrf.HEADER, ""))


async def let_in(request: Request, shown: Presented | None, token: str) -> Caller:
    """Whoever the secret is of, where the route is open to it; `token` is what was given against forged requests."""
    service: Service = request.app.state.service
    caller = await caller_of(service.queries, shown.secret) if shown else None
    if caller is LATE:
        raise problem("read-model-late", headers={"Retry-After": "1"})
    if shown is None or caller is None:
        raise unauthenticated(request)
    request.state.account_id = str(caller.account_id)
    if shown.by_cookie and request.method not in csrf.SAFE_METHODS:
        csrf.check(request, shown.secret, token)
    await _check_right(request, service, caller)
    if caller.stale and not (caller.via == "session" and action_of(request) in _POLLED):
        await note_use(service.queries, caller)
    return caller


async def let_in_again(request: Request) -> Caller:
    """The same once a long body has come: the right may have ended meanwhile. Not whether the request is forged: that
    was asked when it began.
    """
    shown = presented(request)
    return await let_in(request, shown and shown._replace(by_cookie=False), "")


Authenticated = Annotated[Caller, Depends(authenticated)]


async def anonymous(request: Request) -> None:
    """A route for whoever comes: not from a page of another site, which could sign somebody in as somebody else."""
    csrf.check_origin(request)


Anonymous = Annotated[None, Depends(anonymous)]


def presented(request: Request) -> Presented | None:
    """The secret that counts. Neither a session in the header nor a token in a cookie is one."""
    header = request.headers.get("authorization")
    if header is not None:
        secret = header[len(_SCHEME) :].strip() if header[: len(_SCHEME)].lower() == _SCHEME else ""
        return Presented(secret, by_cookie=False) if opaque.prefix_of(secret) in opaque.TOKENS else None
    return by_cookie(request)


def by_cookie(request: Request) -> Presented | None:
    """The session alone, as pages ask for it: a program's token never reaches one."""
    secrets = cookies.cookies_named(request, cookies.SESSION)
    if len(secrets) != 1 or opaque.prefix_of(secrets[0]) != opaque.SESSION:
        return None
    return Presented(secrets[0], by_cookie=True)


def action_of(request: Request) -> str:
    """The route's row of rights: its operationId, or its name where it is in no description."""
    route = request.scope["route"]
    return str(route.operation_id or route.name)


def unauthenticated(request: Request) -> Problem:
    """Sign in. A browser whose session has ended, or is another deployment's, is told to forget it."""
    headers = {"WWW-Authenticate": 'Bearer realm="dossier-ledger"'}
    if "authorization" not in request.headers and cookies.cookies_named(request, cookies.SESSION):
        headers["Set-Cookie"] = cookies.NO_COOKIE
    return problem("unauthenticated", headers=headers)


async def _check_right(request: Request, service: Service, caller: Caller) -> None:
    action = action_of(request)
    code = refusal(caller, action, caller.at, terms=service.terms.current.version)
    if code is None:
        return
    await note(service, "refusal", code, account_id=caller.account_id, request=facts(request), action=action)
    raise problem(code) if code in CODES else _forbidden(request)


def _forbidden(request: Request) -> Problem:
    """A thing that the role never sees looks absent; a list or an order that it never has is refused as such."""
    reads_one = request.method == "GET" and bool(request.path_params)
    return not_found() if reads_one else of_refusal(Forbidden())
