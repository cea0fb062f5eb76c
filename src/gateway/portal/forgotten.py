"""A forgotten password (row O2): the page that follows is the same whether there is such an account or not."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.api.problems import Problem
from gateway.api.reset import ask_for_reset
from gateway.portal.forms import EMPTY, Form, faults_of
from gateway.portal.pages import page_router
from gateway.portal.visit import Guest, GuestPosting, Visitor
from ledger.kit.errors import Invalid
from ledger.kit.identifiers import check_email

router: Final = page_router()
_MISSING: Final = "Indiquez votre adresse électronique."


@router.get("/mot-de-passe-oublie", name="show_forgotten")
async def show_forgotten(visitor: Guest) -> Response:
    return _form(visitor, EMPTY)


@router.post("/mot-de-passe-oublie", name="ask_for_link")
async def ask_for_link(visitor: GuestPosting) -> Response:
    """The link goes to the mailbox; the page says nothing of who is known."""
    text = visitor.form.text("email")
    try:
        email = check_email(text)
    except Invalid as fault:
        return _form(visitor, visitor.form.with_fault("email", fault.message if text else _MISSING), status=422)
    try:
        await ask_for_reset(visitor.request, email)
    except Problem as refused:
        return _form(visitor, visitor.form.with_faults(faults_of(refused)), status=refused.status, refused=refused)
    return visitor.page("forgotten/asked.html")


def _form(visitor: Visitor, form: Form, *, status: int = 200, refused: Problem | None = None) -> Response:
    return visitor.page(
        "forgotten/form.html",
        status=status,
        headers=refused.headers if refused else None,
        form=form,
        form_token=visitor.form_token("ask_for_link"),
    )
