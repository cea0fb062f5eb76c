"""A person. Everything that names them is sealed, so no decision can depend on it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal
from ledger.person.events import EmploymentBegan, EmploymentEnded, PersonRegistered, PersonRenamed


class Person(Aggregate, opens_with=PersonRegistered):
    last_name: Personal[str]
    first_name: Personal[str]
    civility: Personal[str] | None
    birth_date: Personal[date] | None
    nir: Personal[str] | None
    teams: frozenset[tuple[UUID, str]]

    def rename(self, last_name: Personal[Any], first_name: Personal[Any], *, at: datetime) -> None:
        self.trigger_event(PersonRenamed, timestamp=at, last_name=last_name, first_name=first_name)

    def begin_employment(self, organisation_id: UUID, kind: str, *, at: datetime) -> None:
        """Among those that the organisation may pick from; one who is already stays so, and nothing is recorded."""
        if (organisation_id, str(kind)) not in self.teams:
            self.trigger_event(EmploymentBegan, timestamp=at, organisation_id=organisation_id, kind=str(kind))

    def end_employment(self, organisation_id: UUID, kind: str, *, at: datetime) -> None:
        """One who is not among them stays so, and nothing is recorded."""
        if (organisation_id, str(kind)) in self.teams:
            self.trigger_event(EmploymentEnded, timestamp=at, organisation_id=organisation_id, kind=str(kind))

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
        self.teams = frozenset()

    @when.register
    def _(self, event: PersonRenamed) -> None:
        self.last_name = event.last_name
        self.first_name = event.first_name

    @when.register
    def _(self, event: EmploymentBegan) -> None:
        self.teams = self.teams | {(event.organisation_id, event.kind)}

    @when.register
    def _(self, event: EmploymentEnded) -> None:
        self.teams = self.teams - {(event.organisation_id, event.kind)}
