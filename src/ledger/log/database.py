"""Connections: every transaction says as whom it acts, and what it may see, in its first statement.

The role and the scope are set for the transaction alone (`set_config(…, true)`), so that a pooled connection carries
nothing from one caller to the next, also behind a transaction pooler.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

_ENTER: Final = (
    "select set_config('role', %s, true), set_config('led.scope', %s, true), set_config('led.managed', %s, true)"
)

# A lock that is not had in ten seconds is an incident to be seen, not to be waited for; a transaction left open would
# hold back vacuum and, in the append, everybody.
_SETTINGS: Final = {
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "default_transaction_isolation": "read committed",
}
SESSION: Final = " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in _SETTINGS.items())

# A pooler gives a server's session to one transaction after another, and takes no setting of a session: each
# transaction brings its own.
_ENTER_POOLED: Final = _ENTER + "".join(f", set_config('{name}', '{value}', true)" for name, value in _SETTINGS.items())


class Role(StrEnum):
    """Database roles, each with the least it needs (see migrations/0001_log.sql; AUTH: 0003_versions.sql)."""

    WRITER = "ledger_writer"
    PROJECTOR = "ledger_projector"
    GATEWAY = "ledger_gateway"
    STAFF = "ledger_staff"
    AUDITOR = "ledger_auditor"
    AUTH = "ledger_auth"


def scope_setting(scope: Iterable[UUID]) -> str:
    """The establishments in sight, as PostgreSQL writes an array; none gives no row."""
    ids = ",".join(map(str, scope))
    return f"{{{ids}}}" if ids else ""


def managed_setting(managed: Iterable[str]) -> str:
    """The teams in a référent's hands (`<organisation_id>:<kind>`), in the same way; none gives no row."""
    teams = ",".join(managed)
    return f"{{{teams}}}" if teams else ""


def _pool_arguments(application_name: str, *, pooled: bool) -> dict[str, Any]:
    # Behind a pooler a statement prepared by one is not there for the next.
    session: dict[str, Any] = {"prepare_threshold": None} if pooled else {"options": SESSION}
    return {
        "kwargs": {"row_factory": dict_row, "application_name": application_name, **session},
        "open": False,
        "timeout": 10.0,
        "max_lifetime": 1800.0,
    }


class Database:
    """A pool of connections for commands, folds and the command line. Opens on first use or on `with`.

    `url` is PostgreSQL's own address. `pooler_url`, a transaction pooler's, serves the transactions where it is given.
    """

    def __init__(
        self,
        url: str,
        *,
        pooler_url: str | None = None,
        min_size: int = 1,
        max_size: int = 8,
        application_name: str = "dossier-ledger",
    ) -> None:
        self.url = url
        self.application_name = application_name
        self._enter = _ENTER_POOLED if pooler_url else _ENTER
        self._dedicated: list[Connection[DictRow]] = []
        self.pool: ConnectionPool[Connection[DictRow]] = ConnectionPool(
            pooler_url or url,
            min_size=min_size,
            max_size=max_size,
            **_pool_arguments(application_name, pooled=bool(pooler_url)),
        )

    @contextmanager
    def transaction(
        self, role: Role, *, scope: Iterable[UUID] = (), managed: Iterable[str] = ()
    ) -> Iterator[Connection[DictRow]]:
        """A transaction as `role`, seeing `scope` and the teams `managed`; committed at its end, or rolled back."""
        self.pool.open()
        with self.pool.connection() as connection, connection.transaction():
            connection.execute(self._enter, (role, scope_setting(scope), managed_setting(managed)))
            yield connection

    @contextmanager
    def pipeline(self, role: Role) -> Iterator[Connection[DictRow]]:
        """The same, without waiting for what gives no answer: statements are sent together when one is fetched from, or
        at the end, and an error of one shows there. For folds, whose transactions are many small statements; no COPY.
        """
        self.pool.open()
        with self.pool.connection() as connection, connection.pipeline():
            connection.execute(self._enter, (role, scope_setting(()), managed_setting(())))
            yield connection
            connection.commit()

    def dedicated(self, role: Role) -> Connection[DictRow]:
        """A new connection outside the pool, in autocommit, that acts as `role`; closed with the database.

        Each statement is a transaction in one round trip: for the writer and for whoever listens. The role is the
        session's, so that a transaction pooler is of no use here: this goes to PostgreSQL's own address.
        """
        connection = Connection.connect(
            self.url,
            autocommit=True,
            row_factory=dict_row,
            options=f"{SESSION} -c role={role}",
            application_name=f"{self.application_name} {role}",
        )
        self._dedicated = [each for each in self._dedicated if not each.closed] + [connection]
        return connection

    def close(self) -> None:
        for connection in self._dedicated:
            connection.close()
        self.pool.close()

    def __enter__(self) -> Self:
        self.pool.open(wait=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncDatabase:
    """The same for queries served on an event loop."""

    def __init__(
        self,
        url: str,
        *,
        pooler_url: str | None = None,
        min_size: int = 1,
        max_size: int = 16,
        application_name: str = "dossier-ledger",
    ) -> None:
        self._enter = _ENTER_POOLED if pooler_url else _ENTER
        self.pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            pooler_url or url,
            min_size=min_size,
            max_size=max_size,
            **_pool_arguments(application_name, pooled=bool(pooler_url)),
        )

    @asynccontextmanager
    async def transaction(
        self, role: Role, *, scope: Iterable[UUID] = (), managed: Iterable[str] = ()
    ) -> AsyncIterator[AsyncConnection[DictRow]]:
        """A transaction as `role`, seeing `scope` and the teams `managed`; committed at its end, or rolled back.

        It is a pipeline: statements wait to be sent until an answer is fetched, or until the end, and an error of one
        shows there. What is executed before the first fetch costs one round trip, its beginning included.
        """
        # The connection begins by itself, and the pool rolls back: `transaction()` would do the same, and cost more.
        async with self.pool.connection() as connection, connection.pipeline():
            await connection.execute(self._enter, (role, scope_setting(scope), managed_setting(managed)))
            yield connection
            await connection.commit()

    async def __aenter__(self) -> Self:
        await self.pool.open(wait=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.pool.close()
