"""« Mon profil »: who one is here, one's sessions, one's password."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.responses import Response

from gateway.api.belonging import read_belongings
from gateway.api.bodies import parse
from gateway.api.codes import ROLE_LABELS
from gateway.api.problems import Problem
from gateway.api.session import NewPassword, end_others, end_own, read_sessions, set_own_password
from gateway.audiences import fresh
from gateway.auth import cookies
from gateway.auth.passwords import RULES
from gateway.auth.sessions import cookie
from gateway.people.identity import identity_of
from gateway.portal.forms import EMPTY, Form, faults_of
from gateway.portal.pages import page_router, to
from gateway.portal.visit import SIGN_IN, Posting, Visit, Visiting

router: Final = page_router()
_OTHER: Final = "Les deux saisies sont différentes."
_METHODS: Final = {"password": "Mot de passe", "passkey": "Clé d'accès", "oidc": "Compte du fonds", "link": "Lien"}
_WEAK: Final = "Le mot de passe ne respecte pas toutes les règles."


@router.get("/profil", name="show_profile")
async def show_profile(visit: Visiting) -> Response:
    """Identity, memberships and terms; the e-mail is opened for its owner alone."""
    return visit.page(
        "profile/page.html",
        identity=await identity_of(visit.service, visit.caller.account_id),
        role=ROLE_LABELS.get(visit.caller.role, visit.caller.role),
        belongings=(await read_belongings(visit.call)).shown,
        terms=visit.caller.terms,
    )


@router.get("/profil/sessions", name="show_sessions")
async def show_sessions(visit: Visiting) -> Response:
    """Where one is signed in, and since when."""
    found = await read_sessions(visit.request, visit.caller)
    return visit.page("profile/sessions.html", sessions=found.items, methods=_METHODS)


@router.post("/profil/sessions/{session_id}/fin", name="end_session_page")
async def end_session_page(visit: Posting, session_id: UUID) -> Response:
    """The session is dead at once; one that is over already is not an error for who wanted it to be."""
    try:
        await end_own(visit.request, visit.caller, session_id)
    except Problem as refused:
        if refused.code != "not-found":
            raise
    if session_id == visit.caller.session_id:
        return to(SIGN_IN, said="deconnexion", headers={"Set-Cookie": cookies.NO_COOKIE})
    return to(visit.path("show_sessions"), said="session-close")


@router.post("/profil/sessions/fin-des-autres", name="end_others_page")
async def end_others_page(visit: Posting) -> Response:
    await end_others(visit.request, visit.caller)
    return to(visit.path("show_sessions"), said="sessions-closes")


@router.get("/profil/mot-de-passe", name="show_password_page")
async def show_password_page(visit: Visiting) -> Response:
    """The new password twice; the old one too, where it was not just given."""
    return await _password_form(visit, EMPTY)


@router.post("/profil/mot-de-passe", name="change_password_page")
async def change_password_page(visit: Posting) -> Response:
    """Each rule that is not met is marked (row O7). The other sessions end; nothing that was typed is given back."""
    if visit.form.text("password") != visit.form.text("confirmation"):
        return await _password_form(visit, EMPTY.with_fault("confirmation", _OTHER), status=422)
    try:
        form = parse(NewPassword, {"password": visit.form.text("password")})
        opened = await set_own_password(visit.request, visit.caller, form.password)
    except Problem as refused:
        if not refused.errors:
            raise
        return await _password_form(
            visit, _faulty(refused), status=422, broken={fault.code for fault in refused.errors}
        )
    visit.set_cookie(cookie(opened))
    return to(visit.path("show_profile"), said="mot-de-passe")


def _faulty(refused: Problem) -> Form:
    """Broken rules are marked in their list; the summary says so once."""
    weak = refused.code == "weak-password"
    return EMPTY.with_fault("password", _WEAK) if weak else EMPTY.with_faults(faults_of(refused))


async def _password_form(
    visit: Visit, form: Form, *, status: int = 200, broken: set[str] | frozenset[str] = frozenset()
) -> Response:
    proved = status != 200 or fresh(visit.caller, visit.caller.at)
    return visit.page(
        "profile/password.html",
        status=status,
        form=form,
        rules=[(rule.code, rule.text, rule.code in broken) for rule in RULES],
        proved=proved,
        # For password managers: which of one's accounts the new one is of.
        email=(await identity_of(visit.service, visit.caller.account_id)).email,
    )
