"""Links of mails over the API, for frontends of one's own: looking at one, and using it. The secret is in the body."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.api.authentication import Anonymous
from gateway.api.bodies import json_object, parse
from gateway.api.client import address, facts
from gateway.api.described import body
from gateway.api.orders import refuse_parameters
from gateway.api.problems import Fault, Problem, problem, too_many
from gateway.auth.limits import LINK, spend
from gateway.auth.passwords import RULES, Busy
from gateway.journal.journal import THROTTLED, note
from gateway.mail.following import Open, followed, looked_at
from gateway.mail.using import Done
from gateway.service import Service

router: Final = APIRouter(prefix="/v1/links", tags=["sign-in"])
_SECRET: Final = "A" * 43
_RULES: Final = {rule.code for rule in RULES}


class Secret(BaseModel):
    """The last part of the link's address."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    secret: Annotated[str, Field(max_length=200)]


class LinkUse(Secret):
    """`password` where the link asks for one; `cancel` to press its second button instead."""

    password: Annotated[str | None, Field(max_length=1000)] = None
    cancel: bool = False


class RuleShown(BaseModel):
    """A rule of passwords: the code that a fault names, and what a person reads."""

    rule: str
    text: str


class LinkShown(BaseModel):
    """What a link asks. `identifier` is the e-mail of its account; `rules` are of the password that it asks for."""

    purpose: str
    expires_at: datetime
    title: str
    paragraphs: list[str]
    button: str
    cancel: str | None
    identifier: str | None
    password: bool
    rules: list[RuleShown]


class LinkUsed(BaseModel):
    """What was done, and where one goes on: `sign-in` or `home`."""

    message: str
    next: str


@router.post(
    "/look",
    operation_id="look_at_link",
    summary="Lire ce que demande un lien reçu par courriel",
    response_model=LinkShown,
    openapi_extra=body(Secret, {"secret": _SECRET}),
)
async def look_at_link(request: Request, _: Anonymous) -> LinkShown:
    refuse_parameters(request)
    asked = parse(Secret, await json_object(request))
    await within_limit(request)
    found = await looked_at(request.app.state.service, asked.secret)
    if found is None:
        raise problem("link-not-valid")
    return _shown(found)


@router.post(
    "/use",
    operation_id="use_link",
    summary="Utiliser un lien reçu par courriel",
    response_model=LinkUsed,
    openapi_extra=body(LinkUse, {"secret": _SECRET, "password": "Exemple-de-phrase-2026"}),
)
async def use_link(request: Request, _: Anonymous) -> LinkUsed | Response:
    refuse_parameters(request)
    asked = parse(LinkUse, await json_object(request))
    await within_limit(request)
    given = {"password": asked.password or "", **({"cancel": "1"} if asked.cancel else {})}
    done = await used(request, asked.secret, given)
    if isinstance(done, list):
        raise refused(done)
    return LinkUsed(message=done.message, next=done.next)


async def used(request: Request, secret: str, given: dict[str, str]) -> Done | list[Fault]:
    """What became of a link's use; the problem `link-not-valid` where it is used, late, altered or over."""
    try:
        done = await followed(request.app.state.service, secret, given, facts(request))
    except Busy:
        raise problem("unavailable", headers={"Retry-After": "5"}) from None
    if done is None:
        raise problem("link-not-valid")
    return done


async def within_limit(request: Request) -> None:
    """Nobody finds a link by trying; this keeps whoever tries from costing us much."""
    service: Service = request.app.state.service
    if wait := await spend(service, LINK, str(address(request))):
        await note(service, "refusal", THROTTLED, request=facts(request), action="look_at_link")
        raise too_many(wait)


def refused(faults: list[Fault]) -> Problem:
    """One fault for each rule that is broken."""
    weak = all(fault.code in _RULES for fault in faults)
    return problem("weak-password" if weak else "invalid", *faults)


def _shown(found: Open) -> LinkShown:
    asked = found.asked
    return LinkShown(
        purpose=found.link.purpose,
        expires_at=found.link.expires_at,
        title=asked.title,
        paragraphs=list(asked.paragraphs),
        button=asked.button,
        cancel=asked.cancel,
        identifier=asked.identifier,
        password=asked.password,
        rules=[RuleShown(rule=rule.code, text=rule.text) for rule in RULES] if asked.password else [],
    )
