"""An account: who it is, and through which memberships it sees what. Signing in is not its business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.account.errors import (
    AccountAlreadyDisabled,
    AccountNotDisabled,
    MembershipAbsent,
    MembershipAlreadyGranted,
    MembershipAlreadySuspended,
    MembershipNotSuspended,
    NotAPortalAccount,
)
from ledger.account.events import (
    AccountCreated,
    AccountDisabled,
    AccountEnabled,
    EmailChanged,
    MembershipChanged,
    MembershipEnded,
    MembershipGranted,
    MembershipResumed,
    MembershipSuspended,
    Menu,
    MenuRightsSet,
    Profile,
    Role,
    TermsAccepted,
    TermsRefused,
)
from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal
from ledger.organisation.events import OrganisationKind

MembershipKey = tuple[UUID, OrganisationKind]
"""An organisation, and as what: one account may be both the provider's and the member's of one organisation."""


@dataclass(frozen=True, slots=True)
class Membership:
    """`menus` is None where none was ever set: all of them are open."""

    profile: Profile
    establishment_ids: tuple[UUID, ...]
    suspended: bool = False
    menus: frozenset[Menu] | None = None


@dataclass(frozen=True, slots=True)
class TermsAnswer:
    """What the account answered last to a version of the terms, by the hash of the text that it was shown."""

    version: str
    sha256: str
    accepted: bool


class Account(Aggregate, opens_with=AccountCreated):
    person_id: UUID
    email: Personal[str]
    role: Role
    ends_on: date | None
    disabled: bool
    memberships: Mapping[MembershipKey, Membership]
    lost_at: Mapping[MembershipKey, datetime]
    terms: TermsAnswer | None

    def is_referent(self, key: MembershipKey) -> bool:
        """It manages the users of this organisation at this moment."""
        return self.manages(key) and not self.disabled

    def manages(self, key: MembershipKey) -> bool:
        """The same by its membership alone: staff may have disabled the account."""
        held = self.memberships.get(key)
        return held is not None and not held.suspended and held.profile is Profile.REFERENT

    def has_lost_since(self, key: MembershipKey, at: datetime) -> bool:
        """Whether anything there was taken from it after `at`: the membership, its profile, an establishment, an entry
        of the menu. One that was suspended stays so, whatever is added to it: that is no loss.
        """
        lost_at = self.lost_at.get(key)
        return lost_at is not None and lost_at > at

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

    def suspend(self, key: MembershipKey, *, at: datetime) -> None:
        """Refused: MembershipAbsent, MembershipAlreadySuspended."""
        self._check_held(key)
        if self.memberships[key].suspended:
            raise MembershipAlreadySuspended
        self.trigger_event(MembershipSuspended, timestamp=at, organisation_id=key[0], kind=key[1])

    def resume(self, key: MembershipKey, *, at: datetime) -> None:
        """Refused: MembershipAbsent, MembershipNotSuspended."""
        self._check_held(key)
        if not self.memberships[key].suspended:
            raise MembershipNotSuspended
        self.trigger_event(MembershipResumed, timestamp=at, organisation_id=key[0], kind=key[1])

    def set_menus(self, key: MembershipKey, menus: frozenset[Menu], *, at: datetime) -> None:
        """Those that are set already are not recorded again. Refused: MembershipAbsent."""
        self._check_held(key)
        if self.memberships[key].menus != menus:
            ordered = tuple(sorted(menus))
            self.trigger_event(MenuRightsSet, timestamp=at, organisation_id=key[0], kind=key[1], menus=ordered)

    def change_email(self, email: Personal[Any], *, at: datetime) -> None:
        self.trigger_event(EmailChanged, timestamp=at, previous=self.email, email=email)

    def answer_terms(self, answer: TermsAnswer, *, at: datetime) -> None:
        """The same answer to the same text is recorded once."""
        if self.terms != answer:
            event_class = TermsAccepted if answer.accepted else TermsRefused
            self.trigger_event(event_class, timestamp=at, version=answer.version, sha256=answer.sha256)

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
        self.lost_at = MappingProxyType({})
        self.terms = None

    @when.register
    def _(self, event: MembershipGranted) -> None:
        self._hold((event.organisation_id, event.kind), Membership(event.profile, event.establishment_ids))

    @when.register
    def _(self, event: MembershipChanged) -> None:
        key = (event.organisation_id, event.kind)
        held = self.memberships[key]
        self._hold(key, replace(held, profile=event.profile, establishment_ids=event.establishment_ids))
        lowered = held.profile is Profile.REFERENT and event.profile is not Profile.REFERENT
        if lowered or not set(held.establishment_ids) <= set(event.establishment_ids):
            self._lose(key, event)

    @when.register
    def _(self, event: MembershipSuspended) -> None:
        key = (event.organisation_id, event.kind)
        self._hold(key, replace(self.memberships[key], suspended=True))

    @when.register
    def _(self, event: MembershipResumed) -> None:
        key = (event.organisation_id, event.kind)
        self._hold(key, replace(self.memberships[key], suspended=False))

    @when.register
    def _(self, event: MenuRightsSet) -> None:
        key = (event.organisation_id, event.kind)
        held, menus = self.memberships[key], frozenset(event.menus)
        self._hold(key, replace(held, menus=menus))
        if not (frozenset(Menu) if held.menus is None else held.menus) <= menus:
            self._lose(key, event)

    @when.register
    def _(self, event: MembershipEnded) -> None:
        ended = (event.organisation_id, event.kind)
        self.memberships = MappingProxyType({key: held for key, held in self.memberships.items() if key != ended})
        self._lose(ended, event)

    @when.register
    def _(self, event: EmailChanged) -> None:
        self.email = event.email

    @when.register
    def _(self, event: TermsAccepted) -> None:
        self.terms = TermsAnswer(event.version, event.sha256, accepted=True)

    @when.register
    def _(self, event: TermsRefused) -> None:
        self.terms = TermsAnswer(event.version, event.sha256, accepted=False)

    @when.register
    def _(self, _event: AccountDisabled) -> None:
        self.disabled = True

    @when.register
    def _(self, _event: AccountEnabled) -> None:
        self.disabled = False

    def _hold(self, key: MembershipKey, membership: Membership) -> None:
        self.memberships = MappingProxyType({**self.memberships, key: membership})

    def _lose(self, key: MembershipKey, event: Event) -> None:
        self.lost_at = MappingProxyType({**self.lost_at, key: event.timestamp})
