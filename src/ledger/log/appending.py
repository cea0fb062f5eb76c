"""What a command writes, whole: its events, and what must be true, or become true, in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, repeat
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from ledger.log.arrays import booleans, byteas, integers, texts, uuids
from ledger.log.refusals import GuardBroken


@dataclass(frozen=True, slots=True)
class ClaimedValue:
    """A unique value taken or released, by its keyed digest (32 bytes)."""

    kind: str
    digest: bytes
    stream_id: UUID
    taken: bool


@dataclass(frozen=True, slots=True)
class Guard:
    """The append holds only if the stream's version is still this one."""

    stream_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key: keyed digests (32 bytes) of its scope and of the body; what a repeat is answered."""

    digest: bytes
    body: bytes
    status: int
    resource_id: UUID


@dataclass(slots=True)  # not frozen: that would take four times as long to make, for each command
class Append:
    """One command's write. `dossiers` is parallel to `events`: the dossiers that each concerns.

    `epoch` is the recorder's when what it was decided on was read: it is written in that epoch or not at all. None for
    what was decided on nothing.
    """

    events: Sequence[StoredEvent]
    dossiers: Sequence[tuple[UUID, ...]] = ()
    command_id: UUID | None = None
    actor: UUID | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    claims: Sequence[ClaimedValue] = ()
    guards: Sequence[Guard] = ()
    key: Key | None = None
    epoch: int | None = None


FORMS: Final[tuple[Callable[[Any], bytes], ...]] = (
    # events: stream, version, name, payload, dossiers, ordinal of their command
    uuids, integers, texts, byteas, texts, integers,
    # commands: id, actor, correlation, causation, ordinal of their last event
    uuids, uuids, uuids, uuids, integers,
    # claims: command, kind, digest, stream, taken
    integers, texts, byteas, uuids, booleans,
    # guards: command, stream, version
    integers, uuids, integers,
    # idempotency keys: command, digest, body, status, resource
    integers, byteas, byteas, integers, uuids,
)  # fmt: skip
"""How each argument of log.append is written, in its order."""

_FIXED: Final = 11  # events and commands: what every append has
_CLAIMS, _GUARDS, _KEYS = FORMS[11:16], FORMS[16:19], FORMS[19:]


def arguments(batch: Sequence[Append]) -> list[bytes]:
    """The parallel arrays of log.append, in its order (see migrations/0001_log.sql); ordinals count from 1."""
    numbered = list(enumerate(batch, start=1))
    events = [event for append in batch for event in append.events]
    claims = [(n, c.kind, c.digest, c.stream_id, c.taken) for n, append in numbered for c in append.claims]
    guards = [(n, g.stream_id, g.version) for n, append in numbered for g in append.guards]
    keys = [(n, k.digest, k.body, k.status, k.resource_id) for n, append in numbered if (k := append.key) is not None]
    columns: Sequence[Sequence[Any]] = (
        [event.originator_id for event in events],
        [event.originator_version for event in events],
        [event.topic for event in events],
        [event.state for event in events],
        [array_literal(ids) for append in batch for ids in _concerned(append)],
        [n for n, append in numbered for _ in append.events],
        [append.command_id for append in batch],
        [append.actor for append in batch],
        [append.correlation_id for append in batch],
        [append.causation_id for append in batch],
        list(accumulate(len(append.events) for append in batch)),
    )
    written = [form(column) for form, column in zip(FORMS[:_FIXED], columns, strict=True)]
    return [*written, *_arrays(_CLAIMS, claims), *_arrays(_GUARDS, guards), *_arrays(_KEYS, keys)]


def check_guards_within(batch: Sequence[Append]) -> None:
    """GuardBroken where one append writes a stream that a later one of the same transaction only read.

    `log.append` compares guards with what was recorded before the transaction, and sees nothing of what is written with
    it: two orders, each depending on the stream that the other changes, would both go through.
    """
    if not any(append.guards for append in batch):
        return
    written: set[object] = set()
    for index, append in enumerate(batch):
        if any(guard.stream_id in written for guard in append.guards):
            raise GuardBroken(index, "guard broken by an append of the same transaction")
        written.update(event.originator_id for event in append.events)


def _concerned(append: Append) -> Iterable[tuple[UUID, ...]]:
    if not append.dossiers:
        return repeat((), len(append.events))
    if len(append.dossiers) != len(append.events):
        raise ValueError(f"{len(append.events)} events, and the dossiers of {len(append.dossiers)}")
    return append.dossiers


def array_literal(ids: tuple[UUID, ...]) -> str:
    """A uuid[] as text: PostgreSQL has no array of arrays of different lengths."""
    return "{" + ",".join(map(str, ids)) + "}" if ids else "{}"


def _arrays(forms: Sequence[Callable[[Any], bytes]], rows: list[tuple[Any, ...]]) -> Sequence[bytes]:
    """One array for each column of the rows, which most commands have none of."""
    if not rows:
        return _empty(forms)
    return [form(column) for form, column in zip(forms, zip(*rows, strict=True), strict=True)]


@cache
def _empty(forms: Sequence[Callable[[Any], bytes]]) -> Sequence[bytes]:
    return [form(()) for form in forms]
