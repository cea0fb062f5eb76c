"""Invoices: received, service attested, approved or disputed, scheduled in a lot, paid."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from ledger.invoice.events import (
    DisputeResolved,
    InvoiceApproved,
    InvoiceDisputed,
    InvoicePaid,
    InvoiceReceived,
    InvoiceScheduled,
    InvoiceUnscheduled,
    ServiceAttested,
)
from projections.engine import Entry, Need, Projector, Rows, Table, columns, key, new, on
from projections.invoice.status import Status

# `value` is a call each time.
_RECEIVED: Final = Status.RECEIVED.value
_APPROVED: Final = Status.APPROVED.value
_SCHEDULED: Final = Status.SCHEDULED.value
_PAID: Final = Status.PAID.value


def _invoice(entry: Entry) -> tuple[Need, ...]:
    return (key("invoice", entry.id),)


class InvoiceProjector(Projector):
    """One row for each invoice; the dispute's reason stays sealed and goes with the dispute."""

    NAME: ClassVar[str] = "invoice"
    VERSION: ClassVar[int] = 1
    TABLES: ClassVar[tuple[Table, ...]] = (
        Table(
            "invoice",
            key=("invoice_id",),
            columns=columns(
                invoice_id="uuid",
                dossier_id="uuid",
                beneficiary_establishment_id="uuid",
                reference="text",
                status="text",
                issued_on="date",
                starts_on="date",
                ends_on="date",
                received_on="date",
                net_cents="bigint",
                vat_rate_basis_points="int",
                vat_cents="bigint",
                gross_cents="bigint",
                vat_exemption="text",
                service_attested_on="date",
                approved_cents="bigint",
                approved_on="date",
                dispute_reason_sealed="text",
                lot_id="uuid",
                transfer_id="uuid",
                paid_on="date",
                version="bigint",
            ),
        ),
    )

    @on(InvoiceReceived, needs=lambda e: (new("invoice", e.id),))
    def received(self, event: Entry, rows: Rows) -> None:
        data = event.data
        invoice = {
            "invoice_id": event.id,
            "dossier_id": data["dossier_id"],
            "beneficiary_establishment_id": data["beneficiary_establishment_id"],
            "reference": data["reference"],
            "status": _RECEIVED,
            "issued_on": data["issued_on"],
            "starts_on": data["starts_on"],
            "ends_on": data["ends_on"],
            "received_on": data["on"],
            "net_cents": data["net_cents"],
            "vat_rate_basis_points": data["vat_rate_basis_points"],
            "vat_cents": data["vat_cents"],
            "gross_cents": data["gross_cents"],
            "vat_exemption": data["vat_exemption"],
            "service_attested_on": None,
            "approved_cents": 0,
            "approved_on": None,
            "dispute_reason_sealed": None,
            "lot_id": None,
            "transfer_id": None,
            "paid_on": None,
            "version": event.version,
        }
        rows.add("invoice", [invoice])

    @on(ServiceAttested, needs=_invoice)
    def attested(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, {"service_attested_on": event.data["on"]})

    @on(InvoiceApproved, needs=_invoice)
    def approved(self, event: Entry, rows: Rows) -> None:
        data = event.data
        approval = {"approved_cents": data["amount_cents"], "approved_on": data["on"]}
        _change(event, rows, {"status": _APPROVED, **approval})

    @on(InvoiceDisputed, needs=_invoice)
    def disputed(self, event: Entry, rows: Rows) -> None:
        no_approval = {"approved_cents": 0, "approved_on": None}
        dispute = {"status": Status.DISPUTED.value, "dispute_reason_sealed": event.data["reason"]}
        _change(event, rows, {**dispute, **no_approval})

    @on(DisputeResolved, needs=_invoice)
    def dispute_resolved(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, {"status": _RECEIVED, "dispute_reason_sealed": None})

    @on(InvoiceScheduled, needs=_invoice)
    def scheduled(self, event: Entry, rows: Rows) -> None:
        data = event.data
        place = {"lot_id": data["lot_id"], "transfer_id": data["transfer_id"]}
        _change(event, rows, {"status": _SCHEDULED, **place})

    @on(InvoiceUnscheduled, needs=_invoice)
    def unscheduled(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, {"status": _APPROVED, "lot_id": None, "transfer_id": None})

    @on(InvoicePaid, needs=_invoice)
    def paid(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, {"status": _PAID, "paid_on": event.data["on"]})


def _change(event: Entry, rows: Rows, values: dict[str, Any]) -> None:
    values["version"] = event.version
    rows.revise("invoice", (event.id,), values)
