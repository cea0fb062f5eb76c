"""The services portal's entrance (row E1): signing in, and the account that a member company creates alone."""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import Response

from gateway.api.problems import Problem
from gateway.api.registration import ANSWER, RegisterMember, ask_for_account
from gateway.portal.forms import DEMAND, EMPTY, Form, checked, faults_of
from gateway.portal.invitation import CIVILITIES
from gateway.portal.ordering import new_demand
from gateway.portal.pages import page_router, to
from gateway.portal.sign_in import Front, entered, sign_in_form
from gateway.portal.spaces import SERVICES, page_of_ours
from gateway.portal.visit import BACK, Guest, GuestPosting, Visitor

router: Final = page_router()
FRONT: Final = Front(
    "services/sign_in.html", "enter_services", f"{SERVICES.prefix}/connexion", SERVICES.kind, SERVICES.prefix
)
_FIELDS: Final = frozenset(RegisterMember.model_fields)
_GROUPED: Final = ("siret", "member_number")
"""Numbers that people copy in groups."""


@router.get("/connexion", name="show_services_sign_in")
async def show_services_sign_in(visitor: Guest) -> Response:
    """« Bienvenue sur votre portail de services ». Who is signed in already goes on."""
    asked = visitor.query()
    onwards = visitor.onwards(asked.text(BACK))
    return to(onwards) if onwards else sign_in_form(visitor, Form.of({BACK: page_of_ours(asked.text(BACK))}), FRONT)


@router.post("/connexion", name="enter_services")
async def enter_services(visitor: GuestPosting) -> Response:
    """One sign-in for portal and members' space (row E2)."""
    return await entered(visitor, FRONT)


@router.get("/inscription", name="show_registration")
async def show_registration(visitor: Guest) -> Response:
    """The form of row E1."""
    return _form(visitor, EMPTY)


@router.post("/inscription", name="register_page")
async def register_page(visitor: GuestPosting) -> Response:
    """Whatever is true of the numbers, the same page follows; sent twice, the form is one demand."""
    form = _ungrouped(visitor.form)
    asked = checked(RegisterMember, form, fields=_FIELDS)
    if isinstance(asked, Form):
        return _form(visitor, asked, status=422)
    try:
        await ask_for_account(visitor.request, asked, demand=form.text(DEMAND))
    except Problem as refused:
        return _form(visitor, form.with_faults(faults_of(refused)), status=refused.status, refusal=refused)
    return to(f"{SERVICES.prefix}/inscription/envoyee")


@router.get("/inscription/envoyee", name="show_registered")
async def show_registered(visitor: Guest) -> Response:
    return visitor.page("services/registered.html", told=ANSWER)


def _ungrouped(form: Form) -> Form:
    values = {
        name: tuple(re.sub(r"\s", "", text) for text in texts) if name in _GROUPED else texts
        for name, texts in form.values.items()
    }
    return Form(values)


def _form(visitor: Visitor, form: Form, *, status: int = 200, refusal: Problem | None = None) -> Response:
    """With the `demande` that it was sent with, or a new one."""
    told = Form({DEMAND: (new_demand(),), **form.values}, form.faults)
    return visitor.page(
        "services/registration.html",
        status=status,
        headers=refusal.headers if refusal else None,
        form=told,
        civilities=CIVILITIES,
        form_token=visitor.form_token("register_page"),
    )
