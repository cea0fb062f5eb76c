"""The home of the members' space (row E3): messages, the fund's notices, whom to ask, the dossiers under way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.responses import Response

from gateway.api.dossier_reading import DossierSearch, read_dossiers
from gateway.api.establishment_reading import EstablishmentSearch, read_establishments
from gateway.fund.departments import department_of
from gateway.fund.fund import Fund, Office
from gateway.portal.pages import page_router
from gateway.portal.visit import Visit, Visiting
from projections.dossier.sides import Side

router: Final = page_router()
LOOKED_AT: Final = 50
"""Establishments whose departments say which offices answer."""


@router.get("", name="show_member_home")
async def show_member_home(visit: Visiting) -> Response:
    """Each block is read with its own right: an entry that is not open to the reader has none (row E15)."""
    dossiers = None
    if visit.may("list_dossiers"):
        asked = DossierSearch(limit=1, side=Side.COMPANY)
        dossiers = (await read_dossiers(visit.call_of("list_dossiers"), asked)).shown["counters"]
    return visit.page("member/home.html", dossiers=dossiers, offices=await _offices(visit))


async def _offices(visit: Visit) -> list[Office]:
    """The regional offices that answer for the reader's establishments."""
    if not visit.may("list_establishments"):
        return []
    read = await read_establishments(visit.call_of("list_establishments"), EstablishmentSearch(limit=LOOKED_AT))
    return offices_for(visit.service.fund, [each.postcode for each in read.shown.items])


def offices_for(fund: Fund, postcodes: Iterable[str | None]) -> list[Office]:
    """Each office once, in the fund's own order."""
    asked = {code for code in map(department_of, postcodes) if code is not None}
    return [office for office in fund.offices if asked & set(office.departments)]
