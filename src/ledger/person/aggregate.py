"""A person. Everything that names them is sealed, so no decision can depend on it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from eventsourcing.dispatch import singledispatchmethod

from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal
from ledger.person.events import PersonRegistered, PersonRenamed


class Person(Aggregate, opens_with=PersonRegistered):
    last_name: Personal[str]
    first_name: Personal[str]
    civility: Personal[str] | None
    birth_date: Personal[date] | None
    nir: Personal[str] | None

    def rename(self, last_name: Personal[Any], first_name: Personal[Any], *, at: datetime) -> None:
        self.trigger_event(PersonRenamed, timestamp=at, last_name=last_name, first_name=first_name)

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: PersonRegistered) -> None:
        self.last_name = event.last_name
        self.first_name = event.first_name
        self.civility = event.civility
        self.birth_date = event.birth_date
        self.nir = event.nir

    @when.register
    def _(self, event: PersonRenamed) -> None:
        self.last_name = event.last_name
        self.first_name = event.first_name
