"""What happened to an account: one e-mail across both portals, with memberships that say what it may see.

Passwords, tokens and sessions are never events.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from ledger.kit.event import Claim, Event, OpeningEvent
from ledger.kit.personal import Personal
from ledger.organisation.events import OrganisationKind


class Role(StrEnum):
    """What an account is. `portal` sees through its memberships; the others work for, audit or operate the fund."""

    PORTAL = "portal"
    CASE_MANAGER = "case-manager"
    ACCOUNTANT = "accountant"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Profile(StrEnum):
    """A référent has a user's rights and manages the organisation's users."""

    USER = "user"
    REFERENT = "referent"


class Menu(StrEnum):
    """What of a member's portal is opened entry by entry (row E15): « RH » and « comptable »."""

    HR = "hr"
    ACCOUNTING = "accounting"


class AccountCreated(OpeningEvent):
    """`ends_on` is the last day of an auditor's mandate (Paris)."""

    NAME: ClassVar[str] = "account.created.v1"

    person_id: UUID
    email: Personal[str]
    role: Role
    ends_on: date | None = None

    def claims(self) -> tuple[Claim, ...]:
        return (Claim(kind="email", value=self.email),)


class MembershipGranted(Event):
    """Binds the account to one organisation, of one kind; the establishments are the boundary of what it sees."""

    NAME: ClassVar[str] = "account.membership-granted.v1"

    organisation_id: UUID
    kind: OrganisationKind
    profile: Profile
    establishment_ids: tuple[UUID, ...]


class MembershipChanged(Event):
    NAME: ClassVar[str] = "account.membership-changed.v1"

    organisation_id: UUID
    kind: OrganisationKind
    profile: Profile
    establishment_ids: tuple[UUID, ...]


class MembershipEnded(Event):
    NAME: ClassVar[str] = "account.membership-ended.v1"

    organisation_id: UUID
    kind: OrganisationKind


class MembershipSuspended(Event):
    """Deactivated in one organisation, by its référent: what it let the account see is out of sight at once (O25)."""

    NAME: ClassVar[str] = "account.membership-suspended.v1"

    organisation_id: UUID
    kind: OrganisationKind


class MembershipResumed(Event):
    NAME: ClassVar[str] = "account.membership-resumed.v1"

    organisation_id: UUID
    kind: OrganisationKind


class MenuRightsSet(Event):
    """The menu entries that a member's user sees. A membership of which none was ever set has them all."""

    NAME: ClassVar[str] = "account.menu-rights-set.v1"

    organisation_id: UUID
    kind: OrganisationKind
    menus: tuple[Menu, ...]


class EmailChanged(Event):
    """Confirmed at both addresses. Both are sealed under the key of the account's person."""

    NAME: ClassVar[str] = "account.email-changed.v1"

    previous: Personal[str]
    email: Personal[str]

    def claims(self) -> tuple[Claim, ...]:
        return (Claim(kind="email", value=self.previous, held="released"), Claim(kind="email", value=self.email))


class TermsAccepted(Event):
    """`sha256` is of the very bytes that were shown, in hexadecimal (row O5)."""

    NAME: ClassVar[str] = "account.terms-accepted.v1"

    version: str
    sha256: str


class TermsRefused(Event):
    """A refusal is a fact as well: nothing is open until the terms are accepted."""

    NAME: ClassVar[str] = "account.terms-refused.v1"

    version: str
    sha256: str


class AccountDisabled(Event):
    """By staff alone; it ends every right at once."""

    NAME: ClassVar[str] = "account.disabled.v1"

    on: date


class AccountEnabled(Event):
    NAME: ClassVar[str] = "account.enabled.v1"

    on: date
