"""Every noun's routes, in the order in which the API's description shows them."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.api import (
    account,
    deposit,
    document,
    dossier,
    dossier_history,
    dossier_reading,
    establishment,
    invoice,
    lot,
    organisation,
    person,
    projection,
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
ROUTERS: Final[tuple[APIRouter, ...]] = (
    reference.router,
    dossier_reading.router,
    dossier_history.router,
    deposit.router,
    projection.router,
)
BODIES: Final[tuple[type[BaseModel], ...]] = (dossier_reading.DossierSearch,)
"""Bodies of requests that are no orders."""
