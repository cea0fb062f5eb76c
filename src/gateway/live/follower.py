"""The one who follows the log for all who listen in this process: what one event costs does not depend on their number.

It wakes when something is appended, reads what that is, waits until the read models show it, and asks once who may hear
of it. It also asks, once a second and for all of them together, whether they still have the right to listen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from gateway.auth.caller import LATE, Caller, callers_of
from gateway.live.hub import Hub
from gateway.live.listener import Listener
from gateway.rights import refusal
from gateway.service import Service
from ledger.log.database import AsyncDatabase, Role
from ledger.log.reader import batch_end
from ledger.log.subscription import AsyncSubscription
from projections.audience import PROJECTORS, Concern, Noted, concerns_of
from projections.fetching import ask, ask_number

EVERY_SECONDS: Final = 1.0
"""How often rights are asked for, and how late a lost notification can make what is told."""

BATCH: Final = 500
_FIRST_PAUSE: Final = 0.005
_LONGEST_PAUSE: Final = 0.25
_ACCOUNTS: Final = "account."

_AFTER: Final = """
select position, stream_id, name, dossiers from log.events
 where position > %(after)s and position <= %(upto)s order by position
"""
_HEAD: Final = "select coalesce(max(position), 0) from log.events"
_REACHED: Final = "select coalesce(min(position), 0) from read.position where projector = any(%(projectors)s)"

_log = structlog.get_logger(__name__)


class Follower:
    """Tells `hub` of what is appended. Reads as the auditor's role (the log) and the staff's (who sees what)."""

    def __init__(self, service: Service, hub: Hub) -> None:
        self._service = service
        self._queries: AsyncDatabase = service.queries
        self._hub = hub
        self._inhabited = asyncio.Event()
        self._checked_at = 0.0
        self._pause = _FIRST_PAUSE

    def wake(self) -> None:
        """Somebody has begun to listen."""
        self._inhabited.set()

    async def run(self) -> None:
        """Follow for as long as the task lives; while nobody listens, nothing is asked of the database."""
        news = AsyncSubscription(self._service.database.url)
        try:
            while True:
                await self._inhabited.wait()
                try:
                    await self._once(news)
                except (psycopg.Error, PoolTimeout) as error:
                    _log.warning("live update waits for the database", error=type(error).__name__)
                    await asyncio.sleep(EVERY_SECONDS)
        finally:
            await news.close()

    async def reached(self) -> int:
        """The position that all who would be looked at have folded."""
        async with self._queries.transaction(Role.STAFF) as connection:
            reached = await ask_number(connection, _REACHED, {"projectors": list(PROJECTORS)})
        return await reached.one() or 0

    async def head(self) -> int:
        """The log's highest position."""
        async with self._queries.transaction(Role.AUDITOR) as connection:
            found = await ask_number(connection, _HEAD, {})
        return await found.one() or 0

    async def between(self, after: int, upto: int) -> list[Concern]:
        """What concerned whom after a position and up to another that is folded."""
        concerns: list[Concern] = []
        while events := await self._events(after, upto):
            concerns += (await self._shown(events))[1]
            after = events[-1].position
        return concerns

    async def step(self) -> bool:
        """Tell of the next events that the read models show; False where there is none to tell."""
        after = self._hub.position
        events = [] if after is None else await self._events(after)
        if not events:
            self._pause = _FIRST_PAUSE
            return False
        reached, concerns = await self._shown(events)
        shown = [event for event in events if event.position <= reached]
        if not shown:
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            return True
        self._pause = _FIRST_PAUSE
        if any(event.name.startswith(_ACCOUNTS) for event in shown):
            # Who may hear of what follows has perhaps just changed.
            await self.recheck()
        upto = shown[-1].position
        # Who has begun to listen meanwhile, after nobody did, is not at the position that this began from.
        if self._hub.position == after:
            self._hub.publish((each for each in concerns if each.position <= upto), upto)
        return True

    async def recheck(self) -> None:
        """Ask for all who listen what they may hear of now; whoever has lost the right hears nothing more.

        An account whose own events are not folded yet may have lost it: it comes back and is looked at again.
        """
        listeners = self._hub.listeners
        found = await callers_of(self._queries, {listener.secret for listener in listeners}) if listeners else {}
        self._checked_at = asyncio.get_running_loop().time()
        for listener in listeners:
            caller = found.get(listener.secret)
            if caller is LATE:
                listener.end("over")
            elif caller is None or not self._allowed(listener, caller):
                listener.end("right-ended")
            elif not _sees_the_same(caller, listener.caller):
                self._hub.revise(listener, caller)

    async def _once(self, news: AsyncSubscription) -> None:
        await news.listen()
        while len(self._hub):
            # What follows is told by rights that are a second old at most, also after the database was away.
            if asyncio.get_running_loop().time() - self._checked_at >= EVERY_SECONDS:
                await self.recheck()
            if not await self.step():
                await news.wait(EVERY_SECONDS)
        self._inhabited.clear()

    def _allowed(self, listener: Listener, caller: Caller) -> bool:
        terms = self._service.terms.current.version
        return refusal(caller, listener.action, caller.at, terms=terms) is None

    async def _events(self, after: int, upto: int | None = None) -> list[Noted]:
        async with self._queries.transaction(Role.AUDITOR) as connection:
            asked = await ask(connection, Noted, _AFTER, {"after": after, "upto": batch_end(after, BATCH, upto)})
        return await asked.all()

    async def _shown(self, events: Sequence[Noted]) -> tuple[int, list[Concern]]:
        """Up to where the read models have come, and whom the events concern (right up to there)."""
        async with self._queries.transaction(Role.STAFF) as connection:
            reached = await ask_number(connection, _REACHED, {"projectors": list(PROJECTORS)})
            concerns = await concerns_of(connection, events)
        return await reached.one() or 0, concerns


def _sees_the_same(one: Caller, other: Caller) -> bool:
    return (one.scope, one.menus, one.narrowed, one.role) == (other.scope, other.menus, other.narrowed, other.role)
