"""A reading: one transaction as the caller's database role, with the caller's scope, over named projections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Generic, TypeVar

import orjson
from fastapi import Depends, Request
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.api import positions
from gateway.api.authentication import Authenticated, action_of
from gateway.api.etags import etag, unchanged
from gateway.api.limits import charge
from gateway.api.problems import invalid, not_found
from gateway.api.validation import pointer
from gateway.audiences import Scope
from gateway.auth.caller import Caller
from gateway.rights import RIGHTS, database_role, right_of
from gateway.service import Service
from ledger.account.events import Role as AccountRole
from ledger.kit.personal import Personal
from projections.reader import Reader

JSON: Final = "application/json"
T = TypeVar("T")


@dataclass
class Reading:
    """An open transaction; once it has ended, the position of the slowest projection that it read."""

    connection: AsyncConnection[DictRow]
    position: int = field(init=False)


@dataclass(frozen=True)
class Read(Generic[T]):
    """What a reading shows, by the API as JSON and by a page as itself; `position` is of the slowest projection read,
    `version` of the one thing that was asked for, where it is one.
    """

    shown: T
    position: int
    version: int | None = None


class Call:
    """One authenticated query: opens readings, and answers with position and ETag.

    `action` is the route's own, or the one whose reach a part of a page is read with.
    """

    def __init__(self, request: Request, caller: Caller, action: str | None = None) -> None:
        _refuse_repeated(request)
        self.request = request
        self.caller = caller
        self.service: Service = request.app.state.service
        action = action or action_of(request)
        right = RIGHTS.get(action)
        self.reader = reader_of(caller, right.menu if right else None)
        self._scope = right_of(caller, action)

    @asynccontextmanager
    async def reading(self, *projectors: str, at_least: int | None = None) -> AsyncIterator[Reading]:
        """A transaction that sees what the caller may see, once `projectors` have folded `at_least`."""
        if at_least is not None:
            await positions.wait_for(self.service.queries, projectors, at_least)
        if self._scope is None:
            raise not_found()
        role = database_role(self._scope)
        managed = self.caller.managed if self._scope is Scope.TEAM else ()
        async with self.service.queries.transaction(role, scope=self.reader.scope, managed=managed) as connection:
            # Read first: rows that are younger than the position said are harmless, older ones would be a lie.
            position = await positions.ask_position(connection, projectors)
            reading = Reading(connection)
            yield reading
        reading.position = await position.one() or 0

    async def opened(self, sealed: list[str | None]) -> list[str | None]:
        """The clear text of sealed columns, in order; « effacé » for what was erased, None for None."""
        values = [Personal.parse(text) for text in sealed if text is not None]
        if not values:
            return [None] * len(sealed)
        clear = iter(await run_in_threadpool(self.service.keyring.open_many, values))
        return [None if text is None else str(next(clear)) for text in sealed]

    async def opened_pairs(
        self, sealed: Iterable[tuple[str | None, str | None]]
    ) -> list[tuple[str | None, str | None]]:
        """As `opened`, two columns of each row: all together, since every opening asks for keys."""
        clear = iter(await self.opened([text for pair in sealed for text in pair]))
        return list(zip(clear, clear, strict=True))

    def answer(self, shown: BaseModel | Mapping[str, Any], position: int) -> Response:
        """A list, or anything else without a version of its own."""
        return Response(_json(shown), headers={positions.HEADER: str(position)}, media_type=JSON)

    def detail(self, shown: BaseModel | Mapping[str, Any], position: int, *, version: int | None) -> Response:
        """One resource, with its ETag; 304 where the caller has it already."""
        body = _json(shown)
        tag = etag(version, body)
        headers = {positions.HEADER: str(position), "ETag": tag, "Cache-Control": "private, no-cache"}
        if unchanged(self.request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=JSON)


async def calling(request: Request, caller: Authenticated) -> Call:
    # A coroutine: the class itself, as a dependency, would be called in a thread of the pool, at a tenth of a page.
    call = Call(request, caller)
    await charge(request, caller, action_of(request))
    return call


Calling = Annotated[Call, Depends(calling)]


def reader_of(caller: Caller, menu: str | None = None) -> Reader:
    """Staff see all through their database role, and have no scope; of an entry of a member's menu, a portal reader
    sees the establishments that it is open for.
    """
    scope = caller.scope_of(menu) if caller.role is AccountRole.PORTAL else ()
    return Reader(account_id=caller.account_id, role=caller.role, scope=scope)


def _refuse_repeated(request: Request) -> None:
    """Of a parameter given twice one would be passed over: which one is not for us to choose."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if names.count(name) > 1:
            raise invalid("query", pointer([name[:60]]), "repeated", "Ce paramètre n'est donné qu'une fois.")


def _json(shown: BaseModel | Mapping[str, Any]) -> bytes:
    return shown.model_dump_json().encode() if isinstance(shown, BaseModel) else orjson.dumps(shown)
