"""Passkeys on pages: made and removed in one's profile, and a sign-in by one. A device answers to a script alone:
whoever has none is told so, and has an application's codes.
"""

from __future__ import annotations

from typing import Final

import orjson
from starlette.responses import Response

from gateway.api.bodies import parse
from gateway.api.factors import PasskeyMade, enrol_passkey, offer_passkey, take_passkey
from gateway.api.problems import Problem
from gateway.api.proof import PasskeyAnswer, signed_in_by_passkey
from gateway.api.signed_in import set_cookies
from gateway.auth.factors import LastFactor
from gateway.auth.sessions import cookie
from gateway.portal.credentials import answered
from gateway.portal.factors import enrolled, factors_page
from gateway.portal.forms import EMPTY, Form, faults_of
from gateway.portal.pages import page_router, set_cookie, to
from gateway.portal.sign_in import sign_in_form
from gateway.portal.visit import BACK, GuestPosting, Posting, Visit, next_step, way_on
from ledger.kit.errors import NotFound

router: Final = page_router()


@router.post("/connexion/cle", name="enter_with_passkey")
async def enter_with_passkey(visitor: GuestPosting) -> Response:
    """The passkey says whose it is. One that is not known and one that fails are told in the same words."""
    try:
        signed_in = await signed_in_by_passkey(visitor.request, parse(PasskeyAnswer, answered(visitor.form)))
    except Problem as refusal:
        faults = {"": [text for texts in faults_of(refusal).values() for text in texts][:1]}
        return sign_in_form(visitor, visitor.form.with_faults(faults), status=refusal.status, refusal=refusal)
    set_cookie(visitor.request, *await set_cookies(visitor.request, signed_in))
    step = next_step(visitor.service, signed_in.opened.session.stage, signed_in.holder.terms_version)
    return to(way_on(step, visitor.form.text(BACK)) or "/")


@router.post("/profil/second-facteur/cle", name="begin_passkey_page")
async def begin_passkey_page(visit: Posting) -> Response:
    """What the device is asked, good for five minutes; a word on which device it is."""
    return await _page(visit, EMPTY)


@router.post("/profil/second-facteur/cle/enregistrement", name="add_passkey_page")
async def add_passkey_page(visit: Posting) -> Response:
    """It serves from now on. Where the sign-in waited for a first factor, it is whole."""
    try:
        made = parse(PasskeyMade, {**answered(visit.form), "label": visit.form.text("label")})
        done = await enrol_passkey(visit.request, visit.caller, made)
    except Problem as refused:
        if not refused.errors:
            raise
        return await _page(visit, _faulty(visit.form, refused), status=422)
    return await enrolled(visit, done, said="cle")


@router.post("/profil/second-facteur/cle/retrait", name="remove_passkey_page")
async def remove_passkey_page(visit: Posting) -> Response:
    """Refused where the role must have a factor and this is the last; one that is gone already is gone."""
    try:
        opened = await take_passkey(visit.request, visit.caller, visit.form.text("credential_id"))
    except LastFactor as refused:
        return await factors_page(visit, EMPTY.with_fault("", refused.message), status=409)
    except NotFound:
        return to(visit.path("show_factors_page"), said="cle-retiree")
    visit.set_cookie(cookie(opened))
    return to(visit.path("show_factors_page"), said="cle-retiree")


def _faulty(form: Form, refused: Problem) -> Form:
    """The label's faults stand at the label; the rest is the device's, and of no field that a person sees."""
    faults = faults_of(refused)
    label = faults.get("label", [])
    others = [text for name, texts in faults.items() if name != "label" for text in texts]
    told = {**({"label": label} if label else {}), **({"": others[:1]} if others else {})}
    return Form.of({"label": form.text("label")}).with_faults(told)


async def _page(visit: Visit, form: Form, *, status: int = 200) -> Response:
    """A challenge is good once: each page has one of its own."""
    offer = await offer_passkey(visit.request, visit.caller)
    return visit.page(
        "profile/passkey.html",
        status=status,
        form=form,
        challenge_id=offer.challenge_id,
        options=orjson.dumps(offer.options).decode(),
    )
