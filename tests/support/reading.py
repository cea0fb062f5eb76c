"""A fund whose read models can be asked: the real ledger, engine and queries, on databases of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

from ledger.account.events import Role as AccountRole
from ledger.application import Ledger
from ledger.kit.command import Command
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log.database import AsyncDatabase, Database, Role
from ledger.log.reader import head
from projections.engine.engine import Engine
from projections.engine.schema import install
from projections.reader import Reader
from projections.registry import ALL
from support.deployments import AT
from support.eventually import PATIENCE_SECONDS
from support.givens import Givens

T = TypeVar("T")

STAFF = Reader(uuid4(), AccountRole.CASE_MANAGER)
ACCOUNTANT = Reader(uuid4(), AccountRole.ACCOUNTANT)


def holder(*establishments: UUID) -> Reader:
    """A portal reader who holds these establishments."""
    return Reader(uuid4(), AccountRole.PORTAL, establishments)


def ask(url: str, reader: Reader, query: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
    """The answer of a query to a reader, as its database role and with its scope."""

    async def asked() -> T:
        role = Role.STAFF if reader.is_staff else Role.GATEWAY
        async with (
            AsyncDatabase(url, max_size=1) as database,
            database.transaction(role, scope=reader.scope) as connection,
        ):
            return await query(connection, reader, *args, **kwargs)

    return asyncio.run(asked())


def ask_managing(
    url: str,
    teams: Iterable[str],
    query: Callable[..., Awaitable[T]],
    *args: Any,
    scope: Iterable[UUID] = (),
    **more: Any,
) -> T:
    """The answer of a query about teams, as the gateway, to a référent of these."""

    async def asked() -> T:
        async with (
            AsyncDatabase(url, max_size=1) as database,
            database.transaction(Role.GATEWAY, scope=scope, managed=teams) as connection,
        ):
            return await query(connection, *args, **more)

    return asyncio.run(asked())


@dataclass
class House:
    """`givens` gives orders; `ask` lets the folds catch up first, so that it sees what was done."""

    url: str = field(repr=False)
    ledger: Ledger
    database: Database
    keyring: Keyring
    engine: Engine
    givens: Givens

    def do(self, command: Command, *, actor: UUID | None = None) -> UUID:
        return self.givens.do(command, actor=actor)

    def ask(self, reader: Reader, query: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
        self.catch_up()
        return ask(self.url, reader, query, *args, **kwargs)

    def manage(self, teams: Iterable[str], query: Callable[..., Awaitable[T]], *args: Any, **more: Any) -> T:
        self.catch_up()
        return ask_managing(self.url, teams, query, *args, **more)

    def catch_up(self) -> None:
        catch_up(self.database, self.engine.run_once)


def catch_up(database: Database, feed: Callable[[], int]) -> None:
    """Feed until every projection stands at the head. The lead may take a moment to be free: a closed connection gives
    its lock back when the server has noticed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        fed = feed()
        with database.transaction(Role.PROJECTOR) as connection:
            end = head(connection)
            rows = connection.execute("select projector, position, state, error from read.position").fetchall()
        assert [row for row in rows if row["state"] != "live"] == []
        if all(row["position"] == end for row in rows):
            return
        assert time.monotonic() < deadline, "the folds do not reach the head"
        if not fed:
            time.sleep(0.01)


@contextmanager
def house_on(ledger_url: str, keys_url: str) -> Iterator[House]:
    install(ledger_url, ALL)
    with (
        Keyring(keys_url, MasterKey(b"m" * 32)) as keyring,
        Database(ledger_url, max_size=8) as database,
        Ledger(database, keyring, clock=lambda: AT) as ledger,
        Engine(database, keyring, ALL, refresh_seconds=0) as engine,
    ):
        yield House(ledger_url, ledger, database, keyring, engine, Givens(ledger))
