"""An organisation: its SIREN never changes; what it is to the fund may only grow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal
from ledger.organisation.errors import OrganisationKindAlreadyHeld
from ledger.organisation.events import (
    ContactRecorded,
    OrganisationKind,
    OrganisationKindAdded,
    OrganisationRegistered,
    OrganisationRenamed,
    ReferentNamed,
    ReferentSteppedDown,
)

SOLE_TRADER: Final = "1000"
"""INSEE's « catégorie juridique » of the « entrepreneur individuel »: the organisation is a natural person."""


class Organisation(Aggregate, opens_with=OrganisationRegistered):
    siren: str
    name: Personal[str]
    kinds: frozenset[OrganisationKind]
    member_number: str | None
    legal_category: str | None
    referents: Mapping[OrganisationKind, frozenset[UUID]]
    contact: Personal[str] | None

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

    def referents_as(self, kind: OrganisationKind) -> frozenset[UUID]:
        """The accounts that manage its users; one of them may have been disabled since."""
        return self.referents.get(kind, frozenset())

    def name_referent(self, kind: OrganisationKind, account_id: UUID, *, at: datetime) -> None:
        """One who is named already is not named again."""
        if account_id not in self.referents_as(kind):
            self.trigger_event(ReferentNamed, timestamp=at, kind=kind, account_id=account_id)

    def step_down(self, kind: OrganisationKind, account_id: UUID, *, at: datetime) -> None:
        """Recorded also of one who was never named here (before référents were): two who go at once then still meet."""
        self.trigger_event(ReferentSteppedDown, timestamp=at, kind=kind, account_id=account_id)

    def record_contact(self, email: Personal[Any], *, at: datetime) -> None:
        self.trigger_event(ContactRecorded, timestamp=at, email=email)

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
        self.referents = MappingProxyType({})
        self.contact = None

    @when.register
    def _(self, event: OrganisationRenamed) -> None:
        self.name = event.name

    @when.register
    def _(self, event: OrganisationKindAdded) -> None:
        self.kinds = self.kinds | {event.kind}
        self.member_number = event.member_number or self.member_number

    @when.register
    def _(self, event: ReferentNamed) -> None:
        named = self.referents_as(event.kind) | {event.account_id}
        self.referents = MappingProxyType({**self.referents, event.kind: named})

    @when.register
    def _(self, event: ReferentSteppedDown) -> None:
        remaining = self.referents_as(event.kind) - {event.account_id}
        self.referents = MappingProxyType({**self.referents, event.kind: remaining})

    @when.register
    def _(self, event: ContactRecorded) -> None:
        self.contact = event.email
