"""Pages: Jinja2 templates in French, one style of our own, scripts that nothing depends on, a strict content policy.

A router of pages is made by `page_router`: whatever it raises is answered with a page, not with JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.api.problems import Problem, not_found, of_refusal, problem
from gateway.portal import formats
from gateway.portal.assets import asset
from gateway.portal.look import look_of
from gateway.portal.menu import foot, label_of
from gateway.portal.said import PARAMETER, SAID
from gateway.portal.spaces import address, exists
from gateway.service import Service
from ledger.kit.errors import Refusal

PAGE_ROWS: Final = 25
"""Rows of one page of a list: with them a page stays under what a slow telephone takes in a moment."""

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _POLICY,
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms, which is refused as foreign. To
    # another origin nothing is sent either way, and our own log has the route's template only.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Vary": "Cookie",
}
WAYS_IN: Final = frozenset(
    {
        *("show_sign_in", "enter", "show_second_factor", "give_second_factor", "show_terms", "answer_terms"),
        *("show_proof", "give_proof"),
    }
)
"""Pages whose form may end at a frontend's own address: browsers hold the redirects after a form to `form-action`."""

_TEMPLATES: Final = Environment(
    loader=PackageLoader("gateway.portal"),
    autoescape=select_autoescape(["html"], default_for_string=True, default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(formats.FILTERS)
_TEMPLATES.globals.update(asset=asset, exists=exists, foot=foot)


class Detour(Exception):
    """What was asked for waits until something else is done, at `location`."""

    def __init__(self, location: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("a detour")
        self.location = location
        self.headers = headers or {}


class Answered(Exception):
    """A page takes the place of the one that was asked for (a proof is asked for first)."""

    def __init__(self, response: Response) -> None:
        super().__init__("answered already")
        self.response = response


def page(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **shown: Any
) -> Response:
    """A page of `templates/<template>`. What every template may count on is there, as for somebody who is nobody."""
    service: Service = request.app.state.service
    given = {
        "fund": service.fund,
        "path": address,
        "named": partial(label_of, space=None),
        "look": look_of(request),
        "home": None,
        "space": None,
        "menu": (),
        "person": None,
        "csrf_token": "",
        "session_ends": None,
        "live": None,
        "said": SAID.get(request.query_params.get(PARAMETER, "")),
        "faulty": status in {401, 409, 422, 429},
        **shown,
    }
    text = _TEMPLATES.get_template(template).render(given)
    return HTMLResponse(text, status, {**headers_of(request), **(headers or {})})


def headers_of(request: Request) -> Mapping[str, str]:
    """What every answer of a page route bears."""
    service: Service = request.app.state.service
    settings = service.settings
    found = dict(HEADERS)
    route = request.scope.get("route")
    if getattr(route, "name", None) in WAYS_IN and settings.frontends:
        origins = " ".join(frontend.origin for frontend in settings.frontends)
        found["Content-Security-Policy"] = f"{_POLICY} {origins}"
    if settings.public_origin.startswith("https:"):
        found["Strict-Transport-Security"] = "max-age=31536000"
    return found


def to(location: str, *, said: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """Go and see `location` (303), where what was done is said once: `said` is a code of SAID."""
    if said is not None:
        location = f"{location}{'&' if '?' in location else '?'}{PARAMETER}={said}"
    return Response(status_code=303, headers={"Location": location, **(headers or {})})


def set_cookie(request: Request, *cookies: str) -> None:
    """Whole `Set-Cookie` headers that go with the answer, whatever it will be."""
    if not hasattr(request.state, "page_cookies"):
        request.state.page_cookies = []
    request.state.page_cookies.extend(cookies)


class PageRoute(APIRoute):
    """A route whose refusals are pages, and whose detours are redirects."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            # A program's token opens no page: it is passed over as if it were absent.
            request.scope["headers"] = [each for each in request.scope["headers"] if each[0] != b"authorization"]
            try:
                response = await handle(request)
            except Answered as instead:
                response = instead.response
            except Detour as detour:
                response = to(detour.location, headers=detour.headers)
            except (Problem, Refusal, RequestValidationError, HTTPException) as error:
                response = problem_page(request, problem_of(error))
            return _finished(request, response)

        return answered


def page_router() -> APIRouter:
    """Routes of pages: none is in the API's description."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def _finished(request: Request, response: Response) -> Response:
    """The headers that all have, the cookies that wait, and for htmx a redirect that it does not swap into the page."""
    for name, value in headers_of(request).items():
        response.headers.setdefault(name, value)
    for cookie in getattr(request.state, "page_cookies", ()):
        response.headers.append("Set-Cookie", cookie)
    if response.status_code == 303 and "hx-request" in request.headers:
        location = response.headers["Location"]
        del response.headers["Location"]
        response.headers["HX-Redirect"] = location
        response.status_code = 200
    return response


_TITLES: Final[Mapping[str, str]] = {
    "link-not-valid": "Ce lien n'est plus valable",
    "not-found": "Cette page n'existe pas",
    "csrf": "La page a expiré",
    "search-gone": "Cette recherche n'existe plus",
    "too-many-attempts": "Trop de demandes",
    "unavailable": "Service momentanément indisponible",
    "read-model-late": "Service momentanément indisponible",
}
_DETAILS: Final[Mapping[str, str]] = {
    "not-found": "Cette page n'existe pas, ou ne vous est pas accessible.",
    "csrf": "La page avait expiré, et rien n'a été enregistré. Revenez-y, rechargez la page et recommencez.",
    "malformed-form": "Le formulaire reçu est illisible : rien n'a été enregistré.",
    "unsupported-media-type": "Le formulaire reçu n'est pas du type attendu : rien n'a été enregistré.",
    "too-large": "Le formulaire reçu est trop volumineux : rien n'a été enregistré.",
}
"""What a page says where the API's own text speaks to a program."""

SEARCH_GONE: Final = "search-gone"
"""What somebody looked for is forgotten by now, or was never hers."""


def problem_page(request: Request, found: Problem) -> Response:
    """What went wrong, in one sentence, with the number that the support will ask for."""
    return page(
        request,
        "problem.html",
        status=found.status,
        headers={name: value for name, value in found.headers.items() if name.lower() != "www-authenticate"},
        title=_TITLES.get(found.code, "La demande n'a pas abouti"),
        detail=_DETAILS.get(found.code) or (found.errors[0].detail if found.errors else found.detail),
        wait=found.headers.get("Retry-After"),
        back=(request.url.path, "Revenir à la liste") if found.code == SEARCH_GONE else ("/", "Revenir à l'accueil"),
        correlation_id=str(request.state.correlation_id),
        faulty=False,
    )


def problem_of(error: Exception) -> Problem:
    """The problem that a page's route answers an exception with; what is absent and what is forbidden look the same."""
    if isinstance(error, Problem):
        return not_found() if error.code == "forbidden" else error
    if isinstance(error, Refusal):
        return problem_of(of_refusal(error))
    if isinstance(error, HTTPException) and error.status_code == 400:
        return problem("malformed-form")
    return not_found()
