"""The unit of work: what a handler may use. One command, or a batch of them, decides on one consistent reading.

Aggregates are read once for the whole unit and copied for each command, so that a command that refuses leaves nothing
behind, and the next one of a batch sees what the accepted ones did.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from ledger.kit.aggregate import Aggregate
from ledger.kit.personal import Personal

A = TypeVar("A", bound=Aggregate)


class Work(Protocol):
    """A handler's desk."""

    @property
    def actor(self) -> UUID | None:
        """The account that gives the order; None for the system itself."""

    @property
    def now(self) -> datetime:
        """The decision's instant (UTC)."""

    @property
    def today(self) -> date:
        """The decision's day in Paris."""

    def new_id(self) -> UUID: ...

    def load(self, aggregate_class: type[A], stream_id: UUID, *, field: str | None = None) -> A:
        """A copy to decide on and change. Unchanged, its version guards the append: what was decided on still holds.

        Raises NotFound (naming `field`) where no such stream of that class exists.
        """

    def read(self, aggregate_class: type[A], stream_id: UUID, *, field: str | None = None) -> A:
        """A copy to take facts from, that the decision does not depend on: no guard."""

    def find(self, kind: str, value: str) -> UUID | None:
        """The stream that holds a unique value, if any."""

    def add(self, aggregate: Aggregate) -> None:
        """A new stream, opened by this command."""

    def seal(self, subject: UUID, text: str) -> Personal[Any]:
        """The text sealed under the subject's key, which is made durable before any event that uses it."""

    def clear(self, sealed: Personal[Any]) -> str | None:
        """The clear text, or None when it was erased. To check uniqueness or copy, never to decide on."""
