"""The choice between the spaces of an account that has several."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.portal.pages import page_router, to
from gateway.portal.spaces import home_of, mains
from gateway.portal.visit import Visiting

router: Final = page_router()


@router.get("/espaces", name="show_spaces")
async def show_spaces(visit: Visiting) -> Response:
    """Who has one space alone is there already."""
    if len(mains(visit.spaces)) < 2:
        return to(home_of(visit.spaces))
    return visit.page("spaces/choice.html", spaces=visit.spaces)
