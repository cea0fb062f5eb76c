"""So many at once of what is dear, whoever asks; the others wait for their turn, without a thread, and not for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class NoPlace(Exception):
    """The turn did not come in time."""


class Places:
    """A process's own, for one kind of work."""

    def __init__(self, at_once: int, *, patience_seconds: float) -> None:
        self._places = anyio.Semaphore(at_once)
        self._patience_seconds = patience_seconds

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a place for the length of the block; NoPlace where none is free in `patience_seconds`."""
        with anyio.move_on_after(self._patience_seconds) as patience:
            await self._places.acquire()
        if patience.cancelled_caught:
            raise NoPlace
        try:
            yield
        finally:
            self._places.release()
