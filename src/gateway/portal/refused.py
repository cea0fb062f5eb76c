"""Who is answered by a page, and not by JSON, at an address that is no page's: somebody at a browser."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from starlette.responses import Response

from gateway.api.problems import Problem
from gateway.portal.pages import problem_page
from gateway.portal.spaces import AUTHORIZE
from gateway.portal.visit import Detour, instead, to

_PROGRAMS: Final = ("/v1/", "/healthz", "/readyz")


def answered(request: Request, refused: Problem) -> Response | None:
    """The page for whoever types an address that is none of ours, and the next step of signing in for whoever a
    frontend of another origin has sent here to be let in; None for a program.
    """
    path = request.url.path
    if "text/html" not in request.headers.get("accept", "") or not hasattr(request.app.state, "service"):
        return None
    if path == AUTHORIZE:
        found = instead(request, refused)
        return to(found.location, headers=found.headers) if isinstance(found, Detour) else problem_page(request, found)
    return None if path.startswith(_PROGRAMS) else problem_page(request, refused)
