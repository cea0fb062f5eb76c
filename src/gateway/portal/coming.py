"""The page of a part that is still to come: what it will be for, and whom to ask until then."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.api.problems import not_found
from gateway.portal.pages import page_router
from gateway.portal.upcoming import part as part_of
from gateway.portal.visit import Visiting

router: Final = page_router()


@router.get("/a-venir/{part}", name="show_coming")
async def show_coming(visit: Visiting, part: str) -> Response:
    """Told to those who will have it: to anybody else it is not there, as no other page that they may not open."""
    found = part_of(visit.space.prefix, part) if visit.space else None
    if found is None or not visit.may(found.action):
        raise not_found()
    return visit.page("coming/page.html", part=found)
