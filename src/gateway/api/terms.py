"""The terms of use: read, accepted or refused, before anything else at the first sign-in and at each new version.

Rows O4 to O6. What is answered names the version and the hash of what was shown: of another text the answer is refused.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.api.authentication import Authenticated, by_cookie
from gateway.api.bodies import json_object, parse
from gateway.api.client import facts
from gateway.api.described import body
from gateway.api.orders import refuse_parameters
from gateway.api.problems import of_refusal, problem
from gateway.api.reading import JSON
from gateway.auth import cookies
from gateway.auth.caller import Caller
from gateway.auth.csrf import csrf_of
from gateway.journal.journal import note
from gateway.service import Service
from ledger.account.terms import AcceptTerms, RefuseTerms
from ledger.kit.errors import Forbidden

router: Final = APIRouter(prefix="/v1/terms", tags=["terms"])
_NO_STORE: Final = {"Cache-Control": "no-store"}
_REFUSED: Final = "terms-refused"
GONE: Final = {"Set-Cookie": cookies.NO_COOKIE, "Clear-Site-Data": '"cache", "storage"'}
"""What an answer says to a browser whose session has ended: keep nothing of it."""

_EXAMPLE: Final = {"version": "2026-11-01", "sha256": "9" * 64}


class TermsShown(BaseModel):
    """The text in force, in Markdown. `sha256` is of its UTF-8 bytes; `accepted` says whether the caller did."""

    version: str
    sha256: str
    text: str
    undertakings: list[str]
    accepted: bool


class TermsAnswer(BaseModel):
    """Which text is answered: its version and hash as they were shown."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    version: str
    sha256: str


class TermsAccepted(BaseModel):
    """The session goes on as it is, with its CSRF token; a frontend's token has none."""

    version: str
    csrf_token: str | None


@router.get("", operation_id="get_terms", summary="Conditions d'utilisation", response_model=TermsShown)
async def get_terms(request: Request, caller: Authenticated) -> Response:
    """They can be read again at any time (row O6)."""
    service: Service = request.app.state.service
    refuse_parameters(request)
    text = service.terms.current
    shown = TermsShown(
        version=text.version,
        sha256=text.sha256,
        text=text.text,
        undertakings=list(text.undertakings),
        accepted=caller.terms == text.version,
    )
    return Response(shown.model_dump_json(), headers=_NO_STORE, media_type=JSON)


@router.post(
    "/acceptance",
    operation_id="accept_terms",
    summary="Accepter les conditions d'utilisation",
    response_model=TermsAccepted,
    openapi_extra=body(TermsAnswer, _EXAMPLE),
)
async def accept_terms(request: Request, caller: Authenticated) -> Response:
    """Recorded with the version, the hash, the time and the account (row O5)."""
    answer = await _answer(request, caller)
    await accept(request, caller, answer)
    shown = by_cookie(request) if caller.via == "session" else None
    accepted = TermsAccepted(version=answer.version, csrf_token=csrf_of(shown.secret) if shown else None)
    return Response(accepted.model_dump_json(), headers=_NO_STORE, media_type=JSON)


@router.post(
    "/refusal",
    operation_id="refuse_terms",
    summary="Refuser les conditions d'utilisation",
    status_code=204,
    response_class=Response,
    openapi_extra=body(TermsAnswer, _EXAMPLE),
)
async def refuse_terms(request: Request, caller: Authenticated) -> Response:
    """Recorded too; the session ends, and with it the access to anything (row O5)."""
    await refuse(request, caller, await _answer(request, caller))
    return Response(status_code=204, headers={**_NO_STORE, **GONE})


async def accept(request: Request, caller: Caller, answer: TermsAnswer) -> None:
    """Record that the caller accepts the text in force. The problem `terms-changed` where another text was shown.

    The session keeps its secret: whose it is was shown before, and every other session of the account is let in by this
    answer as it is. With a new one a double click would sign out: its second request has the secret of the first, and
    a browser drops the answer that it did not wait for.
    """
    service: Service = request.app.state.service
    _same_text(service, answer)
    await _record(request, AcceptTerms(account_id=caller.account_id, **answer.model_dump()), caller)
    await note(
        service, "terms", "accepted", account_id=caller.account_id, request=facts(request), version=answer.version
    )


async def refuse(request: Request, caller: Caller, answer: TermsAnswer) -> None:
    """Record that the caller refuses the text in force, and end its session: the answer takes the headers GONE."""
    service: Service = request.app.state.service
    _same_text(service, answer)
    await _record(request, RefuseTerms(account_id=caller.account_id, **answer.model_dump()), caller)
    await note(
        service, "terms", "refused", account_id=caller.account_id, request=facts(request), version=answer.version
    )
    if caller.session_id is not None:
        await service.sessions.end(caller.session_id, _REFUSED)


async def _answer(request: Request, caller: Caller) -> TermsAnswer:
    """The answer to the text in force. A machine undertakes nothing, whatever it says."""
    refuse_parameters(request)
    if caller.via == "machine":
        raise of_refusal(Forbidden())
    return parse(TermsAnswer, await json_object(request))


def _same_text(service: Service, answer: TermsAnswer) -> None:
    current = service.terms.current
    if (answer.version, answer.sha256) != (current.version, current.sha256):
        raise problem("terms-changed")


async def _record(request: Request, command: AcceptTerms | RefuseTerms, caller: Caller) -> None:
    service: Service = request.app.state.service
    correlation_id = request.state.correlation_id
    await run_in_threadpool(
        partial(service.ledger.execute, command, actor=caller.account_id, correlation_id=correlation_id)
    )
