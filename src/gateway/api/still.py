"""A long answer that goes on only while its caller has the right to it: a download is cut when the right ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio
import psycopg
from psycopg_pool import PoolTimeout
from starlette.responses import StreamingResponse
from starlette.types import Send

from gateway.api.authentication import action_of, presented
from gateway.api.client import facts
from gateway.api.problems import Problem, RightEnded
from gateway.api.reading import Call, reader_of
from gateway.auth.caller import LATE, caller_of
from gateway.journal.journal import note
from gateway.rights import database_role, right_of
from ledger.kit.errors import NotFound
from projections.reader import Reader

EVERY_SECONDS: Final = 1.0
"""How often it is asked: with what the question may take, a right that ends is felt within two seconds."""

_WAIT_SECONDS: Final = 0.9
Seen = Callable[[Any, Reader], Awaitable[object]]


class WhileAllowed(StreamingResponse):
    """Streams `content` as long as `still` says yes, which is asked each second beside the stream.

    It does not wait for the client's pace: one that reads nothing is cut as well. What has been handed over to the
    network by then cannot be taken back.
    """

    def __init__(self, content: Any, *arguments: Any, still: Callable[[], Awaitable[bool]], **options: Any) -> None:
        super().__init__(content, *arguments, **options)
        self._still = still
        self._ended = False

    async def stream_response(self, send: Send) -> None:
        failed: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch, tasks.cancel_scope)
            try:
                await super().stream_response(send)
            except Exception as error:  # noqa: BLE001 - raised again below: the group would wrap it in one of its own
                failed = error
            tasks.cancel_scope.cancel()
        if failed is not None:
            raise failed
        if self._ended:
            raise RightEnded

    async def _watch(self, scope: anyio.CancelScope) -> None:
        while True:
            await anyio.sleep(EVERY_SECONDS)
            if not await self._still():
                self._ended = True
                scope.cancel()
                return


class Still:
    """Whether the caller of `call` could ask again what it asked, and would be shown what it is being sent.

    `seen` reads what is sent, as the caller's database role, and raises NotFound where it is out of sight, a Problem
    where it must not be sent (any longer): it may be withdrawn or put in quarantine meanwhile, and the caller's scope
    may change. It fails closed: a database that does not answer, and a read model that is behind the account's events,
    are a no.
    """

    def __init__(self, call: Call, seen: Seen) -> None:
        self._call = call
        self._seen = seen
        self._action = action_of(call.request)

    async def __call__(self) -> bool:
        try:
            allowed = await self._allowed()
        except (psycopg.Error, PoolTimeout):
            allowed = False
        if not allowed:
            caller = self._call.caller
            sender = facts(self._call.request)
            await note(
                self._call.service, "refusal", "cut", account_id=caller.account_id, request=sender, action=self._action
            )
        return allowed

    async def _allowed(self) -> bool:
        shown = presented(self._call.request)
        queries = self._call.service.queries
        caller = await caller_of(queries, shown.secret, wait_seconds=_WAIT_SECONDS) if shown else None
        if caller is None or caller is LATE:
            return False
        scope = right_of(caller, self._action)
        reader = reader_of(caller)
        if scope is None:
            return False
        try:
            async with self._call.service.queries.transaction(database_role(scope), scope=reader.scope) as connection:
                await self._seen(connection, reader)
        except (NotFound, Problem):
            return False
        return True
