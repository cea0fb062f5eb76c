"""The base of every event: a frozen, strict pydantic model that the library can apply to an aggregate.

An event is what nobody can deny later. Once its name is published its fields never change: publish a `v2` and teach
the upcaster to read `v1`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from eventsourcing.domain import CanMutateAggregate
from pydantic import BaseModel, ConfigDict

from ledger.kit.names import publish
from ledger.kit.personal import Personal


class Claim(BaseModel):
    """A value that one stream holds alone, of one `kind`, until it is released.

    The value may be personal: it is sealed then, and only ever compared by its HMAC.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    value: str | Personal[str]
    held: Literal["taken", "released"] = "taken"


class Event(BaseModel, CanMutateAggregate[UUID]):
    """What happened, once. `timestamp` is the decision's time (UTC, from the injected clock), not the recording's."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    NAME: ClassVar[str]

    originator_id: UUID
    originator_version: int
    timestamp: datetime

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "NAME" in cls.__dict__:
            publish(cls.NAME, cls)

    def apply(self, aggregate: Any) -> None:
        aggregate.when(self)

    def claims(self) -> tuple[Claim, ...]:
        """The unique values that this event takes or releases; the append writes them in its own transaction."""
        return ()

    def effective_on(self) -> date | None:
        """The paper's date, where it may differ from the day of recording."""
        return getattr(self, "on", None)


class OpeningEvent(Event):
    """The first event of a stream: it makes its aggregate.

    The library's CanInitAggregate would store the aggregate's module path in the log; here the aggregate's class names
    its opening event instead, and nothing but our own published name is stored.
    """

    AGGREGATE: ClassVar[Any]  # the class that `opens_with` names this event; Any, since events know no aggregate

    def mutate(self, aggregate: Any | None) -> Any:
        if aggregate is not None:
            raise TypeError(f"{self.NAME} opens a stream, yet {aggregate.id} is open already")
        opened = self.AGGREGATE.__new__(self.AGGREGATE)
        opened.__base_init__(self.originator_id, self.originator_version, self.timestamp)
        opened.when(self)
        return opened
