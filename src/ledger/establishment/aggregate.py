"""An establishment: its SIRET and number never change; the account to pay depends on the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.establishment.errors import BankDetailsMissing
from ledger.establishment.events import (
    Address,
    BankDetailsRecorded,
    EstablishmentMoved,
    EstablishmentRegistered,
    EstablishmentRenamed,
    NdaChanged,
)
from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal


@dataclass(frozen=True, slots=True)
class BankDetails:
    """The account to pay from a day on; the IBAN is sealed under the establishment's key."""

    iban: Personal[str]
    bic: str
    on: date


class Establishment(Aggregate, opens_with=EstablishmentRegistered):
    organisation_id: UUID
    number: str
    siret: str
    name: Personal[str]
    trade_name: Personal[str] | None
    nda: str | None
    address: Address
    natural_person: bool
    bank_details: tuple[BankDetails, ...]

    def account_on(self, day: date) -> BankDetails:
        """The account in force on a day: the latest effective one, and of the same day the last recorded.

        Refused: BankDetailsMissing.
        """
        in_force = [details for details in self.bank_details if details.on <= day]
        if not in_force:
            raise BankDetailsMissing(field="beneficiary_establishment_id")
        # `max` keeps the first of equals, hence the reversal.
        return max(reversed(in_force), key=lambda details: details.on)

    def rename(self, name: Personal[Any], trade_name: Personal[Any] | None, *, at: datetime) -> None:
        self.trigger_event(EstablishmentRenamed, timestamp=at, name=name, trade_name=trade_name)

    def move(self, address: Address, *, at: datetime) -> None:
        self.trigger_event(EstablishmentMoved, timestamp=at, address=address)

    def change_nda(self, nda: str | None, *, at: datetime) -> None:
        self.trigger_event(NdaChanged, timestamp=at, nda=nda)

    def record_bank_details(self, iban: Personal[Any], bic: str, on: date, *, at: datetime) -> None:
        self.trigger_event(BankDetailsRecorded, timestamp=at, iban=iban, bic=bic, on=on)

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: EstablishmentRegistered) -> None:
        self.organisation_id = event.organisation_id
        self.number = event.number
        self.siret = event.siret
        self.name = event.name
        self.trade_name = event.trade_name
        self.nda = event.nda
        self.address = event.address
        self.natural_person = event.natural_person
        self.bank_details = ()

    @when.register
    def _(self, event: EstablishmentRenamed) -> None:
        self.name = event.name
        self.trade_name = event.trade_name

    @when.register
    def _(self, event: EstablishmentMoved) -> None:
        self.address = event.address

    @when.register
    def _(self, event: NdaChanged) -> None:
        self.nda = event.nda

    @when.register
    def _(self, event: BankDetailsRecorded) -> None:
        self.bank_details = (*self.bank_details, BankDetails(event.iban, event.bic, event.on))
