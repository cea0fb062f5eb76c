"""What happened to an establishment (SIRET): the place that is paid, that employs, and that bounds what a user may see.

Names, street and IBAN are sealed under the establishment's own key: a sole trader's are personal data.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from ledger.kit.event import Claim, Event, OpeningEvent
from ledger.kit.personal import Personal


class Address(BaseModel):
    """A French postal address; the street line is sealed."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    street: Personal[str] | None = None
    postcode: str
    town: str


class EstablishmentRegistered(OpeningEvent):
    """`number` is the fund's own (« N° »), `nda` the « numéro de déclaration d'activité » of a provider."""

    NAME: ClassVar[str] = "establishment.registered.v1"

    organisation_id: UUID
    number: str
    siret: str
    name: Personal[str]
    trade_name: Personal[str] | None = None
    nda: str | None = None
    address: Address
    natural_person: bool = False

    def claims(self) -> tuple[Claim, ...]:
        return (Claim(kind="siret", value=self.siret), Claim(kind="establishment-number", value=self.number))


class EstablishmentRenamed(Event):
    NAME: ClassVar[str] = "establishment.renamed.v1"

    name: Personal[str]
    trade_name: Personal[str] | None = None


class EstablishmentMoved(Event):
    NAME: ClassVar[str] = "establishment.moved.v1"

    address: Address


class NdaChanged(Event):
    """The « numéro de déclaration d'activité » may change over time."""

    NAME: ClassVar[str] = "establishment.nda-changed.v1"

    nda: str | None


class BankDetailsRecorded(Event):
    """The account to pay from `on`. The two-person proposal on line comes with the bank-details part (row B4)."""

    NAME: ClassVar[str] = "establishment.bank-details-recorded.v1"

    iban: Personal[str]
    bic: str
    on: date
