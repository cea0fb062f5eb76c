"""What a session's owner is shown of it, and the cookies that an answer sets: the same wherever a session begins or
rises (a password, a factor, a passkey, a provider, the terms).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.client import facts
from gateway.api.problems import Problem, problem, too_many
from gateway.audiences import PROOF
from gateway.auth import cookies
from gateway.auth.caller import Caller
from gateway.auth.csrf import csrf_of
from gateway.auth.holder import Holder, current_holder, required
from gateway.auth.sessions import Opened, Session, cookie
from gateway.auth.sign_in import Refused, SignedIn
from gateway.journal.journal import note
from gateway.service import Service

JSON: Final = "application/json"


class SessionShown(BaseModel):
    """The caller's session. `stage` says what is still missing: `second-factor`, `enrolment`, or nothing (`full`).

    `csrf_token` goes into `X-CSRF-Token` of every order. Without another request the session ends at `idle_until`, at
    the latest at `ends_at`. `proved_until` is until when what is grave may be done.
    `factors` are those that the account has (`totp`, `passkey`, `recovery`).
    """

    stage: str
    csrf_token: str
    ends_at: datetime
    idle_seconds: int
    idle_until: datetime
    proved_until: datetime | None
    terms_pending: bool
    factors: list[str]
    factor_required: bool


async def answer_signed_in(request: Request, signed_in: SignedIn) -> Response:
    """The answer to a sign-in or to its last step."""
    headers = await set_cookies(request, signed_in)
    service: Service = request.app.state.service
    response = await answer_session(service, signed_in.opened.session, signed_in.opened.csrf, holder=signed_in.holder)
    for header in headers:
        response.headers.append("Set-Cookie", header)
    return response


async def set_cookies(request: Request, signed_in: SignedIn) -> list[str]:
    """The whole `Set-Cookie` headers of a sign-in or of its last step: the session's, and the browser's own where it is
    new. The session that the request came with, if another, is ended.
    """
    await end_brought(request, but=signed_in.opened)
    found = [cookie(signed_in.opened)]
    if signed_in.device is not None:
        age = cookies.DEVICE_DAYS * 86_400
        found.append(cookies.cookie_header(cookies.DEVICE, signed_in.device, max_age=age))
    return found


async def sign_out(request: Request, caller: Caller, session_id: UUID) -> dict[str, str]:
    """End the caller's session: the headers that make the browser forget it, and what it kept of it."""
    service: Service = request.app.state.service
    await service.sessions.end(session_id, "signed-out")
    told = {"account_id": caller.account_id, "actor_id": caller.account_id, "target_id": session_id}
    await note(service, "sign-out", "accepted", request=facts(request), **told)
    return {"Set-Cookie": cookies.NO_COOKIE, "Clear-Site-Data": '"cache", "storage"'}


async def answer_opened(service: Service, opened: Opened, *, holder: Holder | None = None) -> Response:
    """The session as it is from now on, with the cookie of its new secret."""
    response = await answer_session(service, opened.session, opened.csrf, holder=holder)
    response.headers.append("Set-Cookie", cookie(opened))
    return response


async def answer_session(
    service: Service, session: Session, csrf_token: str, *, holder: Holder | None = None
) -> Response:
    """The session, its cookie unchanged."""
    holder = holder or await current_holder(service, session.account_id)
    shown = SessionShown(
        stage=session.stage,
        csrf_token=csrf_token,
        ends_at=session.ends_at,
        idle_seconds=session.idle_seconds,
        idle_until=idle_until(session),
        proved_until=session.proved_at + PROOF if session.proved_at else None,
        terms_pending=holder.terms_version != service.terms.current.version,
        factors=_factors(holder),
        factor_required=required(holder.role),
    )
    return Response(shown.model_dump_json(), media_type=JSON)


async def end_brought(request: Request, *, but: Opened | None = None) -> None:
    """End the session whose cookie came with the request: nobody goes on in it beside the new one."""
    service: Service = request.app.state.service
    for secret in cookies.cookies_named(request, cookies.SESSION)[:2]:
        if but is None or secret != but.secret:
            await service.sessions.end_secret(secret, "replaced")


def session_secret(request: Request) -> str:
    """The secret of the session that the request has been let in by."""
    return cookies.cookies_named(request, cookies.SESSION)[0]


def csrf_token(request: Request) -> str:
    return csrf_of(session_secret(request))


def device_of(request: Request) -> str | None:
    """The browser's own cookie, where there is exactly one."""
    found = cookies.cookies_named(request, cookies.DEVICE)
    return found[0] if len(found) == 1 else None


def idle_until(session: Session) -> datetime:
    """When the session ends if nothing more is asked."""
    return min(session.ends_at, session.seen_at + timedelta(seconds=session.idle_seconds))


def refused(refusal: Refused, code: str = "sign-in-refused") -> Problem:
    """429 with the wait, or one and the same 401."""
    return too_many(refusal.wait) if refusal.wait else problem(code)


def late() -> Problem:
    return problem("read-model-late", headers={"Retry-After": "1"})


def busy() -> Problem:
    return problem("unavailable", headers={"Retry-After": "5"})


def _factors(holder: Holder) -> list[str]:
    had = {"totp": holder.totp, "passkey": holder.passkeys > 0, "recovery": holder.recovery > 0}
    return [name for name, has in had.items() if has]
