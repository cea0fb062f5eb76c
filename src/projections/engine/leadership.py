"""One worker leads, the others stand by: a lock that PostgreSQL gives back when its holder's connection dies."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, Final

import psycopg

_LOCK: Final = 0x666F6C64  # "fold": held by the worker that runs the projections of this database


class Leadership:
    """A connection that holds the lock, or tries to. A leader whose connection was lost in silence may still believe
    that it leads: the generation of positions keeps it from writing, not this lock.
    """

    def __init__(self, url: str, *, lock: int = _LOCK, check_seconds: float = 1.0) -> None:
        self._url = url
        self._lock = lock
        self._check_seconds = check_seconds
        self._connection: psycopg.Connection[Any] | None = None
        self._checked_at = 0.0

    def held(self, *, check: bool = False) -> bool:
        """Whether this worker leads, taking the lead if it is free. Asks the server once in a while, or on `check`."""
        if self._connection is None:
            return self._take()
        if check or time.monotonic() - self._checked_at >= self._check_seconds:
            return self._ask(self._connection)
        return True

    def release(self) -> None:
        """Let another lead, at once: a connection that is only closed gives its lock back when its backend ends."""
        if self._connection is not None:
            with suppress(psycopg.OperationalError):  # it died in silence, and the lock with it
                self._connection.execute("select pg_advisory_unlock_all()")
            self._connection.close()
            self._connection = None

    def _take(self) -> bool:
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            application_name="dossier-ledger leader",
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )
        row = None
        try:
            row = connection.execute("select pg_try_advisory_lock(%s)", (self._lock,)).fetchone()
        finally:
            if not (row and row[0]):
                connection.close()
        if connection.closed:
            return False
        self._connection, self._checked_at = connection, time.monotonic()
        return True

    def _ask(self, connection: psycopg.Connection[Any]) -> bool:
        try:
            connection.execute("select 1")
        except psycopg.OperationalError:
            self.release()
            return False
        self._checked_at = time.monotonic()
        return True
