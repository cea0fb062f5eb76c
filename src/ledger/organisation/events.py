"""What happened to an organisation: a legal unit (SIREN) that trains, or that is a member of the fund, or both.

Its name is sealed: a sole trader's is the name of a person.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

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
