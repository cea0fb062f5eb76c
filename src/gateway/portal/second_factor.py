"""The second step of a sign-in: a code of the application, or a recovery code."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.api.bodies import parse
from gateway.api.problems import Problem
from gateway.api.proof import SecondFactor, completed
from gateway.api.signed_in import set_cookies
from gateway.auth.holder import current_holder
from gateway.portal.credentials import CREDENTIAL, answered
from gateway.portal.forms import Form, faults_of
from gateway.portal.pages import page_router, to
from gateway.portal.said import PARAMETER
from gateway.portal.spaces import page_of_ours
from gateway.portal.visit import BACK, SIGN_IN, Posting, Visit, Visiting, next_step, way_on

router: Final = page_router()
_STEP: Final = "second-factor"


@router.get("/connexion/second-facteur", name="show_second_factor")
async def show_second_factor(visit: Visiting) -> Response:
    """One field for the code, and a word on what to do without the telephone."""
    if visit.caller.stage != _STEP:
        return to("/")
    return await _form(visit, Form.of({BACK: page_of_ours(visit.query().text(BACK))}))


@router.post("/connexion/second-facteur", name="give_second_factor")
async def give_second_factor(visit: Posting) -> Response:
    """A wrong code and a used one are told in the same words; ten of them end the session."""
    if visit.caller.stage != _STEP:
        return to("/")
    try:
        signed_in = await completed(visit.request, visit.caller, _given(visit.form).given)
    except Problem as refused:
        if "Set-Cookie" in refused.headers:
            return to(f"{SIGN_IN}?{PARAMETER}=trop-d-essais", headers=refused.headers)
        return await _form(visit, _faulty(visit.form, refused), status=refused.status, refused=refused)
    visit.set_cookie(*await set_cookies(visit.request, signed_in))
    step = next_step(visit.service, signed_in.opened.session.stage, signed_in.holder.terms_version)
    return to(way_on(step, visit.form.text(BACK)) or "/")


def _given(form: Form) -> SecondFactor:
    """A passkey's answer, or a code as it is read aloud: with spaces."""
    if form.text(CREDENTIAL):
        return parse(SecondFactor, {"passkey": answered(form)})
    code = form.text("totp").replace(" ", "")
    return parse(SecondFactor, {"totp": code} if code else form.asked({"recovery_code"}))


def _faulty(form: Form, refused: Problem) -> Form:
    """The fault stands where the code was typed."""
    if form.text(CREDENTIAL):
        return form.with_faults({"": [text for texts in faults_of(refused).values() for text in texts][:1]})
    where = "recovery_code" if form.text("recovery_code") and not form.text("totp") else "totp"
    if refused.code == "second-factor-refused":
        return form.with_fault(where, refused.detail)
    return form.with_faults({name or where: texts for name, texts in faults_of(refused).items()})


async def _form(visit: Visit, form: Form, *, status: int = 200, refused: Problem | None = None) -> Response:
    holder = await current_holder(visit.service, visit.caller.account_id)
    headers = refused.headers if refused else None
    has_passkey = holder.passkeys > 0
    return visit.page("second_factor/form.html", status=status, headers=headers, form=form, has_passkey=has_passkey)
