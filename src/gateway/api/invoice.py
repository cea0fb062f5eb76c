"""Invoices: received, attested, approved, disputed. The questions about them are in `invoice_reading`."""

from __future__ import annotations

from typing import Final

from gateway.api.orders import Orders
from ledger.invoice.commands import ApproveInvoice, AttestService, DisputeInvoice, ReceiveInvoice, ResolveDispute

_DOSSIER: Final = "01890a5d-ac96-774b-bcce-b302099a8057"
_PROVIDER: Final = "01890a5d-ac96-774b-bcce-b302099a8002"

orders: Final = Orders("invoices")
orders.post(
    "/invoices",
    ReceiveInvoice,
    "Recevoir une facture",
    example={
        "dossier_id": _DOSSIER,
        "beneficiary_establishment_id": _PROVIDER,
        "reference": "F-2026-001",
        "issued_on": "2026-09-10",
        "starts_on": "2026-09-01",
        "ends_on": "2026-09-05",
        "net_cents": 100000,
        "vat_rate_basis_points": 2000,
        "vat_cents": 20000,
        "gross_cents": 120000,
        "on": "2026-09-11",
    },
    location="/v1/invoices/{id}",
)
orders.post("/invoices/{invoice_id}/attestation", AttestService, "Attester le service", example={"on": "2026-09-12"})
orders.post(
    "/invoices/{invoice_id}/approval",
    ApproveInvoice,
    "Approuver la facture",
    example={"amount_cents": 120000, "on": "2026-09-14"},
)
orders.post(
    "/invoices/{invoice_id}/dispute",
    DisputeInvoice,
    "Mettre la facture en litige",
    example={"reason": "La période facturée dépasse la formation.", "on": "2026-09-14"},
)
orders.post(
    "/invoices/{invoice_id}/dispute-resolution", ResolveDispute, "Lever le litige", example={"on": "2026-09-20"}
)
