"""When an event took effect, as the papers have it: what makes imported history readable by date.

A fund that imports six years of dossiers records them all in one night; asking how a dossier stood in March 2023 by the
instant of recording would answer « it did not exist ». The effective day is therefore, in this order:

1. the paper's date of the event (`on`);
2. for a fact that only follows from another (a reservation follows from the approval of its invoice), that other's day;
3. for what bears a day of its own that is past when it is recorded (a trainee's first day, a transfer's scheduled
   run), that day;
4. the day of the decision, in Paris.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from ledger.kit.clock import paris_day
from ledger.log.recorded import Recorded

_FOLLOWS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    # name: (the field that names the other stream, the facts of it that this one follows from)
    "dossier.payment-reserved.v1": ("invoice_id", ("invoice.approved.v1",)),
    "dossier.reservation-released.v1": ("invoice_id", ("invoice.disputed.v1",)),
    "invoice.scheduled.v1": ("transfer_id", ("transfer.prepared.v1",)),
    "invoice.unscheduled.v1": ("transfer_id", ("transfer.rejected.v1", "transfer.withdrawn.v1")),
}
_OWN_DAY: Final[Mapping[str, str]] = {
    "dossier.trainee-enrolled.v1": "starts_on",
    "transfer.prepared.v1": "scheduled_on",
}


def effective_days(events: Sequence[Recorded]) -> dict[int, date]:
    """The effective day of each event, by position. `events` are all those of one dossier, in order of position."""
    current = [event.current() for event in events]
    causes: dict[tuple[str, str], list[Recorded]] = defaultdict(list)
    for event in current:
        causes[event.name, str(event.stream_id)].append(event)
    return {event.position: _effective_day(event, causes) for event in current}


def _effective_day(event: Recorded, causes: Mapping[tuple[str, str], list[Recorded]]) -> date:
    cause = _cause(event, causes)
    return _day_of_its_own(cause or event)


def _cause(event: Recorded, causes: Mapping[tuple[str, str], list[Recorded]]) -> Recorded | None:
    if event.name not in _FOLLOWS:
        return None
    field, names = _FOLLOWS[event.name]
    candidates = [cause for name in names for cause in causes.get((name, event.data[field]), ())]
    # Cause and consequence are appended together: the nearest is the right one where it happened twice.
    return min(candidates, key=lambda cause: abs(cause.position - event.position), default=None)


def _day_of_its_own(event: Recorded) -> date:
    if on := event.data.get("on"):
        return date.fromisoformat(on)
    decided = paris_day(datetime.fromisoformat(event.data["timestamp"]))
    own = _OWN_DAY.get(event.name)
    return min(decided, date.fromisoformat(event.data[own])) if own else decided
