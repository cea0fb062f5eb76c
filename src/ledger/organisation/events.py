"""What happened to an organisation: a legal unit (SIREN) that trains, or that is a member of the fund, or both.

Its name is sealed: a sole trader's is the name of a person.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from ledger.kit.event import Claim, Event, OpeningEvent
from ledger.kit.personal import Personal


class OrganisationKind(StrEnum):
    """What an organisation is to the fund."""

    PROVIDER = "provider"
    MEMBER = "member"


class OrganisationRegistered(OpeningEvent):
    """`legal_category` is INSEE's « catégorie juridique » (four digits; 1000 is a sole trader), where known."""

    NAME: ClassVar[str] = "organisation.registered.v1"

    siren: str
    name: Personal[str]
    kinds: tuple[OrganisationKind, ...]
    member_number: str | None = None
    legal_category: str | None = None

    def claims(self) -> tuple[Claim, ...]:
        number = (Claim(kind="member-number", value=self.member_number),) if self.member_number else ()
        return (Claim(kind="siren", value=self.siren), *number)


class OrganisationRenamed(Event):
    NAME: ClassVar[str] = "organisation.renamed.v1"

    name: Personal[str]


class OrganisationKindAdded(Event):
    """A member began to train, or a provider joined the fund."""

    NAME: ClassVar[str] = "organisation.kind-added.v1"

    kind: OrganisationKind
    member_number: str | None = None

    def claims(self) -> tuple[Claim, ...]:
        return (Claim(kind="member-number", value=self.member_number),) if self.member_number else ()


class ReferentNamed(Event):
    """An account manages the organisation's users from now on; recorded with the membership that says so."""

    NAME: ClassVar[str] = "organisation.referent-named.v1"

    kind: OrganisationKind
    account_id: UUID


class ReferentSteppedDown(Event):
    """An account manages them no longer: its membership ended, is suspended, or is a plain user's."""

    NAME: ClassVar[str] = "organisation.referent-stepped-down.v1"

    kind: OrganisationKind
    account_id: UUID


class ContactRecorded(Event):
    """The contact on file: who confirms that somebody speaks for the organisation (row E1).

    Sealed under the organisation's own key. No claim: one accountant may be the contact of several members.
    """

    NAME: ClassVar[str] = "organisation.contact-recorded.v1"

    email: Personal[str]
