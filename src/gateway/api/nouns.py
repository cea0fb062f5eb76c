"""Every noun's routes, in the order in which the API's description shows them."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from gateway.api import (
    account,
    account_reading,
    deposit,
    document,
    document_reading,
    dossier,
    dossier_history,
    dossier_reading,
    establishment,
    establishment_reading,
    invoice,
    invoice_reading,
    lot,
    lot_reading,
    organisation,
    organisation_reading,
    person,
    person_reading,
    projection,
    reference,
    transfer,
    transfer_reading,
)
from gateway.api.orders import Orders

ORDERS: Final[tuple[Orders, ...]] = (
    dossier.orders,
    document.orders,
    invoice.orders,
    lot.orders,
    transfer.orders,
    establishment.orders,
    organisation.orders,
    person.orders,
    account.orders,
)
ROUTERS: Final[tuple[APIRouter, ...]] = (
    reference.router,
    dossier_reading.router,
    dossier_history.router,
    deposit.router,
    document_reading.router,
    transfer_reading.router,
    lot_reading.router,
    invoice_reading.router,
    establishment_reading.router,
    organisation_reading.router,
    person_reading.router,
    account_reading.router,
    projection.router,
)
