"""Replaying a dossier: which events, in what order, what each of them changed, and the state then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import DictRow

from gateway.audit.effective import effective_days
from gateway.audit.standing import Standing, apply
from ledger.kit.personal import PREFIX
from ledger.log.reader import head, position_at, read_dossier
from ledger.log.recorded import Recorded

SEALED: Final = "scellé"
"""What stands in place of a personal value: a replay needs no key, and reads the same after an erasure."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events to replay; at most one of the three is given, all of them where none is.

    `at` asks how the dossier stood at the end of a day by the papers' dates; `known_at` (aware) and `position` ask what
    the ledger knew then.
    """

    at: date | None = None
    known_at: datetime | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gave the order: the account, and its role when it was created; never a name."""

    account_id: UUID
    role: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the replay: `fields` is what it says, `effects` what it changed of the state (before, after)."""

    event: Recorded
    effective_on: date
    actor: Actor | None
    fields: dict[str, Any]
    effects: dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Replay:
    """The events of a selection with the state after them; `left_out` were recorded, and are not in the selection."""

    dossier_id: UUID
    selection: Selection
    head: int
    steps: tuple[Step, ...]
    left_out: int
    standing: Standing


def replay(connection: Connection[DictRow], dossier_id: UUID, selection: Selection) -> Replay | None:
    """The replay of a dossier, or None where no event concerns it. The transaction is the auditor's."""
    events = read_dossier(connection, dossier_id)
    if not any(event.stream_id == dossier_id for event in events):
        return None
    bound = _bound(connection, selection)
    days = effective_days(events)
    chosen = [event for event in events if event.position <= bound and _by_then(days[event.position], selection.at)]
    roles = roles_of(connection, {event.actor for event in chosen if event.actor})
    standing = Standing(str(dossier_id))
    steps = tuple(_step(standing, event, days[event.position], roles) for event in chosen)
    return Replay(dossier_id, selection, head(connection), steps, len(events) - len(chosen), standing)


def roles_of(connection: Connection[DictRow], accounts: Iterable[UUID]) -> dict[UUID, str]:
    """The role of each account, from the event that created it."""
    rows = connection.execute(
        "select stream_id, payload from log.events where stream_id = any(%s) and name = 'account.created.v1'",
        (list(accounts),),
        binary=True,
    )
    return {row["stream_id"]: orjson.loads(row["payload"])["role"] for row in rows}


def fields_of(event: Recorded, dossier_id: str) -> dict[str, Any]:
    """What the event says, of this dossier alone: personal values hidden, the lines of other dossiers left out."""
    said = {name: _shown(value) for name, value in event.data.items() if name != "timestamp" and value is not None}
    if "lines" in said:
        said["lines"] = [line for line in said["lines"] if line["dossier_id"] == dossier_id]
    return said


def _bound(connection: Connection[DictRow], selection: Selection) -> int:
    if selection.position is not None:
        return selection.position
    if selection.known_at is not None:
        return position_at(connection, selection.known_at)
    return head(connection)


def _by_then(effective_on: date, at: date | None) -> bool:
    return at is None or effective_on <= at


def _step(standing: Standing, event: Recorded, effective_on: date, roles: dict[UUID, str]) -> Step:
    before = standing.summary()
    apply(standing, event)
    after = standing.summary()
    effects = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    actor = Actor(event.actor, roles.get(event.actor)) if event.actor else None
    return Step(event, effective_on, actor, fields_of(event, standing.dossier_id), effects)


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return SEALED if value.startswith(PREFIX) else value
    if isinstance(value, dict):
        return {name: _shown(inner) for name, inner in value.items()}
    if isinstance(value, Sequence):
        return [_shown(inner) for inner in value]
    return value
