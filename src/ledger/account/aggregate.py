"""An account: who it is, and through which memberships it sees what. Signing in is not its business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.account.errors import (
    AccountAlreadyDisabled,
    AccountNotDisabled,
    MembershipAbsent,
    MembershipAlreadyGranted,
    NotAPortalAccount,
)
from ledger.account.events import (
    AccountCreated,
    AccountDisabled,
    AccountEnabled,
    MembershipChanged,
    MembershipEnded,
    MembershipGranted,
    Profile,
    Role,
)
from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal
from ledger.organisation.events import OrganisationKind

MembershipKey = tuple[UUID, OrganisationKind]
"""An organisation, and as what: one account may be both the provider's and the member's of one organisation."""


@dataclass(frozen=True, slots=True)
class Membership:
    profile: Profile
    establishment_ids: tuple[UUID, ...]


class Account(Aggregate, opens_with=AccountCreated):
    person_id: UUID
    email: Personal[str]
    role: Role
    ends_on: date | None
    disabled: bool
    memberships: Mapping[MembershipKey, Membership]

    def grant(self, key: MembershipKey, membership: Membership, *, at: datetime) -> None:
        """Refused: NotAPortalAccount, MembershipAlreadyGranted."""
        if self.role is not Role.PORTAL:
            raise NotAPortalAccount(field="account_id")
        if key in self.memberships:
            raise MembershipAlreadyGranted(field="organisation_id")
        self._record(MembershipGranted, key, membership, at)

    def change(self, key: MembershipKey, membership: Membership, *, at: datetime) -> None:
        """Refused: MembershipAbsent."""
        self._check_held(key)
        self._record(MembershipChanged, key, membership, at)

    def end(self, key: MembershipKey, *, at: datetime) -> None:
        """Refused: MembershipAbsent."""
        self._check_held(key)
        organisation_id, kind = key
        self.trigger_event(MembershipEnded, timestamp=at, organisation_id=organisation_id, kind=kind)

    def disable(self, on: date, *, at: datetime) -> None:
        """Refused: AccountAlreadyDisabled."""
        if self.disabled:
            raise AccountAlreadyDisabled
        self.trigger_event(AccountDisabled, timestamp=at, on=on)

    def enable(self, on: date, *, at: datetime) -> None:
        """Refused: AccountNotDisabled."""
        if not self.disabled:
            raise AccountNotDisabled
        self.trigger_event(AccountEnabled, timestamp=at, on=on)

    def _check_held(self, key: MembershipKey) -> None:
        if key not in self.memberships:
            raise MembershipAbsent(field="organisation_id")

    def _record(
        self,
        event_class: type[MembershipGranted | MembershipChanged],
        key: MembershipKey,
        membership: Membership,
        at: datetime,
    ) -> None:
        self.trigger_event(
            event_class,
            timestamp=at,
            organisation_id=key[0],
            kind=key[1],
            profile=membership.profile,
            establishment_ids=membership.establishment_ids,
        )

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: AccountCreated) -> None:
        self.person_id = event.person_id
        self.email = event.email
        self.role = event.role
        self.ends_on = event.ends_on
        self.disabled = False
        self.memberships = MappingProxyType({})

    @when.register(MembershipGranted)
    @when.register(MembershipChanged)
    def _(self, event: MembershipGranted | MembershipChanged) -> None:
        membership = Membership(event.profile, event.establishment_ids)
        key = (event.organisation_id, event.kind)
        self.memberships = MappingProxyType({**self.memberships, key: membership})

    @when.register
    def _(self, event: MembershipEnded) -> None:
        ended = (event.organisation_id, event.kind)
        self.memberships = MappingProxyType({key: held for key, held in self.memberships.items() if key != ended})

    @when.register
    def _(self, _event: AccountDisabled) -> None:
        self.disabled = True

    @when.register
    def _(self, _event: AccountEnabled) -> None:
        self.disabled = False
