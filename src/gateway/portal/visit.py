"""Who looks at a page, at what, and what they may do: the one thing that every page of the portal is given.

A page asks for `Visiting` (it is looked at), `Posting` (its form was sent) or, where whoever comes is let in, `Guest`
and `GuestPosting`. Pages look at the session's cookie alone. What the rights refuse becomes a detour here: sign in,
give the second factor, answer the terms, show once more who you are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import Depends, Request
from starlette.responses import Response

from gateway.api.authentication import Presented, action_of, by_cookie, let_in
from gateway.api.limits import charge
from gateway.api.problems import Problem, not_found, problem
from gateway.api.reading import Call
from gateway.auth import csrf
from gateway.auth.caller import LATE, Caller, caller_of
from gateway.auth.csrf import csrf_of
from gateway.auth.sessions import cookie
from gateway.page_rights import PAGES
from gateway.people.visitor import NOBODY, Seen, seen
from gateway.portal import spaces
from gateway.portal.forms import EMPTY, Form, posted
from gateway.portal.menu import label_of, menu_of
from gateway.portal.pages import Detour, page, set_cookie, to
from gateway.portal.proving import proved
from gateway.portal.said import PARAMETER
from gateway.portal.spaces import Space
from gateway.rights import PUBLIC, actions_of
from gateway.service import Service

__all__ = ["Detour", "Guest", "GuestPosting", "Posting", "Visit", "Visiting", "Visitor", "instead", "next_step", "to"]

BACK: Final = "suite"
"""The parameter, and the field, that says which page of ours was asked for before a detour."""

SIGN_IN: Final = "/connexion"
_STEPS: Final[Mapping[str, str]] = {
    "second-factor-required": "/connexion/second-facteur",
    "enrolment-required": "/profil/second-facteur",
    "terms-pending": "/conditions",
    "fresh-proof-required": "/connexion/preuve",
}


@dataclass
class Visit:
    """A page asked for by somebody who may. `form` is empty where it is only looked at."""

    request: Request
    call: Call
    csrf_token: str
    person: Seen
    form: Form = field(default=EMPTY)

    @property
    def caller(self) -> Caller:
        return self.call.caller

    @property
    def service(self) -> Service:
        return self.call.service

    @property
    def space(self) -> Space | None:
        """Where the page is; one's own pages are in the only space that one has, so that its menu stays."""
        found = spaces.space_of(self.request.url.path)
        held = spaces.mains(self.spaces)
        return found or (held[0] if len(held) == 1 else None)

    @property
    def spaces(self) -> list[Space]:
        return spaces.spaces_of(self.person.kinds, portal=self.caller.role == "portal")

    def may(self, action: str) -> bool:
        """Whether the caller has the action, or the page's: what links and buttons are shown."""
        return PAGES.get(action, action) in self._actions

    def query(self) -> Form:
        """What the address asks, as a form: without what only says what was done."""
        asked = {name: text for name, text in self.request.query_params.items() if name != PARAMETER}
        return Form.of(asked)

    def opens(self, url: str) -> bool:
        """Whether a link of the fund's file leads somewhere for this reader."""
        return _opens(self, url)

    def call_of(self, action: str) -> Call:
        """A reading of another action than the page's own, over what the caller has that one for: a home has blocks of
        several rights. The problem `not-found` where `may` says no.
        """
        if not self.may(action):
            raise not_found()
        return Call(self.request, self.caller, action)

    def path(self, name: str, **ids: Any) -> str:
        """The address of a page, in this space where it is there."""
        return spaces.address(name, self.space, **ids)

    def named(self, page: str) -> str:
        """What the menu of this space calls a page."""
        return label_of(page, self.space)

    def page(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **shown: Any
    ) -> Response:
        """The whole page, in the shell of its space."""
        return page(self.request, template, status=status, headers=headers, **{**self._shell(), **shown})

    def set_cookie(self, *headers: str) -> None:
        """Whole `Set-Cookie` headers for the answer, whatever it will be."""
        set_cookie(self.request, *headers)

    @cached_property
    def _actions(self) -> frozenset[str]:
        return frozenset(actions_of(self.caller, terms=self.service.terms.current.version)) | PUBLIC

    def _shell(self) -> dict[str, Any]:
        """Before the sign-in is whole nothing of the person is shown, and there is no menu."""
        whole = next_step(self.service, self.caller.stage, self.caller.terms) is None
        several = len(spaces.mains(self.spaces)) > 1
        return {
            "space": self.space,
            "menu": menu_of(self.space, self.may, self.request.url.path, several=several) if whole else (),
            "person": self.person,
            "csrf_token": self.csrf_token,
            "session_ends": self.person.idle_until,
            "may": self.may,
            "path": self.path,
            "named": self.named,
        }


