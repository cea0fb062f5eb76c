"""Orders: a command's route parses, hands the command to the ledger, and answers `{id, position}`.

Every order has the same shape, so a noun's file only lists its own: the path, the command, what it makes, an example.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from gateway.api import positions
from gateway.api.authentication import Authenticated
from gateway.api.bodies import json_object, parse
from gateway.api.etags import expected_version
from gateway.api.idempotency import idempotency_key
from gateway.api.metrics import Metrics
from gateway.api.problems import not_found
from gateway.api.validation import invalid_input
from gateway.audiences import Bearer, Scope
from gateway.rights import right_of
from gateway.service import Service
from ledger.application import IdempotencyKey, Outcome
from ledger.kit.command import Command
from ledger.kit.errors import Refusal, VersionMismatch
from ledger.organisation.events import OrganisationKind
from ledger.unit_of_work import Version

_PATH_NAME: Final = re.compile(r"{([a-z_]+)}")
_PATH_TYPES: Final[Mapping[str, Callable[[str], object]]] = {"kind": OrganisationKind}
_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")

Admit = Callable[[Request, UUID, Any], Awaitable[None]]
"""Looks at an order before it is given: the request, the account that gives it, the command. Raises a Problem."""


class Accepted(BaseModel):
    """An order that was recorded: what it made or changed, and the position of its last event."""

    id: UUID
    position: int


@dataclass(frozen=True)
class OrderRoute:
    """One order of the API. `location` is the path of what it makes; None for an order that changes something.

    `admit` may still refuse what is too much (a mail too many), before the ledger is asked.
    """

    path: str
    command: type[Command]
    summary: str
    example: Mapping[str, Any]
    location: str | None = None
    admit: Admit | None = None

    @property
    def action(self) -> str:
        """The operationId, and the row of rights: the command's name."""
        return _WORD.sub("_", self.command.__name__).lower()

    @property
    def path_names(self) -> list[str]:
        return _PATH_NAME.findall(self.path)

    @property
    def names_a_stream(self) -> bool:
        """Whether its first path id is of something with a version of its own; a team (`kind`) has none."""
        return bool(self.path_names) and "kind" not in self.path_names

    @property
    def status(self) -> int:
        return 200 if self.location is None else 201


class Orders:
    """The orders of one noun."""

    def __init__(self, tag: str) -> None:
        self.router = APIRouter(prefix="/v1", tags=[tag])
        self.routes: list[OrderRoute] = []

    def post(
        self,
        path: str,
        command: type[Command],
        summary: str,
        *,
        example: Mapping[str, Any],
        location: str | None = None,
        admit: Admit | None = None,
    ) -> None:
        """Add an order at `path`; the ids of the path are fields of the command, and left out of the body."""
        route = OrderRoute(path, command, summary, example, location, admit)
        self.routes.append(route)
        self.router.add_api_route(
            path,
            _endpoint(route),
            methods=["POST"],
            operation_id=route.action,
            summary=summary,
            description=(command.__doc__ or "") if "__doc__" in command.__dict__ else "",
            status_code=route.status,
            response_model=Accepted,
        )


def _endpoint(route: OrderRoute) -> Callable[[Request, Authenticated], Awaitable[Response]]:
    async def order(request: Request, caller: Authenticated) -> Response:
        refuse_parameters(request)
        path = path_ids(request)
        body = await json_object(request)
        _refuse_path_fields(route, body)
        asked = {**body, **path}
        command = parse(route.command, asked)
        key = idempotency_key(request, caller.account_id, asked, status=route.status)
        version = _expected(request, route, caller, path)
        if route.admit is not None and not await is_repeat(request, key):
            await route.admit(request, caller.account_id, command)
        outcome = await execute(request, command, actor=caller.account_id, key=key, expected=version)
        return accepted(outcome, route.location, path)

    return order


async def is_repeat(request: Request, key: IdempotencyKey) -> bool:
    """Whether the order was accepted before: its repeat is answered as it was, and has cost what it costs."""
    service: Service = request.app.state.service
    return await run_in_threadpool(service.ledger.outcome_of, key) is not None


async def execute(
    request: Request, command: Command, *, actor: UUID, key: IdempotencyKey, expected: Version | None = None
) -> Outcome:
    """Have the ledger decide, on a thread of its own: it waits for the database."""
    service: Service = request.app.state.service
    metrics: Metrics = request.app.state.metrics
    name = type(command).__name__
    run = partial(
        service.ledger.execute,
        command,
        actor=actor,
        key=key,
        correlation_id=request.state.correlation_id,
        expected=expected,
    )
    try:
        outcome = await run_in_threadpool(run)
    except Refusal as refusal:
        metrics.commanded(name, refusal.code)
        raise
    metrics.commanded(name, "replayed" if outcome.replayed else "recorded")
    return outcome


def accepted(outcome: Outcome, location: str | None, path: Mapping[str, str] = MappingProxyType({})) -> Response:
    """The same answer to an order and to its repeat."""
    headers = {positions.HEADER: str(outcome.position)}
    if location is not None:
        headers["Location"] = location.format(id=outcome.resource_id, **path)
    return JSONResponse({"id": str(outcome.resource_id), "position": outcome.position}, outcome.status, headers)


def refuse_parameters(request: Request) -> None:
    """An order takes no query parameter."""
    for name in request.query_params:
        raise invalid_input([{"type": "extra_forbidden", "loc": (name,)}], "query")


def path_ids(request: Request) -> dict[str, str]:
    """The ids of the path in canonical form, and a team's kind; a text that is neither names nothing."""
    try:
        return {name: str(_PATH_TYPES.get(name, UUID)(text)) for name, text in request.path_params.items()}
    except ValueError:
        raise not_found() from None


def _refuse_path_fields(route: OrderRoute, body: Mapping[str, Any]) -> None:
    twice = [name for name in route.path_names if name in body]
    if twice:
        raise invalid_input([{"type": "extra_forbidden", "loc": (name,)} for name in twice], "body")


def _expected(request: Request, route: OrderRoute, caller: Bearer, path: Mapping[str, str]) -> Version | None:
    """The version that the order is about. A référent is shown no version of an account or an invitation, which would
    tell what happens to it elsewhere: none that she names can be the one.
    """
    version = expected_version(request.headers.get("if-match"))
    if version is None or not route.names_a_stream:
        return None
    if right_of(caller, route.action) is Scope.TEAM:
        raise VersionMismatch
    return Version(UUID(next(iter(path.values()))), version)
