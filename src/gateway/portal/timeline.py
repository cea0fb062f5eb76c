"""A dossier's history as a line of time: what went well, what went wrong, where a new day begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from gateway.api.dossier_history import HistoryEvent
from ledger.kit.clock import paris_day

GOOD: Final = "good"
WRONG: Final = "wrong"
MARKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dossier.agreement-issued.v1": GOOD,
        "dossier.payment-recorded.v1": GOOD,
        "dossier.settled.v1": GOOD,
        "invoice.dispute-resolved.v1": GOOD,
        "invoice.paid.v1": GOOD,
        "transfer.paid.v1": GOOD,
        "dossier.agreement-refused.v1": WRONG,
        "dossier.cancelled.v1": WRONG,
        "dossier.execution-broken-off.v1": WRONG,
        "invoice.disputed.v1": WRONG,
        "transfer.rejected.v1": WRONG,
    }
)
"""The colour of an event's square on the line; its label says the same in words. Others have none."""


@dataclass(frozen=True)
class Step:
    """`day` is said where another one begins (Europe/Paris), None for what follows on the same."""

    event: HistoryEvent
    mark: str | None
    day: date | None


def steps_of(events: Sequence[HistoryEvent]) -> list[Step]:
    """The events in their order."""
    return list(_steps(events))


def _steps(events: Sequence[HistoryEvent]) -> Iterator[Step]:
    before: date | None = None
    for event in events:
        day = paris_day(event.recorded_at)
        yield Step(event, MARKS.get(event.event), None if day == before else day)
        before = day
