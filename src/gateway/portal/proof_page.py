"""Who one is, shown once more on the way to a frontend of another origin: what is grave is then open to its token."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.api.authentication import by_cookie
from gateway.api.problems import problem
from gateway.auth.sessions import cookie
from gateway.portal.forms import Form
from gateway.portal.pages import page_router, to
from gateway.portal.proving import asks, proved
from gateway.portal.spaces import home_of, page_of_ours
from gateway.portal.visit import BACK, Posting, Visit, Visiting

router: Final = page_router()


@router.get("/connexion/preuve", name="show_proof")
async def show_proof(visit: Visiting) -> Response:
    """A password, and a code where there is a second factor; or a passkey."""
    asked = Form.of({BACK: page_of_ours(visit.query().text(BACK))})
    return await asks(visit.request, visit.caller, _secret(visit), asked)


@router.post("/connexion/preuve", name="give_proof")
async def give_proof(visit: Posting) -> Response:
    """Asked for however young the last proof is: the frontend may want a younger one. The session has a new secret."""
    opened = await proved(visit.request, _secret(visit), visit.form)
    visit.set_cookie(cookie(opened))
    return to(page_of_ours(visit.form.text(BACK)) or home_of(visit.spaces))


def _secret(visit: Visit) -> str:
    shown = by_cookie(visit.request)
    if shown is None:
        raise problem("unauthenticated")
    return shown.secret
