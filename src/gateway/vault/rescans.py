"""What is put into the queue of scans beside new deposits: what is old, what was lost, what an operator asks for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from ledger.log.database import Database, Role

RESCANS_AT_ONCE: Final = 1_000
RESCANNED_FOR: Final = timedelta(days=365)
"""Documents older than this are scanned again only when an operator asks for it."""

_DUE_AGAIN: Final = """
update auth.scan set due_at = now() where document_id in (
  select document_id from auth.scan
   where due_at is null and scanned_at < now() - make_interval(days => %(days)s) and document_id > %(since)s
   order by scanned_at limit %(limit)s)
"""
_DEPOSITED: Final = "select document_id, position from read.document where %s::date is null or deposited_on >= %s"
_AWAITED: Final = "select document_id, position from read.document where analysis = 'awaited' limit 1000"
_REMEMBER: Final = """
insert into auth.scan (document_id, position) select * from unnest(%s::uuid[], %s::bigint[]) on conflict do nothing
"""
_ASK_AGAIN: Final = """
insert into auth.scan (document_id, position) select * from unnest(%s::uuid[], %s::bigint[])
on conflict (document_id) do update set due_at = least(scan.due_at, now()), failure = null, attempts = 0
"""


def make_rescans_due(connection: Connection[DictRow], days: int) -> int:
    """Documents of the last year whose last analysis is older than `days`; some at a time. As AUTH. How many."""
    since = _first_id(datetime.now(UTC) - RESCANNED_FOR)
    asked = {"days": days, "since": since, "limit": RESCANS_AT_ONCE}
    return connection.execute(_DUE_AGAIN, asked).rowcount


def remember(database: Database) -> int:
    """Queue again what is awaited and not in the queue: a restore without the tables of signing in has emptied it."""
    with database.transaction(Role.STAFF) as reading:
        rows = reading.execute(_AWAITED).fetchall()
    ids, positions = [row["document_id"] for row in rows], [row["position"] for row in rows]
    with database.transaction(Role.AUTH) as connection:
        return connection.execute(_REMEMBER, (ids, positions)).rowcount


def rescan(database: Database, since: date | None = None) -> int:
    """Have every document that was deposited since a day (or ever) analysed again by `work`; how many there are.

    Those that came in while no clamd was configured as well: the read model names them.
    """
    asked = 0
    with database.transaction(Role.STAFF) as reading, reading.cursor("documents") as documents:
        documents.execute(_DEPOSITED, (since, since))
        while rows := documents.fetchmany(RESCANS_AT_ONCE):
            with database.transaction(Role.AUTH) as connection:
                ids, positions = [row["document_id"] for row in rows], [row["position"] for row in rows]
                connection.execute(_ASK_AGAIN, (ids, positions))
            asked += len(rows)
    return asked


def _first_id(instant: datetime) -> UUID:
    """The lowest id (UUIDv7) that can have been made at an instant: ids tell when a document came."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)
