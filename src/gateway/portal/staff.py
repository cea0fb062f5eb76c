"""The home of the staff's space: what each role may open, and how the fund's dossiers stand."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.api.codes import ROLE_LABELS
from gateway.api.dossier_reading import DossierSearch, read_dossiers
from gateway.portal.menu import COMING, menu_of
from gateway.portal.pages import page_router
from gateway.portal.visit import Visiting

router: Final = page_router()
DOSSIERS: Final = 5


@router.get("", name="show_staff_home")
async def show_staff_home(visit: Visiting) -> Response:
    """By rights: case managers and accountants, auditors, operators each see what is theirs; the rest says so."""
    dossiers = None
    if visit.may("list_dossiers"):
        dossiers = (await read_dossiers(visit.call_of("list_dossiers"), DossierSearch(limit=DOSSIERS))).shown
    entries = [each for each in menu_of(visit.space, visit.may) if each.name != visit.request.scope["route"].name]
    return visit.page(
        "staff/home.html",
        role=ROLE_LABELS.get(visit.caller.role, visit.caller.role),
        dossiers=dossiers,
        coming=[each for each in entries if each.name == COMING],
    )