@dataclass
class Visitor:
    """A page for whoever comes. `caller` is who is signed in meanwhile, at whatever stage; None for nobody."""

    request: Request
    caller: Caller | None = None
    person: Seen = NOBODY
    form: Form = field(default=EMPTY)

    @property
    def service(self) -> Service:
        service: Service = self.request.app.state.service
        return service

    def query(self) -> Form:
        asked = {name: text for name, text in self.request.query_params.items() if name != PARAMETER}
        return Form.of(asked)

    def form_token(self, purpose: str) -> str:
        """The hidden field `form_token` of the form that is posted to the page called `purpose`."""
        form = csrf.form_for(self.request, purpose)
        if form.cookie is not None:
            set_cookie(self.request, form.cookie)
        return form.token

    def page(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **shown: Any
    ) -> Response:
        """The page in the frame for guests, with the way back in for who is signed in."""
        return page(self.request, template, status=status, headers=headers, **{"home": self.onwards(""), **shown})

    @property
    def home(self) -> str:
        """Where whoever is signed in whole belongs."""
        return spaces.home_of(self.spaces)

    @property
    def spaces(self) -> list[Space]:
        """Those of whoever is signed in whole; none of nobody's."""
        if self.caller is None or next_step(self.service, self.caller.stage, self.caller.terms) is not None:
            return []
        return spaces.spaces_of(self.person.kinds, portal=self.caller.role == "portal")

    def may(self, action: str) -> bool:
        """As a Visit's: what links are shown. Nobody may what one must be somebody for."""
        return PAGES.get(action, action) in self._actions

    def opens(self, url: str) -> bool:
        """As a Visit's."""
        return _opens(self, url)

    @cached_property
    def _actions(self) -> frozenset[str]:
        if self.caller is None:
            return PUBLIC
        return frozenset(actions_of(self.caller, terms=self.service.terms.current.version)) | PUBLIC

    def onwards(self, suite: str) -> str | None:
        """Where to go who is signed in: what is still to be done, then what was asked for, then home. None: nobody."""
        if self.caller is None:
            return None
        return way_on(next_step(self.service, self.caller.stage, self.caller.terms), suite) or self.home


def _opens(reader: Visit | Visitor, url: str) -> bool:
    """Elsewhere, or to a page of ours that the reader may open."""
    if not url.startswith("/"):
        return bool(url)
    path = re.split("[?#]", url)[0]
    name, space = spaces.page_at(path), spaces.space_of(path)
    public = name in PUBLIC
    return name is not None and reader.may(name) and (public or space is None or space in reader.spaces)


def next_step(service: Service, stage: str, terms: str | None) -> str | None:
    """Where the next step of a sign-in that is not whole is done; None where nothing waits."""
    if stage != "full":
        return _STEPS["second-factor-required" if stage == "second-factor" else "enrolment-required"]
    return _STEPS["terms-pending"] if terms != service.terms.current.version else None


def way_on(step: str | None, suite: str) -> str | None:
    """The step, which knows what was asked for; without one, what was asked for; None where that is no page of ours."""
    back = spaces.page_of_ours(suite)
    if step is None or back is None:
        return step or back
    return f"{step}?{BACK}={quote(back, safe='')}"


