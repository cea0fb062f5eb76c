"""Documents: withdrawn by an order like any other; deposited and downloaded in `document_content`."""

from __future__ import annotations

from typing import Final

from gateway.api.orders import Orders
from ledger.document.commands import WithdrawDocument

orders: Final = Orders("documents")
orders.post(
    "/documents/{document_id}/withdrawal",
    WithdrawDocument,
    "Retirer un document",
    example={"reason": "Déposé sur le mauvais dossier.", "on": "2026-09-20"},
)
