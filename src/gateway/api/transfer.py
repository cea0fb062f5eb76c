"""Transfers: what becomes of each one. The questions about them are in `transfer_reading`."""

from __future__ import annotations

from typing import Final

from gateway.api.orders import Orders
from ledger.transfer.commands import PayTransfer, RejectTransfer, WithdrawTransfer

orders: Final = Orders("transfers")
orders.post("/transfers/{transfer_id}/payment", PayTransfer, "Noter le paiement", example={"on": "2026-09-17"})
orders.post(
    "/transfers/{transfer_id}/rejection",
    RejectTransfer,
    "Noter le rejet par la banque",
    example={"reason": "AC04", "on": "2026-09-18"},
)
orders.post(
    "/transfers/{transfer_id}/withdrawal", WithdrawTransfer, "Retirer le virement du lot", example={"on": "2026-09-16"}
)
