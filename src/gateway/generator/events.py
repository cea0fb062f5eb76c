"""The generated lives as events of the log, in the order of their days: for benchmarks, which need millions of them.

They are the events that the orders would have recorded, consistent stream by stream, sealed under real keys. Ids and
nonces are new each time; the lives are the seed's.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import count, islice
from typing import Final
from uuid import UUID

from gateway.generator.fund import Fund
from gateway.generator.history import History, finish
from gateway.generator.life import Dossier, Lot, is_waiting
from gateway.generator.recording import Recording
from gateway.generator.size import LAST_DAY, Size
from gateway.generator.streams import Fact, Streams
from ledger.kit.event import Claim
from ledger.kit.keyring import Keyring
from ledger.log.appending import Append, ClaimedValue
from ledger.log.codec import Codec

_EVENTS_OF_A_DOSSIER: Final = 20
_DOSSIERS_OF_A_NATIONAL_FUND: Final = 1_800_000

Moment = Callable[[], Iterable[Fact]]


def events(seed: int, number: int, keyring: Keyring) -> Iterator[Fact]:
    """`number` events of a fund large enough to have them, at most a national fund's (some 40 million)."""
    scale = number / _EVENTS_OF_A_DOSSIER / _DOSSIERS_OF_A_NATIONAL_FUND
    fund = Fund(seed, Size(min(1.0, max(scale, 1e-5))))
    return islice(_Walk(fund, Recording(Streams(keyring))).facts(), number)


def appends(facts: Iterable[Fact], keyring: Keyring, *, together: int = 1) -> Iterator[Append]:
    """The facts ready for the recorder, some together in one append, with the values that they claim."""
    codec, waiting = Codec(), iter(facts)
    while batch := list(islice(waiting, together)):
        yield Append(
            events=[codec.to_stored_event(fact.event) for fact in batch],
            dossiers=[fact.dossiers for fact in batch],
            claims=[
                _claimed(keyring, fact.event.originator_id, claim) for fact in batch for claim in fact.event.claims()
            ],
        )


def _claimed(keyring: Keyring, stream_id: UUID, claim: Claim) -> ClaimedValue:
    value = claim.value if isinstance(claim.value, str) else str(keyring.open(claim.value))
    return ClaimedValue(claim.kind, keyring.digest(claim.kind, value), stream_id, claim.held == "taken")


class _Walk:
    """Goes through the history, and lets the days of many dossiers pass side by side."""

    def __init__(self, fund: Fund, recording: Recording) -> None:
        self._fund = fund
        self._recording = recording
        self._moments: list[tuple[date, int, Moment]] = []
        self._order = count()
        self._unpaid: dict[int, Dossier] = {}

    def facts(self) -> Iterator[Fact]:
        for establishment in self._fund.establishments:
            yield from self._recording.register(establishment)
        for happened in History(self._fund):
            if isinstance(happened, Lot):
                yield from self._until(happened.scheduled_on)
                yield from self._recording.run(happened)
                self._end_paid(happened)
            else:
                self._begin(happened)
        for dossier in self._unpaid.values():
            self._end(dossier)
        yield from self._until(LAST_DAY)

    def _begin(self, dossier: Dossier) -> None:
        self._expect(self._recording.life(dossier))
        if is_waiting(dossier):
            self._unpaid[dossier.index] = dossier
        else:
            self._end(dossier)

    def _end_paid(self, lot: Lot) -> None:
        paid = {line.dossier.index for transfer in lot.transfers for line in transfer.invoices} & self._unpaid.keys()
        for index in sorted(paid):
            if not is_waiting(self._unpaid[index]):
                self._end(self._unpaid.pop(index))

    def _end(self, dossier: Dossier) -> None:
        finish(self._fund, dossier)
        self._expect(self._recording.end(dossier))

    def _expect(self, moments: Iterable[tuple[date, Moment]]) -> None:
        for day, moment in moments:
            heapq.heappush(self._moments, (day, next(self._order), moment))

    def _until(self, day: date) -> Iterator[Fact]:
        while self._moments and self._moments[0][0] <= day:
            yield from heapq.heappop(self._moments)[2]()
