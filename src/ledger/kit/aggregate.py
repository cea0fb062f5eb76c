"""The base of every aggregate: state that is only ever replaced, so that a copy is cheap and safe.

Attributes hold immutable values (numbers, texts, dates, tuples, frozensets, mappings never changed in place): an
applier binds a new value, it never changes one. A command works on a `copy()`; what refuses leaves the original as it
was.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from eventsourcing.domain import BaseAggregate

from ledger.kit.event import Event, OpeningEvent


class Aggregate(BaseAggregate[UUID]):
    """Decides, then applies. Subclasses define `when` as a `singledispatchmethod` over their events."""

    def __init_subclass__(cls, *, opens_with: type[OpeningEvent] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if opens_with is not None:
            opens_with.AGGREGATE = cls

    def when(self, event: Event) -> None:
        """Remember what happened. It never refuses, reads a clock or looks anything up."""
        raise TypeError(f"{type(self).__name__} does not know {event.NAME}")

    def __hash__(self) -> int:
        # An aggregate changes, so it has no hash. The library says so with NotImplementedError, at which the dispatch
        # of Python 3.13.0 and 3.13.1 fails: it keeps methods by object, and gives that up at a TypeError alone.
        raise TypeError(f"unhashable type: {type(self).__name__!r}")

    def dossiers(self) -> tuple[UUID, ...]:
        """The dossiers that this stream's events concern: their history shows them."""
        return ()

    @classmethod
    def open(cls, event_class: type[OpeningEvent], *, id: UUID, at: datetime, **fields: Any) -> Self:  # noqa: A002
        """A new stream with its first event pending."""
        event = event_class(originator_id=id, originator_version=cls.INITIAL_VERSION, timestamp=at, **fields)
        aggregate: Self = event.mutate(None)
        aggregate.pending_events.append(event)
        return aggregate

    def copy(self) -> Self:
        """A copy with nothing pending, that shares the (immutable) values."""
        clone = type(self).__new__(type(self))
        clone.__dict__.update(self.__dict__, _pending_events=[])
        return clone
