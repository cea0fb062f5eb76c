"""What operators see of the projections: how far behind, in what state, stopped at which event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from ledger.log.database import Database, Role
from ledger.log.reader import head
from projections.engine import positions
from projections.engine.positions import Position
from projections.engine.projector import Projector
from projections.engine.schema import LIVE, NEXT, OLD, PAST


class Condition(StrEnum):
    """A projection's condition, with the French word that operators read."""

    LIVE = "live"
    WAITING = "waiting"
    FAILED = "failed"
    STALE = "stale"
    AHEAD = "ahead"
    MISSING = "missing"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Final = {
    Condition.LIVE: "à jour ou en rattrapage",
    Condition.WAITING: "en attente d'une version plus récente du logiciel",
    Condition.FAILED: "arrêtée sur un événement",
    Condition.STALE: "à reconstruire",
    Condition.AHEAD: "suivie par une version plus récente du logiciel",
    Condition.MISSING: "à installer",
}


@dataclass(frozen=True, slots=True)
class StoppedAt:
    """The event that a projection stopped at: never its payload. `reason` holds no value of it either."""

    position: int
    name: str
    stream_id: UUID
    recorded_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """One projection. `lag_seconds` is the age of the oldest event that it has not folded; 0 when there is none.

    `beside` is the position of its tables in `read_next`, `old` of those in `read_old`, `past` of those in `read_past`;
    None where there are none.
    """

    name: str
    condition: Condition
    version: int | None
    wanted_version: int
    position: int
    lag_events: int
    lag_seconds: float
    stopped_at: StoppedAt | None
    beside: int | None
    old: int | None
    past: int | None


def status(database: Database, projectors: Sequence[Projector]) -> list[Status]:
    """Every projection's status, in the order given."""
    with database.transaction(Role.PROJECTOR) as connection:
        # The head is read last, so that nothing ever seems to be ahead of it.
        found = {schema: positions.read(connection, schema) for schema in (LIVE, NEXT, OLD, PAST)}
        end = head(connection)
        return [_status(connection, projector, found, end) for projector in projectors]


def _status(
    connection: Connection[DictRow], projector: Projector, found: dict[str, dict[str, Position]], end: int
) -> Status:
    live, beside, old, past = (found[schema].get(projector.NAME) for schema in (LIVE, NEXT, OLD, PAST))
    position = live.position if live else 0
    return Status(
        name=projector.NAME,
        condition=_condition(live, projector),
        version=live.version if live else None,
        wanted_version=projector.VERSION,
        position=position,
        lag_events=end - position,
        lag_seconds=_lag_seconds(connection, position) if end > position else 0.0,
        stopped_at=_stopped_at(connection, live) if live else None,
        beside=beside.position if beside else None,
        old=old.position if old else None,
        past=past.position if past else None,
    )


def _condition(live: Position | None, projector: Projector) -> Condition:
    if live is None:
        return Condition.MISSING
    if live.version != projector.VERSION:
        return Condition.STALE if live.version < projector.VERSION else Condition.AHEAD
    return Condition(live.state)


def _lag_seconds(connection: Connection[DictRow], position: int) -> float:
    row = connection.execute(
        "select greatest(extract(epoch from clock_timestamp() - recorded_at), 0)::float8 as age "
        "from log.events where position = %s",
        (position + 1,),
    ).fetchone()
    return float(row["age"]) if row else 0.0


def _stopped_at(connection: Connection[DictRow], live: Position) -> StoppedAt | None:
    if live.failed_position is None:
        return None
    row = connection.execute(
        "select position, name, stream_id, recorded_at from log.events where position = %s", (live.failed_position,)
    ).fetchone()
    return StoppedAt(**row, reason=live.error or "") if row else None


def retry(database: Database, name: str) -> bool:
    """Let a failed projection go on from the event it failed at, after the mend; False where it has not failed."""
    with database.transaction(Role.PROJECTOR) as connection:
        resumed = positions.retry(connection, LIVE, name)
        connection.execute("notify ledger")
    return resumed
