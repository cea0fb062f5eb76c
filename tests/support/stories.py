"""Stories: given what was done, when an order is given, then these events follow, or this refusal and nothing at all.

They run on the real ledger and the real PostgreSQL. What stands before the order is told by
orders too (`support.givens`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ledger.application import IdempotencyKey, Ledger, Outcome
from ledger.kit.command import Command
from ledger.kit.errors import Refusal
from ledger.kit.event import Event
from ledger.log import reader
from ledger.log.database import Database, Role
from ledger.log.recorded import Recorded


@dataclass(frozen=True)
class Happened:
    """An expected event: its class, and those of its fields that the story is about."""

    event_class: type[Event]
    fields: dict[str, Any] = field(default_factory=dict)

    def check(self, recorded: Recorded) -> None:
        assert recorded.name == self.event_class.NAME
        # Through the model, so that dates and enums compare as themselves.
        event = self.event_class.model_validate(
            {**recorded.data, "originator_id": recorded.stream_id, "originator_version": recorded.version},
            strict=False,
        )
        for name, expected in self.fields.items():
            assert getattr(event, name) == expected, f"{recorded.name}: {name}"


def happened(event_class: type[Event], **fields: Any) -> Happened:
    return Happened(event_class, fields)


@dataclass
class Told:
    """What came of an order: the events that it recorded, in order, or its refusal."""

    events: list[Recorded]
    outcome: Outcome | None
    refusal: Refusal | None

    def then(self, *expected: Happened | type[Event]) -> Outcome:
        """Exactly these events, in this order, and no refusal."""
        if self.refusal is not None:
            raise AssertionError(f"refused: {type(self.refusal).__name__}") from self.refusal
        wanted = [each if isinstance(each, Happened) else Happened(each) for each in expected]
        assert [event.name for event in self.events] == [each.event_class.NAME for each in wanted]
        for each, event in zip(wanted, self.events, strict=True):
            each.check(event)
        assert self.outcome is not None
        return self.outcome

    def then_refused(self, refusal: type[Refusal], *, field: str | None = None) -> Refusal:
        """This refusal (of that very class), about that field where one is given, and nothing recorded."""
        assert type(self.refusal) is refusal, f"{self.refusal!r} after {[event.name for event in self.events]}"
        assert field is None or self.refusal.field == field
        assert self.events == []
        return self.refusal


@dataclass
class Story:
    ledger: Ledger
    database: Database

    def given(self, *commands: Command, actor: UUID | None = None) -> Story:
        for command in commands:
            self.ledger.execute(command, actor=actor)
        return self

    def when(self, command: Command, *, actor: UUID | None = None, key: IdempotencyKey | None = None) -> Told:
        before = self.head()
        outcome, refusal = None, None
        try:
            outcome = self.ledger.execute(command, actor=actor, key=key)
        except Refusal as said:
            refusal = said
        return Told(self.events_after(before), outcome, refusal)

    def head(self) -> int:
        with self.database.transaction(Role.AUDITOR) as connection:
            return reader.head(connection)

    def events_after(self, position: int) -> list[Recorded]:
        with self.database.transaction(Role.AUDITOR) as connection:
            return reader.read_after(connection, position, 10_000)
