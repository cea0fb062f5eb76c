"""Every noun's routes, in the order in which the API's description shows them."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from gateway.api import (
    account,
    deposit,
    document,
    dossier,
    establishment,
    invoice,
    lot,
    organisation,
    person,
    reference,
    transfer,
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
ROUTERS: Final[tuple[APIRouter, ...]] = (reference.router, deposit.router)
