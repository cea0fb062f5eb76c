"""The unit of work, on the real log: what it reads it reads once, what it decides it writes in one append.

It lives for one attempt at one command, or at a batch of them, and is thrown away after a conflict.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from ledger.aggregate_cache import AggregateCache
from ledger.kit.aggregate import Aggregate
from ledger.kit.clock import paris_day
from ledger.kit.command import Command, handler_of
from ledger.kit.errors import AlreadyClaimed, NotFound, VersionMismatch
from ledger.kit.event import Event
from ledger.kit.ids import uuid7
from ledger.kit.keyring import Keyring
from ledger.kit.personal import Erased, Personal
from ledger.log.appending import Append, ClaimedValue, Guard, Key
from ledger.log.codec import Codec
from ledger.log.recorder import Recorder

A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True, slots=True)
class Version:
    """The version of a stream that the caller has read (`If-Match`)."""

    stream_id: UUID
    version: int


@dataclass(slots=True)
class Decided:
    """What one command wants written, and the id that its handler answered."""

    resource_id: UUID
    append: Append
    changed: dict[UUID, Aggregate]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a command is going to need, so that a batch has it in a few queries rather than in many: a hint, no more.

    `streams` it loads, unique values (`kind`, value) it looks for, and how many new streams it opens that it seals
    personal data for.
    """

    streams: tuple[UUID, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    new_subjects: int = 0


NOTHING_FORESEEN: Final = Foreseen()


class UnitOfWork:
    """The streams as they stand for this unit: read from the log, then moved on by each accepted command."""

    def __init__(
        self, recorder: Recorder, codec: Codec, keyring: Keyring, now: datetime, cache: AggregateCache | None = None
    ) -> None:
        self.recorder = recorder
        self.epoch = recorder.epoch  # before anything is read
        self.keyring = keyring
        self.now = now
        self.remembered: set[UUID] = set()
        """Streams taken from the cache, and not looked up in the log: another process may have moved them on."""
        self._codec = codec
        self._cache = cache
        self._streams: dict[UUID, Aggregate | None] = {}
        self._claims: dict[tuple[str, bytes], UUID | None] = {}
        self._written: set[UUID] = set()
        self._ids: deque[UUID] = deque()

    def foresee(self, needs: Iterable[Foreseen]) -> None:
        """Fetch together what commands will need, and make the keys that their new streams are sealed under."""
        every = list(needs)
        streams = {stream_id for each in every for stream_id in each.streams} - self._streams.keys()
        stored = self.recorder.select_streams(list(streams)) if streams else {}
        for stream_id in streams:
            self._streams[stream_id] = self._folded(stored.get(stream_id, []))
        digests: dict[str, set[bytes]] = {}
        for kind, value in {name for each in every for name in each.names}:
            digests.setdefault(kind, set()).add(self.keyring.digest(kind, value))
        for kind, wanted in digests.items():
            held = self.recorder.select_claims(kind, wanted)
            self._claims |= {(kind, digest): held.get(digest) for digest in wanted}
        # A key that is not used after all costs a row in the keys' database, and nothing else.
        self._ids.extend(uuid7() for _ in range(sum(each.new_subjects for each in every)))
        self.keyring.ensure(self._ids)

    def new_id(self) -> UUID:
        return self._ids.popleft() if self._ids else uuid7()

    def decide(
        self,
        command: Command,
        *,
        actor: UUID | None,
        correlation_id: UUID | None = None,
        key: tuple[bytes, bytes, int] | None = None,
        expected: Version | None = None,
    ) -> Decided:
        """Run a command's handler. A refusal leaves the unit as it was.

        `key` is the idempotency key's digest, its body's digest, and the status that a repeat is answered.
        """
        desk = Desk(self, actor)
        if expected is not None and self._version(expected.stream_id) != expected.version:
            raise VersionMismatch
        resource_id = handler_of(type(command))(command, desk)
        append = desk.append(correlation_id=correlation_id, key=Key(*key, resource_id) if key is not None else None)
        return Decided(resource_id, append, desk.changed())

    def accept(self, decided: Decided) -> None:
        """The next commands of this unit see what this one did."""
        self._streams.update(decided.changed)
        self._written.update(decided.changed)
        for claim in decided.append.claims:
            self._claims[claim.kind, claim.digest] = claim.stream_id if claim.taken else None

    def stream(self, stream_id: UUID, *, current: bool = False) -> Aggregate | None:
        """The aggregate as it stands, not to be changed; None for a stream that does not exist.

        It may be what this process remembers, which the append then guards; `current` brings it up to the log's state.
        """
        if stream_id not in self._streams:
            self._streams[stream_id] = self._cache.get(stream_id, epoch=self.epoch) if self._cache is not None else None
            if self._streams[stream_id] is None:
                self._streams[stream_id] = self._folded(self.recorder.select_events(stream_id))
            else:
                self.remembered.add(stream_id)
        known = self._streams[stream_id]
        if current and known is not None and stream_id in self.remembered:
            newer = self.recorder.select_events(stream_id, gt=known.version)
            self._streams[stream_id] = known = self._folded(newer, known.copy()) if newer else known
            self.remembered.discard(stream_id)
        return known

    def streams(self) -> list[Aggregate]:
        """Every stream that this unit has read or moved on, as it stands now."""
        return [aggregate for aggregate in self._streams.values() if aggregate is not None]

    def holder(self, kind: str, digest: bytes) -> UUID | None:
        """The stream that holds a unique value."""
        if (kind, digest) not in self._claims:
            self._claims[kind, digest] = self.recorder.select_claim(kind, digest)
        return self._claims[kind, digest]

    def guard(self, aggregate: Aggregate) -> Guard | None:
        """None where an earlier command of this append writes the stream: its own version guards it then."""
        return None if aggregate.id in self._written else Guard(aggregate.id, aggregate.version)

    def stored(self, events: list[Event]) -> list[Any]:
        return [self._codec.to_stored_event(event) for event in events]

    def _folded(self, events: Iterable[StoredEvent], onto: Aggregate | None = None) -> Aggregate | None:
        aggregate: Any = onto
        for stored in events:
            aggregate = self._codec.to_domain_event(stored).mutate(aggregate)
        return cast("Aggregate | None", aggregate)

    def _version(self, stream_id: UUID) -> int | None:
        aggregate = self.stream(stream_id)
        return aggregate.version if aggregate is not None else None


@dataclass(slots=True)
class Desk:
    """One command's desk (`ledger.work.Work`): copies that it may change, and what it asked to be added."""

    unit: UnitOfWork
    actor: UUID | None
    _loaded: dict[UUID, Aggregate] = field(default_factory=dict)
    _read: dict[UUID, Aggregate] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.unit.now

    @property
    def today(self) -> date:
        return paris_day(self.unit.now)

    def new_id(self) -> UUID:
        return self.unit.new_id()

    def load(self, aggregate_class: type[A], stream_id: UUID, *, field: str | None = None) -> A:
        if stream_id not in self._loaded:
            self._loaded[stream_id] = self._copy(aggregate_class, stream_id, field)
        return self._of_class(aggregate_class, self._loaded[stream_id], field)

    def read(self, aggregate_class: type[A], stream_id: UUID, *, field: str | None = None) -> A:
        if stream_id in self._loaded:
            return self._of_class(aggregate_class, self._loaded[stream_id], field)
        if stream_id not in self._read:
            # No guard will tell whether another process has moved it on: the log is asked.
            self._read[stream_id] = self._copy(aggregate_class, stream_id, field, current=True)
        return self._of_class(aggregate_class, self._read[stream_id], field)

    def find(self, kind: str, value: str) -> UUID | None:
        return self.unit.holder(kind, self.unit.keyring.digest(kind, value))

    def add(self, aggregate: Aggregate) -> None:
        self._loaded[aggregate.id] = aggregate

    def seal(self, subject: UUID, text: str) -> Personal[Any]:
        return self.unit.keyring.seal(subject, text)

    def clear(self, sealed: Personal[Any]) -> str | None:
        opened = self.unit.keyring.open(sealed)
        return None if isinstance(opened, Erased) else opened

    def changed(self) -> dict[UUID, Aggregate]:
        """The streams that this command moved on, with nothing pending any more."""
        return {id_: aggregate.copy() for id_, aggregate in self._loaded.items() if aggregate.pending_events}

    def append(self, *, correlation_id: UUID | None, key: Key | None) -> Append:
        """Everything that the command writes, in the order in which its streams were first touched."""
        pending = [
            (cast("Event", event), aggregate.dossiers())
            for aggregate in self._loaded.values()
            for event in aggregate.pending_events
        ]
        events = [event for event, _ in pending]
        guards = (self.unit.guard(a) for a in self._loaded.values() if not a.pending_events)
        return Append(
            events=self.unit.stored(events),
            dossiers=[dossiers for _, dossiers in pending],
            command_id=uuid7(),
            actor=self.actor,
            correlation_id=correlation_id,
            claims=self._claims(events),
            guards=[guard for guard in guards if guard is not None],
            key=key,
            epoch=self.unit.epoch,
        )

    def _claims(self, events: list[Event]) -> list[ClaimedValue]:
        """The values that the events take or release, in order. AlreadyClaimed where one is another stream's.

        The append checks again, under the lock; what is seen here already spares a batch from being written in vain.
        """
        claims: list[ClaimedValue] = []
        for event in events:
            for stated in event.claims():
                clear = stated.value if isinstance(stated.value, str) else self.clear(stated.value)
                if clear is not None:  # a value that was erased is nobody's any more
                    digest = self.unit.keyring.digest(stated.kind, clear)
                    claims.append(ClaimedValue(stated.kind, digest, event.originator_id, stated.held == "taken"))
        released = {(claim.kind, claim.digest) for claim in claims if not claim.taken}
        for claim in claims:
            holder = self.unit.holder(claim.kind, claim.digest) if claim.taken else None
            if holder not in {None, claim.stream_id} and (claim.kind, claim.digest) not in released:
                raise AlreadyClaimed(kind=claim.kind)
        return claims

    def _copy(self, aggregate_class: type[A], stream_id: UUID, field: str | None, *, current: bool = False) -> A:
        aggregate = self.unit.stream(stream_id, current=current)
        return self._of_class(aggregate_class, aggregate, field).copy()

    @staticmethod
    def _of_class(aggregate_class: type[A], aggregate: Aggregate | None, field: str | None) -> A:
        # A stream of another class is as absent as one that does not exist.
        if not isinstance(aggregate, aggregate_class):
            raise NotFound(field=field)
        return aggregate
