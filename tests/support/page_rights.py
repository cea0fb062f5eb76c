"""What a page answers to whoever tries it, as its row of rights says: in French, by detours, never in JSON."""

from __future__ import annotations

from collections.abc import Collection

from httpx import Response

from gateway.audiences import Audience, Scope
from gateway.portal.spaces import STAFF, space_of
from gateway.rights import RIGHTS
from support.browser import Browser
from support.reader import FORM, HTML
from support.walking import Walked

IDS = {"digest": "0" * 12, "name": "portal.css", "version": "2026-01-01"}
IDS |= {"theme": "competences", "tool": "competences", "part": "lots", "category": "other", "page": "1"}
"""What only pages' paths name."""

WITH_FILES = frozenset({"deposit_pieces", "deposit_on_dossier", "deposit_on_establishment"})
"""Pages whose form has files: its fields come in parts."""

PARTS = b'--x\r\nContent-Disposition: form-data; name="category"\r\n\r\nother\r\n--x--\r\n'


def ask(browser: Browser, route: Walked, path: str) -> Response:
    """A page as it is asked for; a form without a token."""
    files = route.action in WITH_FILES
    kind = "multipart/form-data; boundary=x" if files else FORM
    headers = {"Accept": HTML, **({"Content-Type": kind} if route.method == "POST" else {})}
    token, browser.csrf = browser.csrf, None
    answer = browser.send(route.method, path, headers=headers, content=PARTS if files else None)
    browser.csrf = token
    return answer


def as_its_row_says(whose: Collection[Audience], route: Walked, answer: Response, *, foreign: bool) -> bool:
    """A stranger is led to the sign-in; whoever has no right finds no page; a form without its token is stopped first,
    whoever sends it. `foreign`: what the path names is another's.
    """
    right, status = RIGHTS[route.action], answer.status_code
    if Audience.ANONYMOUS in right.audiences:
        return status in {200, 303, 404} if route.method == "GET" else status == 403
    if Audience.ANONYMOUS in whose:
        return status == 303 and answer.headers["location"].startswith("/connexion")
    if route.method == "POST":
        return status == 403
    if _elsewhere(whose, route.path):
        return status == 404
    scopes = {right.audiences[each] for each in whose if each in right.audiences}
    absent = foreign and "{" in route.path and scopes <= {Scope.ESTABLISHMENTS, Scope.TEAM}
    if not scopes or absent:
        return status == 404
    return status in {200, 303} or "{version}" in route.path or (status == 404 and "{part}" in route.path)


def _elsewhere(whose: Collection[Audience], path: str) -> bool:
    """A page of a space that is not one's own. The portal's users of the matrix are all providers'."""
    space = space_of(path)
    return space is not None and space.kind != ("provider" if Audience.USER in whose else STAFF)
