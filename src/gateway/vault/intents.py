"""What is on its way into the store: a row for each deposit, from before its bytes until after its event.

It is all that a sweep looks at, so that it costs what was left over and not what is stored. And it is the fence between
the two: a depositor holds its row while its event is recorded, and a sweep condemns a row before it takes bytes away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from ledger.log.database import Database, Role

_BEGIN: Final = "insert into auth.deposit (document_id) values (%s)"
_HOLD: Final = "select from auth.deposit where document_id = %s and condemned_at is null for update"
_END: Final = "delete from auth.deposit where document_id = %s"
# A depositor that is paused keeps its row: a session that is idle for a minute is else ended by the server.
_UNHURRIED: Final = "set local idle_in_transaction_session_timeout = 0"
# A row that somebody holds is a deposit that goes on, however old it is.
_OLD: Final = """
select document_id from auth.deposit
 where begun_at < %s and condemned_at is null and document_id > %s
 order by document_id limit %s for update skip locked
"""
_CONDEMN: Final = "update auth.deposit set condemned_at = now() where document_id = any(%s)"
_CONDEMNED: Final = """
select document_id from auth.deposit where condemned_at is not null and document_id > %s order by document_id limit %s
"""
_END_ALL: Final = "delete from auth.deposit where document_id = any(%s)"
_EXISTS: Final = "select from auth.deposit where document_id = %s"


class Condemned(Exception):
    """The deposit took so long that a sweep has given it up: nothing may be recorded of it."""


def begin(database: Database, document_id: UUID) -> None:
    """Committed before a byte goes to the store."""
    with database.transaction(Role.AUTH) as connection:
        connection.execute(_BEGIN, (document_id,))


@contextmanager
def held(database: Database, document_id: UUID) -> Iterator[Connection[DictRow]]:
    """No sweep takes the bytes for the length of the block, which records their event; `end` belongs in it. Condemned
    where a sweep was first.
    """
    with database.transaction(Role.AUTH) as connection:
        connection.execute(_UNHURRIED)
        if connection.execute(_HOLD, (document_id,)).fetchone() is None:
            raise Condemned
        yield connection


def end(connection: Connection[DictRow], document_id: UUID) -> None:
    """The deposit is over: its event is recorded, or its bytes are gone."""
    connection.execute(_END, (document_id,))


def old(connection: Connection[DictRow], before: datetime, after: UUID, limit: int) -> list[UUID]:
    """Deposits begun before an instant that nobody holds, locked for this transaction; by id, from after one."""
    return [row["document_id"] for row in connection.execute(_OLD, (before, after, limit))]


def condemn(connection: Connection[DictRow], documents: list[UUID]) -> None:
    """From the commit on no event of theirs can be recorded."""
    connection.execute(_CONDEMN, (documents,))


def condemned(connection: Connection[DictRow], after: UUID, limit: int) -> list[UUID]:
    """Those whose bytes are to be taken away; by id, from after one."""
    return [row["document_id"] for row in connection.execute(_CONDEMNED, (after, limit))]


def end_all(connection: Connection[DictRow], documents: list[UUID]) -> None:
    connection.execute(_END_ALL, (documents,))


def exists(connection: Connection[DictRow], document_id: UUID) -> bool:
    return connection.execute(_EXISTS, (document_id,)).fetchone() is not None
