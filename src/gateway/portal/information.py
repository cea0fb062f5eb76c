"""Pages that say how things are: accessibility, legal notice, personal data, the plan of the site.

What a fund has not said of itself (FUND_FILE) is told to be unpublished; nothing is invented.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.portal.menu import Entry, menu_of
from gateway.portal.pages import page_router
from gateway.portal.visit import Guest

router: Final = page_router()


@router.get("/accessibilite", name="show_accessibility")
async def show_accessibility(visitor: Guest) -> Response:
    """The declaration of décret n° 2019-768: « non conforme » without an audit, whatever the tests show."""
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


@router.get("/aide", name="show_help")
async def show_help(visitor: Guest) -> Response:
    """The help number, the fund's guides, what is asked most."""
    return visitor.page("information/help.html", opens=visitor.opens)


@router.get("/plan-du-site", name="show_site_map")
async def show_site_map(visitor: Guest) -> Response:
    """Made from the reader's own menus, so that it cannot go stale; a stranger has the pages that are for all."""
    parts = [(space.title, menu_of(space, visitor.may)) for space in visitor.spaces]
    return visitor.page("information/site_map.html", parts=_each_once(parts))


def _each_once(parts: list[tuple[str, list[Entry]]]) -> list[tuple[str, list[Entry]]]:
    """One's own pages, and a space that another one's menu leads to, are told where they come first."""
    told: set[str] = set()
    found = []
    for title, entries in parts:
        found.append((title, [each for each in entries if each.path not in told]))
        told |= {each.path for each in entries}
    return [(title, entries) for title, entries in found if entries]
