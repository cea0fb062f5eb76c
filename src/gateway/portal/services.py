"""The services portal in front of the members' space (row E2): the offer by themes, the tools at hand, the help.

All that it says is the fund's (FUND_FILE). A link that leads nowhere for the reader is none: its words then stand on
the page of its theme, with whom to ask.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.responses import Response

from gateway.api.problems import not_found, problem
from gateway.auth import favourites
from gateway.fund.fund import Tool
from gateway.portal.forms import Form, posted
from gateway.portal.pages import page_router, to
from gateway.portal.visit import Visit, Visiting, posting_of

router: Final = page_router()
FIRST: Final = 3
"""Tools that are at hand until one has chosen (the guide shows three)."""

_TOOLS: Final = "tools"
_MOVE: Final = "move"
_STEPS: Final = {"up": -1, "down": 1}


async def _several(request: Request) -> Visit:
    return await posting_of(request, await posted(request, most_fields=60, repeated={_TOOLS}))


ToolsPosting = Annotated[Visit, Depends(_several)]


@router.get("", name="show_services")
async def show_services(visit: Visiting) -> Response:
    """« Découvrir l'offre de services » and « Mes outils favoris »."""
    fund = visit.service.fund
    return visit.page("services/home.html", themes=fund.themes, tools=await _favourites(visit), opens=visit.opens)


@router.get("/themes/{theme}", name="show_theme")
async def show_theme(visit: Visiting, theme: str) -> Response:
    """A theme with all of its links; what has no address yet is told, with whom to ask."""
    found = visit.service.fund.theme(theme)
    if found is None:
        raise not_found()
    return visit.page("services/theme.html", theme=found, opens=visit.opens)


@router.get("/outils/{tool}", name="show_tool")
async def show_tool(visit: Visiting, tool: str) -> Response:
    """What a tool is for: the way to it, or whom to ask where it is still to come."""
    found = visit.service.fund.tool(tool)
    if found is None:
        raise not_found()
    return visit.page("services/tool.html", tool=found, opens=visit.opens)


@router.get("/favoris", name="show_favourites")
async def show_favourites(visit: Visiting) -> Response:
    """« Gérer mes favoris »: the tools at hand first, in their order, then the others."""
    return _choice(visit, await _favourites(visit))


@router.post("/favoris", name="keep_favourites")
async def keep_favourites(visit: ToolsPosting) -> Response:
    """The boxes that are ticked, in the order of the page, one of them moved where a button asks for it."""
    fund = visit.service.fund
    asked = list(dict.fromkeys(visit.form.all(_TOOLS)))
    if any(fund.tool(each) is None for each in asked):
        raise problem("malformed-form")
    chosen = _moved(asked, visit.form.text(_MOVE))
    await favourites.keep(visit.service.queries, visit.caller.account_id, chosen)
    return to(visit.path("show_favourites"), said="favoris")


def _moved(chosen: list[str], move: str) -> list[str]:
    """`up:<code>`, `down:<code>`; what cannot be moved stays where it is."""
    way, _, code = move.partition(":")
    if way not in _STEPS or code not in chosen:
        return chosen
    here = chosen.index(code)
    there = min(max(here + _STEPS[way], 0), len(chosen) - 1)
    chosen.insert(there, chosen.pop(here))
    return chosen


async def _favourites(visit: Visit) -> list[Tool]:
    """Those chosen that the fund still has; the first three of all for whoever never chose."""
    fund = visit.service.fund
    kept = await favourites.find(visit.service.queries, visit.caller.account_id)
    if kept is None:
        return list(fund.tools[:FIRST])
    return [tool for code in kept if (tool := fund.tool(code)) is not None]


def _choice(visit: Visit, chosen: list[Tool]) -> Response:
    others = [tool for tool in visit.service.fund.tools if tool not in chosen]
    form = Form.of({_TOOLS: [tool.code for tool in chosen]})
    return visit.page("services/favourites.html", chosen=chosen, others=others, form=form)
