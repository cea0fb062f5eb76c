"""Pages that say how things are: accessibility, legal notice, personal data, the plan of the site.

What a fund has not said of itself (FUND_FILE) is told to be unpublished; nothing is invented.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.portal.menu import menu_of
from gateway.portal.pages import page_router
from gateway.portal.spaces import OF
from gateway.portal.visit import Guest

router: Final = page_router()


@router.get("/accessibilite", name="show_accessibility")
async def show_accessibility(visitor: Guest) -> Response:
    """The declaration of RGAA 4.1: « partiellement conforme » until somebody else has audited it."""
    return visitor.page("information/accessibility.html")


@router.get("/mentions-legales", name="show_legal_notice")
async def show_legal_notice(visitor: Guest) -> Response:
    """Publisher, director, host (loi n° 2004-575 du 21 juin 2004, article 1-1)."""
    return visitor.page("information/legal_notice.html")


@router.get("/donnees-personnelles", name="show_personal_data")
async def show_personal_data(visitor: Guest) -> Response:
    """What is kept, why, how long, whom to ask (règlement (UE) 2016/679, articles 13 à 22)."""
    settings = visitor.service.settings
    return visitor.page(
        "information/personal_data.html", journal_months=settings.journal_months, session_hours=settings.session_hours
    )


@router.get("/plan-du-site", name="show_site_map")
async def show_site_map(visitor: Guest) -> Response:
    """Made from the menu itself, so that it cannot go stale."""
    return visitor.page("information/site_map.html", space_of=OF, entries=menu_of(OF, lambda _: True))
