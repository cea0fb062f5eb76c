"""What happened to a person: trainee, employee or user. Everything that names them is sealed under their own key."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from ledger.kit.event import Claim, Event, OpeningEvent
from ledger.kit.personal import Personal


class PersonRegistered(OpeningEvent):
    """`nir` is the 13 characters without key, where it is known: the same NIR is the same person."""

    NAME: ClassVar[str] = "person.registered.v1"

    last_name: Personal[str]
    first_name: Personal[str]
    civility: Personal[str] | None = None
    birth_date: Personal[date] | None = None
    nir: Personal[str] | None = None

    def claims(self) -> tuple[Claim, ...]:
        return (Claim(kind="nir", value=self.nir),) if self.nir else ()


class PersonRenamed(Event):
    NAME: ClassVar[str] = "person.renamed.v1"

    last_name: Personal[str]
    first_name: Personal[str]


class EmploymentBegan(Event):
    """The person is among those that an organisation may pick as its users (row O21)."""

    NAME: ClassVar[str] = "person.employment-began.v1"

    organisation_id: UUID
    kind: Literal["provider", "member"]


class EmploymentEnded(Event):
    NAME: ClassVar[str] = "person.employment-ended.v1"

    organisation_id: UUID
    kind: Literal["provider", "member"]
