"""Orders that meet: each is decided on the same state, by a ledger of its own, before any of them is written.

The append's lock is held while they decide, so that the meeting happens in each run, in the order in which they came.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from uuid import UUID

import psycopg

from ledger.application import Ledger, Outcome
from ledger.kit.command import Command
from ledger.kit.errors import Refusal
from ledger.kit.keyring import Keyring
from ledger.log.database import Database
from support.eventually import PATIENCE_SECONDS

LOCK = (1818585191, 1)
"""What every append takes first (migrations/0001_log.sql)."""


def at_once(url: str, keyring: Keyring, orders: Sequence[tuple[Command, UUID | None]]) -> list[Outcome | Refusal]:
    """Give the orders, each by its actor, so that all are decided before the first is written; what became of each."""
    with ExitStack() as stack:
        holding = stack.enter_context(psycopg.connect(url))
        pool = stack.enter_context(ThreadPoolExecutor(len(orders)))
        ledgers = [Ledger(stack.enter_context(Database(url, max_size=2)), keyring) for _ in orders]
        stack.callback(lambda: [ledger.close() for ledger in ledgers])
        holding.execute("select pg_advisory_lock(%s, %s)", LOCK)
        waiting: list[Future[Outcome | Refusal]] = []
        for ledger, (command, actor) in zip(ledgers, orders, strict=True):
            waiting.append(pool.submit(_told, ledger, command, actor))
            _await_waiting(url, len(waiting), waiting[-1])
        holding.execute("select pg_advisory_unlock(%s, %s)", LOCK)
        return [each.result(timeout=PATIENCE_SECONDS) for each in waiting]


def _told(ledger: Ledger, command: Command, actor: UUID | None) -> Outcome | Refusal:
    try:
        return ledger.execute(command, actor=actor)
    except Refusal as refusal:
        return refusal


def _await_waiting(url: str, count: int, last: Future[Outcome | Refusal]) -> None:
    """Until so many appends wait for the lock. One that ends before was refused, or did not wait: no meeting."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            row = connection.execute(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted and classid = %s "
                "and objid = %s and database = (select oid from pg_database where datname = current_database())",
                LOCK,
            ).fetchone()
            if row is not None and row[0] >= count:
                return
            assert not last.done(), f"it did not wait: {last.result()!r}"
            assert time.monotonic() < deadline, "nobody waits for the append's lock"
            time.sleep(0.005)
