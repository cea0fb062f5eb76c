"""Lots (« VIR550 »): opened, filled with transfers, released by a second person."""

from __future__ import annotations

from typing import Final

from gateway.api.orders import Orders
from ledger.transfer.commands import OpenLot, PrepareTransfer, ReleaseLot

_INVOICE: Final = "01890a5d-ac96-774b-bcce-b302099a8005"
_PROVIDER: Final = "01890a5d-ac96-774b-bcce-b302099a8002"

orders: Final = Orders("lots")
orders.post(
    "/lots",
    OpenLot,
    "Ouvrir un lot",
    example={"reference": "VIR550", "scheduled_on": "2026-09-17"},
    location="/v1/lots/{id}",
)
orders.post(
    "/lots/{lot_id}/transfers",
    PrepareTransfer,
    "Préparer un virement",
    example={"beneficiary_establishment_id": _PROVIDER, "invoice_ids": [_INVOICE]},
    location="/v1/transfers/{id}",
)
orders.post(
    "/lots/{lot_id}/release",
    ReleaseLot,
    "Libérer le lot",
    example={"transfer_count": 1, "total_cents": 120000, "on": "2026-09-16"},
)
