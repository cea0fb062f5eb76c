"""The home of the provider's space (rows O10, O11): bank details first, then what is under way."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.api.dossier_reading import DossierSearch, read_dossiers
from gateway.api.establishment_reading import read_banking
from gateway.api.transfer_reading import TransferParams, read_transfers
from gateway.portal.pages import page_router
from gateway.portal.transfer_months import year_of
from gateway.portal.visit import Visiting

router: Final = page_router()
DOSSIERS: Final = 5
TRANSFERS: Final = 3


@router.get("", name="show_home")
async def show_home(visit: Visiting) -> Response:
    """Whoever holds nothing yet is told whom to ask; a block that the rights do not open is not there."""
    banking = (await read_banking(visit.call)).shown
    dossiers = transfers = months = None
    if visit.may("list_dossiers"):
        dossiers = (await read_dossiers(visit.call, DossierSearch(limit=DOSSIERS))).shown
    if visit.may("list_transfers"):
        transfers = (await read_transfers(visit.call, TransferParams(limit=TRANSFERS))).shown
        months = await year_of(visit)
    return visit.page("home/page.html", banking=banking, dossiers=dossiers, transfers=transfers, months=months)
