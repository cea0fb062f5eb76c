"""The table of claims, made again from the log: it is derived, and what is derived can be checked and mended.

Each event says which unique values it takes or releases; played in the order of positions they give who holds what. A
personal value whose key was destroyed is nobody's any more: whatever the table still says of it is superfluous. The
event modules must be imported (`ledger.application` does), since an unknown name might claim something: UnknownName.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import Connection, IsolationLevel
from psycopg.rows import DictRow

from ledger.kit.event import Claim, Event
from ledger.kit.keyring import Keyring
from ledger.kit.names import published
from ledger.kit.personal import Erased, Personal
from ledger.log.codec import Codec
from ledger.log.database import Database, Role

BATCH: Final = 10_000
_APPENDING: Final = "select pg_advisory_xact_lock(1818585191, 1)"  # as log.append takes it: nobody appends meanwhile

Held = tuple[str, bytes, UUID]
"""A unique value held: its kind, its keyed digest, the stream that holds it."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Where the table is not what the log says. `missing` rows would let a value be taken twice; `superfluous` ones
    keep a value from everybody, or still tell of somebody who was erased. A wrong holder is one of each.
    """

    missing: frozenset[Held]
    superfluous: frozenset[Held]

    def __bool__(self) -> bool:
        return bool(self.missing or self.superfluous)


@dataclass
class Replay:
    """Who holds what, up to `position`."""

    keyring: Keyring
    position: int = 0
    holders: dict[tuple[str, bytes], UUID] = field(default_factory=dict)
    _codec: Codec = field(default_factory=Codec)

    def advance(self, connection: Connection[DictRow]) -> bool:
        """Play the next events that may claim something; False where there are none."""
        rows = connection.execute(
            "select position, stream_id, version, name, payload from log.events "
            "where position > %s and not name = any(%s) order by position limit %s",
            (self.position, silent_names(), BATCH),
            binary=True,
        ).fetchall()
        events = [cast("Event", self._codec.to_domain_event(_stored(row))) for row in rows]
        for event, claim, digest in self._digested(events):
            self._play(event.originator_id, claim, digest)
        self.position = rows[-1]["position"] if rows else self.position
        return bool(rows)

    def held(self) -> frozenset[Held]:
        return frozenset((kind, digest, stream_id) for (kind, digest), stream_id in self.holders.items())

    def _digested(self, events: Iterable[Event]) -> Iterable[tuple[Event, Claim, bytes]]:
        """Each claim with its value's digest, keys opened together; what was erased is left out."""
        stated = [(event, claim, claim.value) for event in events for claim in event.claims()]
        sealed = [value for _, _, value in stated if isinstance(value, Personal)]
        opened = iter(self.keyring.open_many(sealed))
        for event, claim, value in stated:
            clear = next(opened) if isinstance(value, Personal) else value
            if not isinstance(clear, Erased):
                yield event, claim, self.keyring.digest(claim.kind, clear)

    def _play(self, stream_id: UUID, claim: Claim, digest: bytes) -> None:
        key = (claim.kind, digest)
        if claim.held == "taken":
            self.holders.setdefault(key, stream_id)
        elif self.holders.get(key) == stream_id:
            del self.holders[key]


def silent_names() -> list[str]:
    """The published names whose events never claim anything: they need not be read."""
    return [name for name, event_class in published.items() if event_class.claims is Event.claims]


def compare(database: Database, keyring: Keyring) -> Differences:
    """Replay the log, and say where the table differs. Appends go on: log and table are seen at one instant."""
    replay = _replayed(database, keyring)
    with database.pool.connection() as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            with connection.transaction():
                connection.execute("select set_config('role', %s, true)", (Role.WRITER,))
                return _differences(connection, replay)
        finally:
            connection.isolation_level = None


def repair(database: Database, keyring: Keyring) -> Differences:
    """Make the table what the log says; return what was wrong. Appends wait, but for the last events' replay alone."""
    replay = _replayed(database, keyring)
    with database.transaction(Role.WRITER) as connection:
        connection.execute(_APPENDING)
        found = _differences(connection, replay)
        with connection.cursor() as cursor:
            cursor.executemany(
                "delete from log.claims where kind = %s and digest = %s and stream_id = %s", found.superfluous
            )
            cursor.executemany("insert into log.claims (kind, digest, stream_id) values (%s, %s, %s)", found.missing)
    return found


def _replayed(database: Database, keyring: Keyring) -> Replay:
    """Up to a head that may move on at once: no transaction is held for as long as a whole log takes."""
    replay = Replay(keyring)
    more = True
    while more:
        with database.transaction(Role.WRITER) as connection:
            more = replay.advance(connection)
    return replay


def _differences(connection: Connection[DictRow], replay: Replay) -> Differences:
    while replay.advance(connection):
        pass
    rows = connection.execute("select kind, digest, stream_id from log.claims", binary=True)
    there = frozenset((row["kind"], bytes(row["digest"]), row["stream_id"]) for row in rows)
    held = replay.held()
    return Differences(missing=held - there, superfluous=there - held)


def _stored(row: Any) -> StoredEvent:
    return StoredEvent(row["stream_id"], row["version"], row["name"], row["payload"])
