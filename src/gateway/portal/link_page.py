"""The page of a link: looking changes nothing, since scanners open what they find; the posted form alone uses it."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from starlette.responses import Response

from gateway.api.links import used, within_limit
from gateway.api.problems import Fault, Problem, problem
from gateway.auth import csrf
from gateway.auth.passwords import RULES
from gateway.mail.following import Open, looked_at
from gateway.mail.using import Done
from gateway.portal.forms import EMPTY, faults_of, posted
from gateway.portal.pages import page, page_router
from gateway.service import Service

router: Final = page_router()
_FORM: Final = "follow_link"
_OTHER: Final = Fault("body", "/confirmation", "confirmation", "Les deux saisies sont différentes.")


@router.api_route("/liens/{secret}", methods=["GET", "HEAD"], name="show_link")
async def show_link(request: Request, secret: str) -> Response:
    """What the link asks, with a form of its own."""
    await within_limit(request)
    return _form(request, await _open(request, secret))


@router.post("/liens/{secret}", name="follow_link")
async def follow_link(request: Request, secret: str) -> Response:
    """Use the link. A form that is faulty comes back with what is to be mended, and the link stays usable."""
    await within_limit(request)
    form = (await posted(request)).fields
    csrf.check_form(request, form, _FORM)
    found = await _open(request, secret)
    given = {name: form[name] for name in ("password", "cancel") if form.get(name)}
    if found.asked.password and "cancel" not in given and form.get("confirmation") != form.get("password"):
        return _form(request, found, [_OTHER])
    try:
        done = await used(request, secret, given)
    except Problem as refused:
        if refused.errors:
            return _form(request, found, list(refused.errors))
        raise
    return _form(request, found, done) if isinstance(done, list) else _done(request, done)


async def _open(request: Request, secret: str) -> Open:
    service: Service = request.app.state.service
    found = await looked_at(service, secret)
    if found is None:
        raise problem("link-not-valid")
    return found


def _form(request: Request, found: Open, faults: list[Fault] | None = None) -> Response:
    token = csrf.form_for(request, _FORM)
    broken = {fault.code for fault in faults or ()}
    return page(
        request,
        "link.html",
        status=422 if faults else 200,
        headers={"Set-Cookie": token.cookie} if token.cookie else None,
        asked=found.asked,
        field=csrf.FORM_FIELD,
        token=token.token,
        rules=[(rule.code, rule.text, rule.code in broken) for rule in RULES],
        form=EMPTY.with_faults(faults_of(problem("invalid", *faults)) if faults else {}),
    )


def _done(request: Request, done: Done) -> Response:
    return page(request, "done.html", message=done.message)
