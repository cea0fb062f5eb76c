"""A transfer taken over from another system: what was paid then, checked line by line against what was approved."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ledger.invoice.aggregate import Invoice
from ledger.kit.command import Command, handles
from ledger.kit.identifiers import Bic, Iban
from ledger.kit.money import PositiveCents
from ledger.transfer.commands import PrepareTransfer, prepare
from ledger.transfer.errors import LineAmountDiffers
from ledger.work import Work


class PastLine(BaseModel):
    """One invoice, and what was paid of it: whole cents, gross."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    invoice_id: UUID
    amount_cents: PositiveCents


class RecordPastTransfer(Command):
    """The account is that of then, whatever the establishment's is by now."""

    lot_id: UUID
    beneficiary_establishment_id: UUID
    lines: Annotated[tuple[PastLine, ...], Field(min_length=1, max_length=5_000)]
    paid_iban: Iban
    paid_bic: Bic


@handles(RecordPastTransfer)
def record_past_transfer(command: RecordPastTransfer, work: Work) -> UUID:
    """Prepares the transfer; its lot is released and it is paid by the ordinary orders.

    Refused: LineAmountDiffers, and as PrepareTransfer.
    """
    for place, line in enumerate(command.lines):
        invoice = work.load(Invoice, line.invoice_id, field="invoice_ids")
        if invoice.approved_cents not in {0, line.amount_cents}:  # 0: not approved, for which there is a better refusal
            raise LineAmountDiffers(line=place)
    preparation = PrepareTransfer(
        lot_id=command.lot_id,
        beneficiary_establishment_id=command.beneficiary_establishment_id,
        invoice_ids=tuple(line.invoice_id for line in command.lines),
    )
    return prepare(preparation, work, paid=(command.paid_iban, command.paid_bic))
