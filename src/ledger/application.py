"""The application: orders in, events out. The one place where a command meets the log.

It is an application of the `eventsourcing` library with our own recorder and codec; the library's repository serves
tools, while commands work on copies (see `ledger.unit_of_work`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    Mapper,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.utils import Environment
from psycopg.rows import DictRow

from ledger.aggregate_cache import AggregateCache
from ledger.kit.clock import Clock, system_clock
from ledger.kit.command import Command
from ledger.kit.errors import Conflict, IdempotencyMismatch, Refusal
from ledger.kit.keyring import Keyring
from ledger.log.codec import Codec
from ledger.log.database import Database
from ledger.log.recorder import Recorder
from ledger.log.refusals import AppendRefused, AppendVoided, ClaimTaken, KeyUsed, PositionTaken
from ledger.unit_of_work import NOTHING_FORESEEN, Decided, Foreseen, UnitOfWork, Version

NOUNS: Final = (
    "organisation", "establishment", "person", "account", "invitation", "dossier", "document", "invoice", "transfer",
)  # fmt: skip
for _noun in NOUNS:  # fills the registries of published names and of handlers
    import_module(f"ledger.{_noun}.commands")

ATTEMPTS: Final = 20

KeyDigests = tuple[bytes, bytes, int]
"""Of an idempotency key: the keyed digests of its scope and of the body, and the status that a repeat is answered."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The caller's key, scoped by account and route. `body` is the canonical form of the order; only its HMAC is kept.

    `status` is what a repeat is answered with (an HTTP status on the API).
    """

    account_id: UUID | None
    route: str
    key: str
    body: bytes
    status: int = 200


@dataclass(frozen=True, slots=True)
class Order:
    """A command with the key that makes its repeats harmless. In a batch, what is foreseen is fetched together."""

    command: Command
    key: IdempotencyKey | None = None
    foreseen: Foreseen = NOTHING_FORESEEN


@dataclass(frozen=True, slots=True)
class Outcome:
    """An accepted command: the position of its last event, what it made or changed, and whether it was a repeat."""

    position: int
    resource_id: UUID
    status: int = 200
    replayed: bool = False


class _Factory(InfrastructureFactory[TrackingRecorder]):
    """Gives the library our recorder; there is one kind of it."""

    def __init__(self, env: Environment, recorder: Recorder) -> None:
        super().__init__(env)
        self._recorder = recorder

    def application_recorder(self) -> ApplicationRecorder:
        return self._recorder

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        del purpose
        return self._recorder

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> TrackingRecorder:
        raise NotImplementedError("positions belong to the projection engine")

    def process_recorder(self) -> ProcessRecorder:
        raise NotImplementedError("positions belong to the projection engine")


class Ledger(Application[UUID]):
    """Accepts or refuses commands. Thread-safe; one for each process."""

    name = "Ledger"

    def __init__(self, database: Database, keyring: Keyring, *, clock: Clock = system_clock) -> None:
        self.keyring = keyring
        self.clock = clock
        self.codec = Codec()
        self.log_recorder = Recorder(database)
        self._cache = AggregateCache()
        super().__init__()

    def construct_factory(self, env: Environment) -> InfrastructureFactory[TrackingRecorder]:
        return _Factory(env, self.log_recorder)

    def construct_mapper(self) -> Mapper[UUID]:
        return self.codec

    def execute(
        self,
        command: Command,
        *,
        actor: UUID | None,
        key: IdempotencyKey | None = None,
        correlation_id: UUID | None = None,
        expected: Version | None = None,
    ) -> Outcome:
        """Decide on a command and record what it decided; return once it is durable.

        Raises a Refusal, and then nothing was recorded. A conflict with another writer is decided again on fresh state,
        a bounded number of times. A key that was accepted before returns its first outcome, whatever happened since.
        """
        digests = self._digests(key)
        for attempt in range(ATTEMPTS):
            if digests is not None and (outcome := self._repeat(digests)) is not None:
                return outcome
            unit = self._unit(self._cache if attempt == 0 else None)
            try:
                return self._attempt(
                    unit, command, actor=actor, correlation_id=correlation_id, key=digests, expected=expected
                )
            except Refusal:
                # The same order, accepted a moment ago in another thread, may be why this one is refused.
                if digests is not None and (outcome := self._repeat(digests)) is not None:
                    return outcome
                if not unit.remembered:
                    raise
                # What was decided on memory alone is decided again on the log before anybody is refused.
            except (KeyUsed, ClaimTaken, AppendVoided):
                # Decided on stale knowledge. The next reading finds the key's first outcome, or who holds the value: a
                # handler may then answer with the holder (the same NIR is the same person), or the desk refuses.
                continue
            except IntegrityError:
                _back_off(attempt)
        raise Conflict

    def _attempt(self, unit: UnitOfWork, command: Command, **decision: Any) -> Outcome:
        """Decide and write once. The cache moves on only after the commit, and forgets at any other end."""
        try:
            decided = unit.decide(command, **decision)
            outcome = self._write([decided])[0]
        except BaseException:
            self._cache.evict(unit.remembered)
            raise
        unit.accept(decided)
        self._cache.put(unit.streams(), epoch=unit.epoch)
        return outcome

    def execute_many(
        self, orders: Sequence[Order], *, actor: UUID | None, correlation_id: UUID | None = None
    ) -> list[Outcome | Refusal]:
        """Decide on many commands, each seeing what the ones before it did, and record them in one append.

        Refusals stand alone, in place. Where another writer interferes the batch is halved until the command that
        conflicts stands alone, and is then decided by itself.
        """
        if len(orders) == 1:
            return [self._alone(orders[0], actor, correlation_id)]
        unit = self._unit()
        answers: list[Outcome | Refusal | Decided] = []
        keys = [self._digests(order.key) for order in orders]
        used = self.log_recorder.select_keys([key[0] for key in keys if key is not None])
        unit.foresee(o.foreseen for o, key in zip(orders, keys, strict=True) if key is None or key[0] not in used)
        for order, key in zip(orders, keys, strict=True):
            answer = self._decide(unit, order, actor, correlation_id, key=key, used=used)
            answers.append(answer)
            if isinstance(answer, Decided):
                unit.accept(answer)
        decided = [answer for answer in answers if isinstance(answer, Decided)]
        try:
            recorded = iter(self._write(decided) if decided else [])
        except (AppendRefused, AppendVoided, IntegrityError):
            half = len(orders) // 2
            first = self.execute_many(orders[:half], actor=actor, correlation_id=correlation_id)
            return first + self.execute_many(orders[half:], actor=actor, correlation_id=correlation_id)
        told = [next(recorded) if isinstance(answer, Decided) else answer for answer in answers]
        return self._told_again(told, keys)

    def _told_again(self, told: list[Outcome | Refusal], keys: Sequence[KeyDigests | None]) -> list[Outcome | Refusal]:
        """The same order, accepted a moment ago by another process, may be why one is refused: that is a repeat."""
        refused = [n for n, key in enumerate(keys) if key is not None and isinstance(told[n], Refusal)]
        used = self.log_recorder.select_keys([key[0] for n in refused if (key := keys[n])]) if refused else {}
        for n in refused:
            if (key := keys[n]) is not None and key[0] in used and used[key[0]]["body"] == key[1]:
                told[n] = _repeated(key, used[key[0]])
        return told

    def outcome_of(self, key: IdempotencyKey) -> Outcome | None:
        """What an order with this key was answered, if it was accepted; IdempotencyMismatch where it was another.

        For callers whose order costs them something before it is given, such as storing a document's bytes.
        """
        digests = self._digests(key)
        return None if digests is None else self._repeat(digests)

    def _alone(self, order: Order, actor: UUID | None, correlation_id: UUID | None) -> Outcome | Refusal:
        try:
            return self.execute(order.command, actor=actor, key=order.key, correlation_id=correlation_id)
        except Refusal as refusal:
            return refusal

    def _decide(
        self,
        unit: UnitOfWork,
        order: Order,
        actor: UUID | None,
        correlation_id: UUID | None,
        *,
        key: KeyDigests | None,
        used: Mapping[bytes, DictRow],
    ) -> Outcome | Refusal | Decided:
        try:
            if key is not None and key[0] in used:
                return _repeated(key, used[key[0]])
            return unit.decide(order.command, actor=actor, correlation_id=correlation_id, key=key)
        except Refusal as refusal:
            return refusal

    def _write(self, decided: Sequence[Decided]) -> list[Outcome]:
        try:
            positions = self.log_recorder.append([each.append for each in decided])
        except PositionTaken:
            self.closing.set()
            raise
        return [
            Outcome(position, each.resource_id, each.append.key.status if each.append.key else 200)
            for position, each in zip(positions, decided, strict=True)
        ]

    def _unit(self, cache: AggregateCache | None = None) -> UnitOfWork:
        return UnitOfWork(self.log_recorder, self.codec, self.keyring, self.clock(), cache)

    def _digests(self, key: IdempotencyKey | None) -> KeyDigests | None:
        if key is None:
            return None
        scope = f"{key.account_id}\n{key.route}\n{key.key}"
        body = self.keyring.digest("idempotency-body", key.body.decode())
        return self.keyring.digest("idempotency-key", scope), body, key.status

    def _repeat(self, digests: KeyDigests) -> Outcome | None:
        """What the key was answered before, if it was accepted; IdempotencyMismatch where the order was another."""
        row = self.log_recorder.select_key(digests[0])
        return None if row is None else _repeated(digests, row)


def _repeated(digests: KeyDigests, row: DictRow) -> Outcome:
    """The first outcome of a key that was used, for the same order; IdempotencyMismatch for another."""
    if row["body"] != digests[1]:
        raise IdempotencyMismatch
    return Outcome(row["position"], row["resource_id"], row["status"], replayed=True)


def _back_off(attempt: int) -> None:
    """A short random wait, so that writers in conflict do not meet again at the same instant."""
    time.sleep(random.uniform(0, 0.001 * 2 ** min(attempt, 6)))  # noqa: S311 - not a secret
