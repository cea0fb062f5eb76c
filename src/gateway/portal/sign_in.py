"""The entrance: signing in, staying, leaving (row O1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.responses import Response

from gateway.api.client import facts
from gateway.api.problems import Problem
from gateway.api.session import SignInForm, own_session
from gateway.api.signed_in import busy, device_of, idle_until, late, refused, set_cookies, sign_out
from gateway.auth.passwords import Busy
from gateway.auth.sessions import SessionOver
from gateway.auth.sign_in import AccountLate, Refused, SignedIn, SignIn
from gateway.people.visitor import seen
from gateway.portal.forms import Form, checked, faults_of
from gateway.portal.pages import Detour, page_router, set_cookie, to
from gateway.portal.said import PARAMETER
from gateway.portal.spaces import page_of_ours
from gateway.portal.visit import BACK, SIGN_IN, Guest, GuestPosting, Posting, Visitor, next_step, way_on

router: Final = page_router()
_FIELDS: Final = frozenset({"email", "password"})


@dataclass(frozen=True)
class Front:
    """A page that one signs in on: its template, the name of the route that its form is posted to, and its address.

    `door` is where it leads whoever has `kind` among the memberships and asked for nothing else.
    """

    template: str
    purpose: str
    action: str
    kind: str = ""
    door: str = ""


FRONT: Final = Front("sign_in/form.html", "enter", SIGN_IN)


@router.get("/", name="show_entry")
async def show_entry(visitor: Guest) -> Response:
    """The front door: on to where one was going, or to the sign-in page."""
    return to(visitor.onwards("") or SIGN_IN)


@router.get("/connexion", name="show_sign_in")
async def show_sign_in(visitor: Guest) -> Response:
    """« Bienvenue dans votre espace Organisme de formation » (row O1). Who is signed in already goes on."""
    asked = visitor.query()
    onwards = visitor.onwards(asked.text(BACK))
    return to(onwards) if onwards else sign_in_form(visitor, Form.of({BACK: page_of_ours(asked.text(BACK))}))


@router.post("/connexion", name="enter")
async def enter(visitor: GuestPosting) -> Response:
    """By e-mail and password. Whatever is wrong, the page is the same; it keeps the e-mail, never the password."""
    return await entered(visitor, FRONT)


@router.post("/deconnexion", name="leave")
async def leave(visit: Posting) -> Response:
    """The session is dead at once, and the browser keeps nothing of it."""
    headers = await sign_out(visit.request, visit.caller, own_session(visit.caller))
    return to(f"{SIGN_IN}?{PARAMETER}=deconnexion", headers=headers)


@router.post("/session/prolongation", name="stay")
async def stay(visit: Posting) -> Response:
    """The idle time begins anew: 204 and the new end for a script, back to the page for whoever has none."""
    try:
        session = await visit.service.sessions.extend(own_session(visit.caller))
    except SessionOver:
        raise Detour(f"{SIGN_IN}?{PARAMETER}=session-finie") from None
    if "text/html" not in visit.request.headers.get("accept", ""):
        return Response(status_code=204, headers={"Session-Ends": idle_until(session).isoformat()})
    back = page_of_ours(visit.form.text(BACK))
    return to(back or "/", said="session-prolongee" if back and PARAMETER not in back else None)


async def entered(visitor: Visitor, front: Front) -> Response:
    """What the form of a front asks for: signed in and on, or the form again."""
    asked = checked(SignInForm, visitor.form, fields=_FIELDS)
    if isinstance(asked, Form):
        return sign_in_form(visitor, asked, front, status=422)
    try:
        signed_in = await _signed_in(visitor.request, asked)
    except Problem as refusal:
        faulty = visitor.form.with_faults(faults_of(refusal))
        return sign_in_form(visitor, faulty, front, status=refusal.status, refusal=refusal)
    set_cookie(visitor.request, *await set_cookies(visitor.request, signed_in))
    step = next_step(visitor.service, signed_in.opened.session.stage, signed_in.holder.terms_version)
    return to(way_on(step, visitor.form.text(BACK) or await _door(visitor, front, signed_in)) or "/")


async def _door(visitor: Visitor, front: Front, signed_in: SignedIn) -> str:
    """The front's own door, for whom it opens."""
    if not front.door:
        return ""
    person = await seen(visitor.service, signed_in.opened.session.session_id)
    return front.door if front.kind in person.kinds else ""


async def _signed_in(request: Request, asked: SignInForm) -> SignedIn:
    service = request.app.state.service
    try:
        told = await SignIn(service).by_password(asked.email, asked.password, facts(request), device=device_of(request))
    except AccountLate:
        raise late() from None
    except Busy:
        raise busy() from None
    if isinstance(told, Refused):
        raise refused(told)
    return told


def sign_in_form(
    visitor: Visitor, form: Form, front: Front = FRONT, *, status: int = 200, refusal: Problem | None = None
) -> Response:
    """The page, with what is wrong on top; a password is never given back."""
    return visitor.page(
        front.template,
        status=status,
        headers=refusal.headers if refusal else None,
        form=form,
        action=front.action,
        form_token=visitor.form_token(front.purpose),
        passkey_token=visitor.form_token("enter_with_passkey"),
        oidc=visitor.service.settings.oidc is not None,
    )
