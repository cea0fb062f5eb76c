"""Reading the log in its order. The caller's transaction says as whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from ledger.log.recorded import COLUMNS, Recorded, decode


def read_after(
    connection: Connection[DictRow], position: int, limit: int, *, upto: int | None = None
) -> list[Recorded]:
    """At most `limit` events after `position`, in order, none skipped: positions are gapless and in commit order."""
    rows = connection.execute(
        f"select {COLUMNS} from log.events where position > %s and position <= %s order by position",
        (position, batch_end(position, limit, upto)),
        binary=True,
    )
    return [decode(row) for row in rows]


def batch_end(after: int, limit: int, upto: int | None = None) -> int:
    """The last position of a batch of `limit` events, since positions are gapless.

    PostgreSQL cannot know that they are. Told `limit` alone, over a log that grew too fast for its statistics, it takes
    and sorts all that is left for each batch.
    """
    return after + limit if upto is None else min(after + limit, upto)


def read_dossier(connection: Connection[DictRow], dossier_id: UUID, *, upto: int | None = None) -> list[Recorded]:
    """Every event that concerns a dossier: its own, and those of its documents, invoices and transfers."""
    rows = connection.execute(
        f"select {_qualified()} from log.event_dossier d join log.events e using (position) "
        "where d.dossier_id = %s and d.position <= %s order by d.position",
        (dossier_id, _or_end(upto)),
        binary=True,
    )
    return [decode(row) for row in rows]


def head(connection: Connection[DictRow]) -> int:
    """The highest position; 0 for an empty log."""
    return _number(connection, "select coalesce(max(position), 0) as n from log.events", ())


def position_at(connection: Connection[DictRow], instant: datetime) -> int:
    """The highest position recorded at or before an instant; 0 where there was none. `recorded_at` never falls."""
    return _number(
        connection, "select coalesce(max(position), 0) as n from log.events where recorded_at <= %s", (instant,)
    )


def _number(connection: Connection[DictRow], query: str, parameters: tuple[Any, ...]) -> int:
    row = connection.execute(query.encode(), parameters).fetchone()
    return int(row["n"]) if row else 0


def _or_end(upto: int | None) -> int:
    return 2**63 - 1 if upto is None else upto


def _qualified() -> str:
    return ", ".join(f"e.{column.strip()}" for column in COLUMNS.split(","))
