"""One's second factor: an application's codes, recovery codes. At a first sign-in that must have one, nothing else."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.api.bodies import parse
from gateway.api.factors import (
    TotpConfirmation,
    TotpOffered,
    enrol_totp,
    make_codes,
    offer_totp,
    pending_totp,
    read_factors,
    take_totp,
)
from gateway.api.problems import Problem
from gateway.api.signed_in import set_cookies
from gateway.auth.factors import LastFactor
from gateway.auth.sessions import Opened, cookie
from gateway.auth.sign_in import SignedIn
from gateway.portal.forms import EMPTY, Form, faults_of
from gateway.portal.pages import page_router, to
from gateway.portal.qr import qr_of
from gateway.portal.visit import Posting, Visit, Visiting

router: Final = page_router()
_PAGE: Final = "profile/factors.html"
_GROUP: Final = 4


@router.get("/profil/second-facteur", name="show_factors_page")
async def show_factors_page(visit: Visiting) -> Response:
    """What there is, and what can be done about it."""
    return await factors_page(visit, EMPTY)


@router.post("/profil/second-facteur/application", name="begin_totp_page")
async def begin_totp_page(visit: Posting) -> Response:
    """The key to scan or to copy, shown this once: at an address of its own it would be there for who comes next."""
    return _totp(visit, await offer_totp(visit.request, visit.caller), EMPTY)


@router.post("/profil/second-facteur/application/confirmation", name="confirm_totp_page")
async def confirm_totp_page(visit: Posting) -> Response:
    """From now on the codes count. Where the sign-in waited for a first factor, it is whole."""
    try:
        code = parse(TotpConfirmation, {"totp": visit.form.text("totp").replace(" ", "")}).totp
        done = await enrol_totp(visit.request, visit.caller, code)
    except Problem as refused:
        waiting = await pending_totp(visit.request, visit.caller) if refused.errors else None
        if waiting is None:
            raise
        return _totp(visit, waiting, EMPTY.with_faults(faults_of(refused)), status=422)
    return await enrolled(visit, done, said="application")


async def enrolled(visit: Visit, done: SignedIn | Opened, *, said: str) -> Response:
    """On from a factor that serves from now on: into the space if the sign-in waited for it, else back to the list."""
    if isinstance(done, SignedIn):
        visit.set_cookie(*await set_cookies(visit.request, done))
        return to("/")
    visit.set_cookie(cookie(done))
    return to(visit.path("show_factors_page"), said=said)


@router.post("/profil/second-facteur/application/retrait", name="remove_totp_page")
async def remove_totp_page(visit: Posting) -> Response:
    """Refused, in its own words, where the role must have a factor and this is the only one."""
    try:
        opened = await take_totp(visit.request, visit.caller)
    except LastFactor as refused:
        return await factors_page(visit, EMPTY.with_fault("", refused.message), status=409)
    visit.set_cookie(cookie(opened))
    return to(visit.path("show_factors_page"), said="application-retiree")


@router.post("/profil/second-facteur/codes", name="make_codes_page")
async def make_codes_page(visit: Posting) -> Response:
    """Shown this once, to be printed: the page that answers is kept nowhere."""
    try:
        codes = await make_codes(visit.request, visit.caller)
    except Problem as refused:
        return await factors_page(visit, EMPTY.with_faults(faults_of(refused)), status=422)
    return visit.page("profile/codes.html", codes=codes)


async def factors_page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    """The page of one's factors, with what is wrong on top."""
    factors = await read_factors(visit.request, visit.caller)
    return visit.page(_PAGE, status=status, form=form, factors=factors, enrolling=visit.caller.stage == "enrolment")


def _totp(visit: Visit, offered: TotpOffered, form: Form, *, status: int = 200) -> Response:
    key = offered.secret
    groups = " ".join(key[start : start + _GROUP] for start in range(0, len(key), _GROUP))
    return visit.page("profile/totp.html", status=status, form=form, key=groups, uri=offered.uri, qr=qr_of(offered.uri))
