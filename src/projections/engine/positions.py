"""Where each projection stands: its position in the log, and the generation that may move it.

A batch's rows and the position are written in one transaction that begins by moving the position `where position =
expected and generation = mine`. Whoever claims the projections takes a new generation, so that a worker that was
thought dead, and is not, writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import DictRow

State = Literal["live", "failed", "waiting"]


class Fenced(RuntimeError):
    """Somebody else has moved or claimed a projection: nothing was written, and what is in memory is worthless."""


@dataclass(frozen=True, slots=True)
class Position:
    """One row of `position`: `tables` are those that the projection's `table.sql` made."""

    projector: str
    version: int
    tables: tuple[str, ...]
    position: int
    generation: int
    state: State
    error: str | None
    failed_position: int | None
    updated_at: datetime


def read(connection: Connection[DictRow], schema: str, *, lock: Sequence[str] | None = None) -> dict[str, Position]:
    """Every projection's position in a schema; with `lock`, those of these names, held to the transaction's end."""
    query = f"select {', '.join(Position.__dataclass_fields__)} from {schema}.position"
    if lock is None:
        rows = connection.execute(query.encode())
    else:
        # In one order, so that two who lock never wait for each other.
        query += " where projector = any(%s) order by projector for update"
        rows = connection.execute(query.encode(), (list(lock),))
    return {row["projector"]: _position(row) for row in rows}


def claim(connection: Connection[DictRow], schema: str, names: Sequence[str]) -> dict[str, Position]:
    """Take these projections over: from here on, whoever had them before is fenced."""
    found = read(connection, schema, lock=names)
    generation = 1 + max((row.generation for row in found.values()), default=0)
    connection.execute(
        f"update {schema}.position set generation = %s where projector = any(%s)".encode(), (generation, list(names))
    )
    return read(connection, schema, lock=names)


def move(connection: Connection[DictRow], schema: str, owned: Mapping[str, Position], upto: int) -> None:
    """Move projections that stand at one position to `upto`, or raise Fenced. First statement of a batch."""
    moved = connection.execute(
        f"update {schema}.position p set position = %s, state = 'live', error = null, failed_position = null, "
        "updated_at = clock_timestamp() from unnest(%s::text[], %s::bigint[], %s::bigint[]) as mine (name, at, gen) "
        "where p.projector = mine.name and p.position = mine.at and p.generation = mine.gen "
        "returning p.projector".encode(),
        (upto, list(owned), [row.position for row in owned.values()], [row.generation for row in owned.values()]),
    )
    if len(moved.fetchall()) != len(owned):
        raise Fenced


def halt(
    connection: Connection[DictRow], schema: str, owned: Position, state: State, *, error: str | None, at: int
) -> None:
    """Say that a projection stops before the event at position `at`, or raise Fenced."""
    halted = connection.execute(
        f"update {schema}.position set state = %s, error = %s, failed_position = %s, updated_at = clock_timestamp() "
        "where projector = %s and position = %s and generation = %s returning projector".encode(),
        (state, error, at, owned.projector, owned.position, owned.generation),
    )
    if halted.fetchone() is None:
        raise Fenced


def retry(connection: Connection[DictRow], schema: str, name: str) -> bool:
    """Let a failed projection go on from the event it failed at; False where it has not failed."""
    resumed = connection.execute(
        f"update {schema}.position set state = 'live', error = null, failed_position = null, "
        "generation = generation + 1, updated_at = clock_timestamp() "
        "where projector = %s and state = 'failed'".encode(),
        (name,),
    )
    return resumed.rowcount == 1


def _position(row: Mapping[str, Any]) -> Position:
    return Position(**{**row, "tables": tuple(row["tables"])})
