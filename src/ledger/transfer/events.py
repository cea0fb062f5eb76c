"""What happened to a lot (« VIR550 », one weekly run) and to its transfers, one for each beneficiary.

The sum of a transfer's lines is its total, at every moment: the event itself refuses anything else.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

from ledger.dossier.scheme import Scheme
from ledger.kit.event import Claim, Event, OpeningEvent
from ledger.kit.personal import Personal


class LotOpened(OpeningEvent):
    """`scheduled_on` is the day of the run, a Thursday as a rule."""

    NAME: ClassVar[str] = "lot.opened.v1"

    reference: str
    scheduled_on: date

    def claims(self) -> tuple[Claim, ...]:
        return (Claim(kind="lot", value=self.reference),)


class TransferAdded(Event):
    """`prepared_by` is in the payload because the release decides on it: none of those who prepared a lot releases it.
    None stands for the system (the import of past transfers).
    """

    NAME: ClassVar[str] = "lot.transfer-added.v1"

    transfer_id: UUID
    beneficiary_establishment_id: UUID
    total_cents: int
    prepared_by: UUID | None = None


class TransferRemoved(Event):
    NAME: ClassVar[str] = "lot.transfer-removed.v1"

    transfer_id: UUID
    total_cents: int


class LotReleased(Event):
    """By a second person. From here on the bank has the order."""

    NAME: ClassVar[str] = "lot.released.v1"

    transfer_count: int
    total_cents: int
    on: date


class RejectReason(StrEnum):
    """The bank's answers (ISO 20022 external codes) that end a transfer."""

    AC01 = "AC01"
    AC03 = "AC03"
    AC04 = "AC04"
    AC06 = "AC06"
    AG01 = "AG01"
    AM05 = "AM05"
    MS03 = "MS03"
    RR01 = "RR01"
    RR02 = "RR02"
    RR03 = "RR03"
    RR04 = "RR04"


class TransferLine(BaseModel):
    """One invoice paid, frozen as the avis de virement shows it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    invoice_id: UUID
    dossier_id: UUID
    dossier_number: str
    invoice_reference: str
    invoice_issued_on: date
    starts_on: date
    ends_on: date
    scheme: Scheme
    title: str
    amount_cents: int


class Beneficiary(BaseModel):
    """Who is paid, frozen when the transfer was prepared."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    establishment_id: UUID
    siret: str
    name: Personal[str]
    postcode: str
    town: str


class TransferPrepared(OpeningEvent):
    """The paid IBAN and the beneficiary are frozen here, sealed under the establishment's key."""

    NAME: ClassVar[str] = "transfer.prepared.v1"

    lot_id: UUID
    lot_reference: str
    scheduled_on: date
    beneficiary: Beneficiary
    iban: Personal[str]
    bic: str
    lines: tuple[TransferLine, ...]
    total_cents: int

    @model_validator(mode="after")
    def _lines_add_up(self) -> Self:
        if not self.lines or sum(line.amount_cents for line in self.lines) != self.total_cents:
            raise ValueError("the lines of a transfer add up to its total")
        return self


class TransferPaid(Event):
    NAME: ClassVar[str] = "transfer.paid.v1"

    on: date


class TransferRejected(Event):
    """By the bank. A reissue is a new transfer; this one is never edited."""

    NAME: ClassVar[str] = "transfer.rejected.v1"

    reason: RejectReason
    on: date


class TransferWithdrawn(Event):
    """Taken out of its lot before the release."""

    NAME: ClassVar[str] = "transfer.withdrawn.v1"

    on: date
