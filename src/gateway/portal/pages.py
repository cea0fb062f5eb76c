"""Pages: Jinja2 templates in French, one style file of our own, no script, a strict content policy.

A router of pages is made by `page_router`: whatever it raises is answered with a page, not with JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from importlib import resources
from typing import Any, Final

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.api.problems import Problem, not_found, of_refusal, problem
from gateway.settings import Settings
from ledger.kit.errors import Refusal

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms, which is refused as foreign. To
    # another origin nothing is sent either way, and our own log has the route's template only.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
STYLE: Final = "people.css"
_TEMPLATES: Final = Environment(
    loader=PackageLoader("gateway.portal"),
    autoescape=select_autoescape(["html"], default_for_string=True, default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **shown: Any
) -> Response:
    """A page of `templates/<template>`, in the base that all share."""
    settings: Settings = request.app.state.service.settings
    text = _TEMPLATES.get_template(template).render(fund=settings.fund_name, contact=settings.fund_contact, **shown)
    return HTMLResponse(text, status, {**HEADERS, **(headers or {})})


class PageRoute(APIRoute):
    """A route whose refusals are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except (Problem, Refusal, RequestValidationError, HTTPException) as error:
                return problem_page(request, error)

        return answered


def page_router() -> APIRouter:
    """Routes of pages: none is in the API's description."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def problem_page(request: Request, error: Exception) -> Response:
    """What went wrong, in one sentence, with the number that the support will ask for."""
    found = _problem_of(error)
    return page(
        request,
        "problem.html",
        status=found.status,
        headers=found.headers,
        title="Ce lien n'est plus valable" if found.code == "link-not-valid" else "La demande n'a pas abouti",
        detail=found.detail,
        correlation_id=str(request.state.correlation_id),
    )


def _problem_of(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refusal):
        return of_refusal(error)
    if isinstance(error, HTTPException) and error.status_code == 400:
        return problem("malformed-form")
    return not_found()


router: Final = APIRouter(include_in_schema=False)


@router.get("/assets/people.css", name="get_asset")
async def get_asset() -> Response:
    """The style, the same for everybody."""
    style = resources.files("gateway.portal").joinpath("assets", STYLE).read_bytes()
    return Response(style, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})
