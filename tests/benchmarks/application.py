"""Load, decide, save: one-event commands on known streams, against an application of the library with its defaults."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import ClassVar, Final
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate as LibraryAggregate
from eventsourcing.domain import event

from benchmarks.append import check_no_gap, in_turn, library_environment
from benchmarks.figures import Benchmark, Figure, databases
from ledger.application import Ledger
from ledger.kit.aggregate import Aggregate
from ledger.kit.command import Command, handles
from ledger.kit.event import Event, OpeningEvent
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log.database import Database
from ledger.work import Work
from support.databases import Cluster

STREAMS: Final = 500
WRITERS: Final = 32


class CounterOpened(OpeningEvent):
    NAME: ClassVar[str] = "benchmark.counter-opened.v1"


class CounterRaised(Event):
    NAME: ClassVar[str] = "benchmark.counter-raised.v1"

    amount_cents: int
    reference: str


class Counter(Aggregate, opens_with=CounterOpened):
    total_cents: int

    def raise_by(self, amount_cents: int, *, at: datetime) -> None:
        self.trigger_event(CounterRaised, amount_cents=amount_cents, reference="FICTIVE-2026", timestamp=at)

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: CounterOpened) -> None:
        self.total_cents = 0

    @when.register
    def _(self, event: CounterRaised) -> None:
        self.total_cents += event.amount_cents


class OpenCounter(Command):
    pass


class RaiseCounter(Command):
    counter_id: UUID
    amount_cents: int


@handles(OpenCounter)
def open_counter(command: OpenCounter, work: Work) -> UUID:
    counter = Counter.open(CounterOpened, id=work.new_id(), at=work.now)
    work.add(counter)
    return counter.id


@handles(RaiseCounter)
def raise_counter(command: RaiseCounter, work: Work) -> UUID:
    counter = work.load(Counter, command.counter_id)
    counter.raise_by(command.amount_cents, at=work.now)
    return counter.id


class LibraryCounter(LibraryAggregate):
    """The same, as the library's documentation writes it."""

    @event("Opened")
    def __init__(self) -> None:
        self.total_cents = 0

    @event("Raised")
    def raise_by(self, amount_cents: int, reference: str) -> None:
        self.total_cents += amount_cents


def run(server: Cluster) -> Figure:
    """Commands a second, ours and the library's; each on streams that no other writer has at that moment, mostly."""
    with (
        databases(server) as (ours_url, keys_url, library_url),
        Keyring(keys_url, MasterKey(b"m" * 32)) as keyring,
        Database(ours_url, max_size=WRITERS + 4) as database,
        Ledger(database, keyring, clock=lambda: datetime.now(UTC)) as ledger,
        Application[UUID](env=library_environment(library_url)) as peer,
    ):
        mine = [ledger.execute(OpenCounter(), actor=None).resource_id for _ in range(STREAMS)]
        theirs = []
        for _ in range(STREAMS):
            counter = LibraryCounter()
            peer.save(counter)
            theirs.append(counter.id)

        def raise_ours() -> None:
            ledger.execute(RaiseCounter(counter_id=random.choice(mine), amount_cents=1), actor=None)

        def raise_theirs() -> None:
            # Its writers may meet on a stream too; it is not made to decide again, which favours it.
            counter: LibraryCounter = peer.repository.get(random.choice(theirs))
            counter.raise_by(1, "FICTIVE-2026")
            try:
                peer.save(counter)
            except Exception as error:
                if "duplicate key" not in str(error):
                    raise

        figure = in_turn(raise_ours, raise_theirs, WRITERS)
        check_no_gap(ledger.log_recorder)
    return figure


BENCHMARKS: Final = {f"application.{WRITERS}": Benchmark(run, floor=4, aim=10)}
