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


class AccountDisabled(Event):
    """By staff alone; it ends every right at once."""

    NAME: ClassVar[str] = "account.disabled.v1"

    on: date


class AccountEnabled(Event):
    NAME: ClassVar[str] = "account.enabled.v1"

    on: date
