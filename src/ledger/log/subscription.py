"""Hearing of new events: NOTIFY wakes at once, a time-out is the fallback where a notification is lost."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Final, Self

import psycopg
import structlog

CHANNEL: Final = "ledger"
_log = structlog.get_logger(__name__)


class Subscription:
    """A listening connection of its own. Notifications carry nothing: whoever wakes reads the log from its position."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def wait(self, timeout: float) -> bool:
        """True as soon as something was appended; False after `timeout` seconds, or when the connection was lost.

        Whoever gets False reads the log all the same: a lost connection costs time, never an event.
        """
        try:
            for _ in self._listening().notifies(timeout=timeout, stop_after=1):
                return True
        except psycopg.OperationalError as error:
            _log.warning("subscription lost, polling until it is back", error=type(error).__name__)
            self.close()
            time.sleep(min(timeout, 1.0))
        return False

    def _listening(self) -> psycopg.Connection[tuple[object, ...]]:
        if self._connection is None or self._connection.closed:
            connection = psycopg.connect(self._url, autocommit=True, application_name="dossier-ledger subscription")
            connection.execute(f"listen {CHANNEL}")
            self._connection = connection
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        self._listening()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncSubscription:
    """The same on an event loop, for whoever follows the log beside its requests."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None

    async def listen(self) -> None:
        """Hear of what is appended from now on."""
        if self._connection is None or self._connection.closed:
            connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, application_name="dossier-ledger subscription"
            )
            self._connection = connection
            await connection.execute(f"listen {CHANNEL}")

    async def wait(self, seconds: float) -> bool:
        """As `Subscription.wait`."""
        try:
            await self.listen()
            if self._connection is not None:
                async for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                    return True
        except psycopg.OperationalError as error:
            _log.warning("subscription lost, polling until it is back", error=type(error).__name__)
            await self.close()
            await asyncio.sleep(min(seconds, 1.0))
        return False

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
