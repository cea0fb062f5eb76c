"""An organisation: its SIREN never changes; what it is to the fund may only grow."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from eventsourcing.dispatch import singledispatchmethod

from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal
from ledger.organisation.errors import OrganisationKindAlreadyHeld
from ledger.organisation.events import (
    OrganisationKind,
    OrganisationKindAdded,
    OrganisationRegistered,
    OrganisationRenamed,
)

SOLE_TRADER: Final = "1000"
"""INSEE's « catégorie juridique » of the « entrepreneur individuel »: the organisation is a natural person."""


class Organisation(Aggregate, opens_with=OrganisationRegistered):
    siren: str
    name: Personal[str]
    kinds: frozenset[OrganisationKind]
    member_number: str | None
    legal_category: str | None

    @property
    def natural_person(self) -> bool:
        return self.legal_category == SOLE_TRADER

    def rename(self, name: Personal[Any], *, at: datetime) -> None:
        self.trigger_event(OrganisationRenamed, timestamp=at, name=name)

    def add_kind(self, kind: OrganisationKind, member_number: str | None, *, at: datetime) -> None:
        """Refused: OrganisationKindAlreadyHeld."""
        if kind in self.kinds:
            raise OrganisationKindAlreadyHeld(field="kind")
        self.trigger_event(OrganisationKindAdded, timestamp=at, kind=kind, member_number=member_number)

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: OrganisationRegistered) -> None:
        self.siren = event.siren
        self.name = event.name
        self.kinds = frozenset(event.kinds)
        self.member_number = event.member_number
        self.legal_category = event.legal_category

    @when.register
    def _(self, event: OrganisationRenamed) -> None:
        self.name = event.name

    @when.register
    def _(self, event: OrganisationKindAdded) -> None:
        self.kinds = self.kinds | {event.kind}
        self.member_number = event.member_number or self.member_number
