"""Live update of a process: those who listen, and the one task that follows the log for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Final, Self

import structlog

from gateway.live.follower import Follower
from gateway.live.hub import Hub
from gateway.live.listener import Listener
from gateway.service import Service

MOST_BEHIND: Final = 10_000
"""Positions that are gone through for who comes back; whoever was away for longer is told to read again."""

_log = structlog.get_logger(__name__)


class Live:
    """Entered while the application serves. `close` is called before the server waits for its connections to end."""

    def __init__(self, service: Service) -> None:
        settings = service.settings
        self.hub = Hub(most=settings.streams, most_of_one=settings.streams_per_account)
        self.follower = Follower(service, self.hub)
        self._task: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Tell all who listen that the process stops, and let nobody in any more."""
        self.hub.close()

    @asynccontextmanager
    async def listening(self, listener: Listener, since: int | None) -> AsyncIterator[int]:
        """Let them listen while the block runs, from `since` on or from now: the position where that is.

        What concerned them since then waits for them at once. Raises Problem where there is no room (see `Hub.join`).
        """
        at = self.hub.join(listener, at=await self.follower.reached())
        self.follower.wake()
        try:
            listener.since = await self._begun(listener, since, at)
            yield listener.since
        finally:
            self.hub.leave(listener)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self) -> None:
        try:
            await self.follower.run()
        except Exception:  # noqa: BLE001 - nobody waits for this task: it is said, and those who listen do not go deaf
            _log.exception("live update has stopped: an unexpected error")
            self.close()

    async def _begun(self, listener: Listener, since: int | None, at: int) -> int:
        """From where on they hear: what is behind `at` is read for them alone, what is before them waits until then."""
        if since is None or since == at:
            return at
        if since > at:
            # Another process, which was a moment ahead, gave the position; or a log that was restored to before it.
            listener.since = since
            return since if since <= await self.follower.head() else self._lost(listener, at)
        if at - since > MOST_BEHIND:
            return self._lost(listener, at)
        for concern in await self.follower.between(since, at):
            if listener in self.hub.hearing(concern):
                listener.tell(concern)
        return at

    def _lost(self, listener: Listener, at: int) -> int:
        listener.lose()
        return at
