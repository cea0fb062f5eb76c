"""An invoice taken over from another system, as far as it had come there: one order, all or nothing."""

from __future__ import annotations

from uuid import UUID

from ledger.invoice.commands import (
    ApproveInvoice,
    AttestService,
    DisputeInvoice,
    ReceiveInvoice,
    approve_invoice,
    attest_service,
    dispute_invoice,
    receive_invoice,
)
from ledger.kit.command import handles
from ledger.kit.days import Day
from ledger.kit.money import PositiveCents
from ledger.kit.text import FreeText
from ledger.work import Work


class RecordPastInvoice(ReceiveInvoice):
    """Each day that is given is a step that was taken then. `approved_cents`: without it, the whole of the invoice."""

    attested_on: Day | None = None
    approved_on: Day | None = None
    approved_cents: PositiveCents | None = None
    disputed_on: Day | None = None
    dispute_reason: FreeText | None = None


@handles(RecordPastInvoice)
def record_past_invoice(command: RecordPastInvoice, work: Work) -> UUID:
    """The rules are those of each step, the agreement's ceiling among them: being past excuses nothing.

    Refused: as ReceiveInvoice, AttestService, ApproveInvoice and DisputeInvoice.
    """
    received = {name: getattr(command, name) for name in ReceiveInvoice.model_fields}
    invoice_id = receive_invoice(ReceiveInvoice(**received), work)
    if command.attested_on is not None:
        attest_service(AttestService(invoice_id=invoice_id, on=command.attested_on), work)
    if command.approved_on is not None:
        approval = ApproveInvoice(invoice_id=invoice_id, amount_cents=command.approved_cents, on=command.approved_on)
        approve_invoice(approval, work)
    if command.disputed_on is not None and command.dispute_reason is not None:
        dispute = DisputeInvoice(invoice_id=invoice_id, reason=command.dispute_reason, on=command.disputed_on)
        dispute_invoice(dispute, work)
    return invoice_id
