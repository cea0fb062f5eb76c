"""Another e-mail for one's own account: asked for here, confirmed by a link at both addresses, or nothing changes."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.api.email_change import EmailWanted, ask_for_email
from gateway.api.problems import Problem
from gateway.people.identity import identity_of
from gateway.portal.forms import EMPTY, Form, checked, faults_of
from gateway.portal.pages import page_router, to
from gateway.portal.visit import Posting, Visit, Visiting

router: Final = page_router()
_FIELDS: Final = frozenset({"email"})
_THE_SAME: Final = "C'est déjà l'adresse de votre compte."


@router.get("/profil/adresse", name="show_email_page")
async def show_email_page(visit: Visiting) -> Response:
    """The address that there is, and a field for the one that is to come."""
    return await _form(visit, EMPTY)


@router.post("/profil/adresse", name="change_email_page")
async def change_email_page(visit: Posting) -> Response:
    """The same words whether the new address is free, somebody's, or nobody's: only its mailbox is told."""
    asked = checked(EmailWanted, visit.form, fields=_FIELDS)
    if isinstance(asked, Form):
        return await _form(visit, asked, status=422)
    if asked.email == await _own(visit):
        return await _form(visit, visit.form.with_fault("email", _THE_SAME), status=422)
    try:
        await ask_for_email(visit.request, visit.caller, asked)
    except Problem as refused:
        if refused.code != "too-many-attempts":
            raise
        return await _form(visit, visit.form.with_faults(faults_of(refused)), status=refused.status, refused=refused)
    return to(visit.path("show_profile"), said="adresse-demandee")


async def _own(visit: Visit) -> str | None:
    return (await identity_of(visit.service, visit.caller.account_id)).email


async def _form(visit: Visit, form: Form, *, status: int = 200, refused: Problem | None = None) -> Response:
    headers = refused.headers if refused else None
    return visit.page("profile/email.html", status=status, headers=headers, form=form, email=await _own(visit))