async def visiting(request: Request) -> Visit:
    """A page that is looked at."""
    try:
        caller = await let_in(request, by_cookie(request), "")
    except Problem as refused:
        raise instead(request, refused) from None
    return await _visit(request, caller, csrf_of(_secret(by_cookie(request))), EMPTY)


async def posting(request: Request) -> Visit:
    """A form of ours that was sent, of 40 fields at most."""
    return await posting_of(request, await posted(request))


async def posting_of(request: Request, form: Form) -> Visit:
    """As `posting`, for a page that reads its form by limits of its own."""
    shown = by_cookie(request)
    try:
        caller = await _posted_by(request, shown, form)
    except Problem as refused:
        raise instead(request, refused) from None
    return await _visit(request, caller, getattr(request.state, "page_csrf", None) or csrf_of(_secret(shown)), form)


async def guest(request: Request) -> Visitor:
    """Whoever comes; who is signed in is known, and a database that is late says nobody is."""
    shown = by_cookie(request)
    caller = await caller_of(request.app.state.service.queries, shown.secret) if shown else None
    if caller is None or caller is LATE or caller.session_id is None:
        return Visitor(request)
    whole = caller.stage == "full"
    person = await seen(request.app.state.service, caller.session_id) if whole else NOBODY
    return Visitor(request, caller, person)


async def guest_posting(request: Request) -> Visitor:
    """A form for whoever comes, that we gave to this browser for this very page."""
    form = await posted(request)
    csrf.check_form(request, form.fields, action_of(request))
    visitor = await guest(request)
    visitor.form = form
    return visitor


Visiting = Annotated[Visit, Depends(visiting)]
Posting = Annotated[Visit, Depends(posting)]
Guest = Annotated[Visitor, Depends(guest)]
GuestPosting = Annotated[Visitor, Depends(guest_posting)]


async def _posted_by(request: Request, shown: Presented | None, form: Form) -> Caller:
    token = form.text(csrf.FIELD) or request.headers.get(csrf.HEADER, "")
    try:
        return await let_in(request, shown, token)
    except Problem as refused:
        if refused.code != "fresh-proof-required":
            raise
    # The proof makes a new secret: from here on it counts, for this very request and for the answer's forms.
    opened = await proved(request, _secret(shown), form)
    set_cookie(request, cookie(opened))
    request.state.page_csrf = csrf_of(opened.secret)
    return await let_in(request, Presented(opened.secret, by_cookie=True), request.state.page_csrf)


async def _visit(request: Request, caller: Caller, csrf_token: str, form: Form) -> Visit:
    if caller.session_id is None:
        raise not_found()
    call = Call(request, caller)
    await charge(request, caller, PAGES.get(action_of(request), ""))
    person = await seen(call.service, caller.session_id) if caller.stage == "full" else NOBODY
    visit = Visit(request, call, csrf_token, person, form)
    # A space that is not one's own is not there, though the same rights open the same screens in another.
    if (asked := spaces.space_of(request.url.path)) is not None and asked not in visit.spaces:
        raise not_found()
    return visit


def instead(request: Request, refused: Problem) -> Detour | Problem:
    """The detour that a refusal is, or the refusal itself."""
    if refused.code == "unauthenticated":
        headers = {"Set-Cookie": refused.headers["Set-Cookie"]} if "Set-Cookie" in refused.headers else {}
        if request.method == "POST":
            return Detour(f"{SIGN_IN}?{PARAMETER}=session-finie", headers=headers)
        return Detour(_back(request, SIGN_IN), headers=headers)
    if refused.code in _STEPS:
        return Detour(_back(request, _STEPS[refused.code]))
    return refused


def _back(request: Request, step: str) -> str:
    """The step, and after it the page that was asked for."""
    # Written anew: others write a query with characters that ours never has.
    query = urlencode(parse_qsl(request.url.query, keep_blank_values=True))
    asked = request.url.path + (f"?{query}" if query else "")
    return way_on(step, asked if request.method == "GET" else "") or step


def _secret(shown: Presented | None) -> str:
    if shown is None:
        raise problem("unauthenticated")
    return shown.secret
